//! Small raw CLAP host that misbehaves on purpose, built on the C interface without a safe layer.
//!
//! The tests in `tests/suite/hostile` use it to break one rule at a time; a [`Performer`] breaks many, in the random
//! order of a [`Script`]. All memory that the plugin may write to lies between guard pages ([`Guarded`]), so that a
//! write past a buffer ends the process. Each case therefore runs in a child process ([`isolated`]).

mod block;
mod events;
mod guarded;
mod host;
mod indexer;
mod isolate;
mod library;
mod performer;
mod plugin;
mod script;
mod stream;

pub use block::{Block, Input, Output, Played};
pub use events::{
    Events, Outgoing, choke, expression, header, midi, modulation, note_off, note_on, sysex,
    transport, value,
};
pub use guarded::Guarded;
pub use host::{Host, Manners, PresetReport};
pub use indexer::{DescribedPreset, Indexed, IndexerManners, PresetFactory, PresetLocation};
pub use isolate::{Child, Ending, isolated};
pub use library::Library;
pub use performer::Performer;
pub use plugin::Plugin;
pub use script::{SCRIPT, Script};
pub use stream::Flow;
