//! Tidepool as a plugin: parameters, processor, state, editor.
//!
//! Everything audible lives in [`tidepool_dsp`]; this crate only carries it to hosts and people.

pub mod allocator;
mod catch;
pub mod editor;
pub mod encoding;
mod export;
mod fault;
pub mod files;
pub mod listener;
mod logging;
pub mod monitors;
pub mod nearest;
mod newest;
pub mod observer;
pub mod params;
pub mod presets;
pub mod processor;
pub mod quote;
pub mod tuning;
mod vst3;

pub use export::clap_entry;
pub use processor::Tidepool;
