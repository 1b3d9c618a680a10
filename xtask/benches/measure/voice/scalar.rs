//! Measures the gain from SIMD lanes: the same sixteen voices in groups of eight and one by one, compiled from the same
//! code.
//!
//! A voice here is FM, one oscillator, ladder, three envelopes and the mixer between them, with new targets at every
//! tick.

use std::hint::black_box;

use tidepool_dsp::rt::{TICK, Work, dispatch};
use tidepool_dsp::synth::f32s::{F32s, all};
use tidepool_dsp::synth::{
    Algorithm, ENVELOPES, EnvelopeControls, FmControls, FmSettings, FmWave, INPUTS, Input,
    LadderControls, LadderMode, NoiseColour, NoiseControls, OperatorControls, OperatorSettings,
    OscillatorControls, Oversampling, PairSettings, ROUTES, Route, VoiceControls, VoiceGroup,
    VoiceSettings, WORK,
};
use xtask::report::{Group, Row};

use super::{BLOCK, SAMPLE_RATE, UNIT, UNITS, VOICES, key};
use crate::hash::hash;
use crate::rounds::{Rounds, Times, anchored, compared, row};

const BUSES: usize = 6;

/// Adds both series.
pub fn add(rounds: &mut Rounds) {
    let mut lanes = Voices::<8>::new();
    rounds.add("lanes", UNITS, move || lanes.play());
    let mut single = Voices::<1>::new();
    rounds.add("one lane", UNITS, move || single.play());
}

/// Returns the second over the first, and both.
pub fn rows(times: &Times) -> Vec<Row> {
    let (lanes, single) = (times.of("lanes"), times.of("one lane"));
    let (hash, of_single) = (Voices::<8>::fingerprint(), Voices::<1>::fingerprint());
    assert_eq!(hash, of_single, "the number of lanes can be heard");
    let saved = Row {
        target: Some(4.0),
        at_least: true,
        hash: Some(hash.clone()),
        ..compared(
            (Group::Voice, "simd_over_scalar", "×"),
            [lanes, single],
            |lanes, single| single / lanes,
        )
    };
    let voice = Row {
        hash: Some(hash),
        ..row(Group::Voice, "voice_in_lanes", UNIT, lanes)
    };
    vec![saved, anchored(voice, "one lane", single)]
}

/// All voices, `N` to a group.
struct Voices<const N: usize> {
    groups: Vec<(VoiceGroup<N>, VoiceControls<N>)>,
    envelopes: [EnvelopeControls<N>; ENVELOPES],
    settings: VoiceSettings,
    buses: [[F32s<N>; TICK]; BUSES],
    work: Vec<F32s<N>>,
}

impl<const N: usize> Voices<N> {
    fn new() -> Self {
        let settings = settings();
        let envelopes = envelopes();
        let groups = (0..VOICES / N).map(|number| {
            let keys = F32s(std::array::from_fn(|lane| key(number * N + lane)));
            let seeds = std::array::from_fn(|lane| (number * N + lane) as u32 + 1);
            let controls = controls(keys);
            let mut group = VoiceGroup::default();
            group.start(all::<N>(), keys, keys, &seeds);
            group
                .modulators
                .jump_envelopes_to(0, &envelopes, SAMPLE_RATE, all::<N>());
            // The first call finds out which modules are in use, the second starts those that were not running.
            for _ in 0..2 {
                group.jump_to(0, &controls, &settings, SAMPLE_RATE, all::<N>());
            }
            (group, controls)
        });
        Self {
            groups: groups.collect(),
            envelopes,
            settings,
            buses: [[F32s::ZERO; TICK]; BUSES],
            work: vec![F32s::ZERO; WORK],
        }
    }

    fn play(&mut self) {
        for _ in 0..BLOCK / TICK {
            for number in 0..self.groups.len() {
                self.tick(number);
            }
            black_box(&mut self.buses);
        }
    }

    fn tick(&mut self, number: usize) {
        self.buses.as_flattened_mut().fill(F32s::ZERO);
        dispatch(Tick {
            voices: black_box(self),
            number,
        });
    }

