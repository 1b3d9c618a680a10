//! Keeps panics away from the host.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the engine until it panics, and then no more.
#[derive(Debug, Default)]
pub struct Guard {
    tripped: bool,
}

impl Guard {
    /// From now on nothing runs, as after a panic. `[audio]`
    pub fn trip(&mut self) {
        self.tripped = true;
    }

    /// Runs `work`. `[audio]`
    ///
    /// # Errors
    /// When `work` panicked, now (`true`) or in an earlier call (`false`); in the latter case it was
    /// not run.
    pub fn run<T>(&mut self, work: impl FnOnce() -> T) -> Result<T, bool> {
        if self.tripped {
            return Err(false);
        }
        // What a panic leaves half done stays unseen until a reset has renewed it.
        catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
            self.tripped = true;
            // Freeing would be a call into the allocator; a few bytes once are the lesser evil.
            std::mem::forget(payload);
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_panic_nothing_runs_until_the_guard_is_renewed() {
        let mut guard = Guard::default();
        assert_eq!(guard.run(|| 1), Ok(1));
        assert_eq!(guard.run(|| -> i32 { panic!("planted") }), Err(true));
        assert_eq!(guard.run(|| -> i32 { unreachable!() }), Err(false));
        guard = Guard::default();
        assert_eq!(guard.run(|| 2), Ok(2));
    }
}
