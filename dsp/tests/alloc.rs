//! Nothing is allocated or freed on the audio thread, with everything attached to the engine that uses memory: while a
//! consumer reads the bridge, stalls, and has its bridge resized.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tidepool_dsp::analysis::Tap;
use tidepool_dsp::rt::metrics::{Piece, metrics};
use tidepool_dsp::rt::{BridgeConfig, Clock, CountingAllocator, FramePool, PoolConfig, bridge};
use tidepool_dsp::synth::{KeyboardMap, Scale, Tuning};
use tidepool_dsp::{
    Block, Command, Engine, Event, EventKind, Expression, Note, NoteFilter, NotePort, Parameter,
    SongPosition,
};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Port with a note on every block's first sample, and its end in the middle.
struct Notes(u32, u32);

impl NotePort for Notes {
    fn next_event(&mut self) -> Option<Event> {
        self.1 += 1;
        let key = 40 + (self.0 * 7 % 48) as u8;
        let (at, kind) = match self.1 {
            1 => {
                let note = Note {
                    id: None,
                    channel: 0,
                    key,
                };
                (
                    0,
                    EventKind::NoteOn {
                        note,
                        velocity: 0.9,
                    },
                )
            }
            2 => {
                let target = NoteFilter {
                    key: Some(key),
                    ..NoteFilter::default()
                };
                (20, EventKind::note_off(target))
            }
            _ => return None,
        };
        Some(Event { at, kind })
    }
    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

/// Plays for a while and returns the bits of the output and the number of the audio thread's calls to the allocator.
fn play(listening: Option<Tap>) -> (Vec<u32>, u64) {
    let mut engine = Engine::default();
    engine.prepare(48_000.0, 512);
    engine.tap = listening;
    let began = Instant::now();
    let (mut sound, mut calls) = (Vec::new(), 0);
    for round in 0..1500 {
        let length = [64, 512, 1, 300, 2000][round as usize % 5];
        let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
        let watch = CountingAllocator::watch();
        if let Some(tap) = &mut engine.tap {
            tap.maintain(began.elapsed());
        }
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        engine.process(block, &mut Notes(round, 0));
        calls += watch.calls();
        sound.extend(left.iter().chain(&right).map(|x| x.to_bits()));
        std::thread::sleep(Duration::from_micros(200));
    }
    (sound, calls)
}

#[test]
fn nothing_is_allocated_while_a_listener_is_attached_and_the_sound_is_the_same() {
    let (alone, calls) = play(None);
    assert_eq!(calls, 0, "the audio thread asks the allocator");
    let (pool, mut maintainer) = FramePool::new(PoolConfig::default()).unwrap();
    let (sender, receiver, mut control) = bridge(&pool, BridgeConfig::default()).unwrap();
    let tap = Tap::new(sender, Arc::new(AtomicBool::new(true)));
    let done = AtomicBool::new(false);
    let reader = control.reader();
    let (heard, calls) = std::thread::scope(|scope| {
        let done = &done;
        scope.spawn(move || {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                let held: Vec<_> = std::iter::from_fn(|| receiver.receive()).collect();
                std::thread::sleep(Duration::from_millis(if round % 20 == 7 { 60 } else { 2 }));
                drop(held);
                maintainer.maintain();
                let _ = control.resize(8 + round % 24, 256 + round % 3 * 300);
                round += 1;
            }
        });
        let played = play(Some(tap));
        done.store(true, Ordering::Relaxed);
        played
    });
    let status = reader.status();
    assert_eq!(calls, 0, "the audio thread asks the allocator");
    assert!(status.received > 100 && status.resizes > 5, "{status:?}");
    assert!(heard == alone, "listening changes the sound");
}

