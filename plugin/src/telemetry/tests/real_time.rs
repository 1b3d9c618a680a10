//! Verdicts with the real clock on a shared machine: a slow module is blamed, and a thread that was descheduled
//! is not.
//!
//! Another process may take the processor at any moment, and the verdict then rightly says so. So each case
//! is tried several times, of which one must be undisturbed, while none may ever blame the wrong cause.

#![expect(clippy::disallowed_methods, reason = "the tests take turns")]

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use tidepool_dsp::Module;
use tidepool_dsp::rt::Clock;
use tidepool_dsp::rt::metrics::{
    BlockProfiler, MetricsReader, ModuleTimer, Overrun, Piece, Verdict, metrics,
};

/// Blocks without disturbance, more than the verdict needs for its percentiles.
const CALM: usize = 400;
// Windows runs none of the cases that are repeated.
#[cfg(not(windows))]
const TRIES: usize = 300;

/// Serializes the tests, which would disturb each other.
static ALONE: Mutex<()> = Mutex::new(());

struct Rig {
    clock: Clock,
    monitor: BlockProfiler,
    reader: MetricsReader,
    timer: ModuleTimer,
    samples: usize,
    blocks: u64,
}

impl Rig {
    fn new(samples: usize) -> Self {
        let clock = Clock::default();
        let (mut monitor, reader) = metrics(clock.clone(), Module::Metrics as usize);
        monitor.prepare(48_000.0);
        Self {
            timer: ModuleTimer::new(clock.clone(), Module::Metrics as usize),
            clock,
            monitor,
            reader,
            samples,
            blocks: 0,
        }
    }

    /// Plays a block in which the voices run `voices` and the mix does little.
    fn block(&mut self, voices: impl FnOnce(&Clock)) {
        self.blocks += 1;
        self.monitor.begin(self.samples, false);
        self.timer.start();
        voices(&self.clock);
        self.timer.mark(Module::Voices as usize);
        run(&self.clock, 10);
        self.timer.mark(Module::Mix as usize);
        self.monitor.end(&Piece {
            voices: 4,
            modules: self.timer.take(),
            ..Piece::default()
        });
    }

    /// Returns the overrun of the last block, after closing it with another block; `None` if it was in time.
    fn last_overrun(&mut self) -> Option<Overrun> {
        let number = self.blocks;
        self.reader.live();
        // Metrics are published at most this often.
        thread::sleep(Duration::from_millis(101));
        self.block(|_| {});
        let log = self
            .reader
            .log()
            .expect("one reader is enough for a whole copy");
        log.overruns
            .iter()
            .find(|overrun| overrun.block.number == number)
            .copied()
    }
}

/// Keeps the processor busy until the thread has used `micros` microseconds of it.
fn run(clock: &Clock, micros: u64) {
    let end = clock.thread_cpu() + micros * 1_000;
    while clock.thread_cpu() < end {
        std::hint::spin_loop();
    }
}

// Windows counts a thread's time in steps of 15.6 ms.
#[cfg(not(windows))]
#[test]
fn a_slow_module_is_blamed() {
    let _alone = ALONE.lock();
    let blamed = (0..TRIES).any(|_| {
        // A new rig each time, because a slow module that recurs raises its own p99.
        let mut rig = Rig::new(128);
        (0..CALM).for_each(|_| rig.block(|clock| run(clock, 20)));
        rig.block(|clock| {
            // Short enough to run without interruption on a busy machine.
            let end = clock.now() + 4_000_000;
            while clock.now() < end {
                std::hint::spin_loop();
            }
        });
        let overrun = rig.last_overrun().expect("4 ms are more than there are");
        let said = overrun.explain(Module::name_at);
        match overrun.verdict() {
            Verdict::Module(module) => {
                assert_eq!(module, Module::Voices as usize, "{said}");
                assert!(said.starts_with("Inside: Voices took 4"), "{said}");
                true
            }
            verdict => {
                assert_ne!(verdict, Verdict::Load, "{said}");
                false
            }
        }
    });
    assert!(
        blamed,
        "none of {TRIES} slow blocks was blamed on the module"
    );
}

#[test]
fn a_thread_that_sleeps_is_not_ours() {
    let _alone = ALONE.lock();
    let mut rig = Rig::new(128);
    (0..CALM).for_each(|_| rig.block(|clock| run(clock, 20)));
    for _ in 0..5 {
        rig.block(|_| thread::sleep(Duration::from_millis(20)));
        let overrun = rig.last_overrun().expect("20 ms are more than there are");
        let said = overrun.explain(Module::name_at);
        assert_eq!(overrun.verdict(), Verdict::Descheduled, "{said}");
        assert!(said.starts_with("Outside: of "), "{said}");
    }
}

/// Real contention: other threads occupy the only core that the thread may use, so that its work, which is otherwise
/// in time, is late without costing more.
#[cfg(target_os = "linux")]
#[test]
fn a_thread_whose_core_is_hogged_is_not_ours() {
    use std::process::{Command, Stdio};
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    const HOGS: usize = 8;

    /// Pins the calling thread to a core; no dependency offers this without `unsafe`.
    fn pin() -> bool {
        let thread = nix::unistd::gettid().to_string();
        let core = Command::new("taskset").args(["-cp", &thread]).output();
        let Ok(cores) = core.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        else {
            return false;
        };
        // Takes the first core of "pid 17's current affinity list: 0,1" or "0-3".
        let list = cores.rsplit(':').next().unwrap_or("").trim().to_owned();
        let first: String = list.chars().take_while(char::is_ascii_digit).collect();
        let status = Command::new("taskset")
            .args(["-cp", &first, &thread])
            .stdout(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    }

    let _alone = ALONE.lock();
    if !pin() {
        eprintln!("skipped a_thread_whose_core_is_hogged_is_not_ours: no taskset here");
        return;
    }
    // The deadline is 21 ms, of which half is the budget; a block uses 4 ms, and 2 ms before that.
    let mut rig = Rig::new(1_024);
    (0..CALM / 4).for_each(|_| rig.block(|clock| run(clock, 2_000)));
    let stop = AtomicBool::new(false);
    let mut outside = 0;
    thread::scope(|scope| {
        // Threads inherit the affinity of the thread that created them.
        for _ in 0..HOGS {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        for _ in 0..4 * TRIES {
            rig.block(|clock| run(clock, 4_000));
            let Some(overrun) = rig.last_overrun() else {
                continue;
            };
            let said = overrun.explain(Module::name_at);
            // It ran 4 ms and was late by more than 6 ms, so the cause cannot be inside.
            if overrun.verdict() != Verdict::Descheduled {
                stop.store(true, Relaxed);
                panic!("{said}");
            }
            outside += 1;
            if outside == 3 {
                break;
            }
        }
        stop.store(true, Relaxed);
    });
    assert!(outside > 0, "eight hogs did not make it late once");
}
