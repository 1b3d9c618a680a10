//! What makes the sound: one noun per file.

mod channel;
mod envelope;
mod ladder;
pub mod lanes;
mod mpe;
mod saturation;
mod saw;
mod voice;
mod voices;

pub use channel::{ChannelControl, channel_gain};
pub use envelope::{Envelope, EnvelopeRates, Times};
pub use ladder::{Ladder, LadderControl};
pub use mpe::Zone;
pub use saturation::{safety_clip, tanh};
pub use saw::Saw;
pub use voice::{Controls, Rendered, Voice};
pub use voices::{MAX_VOICES, SLOTS, Voices};
