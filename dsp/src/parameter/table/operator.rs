//! FM operators.

use super::*;

repeated! {
    /// Parameter of an FM operator.
    OperatorParameter, operator of [
        ("op1_", "Op 1 ", "Operator 1"),
        ("op2_", "Op 2 ", "Operator 2"),
        ("op3_", "Op 3 ", "Operator 3"),
        ("op4_", "Op 4 ", "Operator 4"),
        ("op5_", "Op 5 ", "Operator 5"),
        ("op6_", "Op 6 ", "Operator 6"),
    ] {
        /// Frequency as a ratio to the note's, or fixed.
        Mode: "mode", "Mode", choice(&OPERATOR_MODES, 0);
        /// Ratio to the note's frequency.
        Ratio: "ratio", "Ratio", voice(Count, linear(0.0, 32.0), 1.0);
        /// Fixed frequency.
        Fixed: "fixed", "Frequency", voice(Hertz, skewed(0.1, 20_000.0), 440.0);
        /// Detune of the ratio or the fixed frequency.
        Detune: "detune", "Detune", voice(Cents, linear(-100.0, 100.0), 0.0);
        /// Level as a carrier, or modulation depth as a modulator.
        Level: "level", "Level", voice(Percent, linear(0.0, 1.0), if operator == 0 { 1.0 } else { 0.0 });
        /// Self-modulation.
        Feedback: "feedback", "Feedback", voice(Percent, linear(0.0, 1.0), 0.0);
        /// Waveform.
        Wave: "wave", "Wave", choice(&OPERATOR_WAVES, 0);
        /// Velocity sensitivity of the level.
        Velocity: "velocity", "Velocity", voice(Percent, linear(0.0, 1.0), 0.0);
        /// Key scaling of the level, in decibels per octave above middle C.
        KeyLevel: "key_level", "Key Level", voice(DecibelsPerOctave, linear(-12.0, 12.0), 0.0);
        /// Key scaling of the envelope rates.
        KeyRate: "key_rate", "Key Rate", voice(Percent, linear(0.0, 1.0), 0.0);
        /// Rate towards level 1.
        Rate1: "rate1", "Rate 1", voice(Percent, linear(0.0, 1.0), 0.95);
        /// Rate towards level 2.
        Rate2: "rate2", "Rate 2", voice(Percent, linear(0.0, 1.0), 0.5);
        /// Rate towards level 3.
        Rate3: "rate3", "Rate 3", voice(Percent, linear(0.0, 1.0), 0.3);
        /// Rate towards level 4, from the release on.
        Rate4: "rate4", "Rate 4", voice(Percent, linear(0.0, 1.0), 0.6);
        /// Level 1.
        Level1: "level1", "Level 1", voice(Percent, linear(0.0, 1.0), 1.0);
        /// Level 2.
        Level2: "level2", "Level 2", voice(Percent, linear(0.0, 1.0), 1.0);
        /// Level 3, the sustain level.
        Level3: "level3", "Level 3", voice(Percent, linear(0.0, 1.0), 1.0);
        /// Level 4, at the end of the release.
        Level4: "level4", "Level 4", voice(Percent, linear(0.0, 1.0), 0.0);
        /// Output level in the free algorithm.
        Output: "output", "Output", voice(Percent, linear(0.0, 1.0), 0.0);
    }
}

impl Parameter {
    /// Number of FM operators.
    pub const OPERATORS: usize = REPETITIONS;

    /// Returns a parameter of an FM operator, counted from 0.
    pub const fn operator(number: usize, parameter: OperatorParameter) -> Self {
        Block::Operators.row(number, OperatorParameter::COUNT, parameter as usize)
    }
}
