//! Macro knobs, which are sources of the modulation matrix.

use super::*;

macro_rules! knobs {
    ($($number:literal)+) => {
        [$(
            global(Percent, linear(0.0, 1.0), 0.0).named(
                concat!("macro", $number),
                concat!("Macro ", $number),
                "Macros",
            ),
        )+]
    };
}

pub(super) const COUNT: usize = Parameter::MACROS;
pub(super) const SPECS: &[Spec] = &{
    const KNOBS: [Spec; COUNT] = knobs!(1 2 3 4 5 6 7 8);
    KNOBS
};

impl Parameter {
    /// Number of macro knobs.
    pub const MACROS: usize = 8;

    /// Returns a macro knob, counted from 0.
    pub const fn macro_knob(number: usize) -> Self {
        Block::Macros.row(number, 1, 0)
    }
}
