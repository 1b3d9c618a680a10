//! Per-note values from the host: note expressions, and modulation of parameters for a single note.

use crate::event::Expression;
use crate::parameter::Parameter;

/// Expressions and parameter modulation that the host sends for one note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerNote {
    /// Value of each [`Expression`], in its own unit.
    pub expressions: [f32; Expression::ALL.len()],
    /// Modulation of each of [`Parameter::PER_NOTE`], added to the normalized value; `None` if the host sent none.
    pub amounts: [Option<f32>; Parameter::PER_NOTE.len()],
}

impl Default for PerNote {
    /// Neutral expressions and no modulation.
    fn default() -> Self {
        Self {
            expressions: Expression::ALL.map(Expression::neutral),
            amounts: [None; Parameter::PER_NOTE.len()],
        }
    }
}
