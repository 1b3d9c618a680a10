//! The sound of Tidepool and its real-time ground floor, free of plugin API, GUI and host.
//!
//! [`Engine`] is the one place where the rooms of this crate meet: [`rt`] keeps time and memory,
//! [`synth`] makes the sound, [`analysis`] listens to it.

// Lanes, sides and samples are places in several arrays at once, and a plain loop over them is what becomes a vector.
#![allow(clippy::needless_range_loop)]
// `clamp` keeps a NaN, which `max` and `min` take to an end.
#![allow(clippy::manual_clamp)]
// For `cargo xtask sanitize`.
#![cfg_attr(rtsan, feature(sanitize))]

pub mod analysis;
pub mod command;
pub mod config;
pub mod engine;
pub mod event;
// The tests beside the code measure with a part of what those of `tests` measure with.
#[cfg(test)]
#[path = "../tests/common/measure.rs"]
#[allow(dead_code)]
mod measure;
pub mod parameter;
pub mod patch;
pub mod rt;
pub mod synth;

pub use command::{Command, CommandSender};
pub use config::{ConfigError, EngineConfig};
pub use engine::{Block, ChangeStats, Engine, Module, Status};
pub use event::{Event, EventKind, Expression, Note, NoteFilter, NotePort};
pub use parameter::Parameter;
pub use patch::Patch;
