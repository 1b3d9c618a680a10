//! Sound engine of Tidepool and its real-time foundation, free of plugin API, GUI and host.
//!
//! [`Engine`] connects the modules of this crate: [`rt`] provides time and memory, [`synth`] generates the sound,
//! [`analysis`] measures it.

// Voices, stereo sides and samples index several arrays at once; the compiler vectorizes a plain index loop over them.
#![allow(clippy::needless_range_loop)]
// `clamp` propagates a NaN, which `max` and `min` replace by a bound.
#![allow(clippy::manual_clamp)]
// For `cargo xtask sanitize`.
#![cfg_attr(rtsan, feature(sanitize))]

pub mod analysis;
pub mod command;
pub mod config;
pub mod engine;
pub mod event;
// The unit tests use only a part of the measuring functions of `tests`.
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
