//! Thread that decides when the window is painted, so that a window in which nothing changes costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nice_plug_egui::baseview::WindowWaker;

/// Runs while a window is open. Dropping it ends the thread, which must not outlive the library whose code it runs.
/// `[gui]`
pub struct Watcher {
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Starts the thread: it asks `window` for a frame whenever `is_due` returns true, which it calls once per
    /// `interval`. Returns `None` if the system has no thread left.
    pub fn start(
        interval: Duration,
        mut is_due: impl FnMut() -> bool + Send + 'static,
        window: WindowWaker,
    ) -> Option<Self> {
        let stops = Arc::<AtomicBool>::default();
        let told = stops.clone();
        let watch = move || {
            while !told.load(Relaxed) {
                if is_due() {
                    window.request_redraw();
                }
                thread::park_timeout(interval);
            }
        };
        let named = thread::Builder::new().name("tidepool watcher".into());
        Some(Self {
            stops,
            thread: Some(named.spawn(watch).ok()?),
        })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stops.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
