//! Test support: hosts the built bundles, plays them and measures the output.
//!
//! The tests are in `tests/suite`, one file per subject. They test the bundles that users install, `Tidepool.clap` and
//! the others, so that of the plugin hardly more than its host is linked here.

pub mod bundles;
#[cfg(target_os = "linux")]
pub mod display;
pub mod measure;
#[cfg(unix)]
pub mod raw_host;
pub mod rig;
pub mod score;
pub mod song;
pub mod sound;
pub mod vst3_host;

pub use rig::{Input, Rig};
pub use score::Score;
pub use sound::Sound;
