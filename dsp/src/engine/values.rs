//! The values of all destinations for the voices of a group, and the conversions of pitches that their readers share.

use crate::parameter::Parameter;
use crate::synth::f32s::{F32s, exp2};

/// The value of every destination for each voice of a group.
pub(super) type Values = [F32s; Parameter::DESTINATIONS];

/// The note-on values of the voices of a group.
#[derive(Clone, Debug, Default)]
pub(super) struct NoteOnValues {
    pub(super) key: F32s,
    pub(super) velocity: F32s,
    /// Gain by the velocity, linear.
    pub(super) gain: F32s,
}

/// Index of a parameter in [`Values`].
#[inline(always)]
pub(super) fn place(parameter: Parameter) -> usize {
    // Only destinations are asked for here.
    parameter.destination_index().unwrap_or(0)
}

/// The value of a parameter for each voice.
#[inline(always)]
pub(super) fn at(values: &Values, parameter: Parameter) -> F32s {
    values[place(parameter)]
}

/// Frequency ratio of an interval in semitones.
#[inline(always)]
pub(super) fn ratio<const N: usize>(interval: F32s<N>) -> F32s<N> {
    exp2(interval * (1.0 / 12.0))
}

/// Frequency of a pitch in Hz, 440 Hz at 69.
#[inline(always)]
pub(super) fn hertz<const N: usize>(pitch: F32s<N>) -> F32s<N> {
    ratio(pitch - 69.0) * 440.0
}
