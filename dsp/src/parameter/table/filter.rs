//! Ladder filter, and oversampling of the nonlinear stages.

use super::*;

once! { Filter, "Filter" {
    /// Ladder cutoff.
    Cutoff: "cutoff", "Cutoff", note(Hertz, skewed(20.0, 20_000.0), 1200.0);
    /// Ladder resonance; self-oscillation begins at 1.
    Resonance: "resonance", "Resonance", note(Percent, linear(0.0, 1.0), 0.2);
    /// Gain into the ladder's saturation.
    Drive: "drive", "Drive", note(Decibels, linear(-12.0, 24.0), 0.0).ratios();
    /// Key tracking of the cutoff.
    Keytrack: "keytrack", "Key Track", note(Percent, linear(0.0, 1.0), 0.5);
    /// Modulation of the cutoff by envelope 2, at its peak.
    FilterEnv: "filter_env", "Envelope 2 Amount", note(Semitones, linear(-60.0, 60.0), 30.0);
    /// Audio-rate modulation of the cutoff by oscillator B.
    FilterFm: "filter_fm", "Osc B Amount", voice(Semitones, linear(-60.0, 60.0), 0.0);
    /// Response of the ladder.
    FilterMode: "filter_mode", "Filter Mode", choice(&FILTER_MODES, 0);
    /// Oversampling of nonlinear stages while a host plays live; offline it is always 4x.
    /// The ladder runs at this rate, ring modulation and FM at twice the rate of the sound from 2x on.
    Quality: "quality", "Quality", choice(&QUALITIES, 1).low();
} }
