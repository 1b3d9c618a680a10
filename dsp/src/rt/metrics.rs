//! Metrics: what each block cost, and why it was late.
//!
//! The audio thread's [`BlockProfiler`] takes note of every block with plain counters. While somebody looks it puts
//! them up on two boards, ten times a second: [`Live`] with the figures of now, and, when there is
//! something new, [`Log`] with history and overruns. Any number of [`MetricsReader`]s read them, each as a
//! whole. See `docs/internals/metrics.md`.

mod alerts;
mod block_profiler;
mod histogram;
mod record;
mod regression;
mod snapshot;
mod span;
#[cfg(all(test, not(loom)))]
mod tests;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use bytemuck::{Pod, Zeroable};

pub use alerts::{Alerts, Level, Raised, Rule, UNSEEN};
pub use block_profiler::{BlockProfiler, Piece};
pub use histogram::{BUCKETS, Histogram};
pub use record::{BlockRecord, MAX_MODULES, ModuleTimer};
pub use regression::{Regression, regressions};
pub use snapshot::{SnapshotReader, SnapshotWriter, snapshot};
pub use span::{Point, Span};
pub use verdict::{Overrun, Verdict};

use super::Clock;
use block_profiler::ReaderRequests;

/// Points of the history: a minute of seconds, and an hour of minutes.
pub const HISTORY: usize = 60;
/// Overruns that are kept.
pub const OVERRUNS: usize = 32;
/// Blocks that are kept.
pub const RECENT: usize = 64;
/// The part of the deadline that is the budget unless somebody says otherwise: a plugin shares the deadline
/// with everything else.
pub const DEFAULT_BUDGET: f32 = 0.5;
/// What it can be set to.
const BUDGETS: (f32, f32) = (0.05, 1.0);

/// Counted since the instance was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Totals {
    /// Changes of parameters, controllers and expressions.
    pub changes: u64,
    /// Those of them that a later one took the place of.
    pub coalesced: u64,
    /// Batches of changes.
    pub batches: u64,
    /// Batches that were flushed early because they were full.
    pub early_flushes: u64,
    /// Most changes that a batch holds at present.
    pub batch_limit: u64,
    /// Streams that had no samples ready.
    pub misses: u64,
    /// Chunks that the bridge had no frame for.
    pub drops: u64,
    /// Calls of the allocator on the audio thread, where they are counted.
    pub allocations: u64,
    /// Most bytes of the scratch arena that were ever in use.
    pub scratch: u64,
    /// How often the scratch arena had no room.
    pub scratch_refused: u64,
    /// Samples and events that were not finite and were silenced.
    pub silenced: u64,
    /// Samples that were denormal numbers.
    pub denormal: u64,
    /// Panics caught.
    pub panics: u64,
    /// The module that had finished last before the latest of them, from 1; 0 if none had.
    pub panicked_after: u64,
    /// Values that were not finite, by the module that they came out of.
    pub not_finite: [u64; MAX_MODULES],
}

impl Totals {
    /// Everything that should never happen.
    pub fn faults(&self) -> u64 {
        self.panics + self.scratch_refused + self.not_finite.iter().sum::<u64>()
    }
}

/// The figures of now.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Live {
    /// Since the instance was made.
    pub totals: Totals,
    /// In Hz.
    pub sample_rate: f32,
    /// The budget as a part of the deadline.
    pub budget: f32,
    /// Voices that sound.
    pub voices: u32,
    /// Most voices at once since the last reset or activation.
    pub most_voices: u32,
    /// Blocks over it since the reset.
    pub overruns: u64,
    /// The last whole second of audio.
    pub last_second: Span,
    /// The last sixty of them.
    pub last_minute: Span,
    /// Everything since the last reset or activation.
    pub since_reset: Span,
    /// What 99 of 100 blocks stay below in each module, in nanoseconds; 0 after fewer than 100 blocks, and beyond
    /// 4.2 ms.
    pub p99: [u32; MAX_MODULES],
    /// The last blocks, oldest first; those without a number are none.
    pub recent: [BlockRecord; RECENT],
}

/// History and overruns, oldest first; what has no number is none.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Log {
    /// The last seconds of audio.
    pub seconds: [Point; HISTORY],
    /// The last minutes.
    pub minutes: [Point; HISTORY],
    /// The last blocks over the budget.
    pub overruns: [Overrun; OVERRUNS],
}

impl Default for Live {
    fn default() -> Self {
        Self::zeroed()
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::zeroed()
    }
}

/// Any other thread's end; clones read the same metrics.
#[derive(Clone, Debug)]
pub struct MetricsReader {
    live: SnapshotReader<Live>,
    log: SnapshotReader<Log>,
    requests: Arc<ReaderRequests>,
}

/// Both ends, measuring by `clock`; `own` is the module that stands for the metrics themselves. Allocates.
/// `[gui]`
pub fn metrics(clock: Clock, own: usize) -> (BlockProfiler, MetricsReader) {
    let requests = Arc::new(ReaderRequests {
        looks: AtomicU64::new(0),
        budget: AtomicU32::new(DEFAULT_BUDGET.to_bits()),
        reset: AtomicBool::new(false),
    });
    let (live_writer, live) = snapshot();
    let (log_writer, log) = snapshot();
    let monitor = BlockProfiler::new(clock, own, requests.clone(), live_writer, log_writer);
    (
        monitor,
        MetricsReader {
            live,
            log,
            requests,
        },
    )
}

impl MetricsReader {
    /// The figures of now, or of a tenth of a second ago; whoever asks once a second or more often keeps
    /// them coming. `None` while the writer is interrupted in the middle.
    pub fn live(&self) -> Option<Box<Live>> {
        self.requests.looks.fetch_add(1, Relaxed);
        self.live.read()
    }

    /// History and overruns. Only while [`live`](Self::live) is asked for does it go on.
    pub fn log(&self) -> Option<Box<Log>> {
        self.log.read()
    }

    /// Sets the budget as a part of the deadline, 0.05 to 1, clamped.
    pub fn set_budget(&self, budget: f32) {
        let (least, most) = BUDGETS;
        let budget = budget.max(least).min(most);
        self.requests.budget.store(budget.to_bits(), Relaxed);
    }

    /// The budget as a part of the deadline.
    pub fn budget(&self) -> f32 {
        f32::from_bits(self.requests.budget.load(Relaxed))
    }

    /// Statistics, history and overruns start over with the next block; totals go on.
    pub fn reset(&self) {
        self.requests.reset.store(true, Relaxed);
    }
}
