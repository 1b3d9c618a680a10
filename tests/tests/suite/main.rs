//! Everything that is asked of the built bundles, one module per theme.

mod alloc;
mod automation;
mod determinism;
#[cfg(target_os = "linux")]
mod editor;
mod expressions;
#[cfg(unix)]
mod hostile;
mod house;
mod lifecycle;
mod linking;
mod loading;
mod modulation;
mod mpe;
mod notes;
mod parameters;
mod ports;
mod presets;
mod render;
mod side_chain;
mod soak;
#[cfg(target_os = "linux")]
mod standalone;
mod state;
mod state_defaults;
mod state_fixtures;
mod state_stream;
mod tuning;
mod vst3;