/// Everything is on and everything changes: parameters to their ends, modes, patches, tunings, tempos, and more notes
/// than there are voices.
#[test]
fn nothing_is_allocated_with_everything_on_and_everything_changing() {
    let everything = common::everything();
    let scale = Scale::parse("fifths\n2\n3/2\n2/1\n").unwrap();
    let tuning = Tuning::new(&scale, &KeyboardMap::default()).unwrap();
    let external = [0.3; 2_000];
    for rate in [48_000.0, 192_000.0] {
        let mut engine = Engine::default();
        engine.prepare(rate, 512);
        let mut sender = engine.take_commands().unwrap();
        let parameters: Vec<Parameter> = Parameter::all().collect();
        let mut sound = [[0.0; 2_000]; 2];
        let (mut calls, mut peak) = (0, 0.0_f32);
        for round in 0..340_usize {
            let parameter = parameters[round];
            let (least, most) = parameter.spec().range.ends();
            let note = common::named(
                round as i32,
                (round % 16) as u8,
                30 + (round * 7 % 70) as u8,
            );
            let old = common::named(round as i32 - 9, (round.max(9) - 9) as u8 % 16, 0);
            let whom = NoteFilter {
                id: old.id,
                ..NoteFilter::default()
            };
            let events = vec![
                (0, common::on(note, 0.9)),
                (
                    3,
                    common::set(parameter, if round % 2 == 0 { least } else { most }),
                ),
                (5, common::set(Parameter::Mode, (round / 20 % 3) as f32)),
                (5, common::set(Parameter::Quality, (round / 7 % 3) as f32)),
                (9, common::bend((round % 16) as u8, 0.7)),
                (11, common::controller(0, 64, (round / 5 % 2) as f32)),
                (13, common::express(note, Expression::Tuning, 3.0)),
                (17, common::modulate(note, Parameter::Cutoff, 0.4)),
                (20, EventKind::note_off(whom)),
                (29, common::choke(note)),
                // Values that are not finite, which are ignored.
                (31, common::bend(0, f32::NAN)),
            ];
            let length = [64, 512, 1, 300, 2_000][round % 5];
            let mut events = events;
            if round % 17 == 0 {
                // A flood: more notes than voices, and more changes than a batch holds.
                let notes =
                    (0..128).map(|key| (33, common::on(common::named(key, 1, key as u8), 0.5)));
                let values = parameters
                    .iter()
                    .map(|&parameter| (40, common::set(parameter, least)));
                events.extend(notes.chain(values));
            }
            let mut score = common::Score::new(events);
            score.to = length as u64;
            // Notes of earlier blocks end too.
            score.ended.reserve(512);
            if round % 11 == 0 {
                let patch = if round % 2 == 0 {
                    everything
                } else {
                    common::bare()
                };
                sender.send(Command::Load(patch)).unwrap();
                sender.send(Command::Tune(tuning)).unwrap();
                sender
                    .send(Command::KeyDown {
                        key: 50,
                        velocity: 0.5,
                    })
                    .unwrap();
            }
            if round % 50 == 49 {
                sender.send(Command::Panic).unwrap();
            }
            let watch = CountingAllocator::watch();
            if round % 13 == 0 {
                engine.load(&everything);
                engine.set_tuning(&tuning);
            }
            engine.set_tempo(60.0 + round as f32);
            let beats = f64::from(round as u32 % 7) * 3.1;
            engine
                .set_song_position((round % 3 > 0).then_some(SongPosition { beats, tempo: 99.0 }));
            engine.set_metered(round % 5 != 0);
            engine.set(parameter, most, 0.1);
            let [left, right] = &mut sound;
            let block = Block {
                left: &mut left[..length],
                right: &mut right[..length],
                external: [&external[..length]; 2],
            };
            engine.process(block, &mut score);
            let monitor = engine.modulation_snapshot();
            if round % 100 == 99 {
                engine.reset();
            }
            calls += watch.calls();
            peak = peak.max(monitor.overloads[3].peak[0]);
        }
        assert_eq!(calls, 0, "at {rate} Hz the audio thread asks the allocator");
        assert!(peak > 0.01, "nothing was heard");
    }
}

/// The metrics of 70 seconds: seconds and minutes end, blocks overrun, a reader reads, and everything is reset.
#[test]
fn nothing_is_allocated_where_the_metrics_are_kept_and_put_up() {
    const SAMPLES: usize = 4_800;
    let (clock, time) = Clock::mocked();
    let (mut monitor, reader) = metrics(clock, 0);
    monitor.prepare(48_000.0);
    let (mut calls, mut overruns) = (0, 0);
    for block in 0..700 {
        if block % 3 == 0 {
            overruns = reader.live().map_or(0, |live| live.overruns);
        }
        if block == 650 {
            reader.reset();
        }
        let watch = CountingAllocator::watch();
        monitor.begin(SAMPLES, false);
        time.run(if block % 50 == 49 {
            150_000_000
        } else {
            1_000_000
        });
        monitor.end(&Piece::default());
        calls += watch.calls();
        time.wait(99_000_000);
    }
    assert_eq!(calls, 0, "the audio thread asks the allocator");
    assert!(overruns > 0, "no block took too long");
    assert!(reader.log().is_some_and(|log| log.seconds[0].number > 0));
}

/// A block with any number of events, some past its end.
#[test]
fn nothing_is_allocated_in_a_flood() {
    let note = |n: u64| common::named(n as i32, (n % 16) as u8, (n % 128) as u8);
    for (count, at) in [(2_000, 0), (100_000, 0), (100_000, 512)] {
        let kinds = (0..count).map(|n| match n % 4 {
            0 | 1 => common::on(note(n), 0.9),
            2 => common::off(note(n - 1)),
            _ => common::bend((n % 16) as u8, 0.5),
        });
        let events = kinds.zip(0..).map(|(kind, n)| (at + n * 511 / count, kind));
        let mut engine = Engine::default();
        engine.load(&common::bare());
        let mut score = common::Score::new(events.collect());
        let mut sound = [[0.0; 512]; 2];
        let (mut calls, mut early) = (0, 0);
        for _ in 0..4 {
            // The first block is handed all events, including those past its end.
            score.to = 2 * 512;
            let [left, right] = &mut sound;
            let block = Block {
                left,
                right,
                external: [&[], &[]],
            };
            let watch = CountingAllocator::watch();
            early += engine.process(block, &mut score).early;
            calls += watch.calls();
        }
        assert_eq!(calls, 0, "{count} events at {at}");
        assert_eq!(
            early > 0,
            count == 100_000,
            "{early} of {count} events at {at}"
        );
    }
}
