//! Conversion of a group's parameter values into the targets of its voices, module by module.
//!
//! The functions are inlined and not closures, because code that is not inlined is not compiled for wide vectors. Large
//! results are written in place.

use super::division;
use super::performance_controls::PerformanceControls;
use super::settings::LfoSettings;
use super::sources;
use super::tick_context::TickContext;
use super::values::{NoteOnValues, Values, at};
use crate::parameter::{EnvelopeParameter, LfoParameter, OscillatorParameter, Parameter};
use crate::synth::f32s::{F32s, VOICES_PER_GROUP};
use crate::synth::pitch::{hertz, ratio};
use crate::synth::{
    ENVELOPES, EnvelopeControls, LadderControls, LfoControls, Pitches, VoiceControls,
};

/// Reference key of key tracking and of the key source: it leaves the cutoff unchanged.
pub(super) const MIDDLE_C: f32 = 60.0;
/// Cutoff offsets at full pressure and at full brightness, in semitones.
const PRESSURE_SEMITONES: f32 = 24.0;
const BRIGHTNESS_SEMITONES: f32 = 48.0;

/// Returns the target pitches of notes whose glides are at `key`.
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

/// Returns the interval between an oscillator and its note, in semitones.
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

/// Fills in the targets of the voices for the end of the tick. `envelope` is the level of envelope 2.
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

/// Returns true if this level is 0 for all voices.
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

/// Returns the controls of an LFO; `unmoved` is its rate without the matrix.
#[inline(always)]
pub(super) fn lfo<const N: usize>(
    of: &LfoSettings,
    context: &TickContext,
    unmoved: f32,
    value: impl Fn(LfoParameter) -> F32s<N>,
) -> LfoControls<N> {
    let rate = value(LfoParameter::Rate);
    let (rate, counted, played) = if of.beats > 0.0 {
        // The matrix moves an LFO that is synchronized to the tempo to the division nearest to the rate to which it would
        // move a free one.
        let counted = F32s::splat(division::clocks(of.beats));
        let played = division::nearest(counted / ratio(rate - unmoved));
        let rate = F32s::splat(context.tempo / 60.0 / of.beats);
        (rate, counted, played)
    } else {
        (hertz(rate), F32s::ZERO, F32s::ZERO)
    };
    LfoControls {
        rate,
        counted,
        played,
        phase: value(LfoParameter::Phase),
        fade: value(LfoParameter::Fade),
    }
}
