//! The rate of parameter changes, over the last complete second.

use std::time::Duration;

/// Time for which a rate is shown, so that it can be read.
const SECOND: Duration = Duration::from_secs(1);

/// Changes per second, over the last complete second.
#[derive(Debug, Default)]
pub(super) struct Rate {
    since: Duration,
    counted: u64,
    shown: f32,
}

impl Rate {
    /// Returns the rate to show at the time `now`, on a clock that never goes back.
    pub(super) fn of(&mut self, changes: u64, now: Duration) -> f32 {
        let elapsed = now.saturating_sub(self.since);
        if elapsed >= SECOND {
            let counted = changes.saturating_sub(self.counted);
            // The window was closed in between, and the average over that time is of no use.
            self.shown = if elapsed < 2 * SECOND {
                counted as f32 / elapsed.as_secs_f32()
            } else {
                0.0
            };
            self.since = now;
            self.counted = changes;
        }
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_second_and_holds_for_the_next() {
        let mut rate = Rate::default();
        let mut at = |millis, changes| rate.of(changes, Duration::from_millis(millis));
        assert_eq!(at(0, 0), 0.0);
        assert_eq!(at(990, 400), 0.0);
        assert_eq!(at(1_000, 500), 500.0);
        assert_eq!(at(1_990, 9_000), 500.0);
        assert_eq!(at(2_250, 9_000), 6_800.0);
        // The window was closed for a minute.
        assert_eq!(at(62_250, 900_000), 0.0);
        assert_eq!(at(63_250, 900_010), 10.0);
    }
}
