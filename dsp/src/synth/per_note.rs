//! What a host wants of one note alone: its expressions, and its own modulation of parameters.

use crate::event::Expression;

/// Parameters that a note can have its own modulation of.
pub const AMOUNTS: usize = 8;

/// What a host wants of one note alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerNote {
    /// By [`Expression`], in its own unit.
    pub expressions: [f32; Expression::ALL.len()],
    /// Of each parameter that has one: what is added to its normalized value.
    pub amounts: [Option<f32>; AMOUNTS],
}

impl Default for PerNote {
    /// Nobody touches it.
    fn default() -> Self {
        Self {
            expressions: Expression::ALL.map(Expression::rest),
            amounts: [None; AMOUNTS],
        }
    }
}
