//! Global allocator of everything that links this crate: the plugin's bundles, the program and the host tests.
//!
//! In release builds it counts the calls of threads that enable counting, such as the audio thread in each block. In
//! debug builds nice-plug defines the global allocator instead, which ends the process at the first call inside an
//! audio call; a program can have only one.

/// Counts the audio thread's allocator calls for the report, the Engine page and the tests.
#[cfg(not(debug_assertions))]
#[global_allocator]
static ALLOCATOR: tidepool_dsp::rt::CountingAllocator = tidepool_dsp::rt::CountingAllocator;

/// True if the allocator counts calls, so that a count of 0 means none.
pub const COUNTED: bool = cfg!(not(debug_assertions));
