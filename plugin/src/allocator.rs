//! The allocator of everything that is linked with this crate: the plugin's bundles, the program and the host tests.
//!
//! In release it counts for threads that ask for it, the audio thread in each block among them. In debug nice-plug
//! defines the allocator instead, which ends the process at the first call inside an audio call; a program has only one.

/// Counts what the audio thread asks for, for the report, the Engine page and the tests.
#[cfg(not(debug_assertions))]
#[global_allocator]
static ALLOCATOR: tidepool_dsp::rt::CountingAllocator = tidepool_dsp::rt::CountingAllocator;

/// The allocator counts, so that a count of 0 means none.
pub const COUNTED: bool = cfg!(not(debug_assertions));
