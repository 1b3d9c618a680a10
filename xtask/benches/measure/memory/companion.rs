//! A second thread that works during a measurement, and sleeps otherwise.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use core_affinity::CoreId;

use crate::rounds::Rounds;

/// Number of units of work between waking the companion and sending it back to sleep: enough that the time until the
/// threads run in step does not count, and few enough that most runs pass without interference by the system.
pub const STRETCH: u32 = 4096;

/// Second thread, which ends when this is dropped.
pub struct Companion {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    wanted: AtomicBool,
    at_work: AtomicBool,
    dismissed: AtomicBool,
}

impl Companion {
    /// Starts a thread on `core` that repeats `step` while it is wanted.
    pub fn new(core: Option<CoreId>, mut step: impl FnMut() + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        let thread = thread::spawn(move || {
            if let Some(core) = core {
                core_affinity::set_for_current(core);
            }
            while !own.dismissed.load(Acquire) {
                if !own.wanted.load(Acquire) {
                    thread::park();
                    continue;
                }
                own.at_work.store(true, Release);
                while own.wanted.load(Acquire) {
                    step();
                }
                own.at_work.store(false, Release);
            }
        });
        Self {
            shared,
            thread: Some(thread),
        }
    }

    /// Returns the time that `work` takes while the companion works too.
    pub fn beside(&self, work: impl FnOnce()) -> Duration {
        self.shared.wanted.store(true, Release);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
        wait_for(|| self.shared.at_work.load(Acquire));
        let start = Instant::now();
        work();
        let elapsed = start.elapsed();
        self.shared.wanted.store(false, Release);
        wait_for(|| !self.shared.at_work.load(Acquire));
        elapsed
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        self.shared.dismissed.store(true, Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the companion would have kept the measurement from ending.
            let _ = thread.join();
        }
    }
}

fn wait_for(condition: impl Fn() -> bool) {
    while !condition() {
        hint::spin_loop();
    }
}

/// Suffix of a series that was measured while the second core did the same.
pub const CONTENDED: &str = ", contended";

/// Adds the work of one thread twice: alone, and beside a companion that repeats the work that `make` made for it, with
/// the same memory.
pub fn add_alone_and_contended<W, H>(
    rounds: &mut Rounds,
    core: Option<CoreId>,
    name: &str,
    make: impl Fn() -> (W, H),
) where
    W: FnMut() + 'static,
    H: FnMut() + Send + 'static,
{
    let (work, _) = make();
    rounds.add(name, 1.0, work);
    let (mut work, hammer) = make();
    let companion = Companion::new(core, hammer);
    rounds.add_timed(
        format!("{name}{CONTENDED}"),
        f64::from(STRETCH),
        move || {
            companion.beside(|| {
                for _ in 0..STRETCH {
                    work();
                }
            })
        },
    );
}
