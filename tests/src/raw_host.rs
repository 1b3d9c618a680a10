//! A small raw CLAP host that misbehaves on purpose, over the C interface without a safe layer between.
//!
//! The tests in `tests/suite/hostile` break one rule at a time with it; a [`Performer`] breaks many, in the random
//! order of a [`Script`].
//! Everything that the plugin may write to lies between guard pages ([`Guarded`]), so a write past a buffer ends
//! the process. A case therefore runs in a child process ([`isolated`]).

mod block;
mod events;
mod guarded;
mod host;
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
pub use host::{Host, Manners};
pub use isolate::{Child, Ending, isolated};
pub use library::Library;
pub use performer::Performer;
pub use plugin::Plugin;
pub use script::{SCRIPT, Script};
pub use stream::Flow;
