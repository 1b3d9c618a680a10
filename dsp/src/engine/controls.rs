//! What the values of a group's parameters come to, module by module.
//!
//! Functions that are inlined rather than closures: what is not inlined is not compiled for wide vectors. What is large is
//! written where it is read.

use super::modulation::Moment;
use super::settings::LfoSettings;
use super::touch::Touch;
use crate::parameter::{
    EnvelopeParameter, LfoParameter, OperatorParameter, OscillatorParameter, Parameter,
};
use crate::synth::lanes::{GROUP, Lanes, exp2};
use crate::synth::{
    ENVELOPES, EnvelopeControls, FmControls, Input, LadderControls, LfoControls, NoiseControls,
    OperatorControls, OscillatorControls, Pitches, VoiceControls,
};

/// Key at which the filter's tracking leaves the cutoff where it is, and whatever else is measured from a key.
pub(super) const MIDDLE_C: f32 = 60.0;
/// What full pressure and full brightness add to the cutoff, in semitones.
const PRESSURE_SEMITONES: f32 = 24.0;
const BRIGHTNESS_SEMITONES: f32 = 48.0;

/// Every parameter that can be moved, as it is for each voice.
pub(super) type Values = [Lanes; Parameter::MODULATED];

/// How the notes of a group were struck.
#[derive(Clone, Debug, Default)]
pub(super) struct Struck {
    pub(super) key: Lanes,
    pub(super) velocity: Lanes,
    /// What velocity makes of the loudness, linear.
    pub(super) gain: Lanes,
}

/// The place of a parameter among those.
#[inline(always)]
pub(super) fn place(parameter: Parameter) -> usize {
    // Those that cannot be moved are not asked for here.
    parameter.modulated_number().unwrap_or(0)
}

#[inline(always)]
fn at(values: &Values, parameter: Parameter) -> Lanes {
    values[place(parameter)]
}

/// The pitches that notes are bound for, from where they are between their keys.
#[inline(always)]
pub(super) fn pitches(
    values: &Values,
    touch: &Touch,
    key: Lanes,
    moment: &Moment,
) -> Pitches<GROUP> {
    let vibrato = touch.wheel() * at(values, Parameter::VibratoDepth) * moment.vibrato;
    let note = key + at(values, Parameter::Tune) + touch.bend() + vibrato;
    Pitches {
        oscillators: [note + interval(values, 0), note + interval(values, 1)],
        fm: note,
    }
}

/// How far an oscillator is from its note.
#[inline(always)]
fn interval(values: &Values, number: usize) -> Lanes {
    at(
        values,
        Parameter::oscillator(number, OscillatorParameter::Pitch),
    ) + at(
        values,
        Parameter::oscillator(number, OscillatorParameter::Fine),
    )
}

/// Where voices are wanted at the end of the tick. `envelope` is what the second envelope is at.
#[inline(always)]
pub(super) fn fill(
    controls: &mut VoiceControls<GROUP>,
    values: &Values,
    touch: &Touch,
    struck: &Struck,
    envelope: Lanes,
    pitches: &Pitches<GROUP>,
) {
    controls.oscillators[0] = oscillator(values, 0, pitches.oscillators[0]);
    controls.oscillators[1] = oscillator(values, 1, pitches.oscillators[1]);
    if controls.kept[Input::Noise as usize] {
        controls.noise = NoiseControls {
            rate: hertz(at(values, Parameter::NoiseRate)),
        };
    }
    controls.mixer = [
        mixed(values, 0),
        mixed(values, 1),
        [
            at(values, Parameter::RingLevel),
            at(values, Parameter::RingPan),
        ],
        [at(values, Parameter::FmLevel), at(values, Parameter::FmPan)],
        [
            at(values, Parameter::NoiseLevel),
            at(values, Parameter::NoisePan),
        ],
    ];
    controls.filter = LadderControls {
        cutoff: at(values, Parameter::Cutoff)
            + at(values, Parameter::Keytrack) * (pitches.fm - MIDDLE_C)
            + touch.pressure() * PRESSURE_SEMITONES
            + touch.brightness() * BRIGHTNESS_SEMITONES
            + at(values, Parameter::FilterEnv) * envelope,
        resonance: at(values, Parameter::Resonance),
        drive: at(values, Parameter::Drive),
    };
    controls.filter_fm = at(values, Parameter::FilterFm);
    controls.gain = struck.gain * touch.gain() * at(values, Parameter::Level);
    controls.pan = (at(values, Parameter::Pan) + touch.pan()).clamp(-1.0, 1.0);
    controls.sends = [
        at(values, Parameter::SendDelay),
        at(values, Parameter::SendReverb),
    ];
    if controls.kept[Input::Fm as usize] {
        fm(&mut controls.fm, values, struck, pitches.fm);
    }
}

