//! A small CLAP host: one plugin instance, driven as a workstation would drive it.
//!
//! The offline renderer and the tests run Tidepool in it, so both get the output that a host gets.
//! It consists of two types, split by thread: an [`Instance`] stays on the thread that created it
//! (CLAP's main thread), and [`Instance::activate`] returns its [`Processor`], which may move to any
//! other thread and comes back through [`Instance::deactivate`].
//!
//! ```no_run
//! use tidepool_host::{Event, External, Instance, Note, PluginEntry};
//!
//! // SAFETY: the library is Tidepool's own, whose entry conforms to CLAP.
//! let entry = unsafe { PluginEntry::load("target/bundled/Tidepool.clap")? };
//! let mut instance = Instance::new(&entry)?;
//! let mut processor = instance.activate(48_000.0, 1..=512)?;
//! processor.start()?;
//!
//! let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
//! let on = Event::NoteOn { note: Note::new(0, 69), velocity: 0.8 };
//! processor.process([&mut left, &mut right], External::None, &[on.at(0)])?;
//!
//! processor.stop();
//! instance.deactivate(processor);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod event;
mod gui;
mod handlers;
mod instance;
mod processor;

pub use clack_host::entry::PluginEntry;
pub use clack_host::process::ProcessStatus;
pub use error::HostError;
pub use event::{Event, Expression, Note, Timed, Transport};
pub use instance::{Instance, Param};
pub use processor::{EVENT_CAPACITY, External, Processor};
