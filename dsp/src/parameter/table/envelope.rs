//! Envelopes. Envelope 1 controls the loudness; its ids are unnumbered, because it is older than the others.

use super::*;

repeated! {
    /// Parameter of an envelope.
    EnvelopeParameter, envelope of [
        ("", "Env 1 ", "Envelope 1"),
        ("env2_", "Env 2 ", "Envelope 2"),
        ("env3_", "Env 3 ", "Envelope 3"),
    ] {
        /// Delay before the attack.
        Delay: "delay", "Delay", voice(Seconds, skewed(0.0, 10.0), 0.0).step();
        /// Attack time, to the peak.
        Attack: "attack", "Attack", voice(Seconds, skewed(0.0, 10.0), 0.004).step();
        /// Hold time at the peak.
        Hold: "hold", "Hold", voice(Seconds, skewed(0.0, 10.0), 0.0).step();
        /// Decay time, to the sustain level.
        Decay: "decay", "Decay", voice(Seconds, skewed(0.001, 20.0), 0.8).step();
        /// Sustain level.
        Sustain: "sustain", "Sustain", if envelope == 0 { note(Percent, linear(0.0, 1.0), 0.5) } else { voice(Percent, linear(0.0, 1.0), 0.5) };
        /// Release time, to silence.
        Release: "release", "Release", voice(Seconds, skewed(0.001, 20.0), 0.3).step();
        /// Curvature of the attack.
        AttackCurve: "attack_curve", "Attack Curve", voice(Percent, linear(-1.0, 1.0), 0.25).step();
        /// Curvature of the decay.
        DecayCurve: "decay_curve", "Decay Curve", voice(Percent, linear(-1.0, 1.0), 0.75).step();
        /// Curvature of the release.
        ReleaseCurve: "release_curve", "Release Curve", voice(Percent, linear(-1.0, 1.0), 0.75).step();
        /// Retrigger or legato, for a key played while another is held, where both share a voice.
        Retrigger: "retrigger", "Retrigger", choice(&RETRIGGERS, 0);
    }
}

impl Parameter {
    /// Number of envelopes.
    pub const ENVELOPES: usize = REPETITIONS;

    /// Returns a parameter of an envelope, counted from 0.
    pub const fn envelope(number: usize, parameter: EnvelopeParameter) -> Self {
        Block::Envelopes.row(number, EnvelopeParameter::COUNT, parameter as usize)
    }
}

/// Short names for parameters of envelope 1.
#[allow(non_upper_case_globals)]
impl Parameter {
    /// Attack of envelope 1.
    pub const Attack: Self = Self::envelope(0, EnvelopeParameter::Attack);
    /// Decay of envelope 1.
    pub const Decay: Self = Self::envelope(0, EnvelopeParameter::Decay);
    /// Sustain level of envelope 1.
    pub const Sustain: Self = Self::envelope(0, EnvelopeParameter::Sustain);
    /// Release of envelope 1.
    pub const Release: Self = Self::envelope(0, EnvelopeParameter::Release);
}
