//! What listens: the tap on the audio thread, and the measuring on the other side of the bridge.

mod level;
mod tap;

pub use level::LevelMeter;
pub use tap::Tap;
