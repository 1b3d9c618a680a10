//! Tidepool as a plugin: parameters, processor, state, editor.
//!
//! The sound is computed in [`tidepool_dsp`]; this crate connects it to hosts and to the user.
//! The program in `plugin/app` plays it through [`clap_entry`], with its editor in a window or without one; the editor
//! shows the program's devices through [`program`]. Both crates read files and word errors with the same modules: [`presets`], [`tuning`], [`user_folder`], [`files`],
//! [`safe_file`], [`encoding`], [`suggest`] and [`quote`]. What a user keeps between sessions is in [`settings`].

pub mod allocator;
mod catch;
pub mod comparison;
pub mod editor;
pub mod encoding;
mod export;
mod fault;
pub mod files;
mod latest_value;
mod logging;
pub mod midi_map;
pub mod params;
pub mod presets;
pub mod processor;
pub mod program;
pub mod program_change;
pub mod quote;
pub mod safe_file;
pub mod settings;
pub mod suggest;
pub mod telemetry;
pub mod tuning;
pub mod user_folder;
mod variation;
mod vst3;

pub use export::clap_entry;
pub use processor::Tidepool;
