//! Tidepool as a plugin: parameters, processor, state, editor, and the program around them.
//!
//! Everything audible lives in [`tidepool_dsp`]; this crate only carries it to hosts and people.

pub mod allocator;
mod catch;
pub mod editor;
mod encoding;
mod export;
mod fault;
mod files;
pub mod listener;
mod logging;
pub mod monitors;
mod nearest;
mod newest;
pub mod observer;
pub mod params;
pub mod presets;
pub mod processor;
mod quote;
pub mod render;
pub mod tuning;
mod vst3;
pub mod window;

pub use export::{clap_entry, entry};
pub use processor::Tidepool;
