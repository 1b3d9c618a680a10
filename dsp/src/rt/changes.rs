//! The change batch: parameter changes on their way to the smoothing bank, of each control and tick the last.

use super::TICK;

/// The most changes that a batch can be configured to hold. The least is 1.
pub const MAX_CHANGES: usize = 256;

/// What an adaptive batch does not shrink below, if its capacity allows as many.
const MIN_LIMIT: usize = 8;

/// The flushes after which an adaptive batch asks itself whether it is too large: about a second, flushed
/// once per tick at 48 kHz. Counted instead of timed, so that equal changes give equal batches.
const CALM_FLUSHES: u32 = 1500;

/// A parameter change.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// Which parameter.
    pub control: u16,
    /// What it becomes, in the unit of the control.
    pub value: f32,
    /// When, in samples since the last reset.
    pub time: u64,
}

/// How many changes are batched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchConfig {
    /// The most changes that a batch holds, 1 to [`MAX_CHANGES`].
    pub capacity: usize,
    /// Whether a batch holds no more than the recent rate of changes asks for, which keeps it in the
    /// nearest cache. If not, it always holds up to `capacity`.
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

/// What has gone through a batch since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchStats {
    /// Changes that came in. Each of them is coalesced or applied in the end.
    pub pushed: u64,
    /// Changes that a later one of the same control and tick replaced.
    pub coalesced: u64,
    /// Changes that were handed out.
    pub applied: u64,
    /// Flushes that handed out anything.
    pub batches: u64,
    /// Flushes because there was no room for a further change.
    pub early_flushes: u64,
    /// The most changes that were handed out at once.
    pub largest: usize,
    /// The most that the batch holds at present.
    pub limit: usize,
}

/// A bounded batch of changes. Of the changes of a control within a tick it keeps the last; the others are
/// handed out in the order in which they came. Nothing is lost: a full batch is handed out early.
///
/// `[audio]`, all but [`new`](Self::new). A change takes the same time however many controls and changes there
/// are, a flush as long as there are changes.
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
    /// As long as the capacity; the first `held` of them are the batch.
    batch: Box<[Change]>,
    held: usize,
    /// For each control where its latest change is.
    latest: Box<[Latest]>,
    /// Which batch this is. Because an entry of another epoch does not count, a flush need not clear them.
    epoch: u64,
    least_limit: usize,
    /// Flushes since the limit was last looked at, and the most that was handed out at once among them.
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
    /// An empty batch for controls below `controls`. `[gui]`: it allocates.
    ///
    /// # Panics
    /// When the capacity is out of range.
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

    /// Takes `change` in. If there is no room for it, those before it are handed to `apply` first.
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

    /// Hands everything to `apply`, in the order in which it came, and is empty afterwards.
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

    /// Forgets what waits, and is as large as it was when new; what has gone through stays counted.
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

    /// After a batch was too small.
    fn grow(&mut self) {
        self.stats.limit = (self.stats.limit * 2).min(self.batch.len());
        self.calm = 0;
        self.calm_largest = 0;
    }

    /// After a while in which no batch was too small.
    fn shrink(&mut self) {
        if self.calm_largest < self.stats.limit.div_ceil(4) {
            self.stats.limit = (self.stats.limit / 2).max(self.least_limit);
        }
        self.calm = 0;
        self.calm_largest = 0;
    }

    /// How many changes wait.
    pub fn len(&self) -> usize {
        self.held
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// What has gone through.
    pub fn stats(&self) -> BatchStats {
        self.stats
    }
}

#[cfg(test)]
mod tests;
