//! Measures six operators with their envelopes, beside six bare sines of fundsp's, and the gain from reusing what has
//! not changed.

use std::array::from_fn;
use std::hint::black_box;

use fundsp::prelude32::sine;
use tidepool_dsp::rt::TICK;
use tidepool_dsp::synth::f32s::{F32s, all};
use tidepool_dsp::synth::{
    Algorithm, Fm, FmControls, FmSettings, FmWave, OperatorControls, OperatorSettings,
};
use xtask::report::{Group, Row};

use super::part::{self, Groups, Part, groups, keys};
use super::{BLOCK, SAMPLE_RATE, UNITS, VOICES, hertz};
use crate::rounds::{Rounds, Times, anchored, compared};

/// Name, algorithm and feedback.
const WAYS: [(&str, Algorithm, f32); 4] = [
    ("fm_operators", Algorithm::Classic(5), 0.5),
    ("fm_operators_straight", Algorithm::Classic(5), 0.0),
    ("fm_operators_in_a_circle", Algorithm::Classic(4), 0.5),
    ("fm_operators_free", Algorithm::Free, 0.3),
];
/// Name of the first of them again, without reuse from the tick before.
const FORGETFUL: &str = "fm_operators_forgetful";
const THEIRS: &str = "six sines of fundsp";

/// Adds the operators and fundsp's sines.
pub fn add(rounds: &mut Rounds) {
    for (name, algorithm, feedback) in WAYS {
        part::add(rounds, name, operators(algorithm, feedback));
    }
    part::add(rounds, FORGETFUL, forgetful());
    let mut sines: [[_; 6]; VOICES] = from_fn(|_| {
        from_fn(|_| {
            let mut sine = sine();
            sine.set_sample_rate(SAMPLE_RATE.into());
            sine
        })
    });
    rounds.add(THEIRS, UNITS, move || {
        for (voice, sines) in sines.iter_mut().enumerate() {
            let frequency = black_box(hertz(voice));
            black_box([(); BLOCK].map(|()| {
                sines
                    .iter_mut()
                    .fold(0.0, |sum, sine| sum + sine.tick(&[frequency].into())[0])
            }));
        }
    });
}

/// Returns the operators' rows beside fundsp's.
pub fn rows(times: &Times) -> Vec<Row> {
    let mut rows = WAYS
        .map(|(name, algorithm, feedback)| {
            let ours = part::measured(times, name, name, operators(algorithm, feedback));
            anchored(ours, "six fundsp sines", times.of(THEIRS))
        })
        .to_vec();
    let forgetful = part::measured(times, FORGETFUL, FORGETFUL, forgetful());
    assert_eq!(rows[0].hash, forgetful.hash, "the cache changes the sound");
    rows.push(forgetful);
    rows.push(Row {
        at_least: true,
        hash: rows[0].hash.clone(),
        ..compared(
            (
                Group::Voice,
                "fm_detune_cache",
                "% of fm_operators_forgetful",
            ),
            [WAYS[0].0, FORGETFUL].map(|name| times.of(name)),
            |ours, forgetful| 100.0 * (1.0 - ours / forgetful),
        )
    });
    rows
}

fn forgetful() -> Groups<Operators> {
    let (_, algorithm, feedback) = WAYS[0];
    operators(algorithm, feedback).map(|group| Operators {
        forgets: true,
        ..group
    })
}

fn operators(algorithm: Algorithm, feedback: f32) -> Groups<Operators> {
    let one = F32s::splat(1.0);
    let settings = FmSettings {
        algorithm,
        operators: [OperatorSettings {
            fixed: false,
            wave: FmWave::Sine,
        }; 6],
        oversampled: false,
    };
    groups(|group| {
        let operator = |number: usize| OperatorControls {
            ratio: F32s::splat(1.0 + number as f32),
            fixed: F32s::splat(69.0),
            detune: F32s::splat(0.03 * number as f32),
            level: F32s::splat(0.8),
            feedback: F32s::splat(if number == 5 { feedback } else { 0.0 }),
            velocity: F32s::splat(0.3),
            key_level: F32s::ZERO,
            key_rate: F32s::ZERO,
            rates: [0.95, 0.5, 0.3, 0.6].map(F32s::splat),
            levels: [1.0, 0.9, 0.8, 0.0].map(F32s::splat),
            output: if number == 0 { one } else { F32s::ZERO },
        };
        let controls = FmControls {
            pitch: keys(group),
            curvature: F32s::ZERO,
            key: keys(group),
            velocity: F32s::splat(0.8),
            operators: from_fn(operator),
            // Each operator modulates the one before it.
            matrix: from_fn(|to| {
                from_fn(|from| F32s::splat(if from == to + 1 { 0.3 } else { 0.0 }))
            }),
        };
        let mut fm = Fm::default();
        fm.start(all::<8>());
        fm.jump_to(0, &controls, &settings, SAMPLE_RATE, all::<8>());
        Operators {
            fm,
            controls,
            settings,
            forgets: false,
        }
    })
}

struct Operators {
    fm: Fm<8>,
    controls: FmControls<8>,
    settings: FmSettings,
    forgets: bool,
}

impl Part for Operators {
    #[inline(always)]
    fn tick(&mut self, out: &mut [F32s; TICK]) {
        if self.forgets {
            self.fm.forget_cache();
        }
        self.fm.ramp_to(&self.controls, &self.settings, SAMPLE_RATE);
        self.fm.render(0, out);
    }
}
