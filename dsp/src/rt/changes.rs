//! The change batch: parameter changes on their way to the smoothing bank, coalesced per control and tick.

use super::TICK;

/// Largest capacity that a batch can be configured for. The smallest is 1.
pub const MAX_CHANGES: usize = 256;

/// Smallest limit of an adaptive batch, if its capacity is at least as large.
const MIN_LIMIT: usize = 8;

/// Flushes after which an adaptive batch checks if it is too large: about a second, flushed once per tick at 48 kHz.
/// Counted instead of timed, so that equal changes give equal batches.
const CALM_FLUSHES: u32 = 1500;

/// A parameter change.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// Index of the changed control.
    pub control: u16,
    /// New value, in the unit of the control.
    pub value: f32,
    /// Time in samples since the last reset.
    pub time: u64,
}

/// Size of a change batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchConfig {
    /// Maximum number of changes in a batch, 1 to [`MAX_CHANGES`].
    pub capacity: usize,
    /// True if the batch adapts its limit to the recent rate of changes, which keeps it in the nearest cache. If false, the
    /// limit is always `capacity`.
    pub adaptive: bool,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            capacity: 64,
            adaptive: true,
        }
    }
}

/// Statistics of a batch since its creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchStats {
    /// Changes pushed. Each of them is eventually coalesced or applied.
    pub pushed: u64,
    /// Changes replaced by a later one of the same control and tick.
    pub coalesced: u64,
    /// Changes applied.
    pub applied: u64,
    /// Flushes that applied at least one change.
    pub batches: u64,
    /// Flushes caused by a push into a full batch.
    pub early_flushes: u64,
    /// Most changes applied by one flush.
    pub largest: usize,
    /// Present limit on the number of changes in the batch.
    pub limit: usize,
}

/// A bounded batch of changes. It keeps only the last change of a control within a tick; all others are applied in the
/// order of arrival. No change is lost: a full batch is flushed early.
///
/// `[audio]`, except [`new`](Self::new). A push takes constant time, however many controls and changes there are; a flush
/// takes time proportional to the changes in the batch.
///
/// ```
/// use tidepool_dsp::rt::{BatchConfig, Change, Changes};
///
/// let mut changes = Changes::new(2, BatchConfig::default());
/// let mut values = [0.0; 2];
/// for (time, control, value) in [(3, 0, 0.25), (4, 1, 1.0), (9, 0, 0.5)] {
///     let change = Change { control, value, time };
///     changes.push(change, |change| values[usize::from(change.control)] = change.value);
/// }
/// changes.flush(|change| values[usize::from(change.control)] = change.value);
/// assert_eq!(values, [0.5, 1.0]);
/// assert_eq!((changes.stats().applied, changes.stats().coalesced), (2, 1));
/// ```
#[derive(Clone, Debug)]
pub struct Changes {
    /// Buffer of the configured capacity; the first `held` entries are the batch.
    batch: Box<[Change]>,
    held: usize,
    /// Position of the latest change of each control.
    latest: Box<[Latest]>,
    /// Number of the present batch. Entries of `latest` from another epoch are ignored, so a flush need not clear them.
    epoch: u64,
    least_limit: usize,
    /// Flushes since the limit was last checked, and the most changes that one of them applied.
    calm: u32,
    calm_largest: usize,
    stats: BatchStats,
}

#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    epoch: u64,
    at: usize,
}

impl Changes {
    /// Creates an empty batch for controls below `controls`. `[gui]`: it allocates.
    ///
    /// # Panics
    /// If the capacity is out of range.
    pub fn new(controls: usize, config: BatchConfig) -> Self {
        let BatchConfig { capacity, adaptive } = config;
        assert!(
            (1..=MAX_CHANGES).contains(&capacity),
            "a batch holds 1 to {MAX_CHANGES} changes, not {capacity}"
        );
        let least_limit = if adaptive {
            MIN_LIMIT.min(capacity)
        } else {
            capacity
        };
        Self {
            batch: vec![Change::default(); capacity].into(),
            held: 0,
            latest: vec![Latest::default(); controls].into(),
            epoch: 1,
            least_limit,
            calm: 0,
            calm_largest: 0,
            stats: BatchStats {
                limit: least_limit,
                ..BatchStats::default()
            },
        }
    }

    /// Adds `change`. A full batch is passed to `apply` first.
    #[inline]
    pub fn push(&mut self, change: Change, apply: impl FnMut(Change)) {
        self.stats.pushed += 1;
        let latest = self.latest[usize::from(change.control)];
        if latest.epoch == self.epoch {
            let earlier = &mut self.batch[latest.at];
            if earlier.time / TICK as u64 == change.time / TICK as u64 {
                *earlier = change;
                self.stats.coalesced += 1;
                return;
            }
        }
        if self.held == self.stats.limit {
            self.stats.early_flushes += 1;
            self.hand_out(apply);
            self.grow();
        }
        self.latest[usize::from(change.control)] = Latest {
            epoch: self.epoch,
            at: self.held,
        };
        self.batch[self.held] = change;
        self.held += 1;
    }

    /// Passes all changes to `apply` in the order of arrival and empties the batch.
    #[inline]
    pub fn flush(&mut self, apply: impl FnMut(Change)) {
        self.calm += 1;
        self.calm_largest = self.calm_largest.max(self.held);
        if self.held > 0 {
            self.hand_out(apply);
        }
        if self.calm == CALM_FLUSHES {
            self.shrink();
        }
    }

    /// Discards the waiting changes and restores the initial limit; the statistics are kept.
    pub fn reset(&mut self) {
        self.flush(|_| ());
        self.stats.limit = self.least_limit;
        self.calm = 0;
        self.calm_largest = 0;
    }

    fn hand_out(&mut self, mut apply: impl FnMut(Change)) {
        for change in &self.batch[..self.held] {
            apply(*change);
        }
        self.stats.applied += self.held as u64;
        self.stats.batches += 1;
        self.stats.largest = self.stats.largest.max(self.held);
        self.held = 0;
        self.epoch += 1;
    }

    /// Doubles the limit after a batch was too small.
    fn grow(&mut self) {
        self.stats.limit = (self.stats.limit * 2).min(self.batch.len());
        self.calm = 0;
        self.calm_largest = 0;
    }

    /// Halves the limit if no recent batch filled a quarter of it.
    fn shrink(&mut self) {
        if self.calm_largest < self.stats.limit.div_ceil(4) {
            self.stats.limit = (self.stats.limit / 2).max(self.least_limit);
        }
        self.calm = 0;
        self.calm_largest = 0;
    }

    /// Returns the number of waiting changes.
    pub fn len(&self) -> usize {
        self.held
    }

    /// Returns true if no changes are waiting.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Returns the statistics.
    pub fn stats(&self) -> BatchStats {
        self.stats
    }
}

#[cfg(test)]
mod tests;
