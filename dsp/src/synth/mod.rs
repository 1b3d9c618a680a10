//! Sound synthesis: voices and their modules, the effects, tuning and note handling. Each file holds one of them.

mod channel_control;
mod dc_blocker;
mod denormals;
pub mod effects;
mod envelope;
pub mod f32s;
mod fm;
mod glide;
mod halfband;
mod hash;
mod held_keys;
mod ladder;
mod lfo;
mod mpe;
mod noise;
mod oscillators;
mod per_note;
mod phase_ramps;
pub(crate) mod pitch;
mod rpn;
mod tuning;
mod voice;
mod voices;

pub use channel_control::{ChannelControl, channel_gain};
pub use dc_blocker::DcBlocker;
pub use envelope::{Envelope, EnvelopeControls};
pub use fm::{
    Algorithm, FM_DELAY, Fm, FmControls, FmSettings, FmWave, OperatorControls, OperatorSettings,
};
pub use glide::{Glide, GlideMode};
pub use hash::{bipolar, scramble};
pub use held_keys::{HeldKeys, Key, NotePriority};
pub use ladder::{Ladder, LadderControls, LadderMode, LadderSetup, Oversampling};
pub use lfo::{Lfo, LfoControls, LfoShape};
pub use mpe::Zones;
pub use noise::{Noise, NoiseColour, NoiseControls};
pub use oscillators::{
    DELAY, OscillatorControls, OscillatorSettings, Oscillators, PairOutput, PairSettings,
    RING_DELAY, UNISON,
};
pub use per_note::PerNote;
pub use rpn::{Rpn, RpnChange};
pub use tuning::{KeyboardMap, Scale, Tuning, TuningError};
pub use voice::{
    Buses, ENVELOPES, INPUTS, Input, LFOS, Modulators, Peaks, Pitches, ROUTES, Rendered, Route,
    TOGETHER, VoiceControls, VoiceGroup, VoiceSettings, VoiceStage, WORK,
};
pub use voices::{GROUPS, MAX_VOICES, VOICE_SLOTS, VoiceSlot, Voices};
