//! Table of parameters: one row holds everything that is fixed about a parameter. Each block has its own file: blocks
//! that the instrument has once, and blocks that repeat for every oscillator, operator, envelope, LFO or slot.

use super::names::*;
use super::row::*;
use super::{Parameter, Spec};

/// Declares the rows of a block that exists once, and a constant of [`Parameter`] for each.
macro_rules! once {
    ($Block:ident, $group:literal {
        $($(#[$doc:meta])* $Name:ident: $id:literal, $name:literal, $spec:expr;)+
    }) => {
        enum Row {
            $($Name,)+
        }

        // Named like enum variants, because that is how the constants are used.
        #[allow(non_upper_case_globals)]
        impl Parameter {
            $($(#[$doc])* pub const $Name: Self = Block::$Block.row(0, 0, Row::$Name as usize);)+
        }

        pub(super) const COUNT: usize = [$($id),+].len();
        pub(super) const SPECS: &[Spec] = &[$($spec.named($id, $name, $group)),+];
    };
}

/// Declares the rows of a block that repeats, and an enum of them: an id prefix, a name prefix and a group for every
/// repetition, and the suffixes of id and name for each row. In a row, `$number` counts the repetitions from 0.
macro_rules! repeated {
    ($(#[$doc:meta])* $Rows:ident, $number:tt of [$($names:tt,)+] $rows:tt) => {
        repeated!(@rows $(#[$doc])* $Rows $rows);

        pub(super) const REPETITIONS: usize = [$(stringify!($names)),+].len();
        pub(super) const COUNT: usize = REPETITIONS * $Rows::COUNT;
        pub(super) const SPECS: &[Spec] = {
            const SPECS: [[Spec; $Rows::COUNT]; REPETITIONS] = {
                let mut repetition = 0;
                let specs = [$({
                    let $number = repetition;
                    repetition += 1;
                    repeated!(@specs $names $rows)
                }),+];
                assert!(repetition == REPETITIONS);
                specs
            };
            SPECS.as_flattened()
        };
    };
    (@rows $(#[$block:meta])* $Rows:ident {
        $($(#[$doc:meta])* $Name:ident: $id:literal, $name:literal, $spec:expr;)+
    }) => {
        $(#[$block])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Rows {
            $($(#[$doc])* $Name,)+
        }

        impl $Rows {
            /// All rows, in order.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$Name),+];
            /// Number of rows.
            pub const COUNT: usize = [$($id),+].len();
        }
    };
    (@specs ($first_id:literal, $first_name:literal, $group:literal) {
        $($(#[$doc:meta])* $Name:ident: $id:literal, $name:literal, $spec:expr;)+
    }) => {
        [$($spec.named(concat!($first_id, $id), concat!($first_name, $name), $group)),+]
    };
}

/// Declares the blocks in the order of the table. The matrix comes last, because its destinations use the names of all
/// others.
macro_rules! blocks {
    ([$($Block:ident: $block:ident,)+] Matrix: $matrix:ident) => {
        $(pub(super) mod $block;)+
        pub(super) mod $matrix;

        /// Block of the table.
        #[derive(Clone, Copy)]
        enum Block {
            $($Block,)+
            Matrix,
        }

        /// Number of rows of each block.
        const COUNTS: [usize; Block::Matrix as usize + 1] = [$($block::COUNT,)+ $matrix::COUNT];

        /// All rows but those of the matrix.
        static PLAYED: [Spec; Block::Matrix.first()] = {
            let mut specs = [voice::SPECS[0]; Block::Matrix.first()];
            $(put(&mut specs, Block::$Block, $block::SPECS);)+
            specs
        };

        /// All rows, in the order of their indices.
        pub(super) static SPECS: [Spec; COUNT] = {
            let mut specs = [voice::SPECS[0]; COUNT];
            $(put(&mut specs, Block::$Block, $block::SPECS);)+
            put(&mut specs, Block::Matrix, $matrix::SPECS);
            specs
        };
    };
}

blocks! {
    [
        Voice: voice,
        Mixer: mixer,
        Filter: filter,
        Fm: fm,
        Sends: sends,
        Output: output,
        Macros: macros,
        Controllers: controllers,
        Oscillators: oscillator,
        Operators: operator,
        Modulators: modulator,
        Envelopes: envelope,
        Lfos: lfo,
    ]
    Matrix: slot
}

/// Number of rows.
pub(super) const COUNT: usize = Block::Matrix.first() + slot::COUNT;

impl Block {
    /// Returns the index of the block's first row in the table.
    const fn first(self) -> usize {
        let (mut n, mut first) = (0, 0);
        while n < self as usize {
            first += COUNTS[n];
            n += 1;
        }
        first
    }

    /// Returns a row of a repetition, both counted from 0, where each repetition has `rows`.
    const fn row(self, repetition: usize, rows: usize, row: usize) -> Parameter {
        let place = repetition * rows + row;
        assert!(place < COUNTS[self as usize], "there are not so many");
        Parameter((self.first() + place) as u16)
    }
}

/// Copies the rows of a block to their place in the table, and sets the parameter of each.
const fn put(specs: &mut [Spec], block: Block, rows: &[Spec]) {
    let mut n = 0;
    while n < rows.len() {
        let parameter = block.row(0, 0, n);
        specs[parameter.index()] = Spec {
            parameter,
            ..rows[n]
        };
        n += 1;
    }
}

/// Selects the rows for which a method of [`Spec`] holds: their count, their parameters, and for every parameter its
/// number among them, or the count if it is not selected. Rows are ordered by generation, so that an added row keeps
/// the numbers stored in states.
macro_rules! select {
    ($method:ident: $COUNT:ident, $PARAMETERS:ident, $NUMBERS:ident) => {
        pub(super) const $COUNT: usize = {
            let (mut n, mut count) = (0, 0);
            while n < PLAYED.len() {
                count += PLAYED[n].$method() as usize;
                n += 1;
            }
            count
        };

        pub(super) const $PARAMETERS: [Parameter; $COUNT] = {
            let mut parameters = [Parameter(0); $COUNT];
            let (mut count, mut generation) = (0, 0);
            while count < $COUNT {
                let mut n = 0;
                while n < PLAYED.len() {
                    if PLAYED[n].$method() && PLAYED[n].generation == generation {
                        parameters[count] = PLAYED[n].parameter;
                        count += 1;
                    }
                    n += 1;
                }
                generation += 1;
            }
            parameters
        };

        pub(super) static $NUMBERS: [u16; COUNT] = {
            let mut numbers = [$COUNT as u16; COUNT];
            let mut n = 0;
            while n < $COUNT {
                numbers[$PARAMETERS[n].index()] = n as u16;
                n += 1;
            }
            numbers
        };
    };
}

select!(is_destination: DESTINATIONS, DESTINATION_PARAMETERS, DESTINATION_INDICES);
select!(per_note: PER_NOTE, PER_NOTE_PARAMETERS, PER_NOTE_NUMBERS);

/// Names of the matrix's destinations, after the name of none.
static DESTINATION_NAMES: [&str; DESTINATIONS + 1] = {
    let mut names = [NONE; DESTINATIONS + 1];
    let mut n = 0;
    while n < DESTINATIONS {
        names[n + 1] = PLAYED[DESTINATION_PARAMETERS[n].index()].name;
        n += 1;
    }
    names
};
