//! Measures the cost of the metrics of a block: alone, beside the engine, and during reads.

use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tidepool_dsp::Module;
use tidepool_dsp::rt::Clock;
use tidepool_dsp::rt::metrics::{BlockProfiler, MetricsReader, ModuleTimer, Piece, metrics};
use xtask::report::{Group, Row};

use crate::engine::{BLOCK, Player};
use crate::rounds::{Rounds, Times, anchored, median, nanos, row};
use crate::sounds::Sound;

const SAMPLE_RATE: f32 = 48_000.0;
const VOICES: usize = 16;
/// Allowed time of a block, and of each module in addition, in nanoseconds.
const ALLOWED: f64 = 150.0;
const PER_MODULE: f64 = 15.0;
/// Engine without and with the metrics, and the numbers of timed blocks and of those before them in each round.
const BARE: &str = "engine bare";
const MONITORED: &str = "engine monitored";
const BLOCKS: usize = 200;
const WARM_UP: usize = 20;

/// Adds the bookkeeping without and with a reader, and an engine without and with the metrics.
pub fn add(rounds: &mut Rounds) {
    let count = laps_of_a_block();
    let (mut monitor, _reader) = monitor(&Clock::default());
    let mut timer = ModuleTimer::new(Clock::default(), Module::Metrics as usize);
    rounds.add("bookkeeping", 1.0, move || {
        take_note(&mut monitor, &mut timer, count)
    });

    let (mut monitor, reader) = self::monitor(&Clock::default());
    let mut timer = ModuleTimer::new(Clock::default(), Module::Metrics as usize);
    let polling = Polling::start(reader);
    rounds.add("bookkeeping read", 1.0, move || {
        let _ = &polling;
        take_note(&mut monitor, &mut timer, count);
    });

    // A reading of the clock by itself, which every measurement includes.
    let clock = Clock::default();
    rounds.add("reading", 1.0, move || _ = black_box(clock.now()));

    // The same engine is timed in turns without and with the metrics, because two engines differ by more than the
    // metrics cost, due to their memory addresses. A mocked clock is a plain load, so that the marks cost almost
    // nothing.
    let player = Rc::new(RefCell::new(Player::holding(Sound::First, VOICES, BLOCK)));
    let bare = player.clone();
    rounds.add_course(BARE.into(), move |times| {
        let mut player = bare.borrow_mut();
        player.measure_by(Clock::mocked().0);
        times.extend(timed(|| _ = player.play()));
    });
    let clock = Clock::default();
    let (mut monitor, _reader) = self::monitor(&clock);
    rounds.add_course(MONITORED.into(), move |times| {
        let mut player = player.borrow_mut();
        player.measure_by(clock.clone());
        times.extend(timed(|| {
            monitor.begin(BLOCK, false);
            player.play();
            monitor.end(&Piece {
                voices: VOICES,
                modules: player.take_module_times(),
                ..Piece::default()
            });
        }));
    });
}

/// Returns the nanoseconds of the blocks after the warm-up.
fn timed(mut block: impl FnMut()) -> impl Iterator<Item = f64> {
    (0..WARM_UP + BLOCKS)
        .map(move |_| nanos(&mut block))
        .skip(WARM_UP)
}

/// Returns the rows of the metrics.
pub fn rows(times: &Times) -> Vec<Row> {
    let unit = "ns per block";
    let allowed = ALLOWED + PER_MODULE * Module::ALL.len() as f64;
    let medians = |name: &str| -> Vec<f64> {
        let blocks = times.course(name).iter();
        blocks.map(|blocks| median(blocks) / BLOCK as f64).collect()
    };
    let overhead = Row {
        target: Some(1.01),
        ..row(
            Group::Metrics,
            "overhead",
            "ns per sample",
            &medians(MONITORED),
        )
    };
    vec![
        Row {
            target: Some(allowed),
            ..row(Group::Metrics, "bookkeeping", unit, times.of("bookkeeping"))
        },
        row(
            Group::Metrics,
            "bookkeeping_read",
            unit,
            times.of("bookkeeping read"),
        ),
        row(Group::Metrics, "reading", "ns", times.of("reading")),
        row(
            Group::Metrics,
            "laps",
            "laps per block",
            &[laps_of_a_block() as f64],
        ),
        anchored(overhead, "no metrics", &medians(BARE)),
    ]
}

fn monitor(clock: &Clock) -> (BlockProfiler, MetricsReader) {
    let (mut monitor, reader) = metrics(clock.clone(), Module::Metrics as usize);
    monitor.prepare(SAMPLE_RATE);
    (monitor, reader)
}

/// Returns the number of marks in a block of an engine, plus that of the tap of an engine in a plugin. The mocked clock
/// advances by one at each reading, so that the metrics' time is the number of marks.
fn laps_of_a_block() -> usize {
    let (clock, time) = Clock::mocked();
    time.count_readings(1);
    let mut player = Player::holding(Sound::First, VOICES, BLOCK);
    player.measure_by(clock);
    player.play();
    player.take_module_times()[Module::Metrics as usize] as usize + 1
}

/// Profiles a block with `count` marks and no other work.
fn take_note(monitor: &mut BlockProfiler, timer: &mut ModuleTimer, count: usize) {
    monitor.begin(BLOCK, false);
    timer.start();
    for lap in 0..count {
        timer.mark(lap % 4);
    }
    monitor.end(&Piece {
        voices: VOICES,
        modules: timer.take(),
        ..Piece::default()
    });
}

/// Thread that reads thirty times a second, as an editor does.
struct Polling {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Polling {
    fn start(reader: MetricsReader) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Relaxed) {
                black_box((reader.live(), reader.log()));
                std::thread::sleep(Duration::from_millis(33));
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
