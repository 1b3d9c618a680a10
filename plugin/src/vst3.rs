//! The VST3 face: a VST3 component that stands in front of the one that clap-wrapper 0.3.1 makes of the CLAP entry.
//!
//! The wrapper translates VST3 to CLAP. The face decides which calls reach it and with which arguments, because the
//! wrapper plays only the last point of each parameter in a block, trusts every number and pointer of a host, leaves
//! values that a host sets outside of blocks out of saved states, and lists 2096 parameters with one title for MIDI
//! controllers.
//!
//! Hosts and the wrapper are C++ behind raw pointers, so `unsafe` is allowed in this folder as in [`crate::export`]. A
//! pointer from a host is checked for null and otherwise trusted for the length of the call, as VST3 promises. Methods
//! that use the wrapper do so only between `initialize` and `terminate`, while its component exists.

// The enumerations of VST3 are signed on Windows and unsigned elsewhere.
#![allow(clippy::unnecessary_cast)]

mod blocks;
mod buffers;
mod component;
mod context;
mod controller;
mod factory;
mod frame;
mod handler;
mod inner;
mod instance;
mod listing;
mod midi_proxies;
mod note_events;
mod own;
mod parameter_points;
mod plugin;
mod processor;
mod quiet;
mod stream;
mod stubs;
mod units;
mod view;

use std::cell::Cell;
use std::ptr;

use clap_sys::plugin::clap_plugin;
use vst3::Steinberg::{kInternalError, tresult};

use crate::catch::catch as guarded;

thread_local! {
    /// The CLAP instance that was created last on this thread.
    static CREATED: Cell<*const clap_plugin> = const { Cell::new(ptr::null()) };
}

/// Registers the CLAP instance that is being created, because the wrapper does not expose its own. `[gui]`
pub(crate) fn created(plugin: *const clap_plugin) {
    CREATED.set(plugin);
}

/// Calls `work` through [`guarded`], for methods that return a `tresult`.
fn answer(work: impl FnOnce() -> tresult) -> tresult {
    guarded(kInternalError, work)
}
