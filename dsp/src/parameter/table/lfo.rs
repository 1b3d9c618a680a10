//! Low-frequency oscillators.

use super::*;

repeated! {
    /// Parameter of an LFO.
    LfoParameter, _ of [
        ("lfo1_", "LFO 1 ", "LFO 1"),
        ("lfo2_", "LFO 2 ", "LFO 2"),
        ("lfo3_", "LFO 3 ", "LFO 3"),
    ] {
        /// Waveform.
        Shape: "shape", "Shape", choice(&LFO_SHAPES, 0);
        /// Rate in Hz, unless synchronized to the tempo.
        Rate: "rate", "Rate", voice(Hertz, skewed(0.01, 50.0), 2.0);
        /// Length of a cycle in notes, synchronized to the tempo.
        Sync: "sync", "Sync", choice(&LFO_SYNCS, 0).low();
        /// Fade-in time to the full amplitude.
        Fade: "fade", "Fade In", voice(Seconds, skewed(0.0, 20.0), 0.0).step();
        /// Start phase.
        Phase: "phase", "Phase", voice(Percent, linear(0.0, 1.0), 0.0).step();
        /// One LFO per voice, or one for all voices.
        Mode: "mode", "Mode", choice(&LFO_MODES, 0).low();
    }
}

impl Parameter {
    /// Number of low-frequency oscillators.
    pub const LFOS: usize = REPETITIONS;

    /// Returns a parameter of an LFO, counted from 0.
    pub const fn lfo(number: usize, parameter: LfoParameter) -> Self {
        Block::Lfos.row(number, LfoParameter::COUNT, parameter as usize)
    }
}
