//! Measures the virtual-analogue oscillators, beside fundsp's, and the gain from reusing what has not changed.

use std::array::from_fn;
use std::hint::black_box;

use fundsp::prelude32::{poly_saw, saw};
use tidepool_dsp::rt::TICK;
use tidepool_dsp::synth::f32s::{F32s, all};
use tidepool_dsp::synth::{
    OscillatorControls, OscillatorSettings, Oscillators, PairOutput, PairSettings,
};
use xtask::report::{Group, Row};

use super::part::{self, Groups, Part, groups, keys, seeds};
use super::{BLOCK, SAMPLE_RATE, UNITS, VOICES, hertz};
use crate::rounds::{Rounds, Times, anchored, compared};

/// Settings of a measured pair.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    target: Option<f64>,
    shape: f32,
    unison: usize,
    sync: bool,
    ring: bool,
    forgets: bool,
}

const SAW: Way = Way {
    name: "va",
    target: Some(3.0),
    shape: 2.0,
    unison: 1,
    sync: false,
    ring: false,
    forgets: false,
};
const UNISON: Way = Way {
    name: "va_unison8",
    target: Some(12.0),
    unison: 8,
    ..SAW
};
const WAYS: [Way; 7] = [
    SAW,
    UNISON,
    Way {
        name: "va_unison8_forgetful",
        target: None,
        forgets: true,
        ..UNISON
    },
    Way {
        name: "va_pulse",
        target: None,
        shape: 3.0,
        ..SAW
    },
    Way {
        name: "va_saw_pulse",
        target: None,
        shape: 2.5,
        ..SAW
    },
    Way {
        name: "va_pair_sync",
        target: None,
        sync: true,
        ..SAW
    },
    Way {
        name: "va_pair_ring",
        target: None,
        ring: true,
        ..SAW
    },
];

/// Adds the oscillators and fundsp's.
pub fn add(rounds: &mut Rounds) {
    for way in WAYS {
        part::add(rounds, way.name, pairs(way));
    }
    let mut poly: [_; VOICES] = from_fn(|_| {
        let mut saw = poly_saw();
        saw.set_sample_rate(SAMPLE_RATE.into());
        saw
    });
    rounds.add("poly_saw of fundsp", UNITS, move || {
        for (voice, saw) in poly.iter_mut().enumerate() {
            let frequency = black_box(hertz(voice));
            black_box([(); BLOCK].map(|()| saw.tick(&[frequency].into())[0]));
        }
    });
    let mut tables: [_; VOICES] = from_fn(|_| {
        let mut saw = saw();
        saw.set_sample_rate(SAMPLE_RATE.into());
        saw
    });
    rounds.add("wavetable saw of fundsp", UNITS, move || {
        for (voice, saw) in tables.iter_mut().enumerate() {
            let frequency = black_box(hertz(voice));
            black_box([(); BLOCK].map(|()| saw.tick(&[frequency].into())[0]));
        }
    });
}

/// Returns the oscillators' rows, by themselves and beside fundsp's.
pub fn rows(times: &Times) -> Vec<Row> {
    let mut rows: Vec<_> = WAYS
        .iter()
        .map(|way| Row {
            target: way.target,
            ..part::measured(times, way.name, way.name, pairs(*way))
        })
        .collect();
    for (name, anchor, theirs) in [
        ("va_vs_poly_saw", "fundsp poly_saw", "poly_saw of fundsp"),
        ("va_vs_wavetable", "fundsp saw", "wavetable saw of fundsp"),
    ] {
        let ours = Row {
            target: None,
            name: name.into(),
            ..rows[0].clone()
        };
        rows.push(anchored(ours, anchor, times.of(theirs)));
    }
    rows.push(Row {
        target: Some(20.0),
        at_least: true,
        hash: rows[1].hash.clone(),
        ..compared(
            (Group::Voice, "detune_cache", "% of va_unison8_forgetful"),
            [UNISON.name, "va_unison8_forgetful"].map(|name| times.of(name)),
            |ours, forgetful| 100.0 * (1.0 - ours / forgetful),
        )
    });
    assert_eq!(rows[1].hash, rows[2].hash, "the cache changes the sound");
    rows
}

fn pairs(way: Way) -> Groups<Pair> {
    let oscillator = OscillatorSettings { unison: way.unison };
    let settings = PairSettings {
        a: oscillator,
        b: oscillator,
        sync: way.sync,
        ring: way.ring,
        oversampled: false,
        a_used: true,
        b_used: way.sync || way.ring,
    };
    groups(|group| {
        let controls = [0.0, 7.3].map(|interval| OscillatorControls {
            pitch: keys(group) + interval,
            shape: F32s::splat(way.shape),
            width: F32s::splat(0.3),
            detune: F32s::splat(0.2),
            spread: F32s::splat(0.5),
            ..OscillatorControls::default()
        });
        let mut oscillators = Oscillators::new();
        oscillators.start(all::<8>(), &seeds(group));
        oscillators.jump_to(&controls, &settings, all::<8>(), SAMPLE_RATE);
        Pair {
            oscillators,
            controls,
            settings,
            forgets: way.forgets,
            rest: [[F32s::ZERO; TICK]; 5],
        }
    })
}

/// Both oscillators; the second one may be silent.
struct Pair {
    oscillators: Oscillators<8>,
    controls: [OscillatorControls<8>; 2],
    settings: PairSettings,
    forgets: bool,
    rest: [[F32s; TICK]; 5],
}

impl Part for Pair {
    #[inline(always)]
    fn tick(&mut self, out: &mut [F32s; TICK]) {
        if self.forgets {
            self.oscillators.forget_cache();
        }
        self.oscillators
            .ramp_to(&self.controls, &self.settings, SAMPLE_RATE);
        let [right, b, b_right, ring, ring_right] = &mut self.rest;
        let mut waves = PairOutput {
            a: [&mut out[..], &mut right[..]],
            b: [&mut b[..], &mut b_right[..]],
            ring: [&mut ring[..], &mut ring_right[..]],
        };
        self.oscillators.render(0, &mut waves);
        if self.settings.b_used {
            for n in 0..TICK {
                out[n] = out[n] + b[n] + ring[n];
            }
        }
    }
}
