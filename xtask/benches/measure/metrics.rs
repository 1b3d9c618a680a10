//! What taking note of a block costs: alone, beside the engine, and while somebody reads.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tidepool_dsp::Module;
use tidepool_dsp::rt::Clock;
use tidepool_dsp::rt::metrics::{Laps, MetricsReader, Monitor, Piece, metrics};
use xtask::report::{Group, Row};

use crate::engine::{BLOCK, Player};
use crate::rounds::{Rounds, Times, anchored, row};
use crate::sounds::Sound;

const SAMPLE_RATE: f32 = 48_000.0;
const VOICES: usize = 16;
/// Laps of a block of 128: four ticks with two groups of voices, and what comes once.
const LAPS: usize = 4 * (2 + 2 * 3) + 4;
/// What the page of targets allows a block: so much, and so much for each module.
const ALLOWED: f64 = 150.0;
const PER_MODULE: f64 = 15.0;

/// Adds the bookkeeping without and with a reader, and an engine without and with it.
pub fn add(rounds: &mut Rounds) {
    let (mut monitor, _reader) = monitor(&Clock::default());
    let mut laps = Laps::new(Clock::default(), Module::Metrics as usize);
    rounds.add("bookkeeping", 1.0, move || {
        take_note(&mut monitor, &mut laps)
    });

    let (mut monitor, reader) = self::monitor(&Clock::default());
    let mut laps = Laps::new(Clock::default(), Module::Metrics as usize);
    let polling = Polling::start(reader);
    rounds.add("bookkeeping read", 1.0, move || {
        let _ = &polling;
        take_note(&mut monitor, &mut laps);
    });

    // A mocked clock is a plain load, so that the laps are all but gone.
    let mut bare = Player::holding(Sound::First, VOICES, BLOCK);
    bare.measure_by(Clock::mocked().0);
    rounds.add("engine bare", BLOCK as f64, move || {
        black_box(bare.play());
    });
    let mut watched = Player::holding(Sound::First, VOICES, BLOCK);
    let clock = Clock::default();
    watched.measure_by(clock.clone());
    let (mut monitor, _reader) = self::monitor(&clock);
    rounds.add("engine monitored", BLOCK as f64, move || {
        monitor.begin(BLOCK, false);
        black_box(watched.play());
        monitor.end(&Piece {
            voices: VOICES,
            modules: watched.take_laps(),
            ..Piece::default()
        });
    });
}

/// What was measured of that.
pub fn rows(times: &Times) -> Vec<Row> {
    let unit = "ns per block";
    let allowed = ALLOWED + PER_MODULE * Module::ALL.len() as f64;
    let (bare, monitored) = (times.of("engine bare"), times.of("engine monitored"));
    let overhead = Row {
        target: Some(1.01),
        ..row(Group::Metrics, "overhead", "ns per sample", monitored)
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
        anchored(overhead, "no metrics", bare),
    ]
}

fn monitor(clock: &Clock) -> (Monitor, MetricsReader) {
    let (mut monitor, reader) = metrics(clock.clone(), Module::Metrics as usize);
    monitor.prepare(SAMPLE_RATE);
    (monitor, reader)
}

/// A block in which nothing else happens.
fn take_note(monitor: &mut Monitor, laps: &mut Laps) {
    monitor.begin(BLOCK, false);
    laps.start();
    for lap in 0..LAPS {
        laps.lap(lap % 4);
    }
    monitor.end(&Piece {
        voices: VOICES,
        modules: laps.take(),
        ..Piece::default()
    });
}

/// Somebody who reads thirty times a second, as an editor does.
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
