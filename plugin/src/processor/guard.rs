//! Catches the engine's panics and keeps it silent afterwards.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the engine until it panics, and not after that.
#[derive(Debug, Default)]
pub struct Guard {
    tripped: bool,
}

impl Guard {
    /// Stops all further runs, as after a panic. `[audio]`
    pub fn trip(&mut self) {
        self.tripped = true;
    }

    /// Runs `work`. `[audio]`
    ///
    /// # Errors
    /// If `work` panicked in this call (`true`), or in an earlier one (`false`), in which case it was not run.
    pub fn run<T>(&mut self, work: impl FnOnce() -> T) -> Result<T, bool> {
        if self.tripped {
            return Err(false);
        }
        // State left half written by a panic is not read until a reset renews it.
        catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
            self.tripped = true;
            // Freeing would call the allocator; leaking a few bytes once is the lesser evil.
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
