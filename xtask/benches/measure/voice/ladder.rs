//! Measures the ladder at each quality, beside fundsp's.

use std::array::from_fn;
use std::hint::black_box;

use fundsp::prelude32::moog_hz;
use tidepool_dsp::rt::TICK;
use tidepool_dsp::synth::f32s::{F32s, all};
use tidepool_dsp::synth::{Ladder, LadderControls, LadderMode, LadderSetup, Oversampling};
use xtask::report::Row;

use super::part::{self, Groups, Part, groups};
use super::{BLOCK, SAMPLE_RATE, UNITS, VOICES, hertz};
use crate::rounds::{Rounds, Times, anchored};

const CUTOFF: f32 = 1200.0;
const RESONANCE: f32 = 0.2;
/// Name, quality, true if left and right differ, and the target: of the ratio if there is an anchor.
const WAYS: [(&str, Oversampling, bool, Option<f64>); 5] = [
    ("ladder_1x", Oversampling::One, false, Some(3.0)),
    ("ladder_2x", Oversampling::Two, false, Some(7.0)),
    ("ladder_4x", Oversampling::Four, false, None),
    ("ladder_1x_stereo", Oversampling::One, true, None),
    ("ladder_2x_stereo", Oversampling::Two, true, None),
];
const MODULATED: &str = "ladder_1x_modulated";
const THEIRS: &str = "ladder of fundsp";

/// Adds the ladders and fundsp's.
pub fn add(rounds: &mut Rounds) {
    for (name, oversampling, stereo, _) in WAYS {
        part::add(rounds, name, ladders(oversampling, stereo, false));
    }
    part::add(rounds, MODULATED, ladders(Oversampling::One, false, true));

    let inputs: [[f32; BLOCK]; VOICES] = from_fn(|voice| from_fn(|n| saw(voice, n)));
    let mut moogs: [_; VOICES] = from_fn(|_| {
        let mut moog = moog_hz(CUTOFF, RESONANCE);
        moog.set_sample_rate(SAMPLE_RATE.into());
        moog
    });
    rounds.add(THEIRS, UNITS, move || {
        for (moog, input) in moogs.iter_mut().zip(&inputs) {
            black_box(input.map(|sample| moog.tick(&[sample].into())[0]));
        }
    });
}

/// Returns the ladders' rows, by themselves and beside fundsp's.
pub fn rows(times: &Times) -> Vec<Row> {
    let mut rows = WAYS
        .map(|(name, oversampling, stereo, target)| Row {
            target,
            ..part::measured(times, name, name, ladders(oversampling, stereo, false))
        })
        .to_vec();
    let modulated = ladders(Oversampling::One, false, true);
    rows.push(part::measured(times, MODULATED, MODULATED, modulated));
    let against = Row {
        target: Some(0.11),
        name: "ladder_1x_vs_fundsp".into(),
        ..rows[0].clone()
    };
    rows.push(anchored(against, "fundsp moog", times.of(THEIRS)));
    rows
}

fn ladders(oversampling: Oversampling, stereo: bool, modulated: bool) -> Groups<Filtered> {
    let setup = LadderSetup {
        mode: LadderMode::Low24,
        oversampling,
        sample_rate: SAMPLE_RATE,
    };
    let controls = LadderControls {
        cutoff: F32s::splat(69.0 + 12.0 * (CUTOFF / 440.0).log2()),
        resonance: F32s::splat(RESONANCE),
        drive: F32s::splat(1.0),
    };
    groups(|group| {
        let mut ladder = Ladder::default();
        ladder.start(all::<8>());
        ladder.jump_to(&controls, &setup, all::<8>());
        Filtered {
            ladder,
            controls,
            setup,
            stereo,
            modulated,
            input: from_fn(|n| F32s(from_fn(|lane| saw(8 * group + lane, n)))),
            right: [F32s::ZERO; TICK],
        }
    })
}

/// Ladder with its input and controls for every tick.
struct Filtered {
    ladder: Ladder<8>,
    controls: LadderControls<8>,
    setup: LadderSetup,
    stereo: bool,
    modulated: bool,
    input: [F32s; TICK],
    right: [F32s; TICK],
}

impl Part for Filtered {
    #[inline(always)]
    fn tick(&mut self, out: &mut [F32s; TICK]) {
        self.ladder.ramp_to(&self.controls, &self.setup);
        *out = self.input;
        let modulation = self.modulated.then_some(&self.input[..]);
        if self.stereo {
            self.right = self.input;
            self.ladder.process(0, out, &mut self.right, modulation);
        } else {
            self.ladder.process_mono(0, out, modulation);
        }
    }
}

/// Returns a sample of a saw that is not band-limited.
fn saw(voice: usize, sample: usize) -> f32 {
    let phase = hertz(voice) / SAMPLE_RATE * sample as f32;
    2.0 * (phase - phase.floor()) - 1.0
}