    /// Returns the hash of each voice by itself, in the order of their keys.
    fn fingerprint() -> String {
        let mut voices = Self::new();
        let mut heard = vec![Vec::new(); VOICES];
        for _ in 0..300 {
            for number in 0..voices.groups.len() {
                voices.tick(number);
                for lane in 0..N {
                    let left = voices.buses[0].iter().map(|lanes| lanes.0[lane]);
                    heard[number * N + lane].extend(left);
                }
            }
        }
        hash(&heard.concat())
    }
}

/// One group in one tick.
struct Tick<'a, const N: usize> {
    voices: &'a mut Voices<N>,
    number: usize,
}

impl<const N: usize> Work for Tick<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Voices {
            groups,
            envelopes,
            settings,
            buses,
            work,
        } = self.voices;
        let (group, controls) = &mut groups[self.number];
        group.modulators.ramp_envelopes_to(envelopes, SAMPLE_RATE);
        group.ramp_to(controls, settings, SAMPLE_RATE);
        VoiceGroup::render(
            std::slice::from_mut(group),
            0,
            [[&[], &[]]; ROUTES],
            &mut buses.each_mut().map(|bus| &mut bus[..]),
            work,
            None,
            SAMPLE_RATE,
            |_| {},
        );
    }
}

fn settings() -> VoiceSettings {
    VoiceSettings {
        pair: PairSettings::default(),
        fm: FmSettings {
            algorithm: Algorithm::Classic(5),
            operators: [OperatorSettings {
                fixed: false,
                wave: FmWave::Sine,
            }; 6],
            oversampled: false,
        },
        noise: NoiseColour::White,
        routes: [Route::Filter; INPUTS],
        external: [false; ROUTES],
        filter: LadderMode::Low24,
        oversampling: Oversampling::One,
    }
}

fn envelopes<const N: usize>() -> [EnvelopeControls<N>; ENVELOPES] {
    [EnvelopeControls {
        attack: F32s::splat(0.004),
        decay: F32s::splat(90.0),
        sustain: F32s::splat(0.5),
        release: F32s::splat(0.3),
        decay_curve: F32s::splat(0.7),
        ..EnvelopeControls::default()
    }; ENVELOPES]
}

fn controls<const N: usize>(keys: F32s<N>) -> VoiceControls<N> {
    let operator = |number: usize| OperatorControls {
        ratio: F32s::splat(1.0 + number as f32),
        fixed: F32s::splat(69.0),
        detune: F32s::ZERO,
        level: F32s::splat(0.8),
        feedback: F32s::splat(if number == 5 { 0.5 } else { 0.0 }),
        velocity: F32s::ZERO,
        key_level: F32s::ZERO,
        key_rate: F32s::ZERO,
        rates: [0.95, 0.5, 0.3, 0.6].map(F32s::splat),
        levels: [1.0, 0.9, 0.8, 0.0].map(F32s::splat),
        output: F32s::ZERO,
    };
    let mut mixer = [[F32s::ZERO; 2]; INPUTS];
    mixer[Input::A as usize][0] = F32s::splat(0.5);
    mixer[Input::Fm as usize][0] = F32s::splat(0.5);
    VoiceControls {
        oscillators: [OscillatorControls {
            pitch: keys,
            ..OscillatorControls::default()
        }; 2],
        kept: Input::ALL.map(|input| matches!(input, Input::A | Input::Fm)),
        filter_fm_kept: false,
        fm: FmControls {
            pitch: keys,
            curvature: F32s::ZERO,
            key: keys,
            velocity: F32s::splat(0.8),
            operators: std::array::from_fn(operator),
            matrix: [[F32s::ZERO; 6]; 6],
        },
        noise: NoiseControls {
            rate: F32s::splat(1000.0),
        },
        mixer,
        filter: LadderControls {
            cutoff: keys + 24.0,
            resonance: F32s::splat(0.3),
            drive: F32s::splat(1.0),
        },
        filter_fm: F32s::ZERO,
        gain: F32s::splat(0.5),
        pan: F32s::ZERO,
        sends: [F32s::ZERO; 2],
    }
}
