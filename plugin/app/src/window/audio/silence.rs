//! Output to nothing: a thread that plays blocks at the pace of a sound card.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::player::MAX_BLOCK;
use super::seat::Seat;

/// Lateness after which blocks are left out instead of played at once.
const LATE: Duration = Duration::from_millis(500);

/// Running thread; ends when this is dropped.
pub struct Silence {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Silence {
    /// Starts the thread. `[worker]`
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn start(mut seat: Seat, rate: u32, block: u32) -> Result<Self, String> {
        let ends = Arc::<AtomicBool>::default();
        let until = ends.clone();
        let block = (block as usize).clamp(1, MAX_BLOCK);
        let length = Duration::from_secs_f64(block as f64 / f64::from(rate.max(1)));
        let (mut left, mut right) = (vec![0.0; block], vec![0.0; block]);
        let run = move || {
            let mut due = Instant::now();
            while !until.load(Ordering::Relaxed) {
                if let Some(player) = seat.player() {
                    player.play([&mut left, &mut right], None);
                }
                due += length;
                let now = Instant::now();
                if due + LATE < now {
                    due = now;
                }
                thread::sleep(due.saturating_duration_since(now));
            }
        };
        let thread = thread::Builder::new().name("silent audio".to_owned());
        let thread = thread
            .spawn(run)
            .map_err(|error| format!("no thread can be started ({error})"))?;
        Ok(Self {
            ends,
            thread: Some(thread),
        })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported already, and the player has returned.
            let _ = thread.join();
        }
    }
}
