//! What the values of a group's parameters come to, module by module.
//!
//! Functions that are inlined rather than closures: what is not inlined is not compiled for wide vectors. What is large is
//! written where it is read.

use super::performance_controls::PerformanceControls;
use super::settings::LfoSettings;
use super::sources;
use super::tick_context::TickContext;
use super::values::{NoteOnValues, Values, at, hertz, ratio};
use crate::parameter::{EnvelopeParameter, LfoParameter, OscillatorParameter, Parameter};
use crate::synth::f32s::{F32s, VOICES_PER_GROUP};
use crate::synth::{
    ENVELOPES, EnvelopeControls, LadderControls, LfoControls, Pitches, VoiceControls,
};

/// Key at which the filter's tracking leaves the cutoff where it is, and whatever else is measured from a key.
pub(super) const MIDDLE_C: f32 = 60.0;
/// What full pressure and full brightness add to the cutoff, in semitones.
const PRESSURE_SEMITONES: f32 = 24.0;
const BRIGHTNESS_SEMITONES: f32 = 48.0;

/// The pitches that notes are bound for, from where they are between their keys.
#[inline(always)]
pub(super) fn pitches(
    values: &Values,
    performance: &PerformanceControls,
    key: F32s,
    context: &TickContext,
) -> Pitches<VOICES_PER_GROUP> {
    let vibrato = performance.wheel() * at(values, Parameter::VibratoDepth) * context.vibrato;
    let note = key + at(values, Parameter::Tune) + performance.pitch_bend() + vibrato;
    Pitches {
        oscillators: [note + interval(values, 0), note + interval(values, 1)],
        fm: note,
    }
}

/// How far an oscillator is from its note.
#[inline(always)]
fn interval(values: &Values, number: usize) -> F32s {
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
    controls: &mut VoiceControls<VOICES_PER_GROUP>,
    values: &Values,
    performance: &PerformanceControls,
    note_on: &NoteOnValues,
    envelope: F32s,
    pitches: &Pitches<VOICES_PER_GROUP>,
) {
    sources::fill(controls, values, note_on, pitches);
    controls.filter = LadderControls {
        cutoff: at(values, Parameter::Cutoff)
            + at(values, Parameter::Keytrack) * (pitches.fm - MIDDLE_C)
            + performance.pressure() * PRESSURE_SEMITONES
            + performance.brightness() * BRIGHTNESS_SEMITONES
            + at(values, Parameter::FilterEnv) * envelope,
        resonance: at(values, Parameter::Resonance),
        drive: at(values, Parameter::Drive),
    };
    controls.filter_fm = at(values, Parameter::FilterFm);
    controls.gain = note_on.gain * performance.gain() * at(values, Parameter::Level);
    controls.pan = (at(values, Parameter::Pan) + performance.pan()).clamp(-1.0, 1.0);
    controls.sends = [
        at(values, Parameter::SendDelay),
        at(values, Parameter::SendReverb),
    ];
}

/// Returns true if the source of this level is turned down.
#[inline(always)]
pub(super) fn is_silent(values: &Values, level: Parameter) -> bool {
    at(values, level).all_equal(0.0)
}

#[inline(always)]
pub(super) fn envelopes(values: &Values) -> [EnvelopeControls<VOICES_PER_GROUP>; ENVELOPES] {
    [
        envelope(values, 0),
        envelope(values, 1),
        envelope(values, 2),
    ]
}

#[inline(always)]
fn envelope(values: &Values, number: usize) -> EnvelopeControls<VOICES_PER_GROUP> {
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
    context: &TickContext,
    unmoved: f32,
    value: impl Fn(LfoParameter) -> F32s<N>,
) -> LfoControls<N> {
    let rate = value(LfoParameter::Rate);
    LfoControls {
        rate: if of.beats > 0.0 {
            // In time, unless a slot makes it faster or slower, by as much as it would one that runs free.
            ratio(rate - unmoved) * (context.tempo / 60.0 / of.beats)
        } else {
            hertz(rate)
        },
        phase: value(LfoParameter::Phase),
        fade: value(LfoParameter::Fade),
    }
}
