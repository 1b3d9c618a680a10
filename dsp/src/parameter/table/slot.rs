//! Slots of the modulation matrix.

use super::*;

repeated! {
    /// Parameter of a slot of the modulation matrix.
    MatrixParameter, _ of [
        ("slot1_", "Slot 1 ", "Matrix"),
        ("slot2_", "Slot 2 ", "Matrix"),
        ("slot3_", "Slot 3 ", "Matrix"),
        ("slot4_", "Slot 4 ", "Matrix"),
        ("slot5_", "Slot 5 ", "Matrix"),
        ("slot6_", "Slot 6 ", "Matrix"),
        ("slot7_", "Slot 7 ", "Matrix"),
        ("slot8_", "Slot 8 ", "Matrix"),
        ("slot9_", "Slot 9 ", "Matrix"),
        ("slot10_", "Slot 10 ", "Matrix"),
        ("slot11_", "Slot 11 ", "Matrix"),
        ("slot12_", "Slot 12 ", "Matrix"),
        ("slot13_", "Slot 13 ", "Matrix"),
        ("slot14_", "Slot 14 ", "Matrix"),
        ("slot15_", "Slot 15 ", "Matrix"),
        ("slot16_", "Slot 16 ", "Matrix"),
    ] {
        /// Source.
        Source: "source", "Source", choice(&SOURCES, 0);
        /// Second source, which multiplies the first.
        Via: "via", "Via", choice(&SOURCES, 0);
        /// Destination.
        Destination: "destination", "Destination", choice(&DESTINATION_NAMES, 0);
        /// Depth, as a fraction of the destination's range.
        Amount: "amount", "Amount", global(Percent, linear(-1.0, 1.0), 0.0);
    }
}

impl Parameter {
    /// Number of slots of the modulation matrix.
    pub const MATRIX_SLOTS: usize = REPETITIONS;

    /// Returns a parameter of a slot of the modulation matrix, counted from 0.
    pub const fn matrix_slot(number: usize, parameter: MatrixParameter) -> Self {
        Block::Matrix.row(number, MatrixParameter::COUNT, parameter as usize)
    }
}
