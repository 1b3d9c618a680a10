//! Hosts the built bundles and plays them: what the tests of this crate share.
//!
//! The tests themselves are in `tests/suite`, one file per theme. They judge what a person would
//! install, `Tidepool.clap` and its siblings, so almost nothing of the plugin is linked here but its host.

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
