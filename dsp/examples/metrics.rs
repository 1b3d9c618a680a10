//! Renders a chord with metrics, and prints the time of each module in a block and how near the block came to its deadline.
//!
//! `cargo run --release --package tidepool-dsp --example metrics`

use std::ops::Range;

use tidepool_dsp::rt::Clock;
use tidepool_dsp::rt::metrics::{BlockRecord, Piece, metrics};
use tidepool_dsp::{Block, Engine, Event, EventKind, Module, Note, NotePort};

const RATE: f32 = 48_000.0;
const BLOCK: usize = 256;
const BLOCKS: usize = 4_000;

fn main() {
    let clock = Clock::default();
    let (mut profiler, reader) = metrics(clock.clone(), Module::Metrics as usize);
    profiler.prepare(RATE);
    let mut engine = Engine::default();
    engine.prepare(RATE, BLOCK);
    engine.measure_by(clock);
    reader.live(); // figures are published while a reader asks for them

    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    let mut chord = Chord(0..8);
    for _ in 0..BLOCKS {
        profiler.begin(BLOCK, false);
        let buffers = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        let status = engine.process(buffers, &mut chord);
        profiler.end(&Piece {
            voices: status.voices,
            most_voices: status.most_voices,
            notes: status.notes,
            modules: engine.timer().take(),
            ..Piece::default()
        });
        reader.live();
    }

    let live = reader.live().expect("figures were published");
    let written = |block: &&BlockRecord| block.number > 0;
    let block = live
        .recent
        .iter()
        .rfind(written)
        .expect("blocks were recorded");
    println!(
        "{} voices, last block: {:.2} % of its deadline",
        live.voices,
        100.0 * block.load()
    );
    for (number, nanos) in block
        .modules
        .iter()
        .enumerate()
        .filter(|(_, nanos)| **nanos > 0)
    {
        let module = Module::at(number).map_or("", Module::name);
        println!("{module:12} {nanos:6} ns");
    }
}

/// Eight notes at the first sample.
struct Chord(Range<u8>);

impl NotePort for Chord {
    fn next_event(&mut self) -> Option<Event> {
        let note = Note {
            id: None,
            channel: 0,
            key: 40 + 5 * self.0.next()?,
        };
        let kind = EventKind::NoteOn {
            note,
            velocity: 0.8,
        };
        Some(Event { at: 0, kind })
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}
