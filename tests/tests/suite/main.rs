//! Tests of the built bundles, one module per subject.

mod alloc;
mod automation;
mod determinism;
#[cfg(target_os = "linux")]
mod editor;
mod expressions;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod foreign;
#[cfg(unix)]
mod hostile;
mod house;
mod imports;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod interpose;
mod lifecycle;
mod linking;
mod loading;
mod midi_map;
mod modulation;
mod mpe;
#[cfg(unix)]
mod note_names;
mod notes;
mod parameters;
mod ports;
#[cfg(target_os = "linux")]
mod preset_discovery;
mod presets;
#[cfg(target_os = "linux")]
mod program_change;
mod promises;
mod render;
mod side_chain;
mod soak;
mod song;
#[cfg(target_os = "linux")]
mod standalone;
mod state;
#[cfg(unix)]
mod state_context;
mod state_defaults;
mod state_fixtures;
mod state_stream;
mod tuning;
mod vst3;
mod vst3_blocks;
mod vst3_hostile;
mod vst3_listing;
mod vst3_state;
mod vst3_threads;
