//! Sound sources: a row for each input of the voices' mixer, and their targets from the parameter values.
//!
//! The functions are inlined and not closures, because code that is not inlined is not compiled for wide vectors.

use super::module::Module;
use super::values::{NoteOnValues, Values, at};
use crate::parameter::{OperatorParameter, OscillatorParameter, Parameter};
use crate::synth::f32s::{F32s, VOICES_PER_GROUP};
use crate::synth::pitch::hertz;
use crate::synth::{
    FmControls, INPUTS, Input, NoiseControls, OperatorControls, OscillatorControls, Pitches,
    VoiceControls,
};

/// Description of an input of the voices' mixer.
#[derive(Clone, Copy, Debug)]
pub struct MixerRow {
    /// Display name.
    pub name: &'static str,
    /// Short display name, used beside those of other levels.
    pub short: &'static str,
    /// Level parameter.
    pub level: Parameter,
    /// Pan parameter, −1 (left) to 1 (right).
    pub pan: Parameter,
    /// Route parameter, through the filter or past it.
    pub route: Parameter,
    /// Module that the input's time is counted for.
    pub module: Module,
    /// True if the input's controls are computed only while it is audible.
    pub(super) on_demand: bool,
}

/// Descriptions of the inputs of the voices' mixer, by [`Input`].
pub const MIXER: [MixerRow; INPUTS] = {
    let mut rows = [row(Input::A); INPUTS];
    let mut n = 0;
    while n < INPUTS {
        rows[n] = row(Input::ALL[n]);
        n += 1;
    }
    rows
};

const fn row(input: Input) -> MixerRow {
    match input {
        Input::A => MixerRow {
            name: "Oscillator A",
            short: "Osc A",
            level: Parameter::oscillator(0, OscillatorParameter::Level),
            pan: Parameter::oscillator(0, OscillatorParameter::Pan),
            route: Parameter::oscillator(0, OscillatorParameter::Route),
            module: Module::Oscillators,
            on_demand: false,
        },
        Input::B => MixerRow {
            name: "Oscillator B",
            short: "Osc B",
            level: Parameter::oscillator(1, OscillatorParameter::Level),
            pan: Parameter::oscillator(1, OscillatorParameter::Pan),
            route: Parameter::oscillator(1, OscillatorParameter::Route),
            module: Module::Oscillators,
            on_demand: false,
        },
        Input::Ring => MixerRow {
            name: "Ring A × B",
            short: "Ring",
            level: Parameter::RingLevel,
            pan: Parameter::RingPan,
            route: Parameter::RingRoute,
            module: Module::Oscillators,
            on_demand: false,
        },
        Input::Fm => MixerRow {
            name: "FM",
            short: "FM",
            level: Parameter::FmLevel,
            pan: Parameter::FmPan,
            route: Parameter::FmRoute,
            module: Module::Fm,
            on_demand: true,
        },
        Input::Noise => MixerRow {
            name: "Noise",
            short: "Noise",
            level: Parameter::NoiseLevel,
            pan: Parameter::NoisePan,
            route: Parameter::NoiseRoute,
            module: Module::Noise,
            on_demand: true,
        },
    }
}

/// Fills in the targets of all sources and of the mixer for the end of the tick.
#[inline(always)]
pub(super) fn fill(
    controls: &mut VoiceControls<VOICES_PER_GROUP>,
    values: &Values,
    note_on: &NoteOnValues,
    pitches: &Pitches<VOICES_PER_GROUP>,
) {
    for (mixed, row) in controls.mixer.iter_mut().zip(&MIXER) {
        *mixed = [at(values, row.level), at(values, row.pan)];
    }
    controls.oscillators[0] = oscillator(values, 0, pitches.oscillators[0]);
    controls.oscillators[1] = oscillator(values, 1, pitches.oscillators[1]);
    if controls.kept[Input::Noise as usize] {
        controls.noise = NoiseControls {
            rate: hertz(at(values, Parameter::NoiseRate)),
        };
    }
    if controls.kept[Input::Fm as usize] {
        fm(&mut controls.fm, values, note_on, pitches.fm);
    }
}

#[inline(always)]
fn oscillator(values: &Values, number: usize, pitch: F32s) -> OscillatorControls<VOICES_PER_GROUP> {
    let of = |parameter| at(values, Parameter::oscillator(number, parameter));
    OscillatorControls {
        pitch,
        shape: of(OscillatorParameter::Shape),
        width: of(OscillatorParameter::Width),
        detune: of(OscillatorParameter::Detune),
        spread: of(OscillatorParameter::Spread),
        curvature: F32s::ZERO,
    }
}

#[inline(always)]
fn fm(
    controls: &mut FmControls<VOICES_PER_GROUP>,
    values: &Values,
    note_on: &NoteOnValues,
    pitch: F32s,
) {
    controls.pitch = pitch;
    controls.key = note_on.key;
    controls.velocity = note_on.velocity;
    for (number, controls) in controls.operators.iter_mut().enumerate() {
        operator(controls, values, number);
    }
    for (to, row) in controls.matrix.iter_mut().enumerate() {
        for (from, modulator) in row.iter_mut().enumerate() {
            if from != to {
                *modulator = at(values, Parameter::modulator(to, from));
            }
        }
    }
}

#[inline(always)]
fn operator(controls: &mut OperatorControls<VOICES_PER_GROUP>, values: &Values, number: usize) {
    let of = |parameter| at(values, Parameter::operator(number, parameter));
    controls.ratio = of(OperatorParameter::Ratio);
    controls.fixed = of(OperatorParameter::Fixed);
    controls.detune = of(OperatorParameter::Detune);
    controls.level = of(OperatorParameter::Level);
    controls.feedback = of(OperatorParameter::Feedback);
    controls.velocity = of(OperatorParameter::Velocity);
    controls.key_level = of(OperatorParameter::KeyLevel);
    controls.key_rate = of(OperatorParameter::KeyRate);
    controls.rates[0] = of(OperatorParameter::Rate1);
    controls.rates[1] = of(OperatorParameter::Rate2);
    controls.rates[2] = of(OperatorParameter::Rate3);
    controls.rates[3] = of(OperatorParameter::Rate4);
    controls.levels[0] = of(OperatorParameter::Level1);
    controls.levels[1] = of(OperatorParameter::Level2);
    controls.levels[2] = of(OperatorParameter::Level3);
    controls.levels[3] = of(OperatorParameter::Level4);
    controls.output = of(OperatorParameter::Output);
}
