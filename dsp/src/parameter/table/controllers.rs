//! Numbers of the MIDI controllers that are sources A to D of the modulation matrix.

use super::*;

/// Highest number; channel mode messages follow.
const LAST: i32 = 119;

macro_rules! numbers {
    ($($id:literal $name:literal $number:literal)+) => {
        [$(
            global(Count, whole(0, LAST), $number).step().low().named(
                concat!("controller_", $id),
                concat!("Controller ", $name),
                "Controllers",
            ),
        )+]
    };
}

pub(super) const COUNT: usize = Parameter::CONTROLLERS;
pub(super) const SPECS: &[Spec] = &{
    // The general purpose controllers of MIDI.
    const NUMBERS: [Spec; COUNT] = numbers!("a" "A" 16.0 "b" "B" 17.0 "c" "C" 18.0 "d" "D" 19.0);
    NUMBERS
};

impl Parameter {
    /// Number of controllers that are sources, beside those with a source of their own.
    pub const CONTROLLERS: usize = 4;

    /// Returns the number of the controller that is the source `source`, counted from 0.
    pub const fn controller(source: usize) -> Self {
        Block::Controllers.row(source, 1, 0)
    }
}
