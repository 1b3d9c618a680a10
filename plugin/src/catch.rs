//! Catches panics before they reach a host.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; returns `otherwise` if it panics. Neither allocates nor frees, unless `work` does. Any thread.
pub(crate) fn catch<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        // Freeing would call the allocator, perhaps on the audio thread; leaking a few bytes is the lesser evil.
        std::mem::forget(payload);
        otherwise
    })
}
