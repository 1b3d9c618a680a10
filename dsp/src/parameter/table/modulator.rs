//! Matrix of the free FM algorithm: the depth at which each operator modulates each other one. Self-modulation is the
//! operator's feedback parameter.

use super::*;

/// Number of operators that can modulate an operator, apart from itself.
const OTHERS: usize = Parameter::OPERATORS - 1;

macro_rules! modulators {
    ($to:literal: $($from:literal)+) => {
        [$(
            voice(Percent, linear(0.0, 1.0), 0.0).named(
                concat!("fm_", $from, "_to_", $to),
                concat!("FM ", $from, " to ", $to),
                "FM Matrix",
            ),
        )+]
    };
}

pub(super) const COUNT: usize = Parameter::OPERATORS * OTHERS;
pub(super) const SPECS: &[Spec] = {
    const MODULATORS: [[Spec; OTHERS]; Parameter::OPERATORS] = [
        modulators!(1: 2 3 4 5 6),
        modulators!(2: 1 3 4 5 6),
        modulators!(3: 1 2 4 5 6),
        modulators!(4: 1 2 3 5 6),
        modulators!(5: 1 2 3 4 6),
        modulators!(6: 1 2 3 4 5),
    ];
    MODULATORS.as_flattened()
};

impl Parameter {
    /// Returns the depth at which operator `from` modulates another operator, `to`, in the free algorithm; both count
    /// from 0.
    pub const fn modulator(to: usize, from: usize) -> Self {
        assert!(from != to && from < Self::OPERATORS, "not two operators");
        let place = from - (from > to) as usize;
        Block::Modulators.row(to, OTHERS, place)
    }
}
