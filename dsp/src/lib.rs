//! The sound of Tidepool and its real-time ground floor, free of plugin API, GUI and host.
//!
//! [`Engine`] is the one place where the rooms of this crate meet: [`rt`] keeps time and memory,
//! [`synth`] makes the sound, [`analysis`] listens to it.

// For `cargo xtask sanitize`.
#![cfg_attr(rtsan, feature(sanitize))]

pub mod analysis;
pub mod engine;
pub mod event;
pub mod patch;
pub mod rt;
pub mod synth;

pub use engine::{Block, Engine, Status};
pub use event::{Event, EventKind, Expression, Note, NoteFilter, NotePort};
pub use patch::Patch;
