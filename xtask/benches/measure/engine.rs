//! Whole blocks of the engine: silent, with one voice, and with sixteen.

use std::hint::black_box;

use tidepool_dsp::rt::Clock;
use tidepool_dsp::rt::metrics::MAX_MODULES;
use tidepool_dsp::{Block, Engine, Event, EventKind, Note, NotePort};
use xtask::report::{Group, Row};

use crate::hash::hash;
use crate::rounds::{Rounds, Times, least, median, row};

const SAMPLE_RATE: f32 = 48_000.0;
pub const BLOCK: usize = 128;
/// What of a core one nanosecond per sample takes, in percent.
const PERCENT: f64 = SAMPLE_RATE as f64 * 1e-9 * 100.0;

/// Adds an engine for each number of held notes.
pub fn add(rounds: &mut Rounds) {
    for (name, voices) in [("engine 0", 0), ("engine 1", 1), ("engine 16", 16)] {
        let mut player = Player::holding(voices);
        rounds.add(name, BLOCK as f64, move || {
            black_box(player.play());
        });
    }
}

/// What the engine takes of a core, and what one voice more costs.
pub fn rows(times: &Times) -> Vec<Row> {
    let [silent, one, sixteen] = ["engine 0", "engine 1", "engine 16"].map(|name| times.of(name));
    let share = |times: &[f64]| times.iter().map(|time| time * PERCENT).collect::<Vec<_>>();
    // Not round by round: a hiccup while the one voice plays would make the other fifteen look cheap.
    let marginal = |of: fn(&[f64]) -> f64| (of(sixteen) - of(one)) / 15.0;
    let unit = "% of a core";
    vec![
        Row {
            target: Some(0.05),
            ..row(Group::Engine, "idle", unit, &share(silent))
        },
        Row {
            target: Some(0.5),
            hash: Some(fingerprint(1)),
            ..row(Group::Engine, "one_voice", unit, &share(one))
        },
        Row {
            min: marginal(least),
            hash: Some(fingerprint(16)),
            ..row(
                Group::Engine,
                "sixteen_voices_128",
                "ns per voice and sample",
                &[marginal(median)],
            )
        },
    ]
}

/// Of the first second.
fn fingerprint(voices: usize) -> String {
    let mut player = Player::holding(voices);
    let blocks = SAMPLE_RATE as usize / BLOCK;
    let audio: Vec<f32> = (0..blocks).flat_map(|_| player.play().concat()).collect();
    hash(&audio)
}

/// An engine that holds notes and plays block after block of them.
pub struct Player {
    engine: Engine,
    audio: [[f32; BLOCK]; 2],
}

impl Player {
    pub fn holding(voices: usize) -> Self {
        let mut engine = Engine::default();
        engine.prepare(SAMPLE_RATE, BLOCK);
        let mut player = Self {
            engine,
            audio: [[0.0; BLOCK]; 2],
        };
        let notes = (0..voices).map(|voice| EventKind::NoteOn {
            note: Note {
                id: None,
                channel: 0,
                key: 36 + 3 * voice as u8,
            },
            velocity: 0.8,
        });
        player.process(&mut Notes(notes));
        player
    }

    pub fn measure_by(&mut self, clock: Clock) {
        self.engine.measure_by(clock);
    }

    pub fn take_laps(&mut self) -> [u32; MAX_MODULES] {
        self.engine.take_laps()
    }

    pub fn play(&mut self) -> &[[f32; BLOCK]; 2] {
        self.play_events(&mut Nothing)
    }

    pub fn play_events(&mut self, port: &mut impl NotePort) -> &[[f32; BLOCK]; 2] {
        self.process(port);
        &self.audio
    }

    fn process(&mut self, port: &mut impl NotePort) {
        let [left, right] = &mut self.audio;
        let block = Block {
            left,
            right,
            external: [&[], &[]],
        };
        self.engine.process(block, port);
    }
}

/// Nothing happens.
struct Nothing;

impl NotePort for Nothing {
    fn next_event(&mut self) -> Option<Event> {
        None
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

/// What happens at the first sample of a block.
struct Notes<I>(I);

impl<I: Iterator<Item = EventKind>> NotePort for Notes<I> {
    fn next_event(&mut self) -> Option<Event> {
        self.0.next().map(|kind| Event { at: 0, kind })
    }

    fn note_ended(&mut self, _at: u32, _note: Note) {}
}