/// Returns true if the source of this level is turned down.
#[inline(always)]
pub(super) fn silent(values: &Values, level: Parameter) -> bool {
    at(values, level).all_equal(0.0)
}

/// Level and place of an oscillator.
#[inline(always)]
fn mixed(values: &Values, number: usize) -> [Lanes; 2] {
    [
        at(
            values,
            Parameter::oscillator(number, OscillatorParameter::Level),
        ),
        at(
            values,
            Parameter::oscillator(number, OscillatorParameter::Pan),
        ),
    ]
}

#[inline(always)]
fn oscillator(values: &Values, number: usize, pitch: Lanes) -> OscillatorControls<GROUP> {
    let of = |parameter| at(values, Parameter::oscillator(number, parameter));
    OscillatorControls {
        pitch,
        shape: of(OscillatorParameter::Shape),
        width: of(OscillatorParameter::Width),
        detune: of(OscillatorParameter::Detune),
        spread: of(OscillatorParameter::Spread),
        bow: Lanes::ZERO,
    }
}

#[inline(always)]
fn fm(controls: &mut FmControls<GROUP>, values: &Values, struck: &Struck, pitch: Lanes) {
    controls.pitch = pitch;
    controls.key = struck.key;
    controls.velocity = struck.velocity;
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
fn operator(controls: &mut OperatorControls<GROUP>, values: &Values, number: usize) {
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

#[inline(always)]
pub(super) fn envelopes(values: &Values) -> [EnvelopeControls<GROUP>; ENVELOPES] {
    [
        envelope(values, 0),
        envelope(values, 1),
        envelope(values, 2),
    ]
}

#[inline(always)]
fn envelope(values: &Values, number: usize) -> EnvelopeControls<GROUP> {
    let of = |parameter| at(values, Parameter::envelope(number, parameter));
    EnvelopeControls {
        delay: of(EnvelopeParameter::Delay),
        attack: of(EnvelopeParameter::Attack),
        hold: of(EnvelopeParameter::Hold),
        decay: of(EnvelopeParameter::Decay),
        sustain: of(EnvelopeParameter::Sustain),
        release: of(EnvelopeParameter::Release),
        attack_curve: of(EnvelopeParameter::AttackCurve),
        decay_curve: of(EnvelopeParameter::DecayCurve),
        release_curve: of(EnvelopeParameter::ReleaseCurve),
    }
}

/// What an LFO is to do; `unmoved` is its rate where no slot moves it.
#[inline(always)]
pub(super) fn lfo<const N: usize>(
    of: &LfoSettings,
    moment: &Moment,
    unmoved: f32,
    value: impl Fn(LfoParameter) -> Lanes<N>,
) -> LfoControls<N> {
    let rate = value(LfoParameter::Rate);
    LfoControls {
        rate: if of.beats > 0.0 {
            // In time, unless a slot makes it faster or slower, by as much as it would one that runs free.
            ratio(rate - unmoved) * (moment.tempo / 60.0 / of.beats)
        } else {
            hertz(rate)
        },
        phase: value(LfoParameter::Phase),
        fade: value(LfoParameter::Fade),
    }
}

/// What an interval in semitones does to a frequency.
#[inline(always)]
fn ratio<const N: usize>(interval: Lanes<N>) -> Lanes<N> {
    exp2(interval * (1.0 / 12.0))
}

/// The frequency of a pitch, 69 at 440 Hz.
#[inline(always)]
fn hertz<const N: usize>(pitch: Lanes<N>) -> Lanes<N> {
    ratio(pitch - 69.0) * 440.0
}
