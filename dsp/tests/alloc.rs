//! The engine with everything around it that touches memory: nothing is allocated or freed on the audio
//! thread while a consumer listens, stalls, and is resized under.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tidepool_dsp::analysis::Tap;
use tidepool_dsp::rt::{BridgeConfig, CountingAllocator, FramePool, PoolConfig, bridge};
use tidepool_dsp::{Block, Engine, Event, EventKind, Note, NoteFilter, NotePort};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// A note on every block's first sample, and its end in the middle.
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
                (20, EventKind::NoteOff(target))
            }
            _ => return None,
        };
        Some(Event { at, kind })
    }
    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

/// Plays for a while and answers the sound's bits and what the audio thread asked of the allocator.
fn play(listening: Option<Tap>) -> (Vec<u32>, u64) {
    let mut engine = Engine::default();
    engine.prepare(48_000.0, 512);
    if let Some(tap) = listening {
        engine.attach(tap);
    }
    let began = Instant::now();
    let (mut sound, mut calls) = (Vec::new(), 0);
    for round in 0..1500 {
        let length = [64, 512, 1, 300, 2000][round as usize % 5];
        let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
        let before = CountingAllocator::on_this_thread();
        engine.tend(began.elapsed());
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        engine.process(block, &mut Notes(round, 0));
        calls += CountingAllocator::on_this_thread() - before;
        sound.extend(left.iter().chain(&right).map(|x| x.to_bits()));
        std::thread::sleep(Duration::from_micros(200));
    }
    (sound, calls)
}

#[test]
fn nothing_is_allocated_while_somebody_listens_and_the_sound_is_the_same() {
    let (alone, calls) = play(None);
    assert_eq!(calls, 0);
    let (pool, mut keeper) = FramePool::new(PoolConfig::default()).unwrap();
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
                keeper.tend();
                let _ = control.resize(8 + round % 24, 256 + round % 3 * 300);
                round += 1;
            }
        });
        let played = play(Some(tap));
        done.store(true, Ordering::Relaxed);
        played
    });
    let status = reader.status();
    assert!(status.received > 100 && status.resizes > 5, "{status:?}");
    assert_eq!(calls, 0, "the audio thread called the allocator");
    assert!(heard == alone, "listening changes the sound");
}
