//! The values of all destinations for the voices of a group.

use crate::parameter::Parameter;
use crate::synth::f32s::F32s;

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
