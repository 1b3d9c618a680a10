//! Measures the cheap modules of a voice: noise, envelopes and LFOs.

use std::array::from_fn;
use std::hint::black_box;

use fundsp::prelude32::{noise, pink};
use tidepool_dsp::rt::TICK;
use tidepool_dsp::synth::f32s::{F32s, all};
use tidepool_dsp::synth::{
    Envelope, EnvelopeControls, Lfo, LfoControls, LfoShape, Noise, NoiseColour, NoiseControls,
};
use xtask::report::Row;

use super::part::{self, Groups, Part, groups, seeds};
use super::{BLOCK, SAMPLE_RATE, UNITS, VOICES};
use crate::rounds::{Rounds, Times, anchored};

const COLOURS: [(&str, NoiseColour); 5] = [
    ("noise_white", NoiseColour::White),
    ("noise_pink", NoiseColour::Pink),
    ("noise_brown", NoiseColour::Brown),
    ("noise_blue", NoiseColour::Blue),
    ("noise_sample_and_hold", NoiseColour::SampleAndHold),
];
const ENVELOPE: &str = "envelope";
const LFOS: [(&str, LfoShape); 2] = [
    ("lfo_sine", LfoShape::Sine),
    ("lfo_smooth_random", LfoShape::SmoothRandom),
];

/// Adds noise, envelopes and LFOs, and fundsp's noise.
pub fn add(rounds: &mut Rounds) {
    for (name, colour) in COLOURS {
        part::add(rounds, name, noises(colour));
    }
    part::add(rounds, ENVELOPE, envelopes());
    for (name, shape) in LFOS {
        part::add(rounds, name, lfos(shape));
    }
    let mut white: [_; VOICES] = from_fn(|_| noise());
    rounds.add("noise_white of fundsp", UNITS, move || {
        for noise in &mut white {
            black_box([(); BLOCK].map(|()| noise.tick(&[].into())[0]));
        }
    });
    let mut pinks: [_; VOICES] = from_fn(|_| pink());
    rounds.add("noise_pink of fundsp", UNITS, move || {
        for noise in &mut pinks {
            black_box([(); BLOCK].map(|()| noise.tick(&[].into())[0]));
        }
    });
}

/// Returns the rows, noise beside fundsp's where that has the colour.
pub fn rows(times: &Times) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, colour) in COLOURS {
        let ours = part::measured(times, name, name, noises(colour));
        rows.push(match colour {
            NoiseColour::White => anchored(ours, "fundsp noise", times.of("noise_white of fundsp")),
            NoiseColour::Pink => anchored(ours, "fundsp pink", times.of("noise_pink of fundsp")),
            _ => ours,
        });
    }
    rows.push(part::measured(times, ENVELOPE, ENVELOPE, envelopes()));
    for (name, shape) in LFOS {
        rows.push(part::measured(times, name, name, lfos(shape)));
    }
    rows
}

struct Hiss(Noise<8>, NoiseControls<8>, NoiseColour);

fn noises(colour: NoiseColour) -> Groups<Hiss> {
    let controls = NoiseControls {
        rate: F32s::splat(1000.0),
    };
    groups(|group| {
        let mut noise = Noise::default();
        noise.start(all::<8>(), &seeds(group));
        noise.jump_to(&controls, colour, SAMPLE_RATE, all::<8>());
        Hiss(noise, controls, colour)
    })
}

impl Part for Hiss {
    #[inline(always)]
    fn tick(&mut self, out: &mut [F32s; TICK]) {
        let Self(noise, controls, colour) = self;
        noise.ramp_to(controls, *colour, SAMPLE_RATE);
        noise.render(0, out);
    }
}

/// Envelope that decays for a minute and a half, and starts again.
struct Loudness(Envelope<8>, EnvelopeControls<8>);

fn envelopes() -> Groups<Loudness> {
    let seconds = |seconds| F32s::splat(seconds);
    let controls = EnvelopeControls {
        attack: seconds(0.004),
        decay: seconds(90.0),
        sustain: F32s::splat(0.5),
        release: seconds(0.3),
        decay_curve: F32s::splat(0.7),
        ..EnvelopeControls::default()
    };
    groups(|_| {
        let mut envelope = Envelope::default();
        envelope.claim(all::<8>());
        envelope.jump_to(&controls, SAMPLE_RATE, all::<8>());
        Loudness(envelope, controls)
    })
}

impl Part for Loudness {
    #[inline(always)]
    fn tick(&mut self, out: &mut [F32s; TICK]) {
        let Self(envelope, controls) = self;
        envelope.ramp_to(controls, SAMPLE_RATE);
        envelope.render(0, out);
    }
}

struct Slow(Lfo<8>, LfoControls<8>, LfoShape);

fn lfos(shape: LfoShape) -> Groups<Slow> {
    let controls = LfoControls {
        rate: F32s::splat(3.1),
        fade: F32s::splat(1.0),
        ..LfoControls::default()
    };
    groups(|group| {
        let mut lfo = Lfo::default();
        lfo.start(all::<8>(), &seeds(group));
        lfo.jump_to(&controls, shape, SAMPLE_RATE, all::<8>());
        Slow(lfo, controls, shape)
    })
}

impl Part for Slow {
    #[inline(always)]
    fn tick(&mut self, out: &mut [F32s; TICK]) {
        let Self(lfo, controls, shape) = self;
        lfo.tick(controls, *shape, SAMPLE_RATE);
        out[0] = lfo.value();
    }
}
