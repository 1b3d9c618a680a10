//! What a host wants of one note alone: its expressions, and its own modulation of parameters.

use crate::event::Expression;
use crate::parameter::Parameter;

/// What a host wants of one note alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerNote {
    /// By [`Expression`], in its own unit.
    pub expressions: [f32; Expression::ALL.len()],
    /// Modulation of each of [`Parameter::PER_NOTE`], which is added to the normalized value.
    pub amounts: [Option<f32>; Parameter::PER_NOTE.len()],
}

impl Default for PerNote {
    /// Nobody touches it.
    fn default() -> Self {
        Self {
            expressions: Expression::ALL.map(Expression::neutral),
            amounts: [None; Parameter::PER_NOTE.len()],
        }
    }
}
