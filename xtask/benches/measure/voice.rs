//! The kernels of a voice, sixteen of each side by side as in a full engine, beside fundsp's.

use std::array::from_fn;
use std::hint::black_box;

use fundsp::prelude32::{moog_hz, poly_saw};
use tidepool_dsp::synth::{Ladder, LadderControl, Saw};
use xtask::report::{Group, Row};

use crate::hash::hash;
use crate::rounds::{Rounds, Times, anchored, row};

const SAMPLE_RATE: f32 = 48_000.0;
const BLOCK: usize = 128;
const VOICES: usize = 16;
const UNITS: f64 = (VOICES * BLOCK) as f64;
const CUTOFF: f32 = 1200.0;
const RESONANCE: f32 = 0.2;

/// Adds ours and theirs.
pub fn add(rounds: &mut Rounds) {
    let input = sawtooth(60.0);

    let mut ladders = [Ladder::default(); VOICES];
    let control = LadderControl {
        gain: Ladder::gain(CUTOFF / SAMPLE_RATE),
        resonance: RESONANCE,
        drive: 1.0,
    };
    rounds.add("ladder", UNITS, move || {
        let control = black_box(control);
        for ladder in &mut ladders {
            black_box(input.map(|sample| ladder.next(sample, control)));
        }
    });
    let mut moogs: [_; VOICES] = from_fn(|_| {
        let mut moog = moog_hz(CUTOFF, RESONANCE);
        moog.set_sample_rate(SAMPLE_RATE.into());
        moog
    });
    rounds.add("ladder of fundsp", UNITS, move || {
        for moog in &mut moogs {
            black_box(input.map(|sample| moog.tick(&[sample].into())[0]));
        }
    });

    let mut saws = [Saw::default(); VOICES];
    rounds.add("saw", UNITS, move || {
        for (voice, saw) in saws.iter_mut().enumerate() {
            let frequency = black_box(hertz(voice) / SAMPLE_RATE);
            black_box([(); BLOCK].map(|()| saw.next(frequency)));
        }
    });
    let mut poly_saws: [_; VOICES] = from_fn(|_| {
        let mut saw = poly_saw();
        saw.set_sample_rate(SAMPLE_RATE.into());
        saw
    });
    rounds.add("saw of fundsp", UNITS, move || {
        for (voice, saw) in poly_saws.iter_mut().enumerate() {
            let frequency = black_box(hertz(voice));
            black_box([(); BLOCK].map(|()| saw.tick(&[frequency].into())[0]));
        }
    });
}

/// Ours against theirs.
pub fn rows(times: &Times) -> Vec<Row> {
    let unit = "ns per voice and sample";
    let ladder = Row {
        target: Some(0.11),
        hash: Some(ladder_fingerprint()),
        ..row(Group::Voice, "ladder_1x", unit, times.of("ladder"))
    };
    let saw = Row {
        hash: Some(hash(&sawtooth(440.0))),
        ..row(Group::Voice, "saw", unit, times.of("saw"))
    };
    vec![
        anchored(ladder, "fundsp moog", times.of("ladder of fundsp")),
        anchored(saw, "fundsp poly_saw", times.of("saw of fundsp")),
    ]
}

fn ladder_fingerprint() -> String {
    let mut ladder = Ladder::default();
    let control = LadderControl {
        gain: Ladder::gain(CUTOFF / SAMPLE_RATE),
        resonance: RESONANCE,
        drive: 1.0,
    };
    hash(&sawtooth(60.0).map(|sample| ladder.next(sample, control)))
}

fn sawtooth(hertz: f32) -> [f32; BLOCK] {
    let mut saw = Saw::default();
    from_fn(|_| saw.next(hertz / SAMPLE_RATE))
}

/// Notes all over the keyboard, because what a band-limited wave costs may depend on its pitch.
fn hertz(voice: usize) -> f32 {
    55.0 * 2.0_f32.powf(voice as f32 * 0.375)
}
