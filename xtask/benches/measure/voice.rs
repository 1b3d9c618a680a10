//! Measures a voice: each of its modules alone, for sixteen voices in two groups, tick by tick as in the engine; and
//! whole voices by the cost of one more of them for the engine.

mod fm;
mod ladder;
mod oscillators;
mod part;
mod scalar;
mod small;

use xtask::report::{Group, Row};

use crate::engine;
use crate::rounds::{Rounds, Times};
use crate::sounds::Sound;

const SAMPLE_RATE: f32 = engine::SAMPLE_RATE;
const BLOCK: usize = engine::BLOCK;
const VOICES: usize = 16;
/// Number of voices that fill every group.
const MANY: usize = 64;
const UNITS: f64 = (VOICES * BLOCK) as f64;
const UNIT: &str = "ns per voice and sample";
/// Sounds measured as whole voices, with the names of their rows and their target costs.
const WHOLE: [(Sound, &str, Option<f64>); 3] = [
    (Sound::Fm, "fm6", Some(4.7)),
    (Sound::Unison, "voice_unison8", None),
    (Sound::Everything, "everything", Some(20.0)),
];

/// Adds the modules and the other implementations.
pub fn add(rounds: &mut Rounds) {
    fm::add(rounds);
    oscillators::add(rounds);
    ladder::add(rounds);
    small::add(rounds);
    scalar::add(rounds);
    for (sound, ..) in WHOLE {
        for voices in [1, VOICES, MANY] {
            engine::add_one(rounds, sound, voices, BLOCK);
        }
    }
}

/// Returns the rows of the voice, beside other implementations.
pub fn rows(times: &Times) -> Vec<Row> {
    let whole = WHOLE.iter().flat_map(|(sound, name, target)| {
        let one = (Group::Voice, *name);
        let full = format!("{name}_full_groups");
        [
            Row {
                target: *target,
                hash: Some(engine::fingerprint(*sound, VOICES)),
                ..engine::marginal(times, one, *sound, [1, VOICES])
            },
            engine::marginal(times, (Group::Voice, &full), *sound, [VOICES, MANY]),
        ]
    });
    [
        fm::rows(times),
        oscillators::rows(times),
        ladder::rows(times),
        small::rows(times),
        scalar::rows(times),
        whole.collect(),
    ]
    .concat()
}

/// Returns keys spread over the keyboard, because the cost of a band-limited wave may depend on its pitch.
fn key(voice: usize) -> f32 {
    33.0 + 4.5 * voice as f32
}

fn hertz(voice: usize) -> f32 {
    440.0 * ((key(voice) - 69.0) / 12.0).exp2()
}
