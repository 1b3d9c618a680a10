//! The sound of Tidepool and its real-time core, free of plugin API, GUI and host.
//!
//! # The synthesizer
//! [`Engine`] renders blocks of samples from [`Event`]s; `examples/chord.rs` plays a chord into a WAV file. Its parts are in
//! [`synth`] (voices, filters, effects), [`parameter`] (the table of parameters) and [`analysis`] (level meters).
//!
//! # The real-time core by itself
//! [`rt`] depends on nothing else of this crate. Nothing in it allocates, locks or waits on the audio thread:
//!
//! | need | type |
//! |---|---|
//! | scratch memory of a block | [`Arena`](rt::Arena) |
//! | buffers that threads share by reference | [`FramePool`](rt::FramePool), `examples/pooled_frame.rs` |
//! | buffers from the audio thread to a worker and back | [`bridge`](rt::bridge()) |
//! | hundreds of smoothed parameters, at the cost of those that move | [`SmoothingBank`](rt::SmoothingBank) |
//! | changes gathered into batches | [`Changes`](rt::Changes) |
//! | deadlines, overruns and their causes | [`metrics`](rt::metrics), `examples/metrics.rs` |
//! | proof that no call of the allocator was made | [`CountingAllocator`](rt::CountingAllocator) |
//! | one binary for every vector width | [`dispatch`](rt::dispatch) |

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

pub use command::{Command, CommandSender, ScreenControl};
pub use config::{ConfigError, EngineConfig};
pub use engine::{Block, ChangeStats, Engine, Module, SongPosition, Status};
pub use event::{Event, EventKind, Expression, Note, NoteFilter, NotePort};
pub use parameter::Parameter;
pub use patch::Patch;
