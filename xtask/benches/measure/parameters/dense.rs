//! Measures the cost of dense automation for the whole engine: sixteen voices in blocks of 128, with eight parameters
//! set every sixteen samples, beside the same with none.

use std::hint::black_box;

use tidepool_dsp::{Event, EventKind, Note, NotePort, Parameter};
use xtask::report::{Group, Row};

use crate::engine::{BLOCK, Player};
use crate::hash::hash;
use crate::rounds::{Rounds, Times, anchored, row};
use crate::sounds::Sound;

const VOICES: usize = 16;
pub const EVERY: usize = 16;
pub const AUTOMATED: [Parameter; 8] = [
    Parameter::VibratoDepth,
    Parameter::Cutoff,
    Parameter::Resonance,
    Parameter::Drive,
    Parameter::Keytrack,
    Parameter::FilterEnv,
    Parameter::Sustain,
    Parameter::Volume,
];

/// Adds both engines.
pub fn add(rounds: &mut Rounds) {
    let mut still = Player::holding(Sound::First, VOICES, BLOCK);
    rounds.add("still engine", BLOCK as f64, move || {
        black_box(still.play());
    });
    let (mut moved, mut curves) = (
        Player::holding(Sound::First, VOICES, BLOCK),
        Curves::default(),
    );
    rounds.add("automated engine", BLOCK as f64, move || {
        curves.rewind();
        black_box(moved.play_events(&mut curves));
    });
}

/// Returns the automated engine relative to the other.
pub fn rows(times: &Times) -> Vec<Row> {
    let values = times.of("automated engine");
    let row = Row {
        target: Some(1.15),
        hash: Some(fingerprint()),
        ..row(
            Group::Parameters,
            "dense_automation",
            "ns per sample",
            values,
        )
    };
    vec![anchored(row, "unautomated", times.of("still engine"))]
}

/// Returns the hash of the first hundred blocks.
fn fingerprint() -> String {
    let (mut player, mut curves) = (
        Player::holding(Sound::First, VOICES, BLOCK),
        Curves::default(),
    );
    let audio: Vec<f32> = (0..100)
        .flat_map(|_| {
            curves.rewind();
            player.play_events(&mut curves).concat()
        })
        .collect();
    hash(&audio)
}

/// Triangle curves of the automated parameters, around the middle of each range. All values are computed beforehand, as
/// a host has its events ready.
pub struct Curves {
    /// Values of a period.
    values: [Vec<f32>; AUTOMATED.len()],
    /// Number of steps since the beginning, and position within the block.
    step: usize,
    at: usize,
    next: usize,
}

impl Default for Curves {
    fn default() -> Self {
        Self {
            values: std::array::from_fn(curve),
            step: 0,
            at: 0,
            next: 0,
        }
    }
}

impl Curves {
    /// Returns the value of the automated parameter with this number after `step` steps.
    pub fn value(&self, number: usize, step: usize) -> f32 {
        let values = &self.values[number];
        values[step % values.len()]
    }

    /// Moves to the start of another block.
    pub fn rewind(&mut self) {
        self.at = 0;
    }
}

impl NotePort for Curves {
    fn next_event(&mut self) -> Option<Event> {
        if self.at >= BLOCK {
            return None;
        }
        let parameter = AUTOMATED[self.next];
        let event = Event {
            at: self.at as u32,
            kind: EventKind::Parameter {
                parameter,
                value: self.value(self.next, self.step),
                modulation: 0.0,
            },
        };
        self.next += 1;
        if self.next == AUTOMATED.len() {
            self.next = 0;
            self.step += 1;
            self.at += EVERY;
        }
        Some(event)
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

/// Returns the curve with this number.
fn curve(number: usize) -> Vec<f32> {
    let period = 97 + 10 * number;
    let range = AUTOMATED[number].spec().range;
    let value = |step: usize| {
        let place = step as f32 / period as f32;
        range.plain(0.25 + 0.5 * (2.0 * place - 1.0).abs())
    };
    (0..period).map(value).collect()
}
