//! The values of all destinations for the voices of a group, and the conversions of pitches that their readers share.

use crate::parameter::Parameter;
use crate::synth::f32s::{F32s, exp2};

/// Values of all destinations, for each voice.
pub(super) type Values = [F32s; Parameter::DESTINATIONS];

/// Note-on values of a group's voices.
#[derive(Clone, Debug, Default)]
pub(super) struct NoteOnValues {
    pub(super) key: F32s,
    pub(super) velocity: F32s,
    /// Gain from the velocity, linear.
    pub(super) gain: F32s,
}

/// Returns the index of a parameter in [`Values`].
#[inline(always)]
pub(super) fn place(parameter: Parameter) -> usize {
    // Only destinations are read.
    parameter.destination_index().unwrap_or(0)
}

/// Returns the value of a parameter for each voice.
#[inline(always)]
pub(super) fn at(values: &Values, parameter: Parameter) -> F32s {
    values[place(parameter)]
}

/// Returns the frequency ratio of an interval in semitones.
#[inline(always)]
pub(super) fn ratio<const N: usize>(interval: F32s<N>) -> F32s<N> {
    exp2(interval * (1.0 / 12.0))
}

/// Returns the frequency in Hz of a pitch, 440 Hz at 69.
#[inline(always)]
pub(super) fn hertz<const N: usize>(pitch: F32s<N>) -> F32s<N> {
    ratio(pitch - 69.0) * 440.0
}
