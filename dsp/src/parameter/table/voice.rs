//! Assignment of keys to voices: polyphony, glide, tuning, bend ranges and MPE.

use super::*;

/// Maximum number of simultaneous notes.
pub const MAX_VOICES: usize = 64;

once! { Voice, "Voice" {
    /// Upper limit of simultaneous notes.
    Voices: "voices", "Voices", global(Count, whole(1, MAX_VOICES as i32), 16.0).step().low();
    /// Polyphonic, monophonic or legato.
    Mode: "mode", "Mode", choice(&MODES, 0).low();
    /// Priority among held keys that share a voice.
    NotePriority: "note_priority", "Note Priority", choice(&NOTE_PRIORITIES, 0).low();
    /// Glide time from key to key, or per octave.
    Glide: "glide", "Glide", global(Seconds, skewed(0.0, 10.0), 0.0).step();
    /// Meaning of the glide time: for the whole interval, or per octave.
    GlideMode: "glide_mode", "Glide Mode", choice(&GLIDE_MODES, 0).low();
    /// Transposition.
    Tune: "tune", "Tune", note(Semitones, linear(-24.0, 24.0), 0.0).step().high();
    /// Velocity sensitivity of the loudness.
    Velocity: "velocity", "Velocity", global(Percent, linear(0.0, 1.0), 0.7).step().low();
    /// Loudness of the whole voice, after filter and envelope.
    Level: "level", "Level", level(0.0);
    /// Pan of the whole voice.
    Pan: "pan", "Pan", pan();
    /// Length of a vibrato cycle.
    VibratoRate: "vibrato_rate", "Vibrato Rate", choice(&NOTE_NAMES, 5).low();
    /// Vibrato depth at full modulation wheel.
    VibratoDepth: "vibrato_depth", "Vibrato Depth", note(Cents, linear(0.0, 200.0), 30.0);
    /// Bend range of the wheel, and of the master channel under MPE.
    BendRange: "bend_range", "Bend Range", global(Semitones, whole(0, 48), 2.0).step();
    /// Active MPE zone.
    MpeZone: "mpe_zone", "MPE Zone", choice(&ZONES, 0).low();
    /// Member channels of the zone.
    MpeChannels: "mpe_channels", "MPE Channels", global(Count, whole(1, 15), 15.0).step().low();
    /// Bend range of the member channels.
    MpeBendRange: "mpe_bend_range", "MPE Bend Range", global(Semitones, whole(0, 96), 48.0).step();
} }
