//! Analysis of the output: the tap on the audio thread, and the meters on the worker's side of the bridge.

mod level;
mod tap;

pub use level::LevelMeter;
pub use tap::Tap;
