//! A variation on a thread of its own, which ends with it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use tidepool_dsp::Patch;

use super::{Request, VariationError, vary};
use crate::catch::catch;

type Found = Result<Patch, VariationError>;

/// A variation that is being made. Dropping it ends the thread, which is joined. `[gui]`
#[derive(Debug)]
pub struct Task {
    request: Request,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Found>>,
}

impl Task {
    /// Starts to make the variation of `request`, until `stop` becomes true.
    ///
    /// # Errors
    /// If there is no thread.
    pub fn start(request: Request, stop: Arc<AtomicBool>) -> io::Result<Self> {
        stop.store(false, Relaxed);
        let theirs = stop.clone();
        let thread = thread::Builder::new().name("tidepool variation".to_owned());
        let thread = thread.spawn(move || {
            let failed = Err(VariationError::Silent);
            catch(failed, || vary(&request, &theirs))
        })?;
        Ok(Self {
            request,
            stop,
            thread: Some(thread),
        })
    }

    /// Returns the request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Returns the result, once, when it is there. Does not wait.
    pub fn poll(&mut self) -> Option<Found> {
        let thread = self.thread.take_if(|thread| thread.is_finished())?;
        Some(thread.join().unwrap_or(Err(VariationError::Stopped)))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
