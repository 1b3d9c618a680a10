//! A second thread that is at work while something is measured, and asleep otherwise.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use core_affinity::CoreId;

use crate::rounds::Rounds;

/// Units of work between waking the companion and sending it back to sleep: so many that how the two find
/// into step does not count, and so few that most stretches pass without the system interfering.
pub const STRETCH: u32 = 4096;

/// The thread. It ends with this.
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
    /// One on `core` that, when it is wanted, does `step` over and over.
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

    /// How long `work` takes while the companion is at work too.
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
            // Had it panicked, the measuring would have come to no end.
            let _ = thread.join();
        }
    }
}

fn wait_for(condition: impl Fn() -> bool) {
    while !condition() {
        hint::spin_loop();
    }
}

/// What the name of a series ends with that was measured while the second core did the same.
pub const CONTENDED: &str = ", contended";

/// Adds the work of one thread twice: alone, and beside a companion that keeps doing what `make` made
/// for it, with the same memory.
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
