//! Plays a chord into `chord.wav`: four seconds, stereo, 48 kHz.
//!
//! `cargo run --release --package tidepool-dsp --example chord`

use std::error::Error;

use tidepool_dsp::{Block, Engine, Event, EventKind, Note, NoteFilter, NotePort};

const RATE: u32 = 48_000;
const BLOCK: usize = 256;
const KEYS: [u8; 4] = [48, 60, 64, 67];
/// Blocks for which the keys are held, and blocks in all.
const HELD: usize = 375;
const BLOCKS: usize = 750;

fn main() -> Result<(), Box<dyn Error>> {
    let format = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create("chord.wav", format)?;
    let mut engine = Engine::default();
    engine.prepare(RATE as f32, BLOCK);
    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    for block in 0..BLOCKS {
        let events = match block {
            0 => KEYS.map(press).to_vec(),
            HELD => KEYS.map(release).to_vec(),
            _ => Vec::new(),
        };
        let buffers = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        engine.process(buffers, &mut Events(events.into_iter()));
        for (left, right) in left.iter().zip(&right) {
            file.write_sample(*left)?;
            file.write_sample(*right)?;
        }
    }
    file.finalize()?;
    Ok(())
}

fn press(key: u8) -> EventKind {
    let note = Note {
        id: None,
        channel: 0,
        key,
    };
    EventKind::NoteOn {
        note,
        velocity: 0.8,
    }
}

fn release(key: u8) -> EventKind {
    EventKind::note_off(NoteFilter {
        key: Some(key),
        ..NoteFilter::default()
    })
}

/// Events of a block, all at its first sample.
struct Events(std::vec::IntoIter<EventKind>);

impl NotePort for Events {
    fn next_event(&mut self) -> Option<Event> {
        self.0.next().map(|kind| Event { at: 0, kind })
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}
