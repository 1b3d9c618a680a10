//! A sound: every parameter of the engine in its natural unit.

/// What the engine needs to know of the parameters. Plain values; out-of-range ones are clamped
/// where they are used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patch {
    /// Output gain, linear.
    pub volume: f32,
    /// Gain of the External input, linear.
    pub external: f32,
    /// Transposition in semitones.
    pub tune: f32,
    /// Ladder cutoff in Hz.
    pub cutoff: f32,
    /// Ladder resonance, 0 to 1; self-oscillation begins at 1.
    pub resonance: f32,
    /// Gain into the ladder's saturation, linear.
    pub drive: f32,
    /// How far the cutoff follows the key, 0 to 1.
    pub keytrack: f32,
    /// What the envelope adds to the cutoff at its peak, in semitones.
    pub filter_env: f32,
    /// Envelope attack in seconds.
    pub attack: f32,
    /// Envelope decay in seconds.
    pub decay: f32,
    /// Envelope sustain level, 0 to 1.
    pub sustain: f32,
    /// Envelope release in seconds.
    pub release: f32,
    /// How much velocity matters to loudness, 0 to 1.
    pub velocity: f32,
    /// Pitch bend range in semitones.
    pub bend_range: f32,
    /// Vibrato at full modulation wheel, in semitones.
    pub vibrato_depth: f32,
    /// Length of one vibrato cycle in quarter notes.
    pub vibrato_beats: f32,
    /// Most voices at once, 1 to [`MAX_VOICES`](crate::synth::MAX_VOICES).
    pub voices: usize,
    /// Tempo in quarter notes per minute.
    pub tempo: f32,
}

impl Default for Patch {
    /// The sound that the plugin starts with.
    fn default() -> Self {
        Self {
            volume: 0.501_187_2, // -6 dB
            external: 0.0,
            tune: 0.0,
            cutoff: 1200.0,
            resonance: 0.2,
            drive: 1.0,
            keytrack: 0.5,
            filter_env: 30.0,
            attack: 0.004,
            decay: 0.8,
            sustain: 0.5,
            release: 0.3,
            velocity: 0.7,
            bend_range: 2.0,
            vibrato_depth: 0.3,
            vibrato_beats: 1.0 / 3.0,
            voices: 16,
            tempo: 120.0,
        }
    }
}
