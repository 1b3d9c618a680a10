//! Metrics: the cost of each block, and the reasons for overruns.
//!
//! The audio thread's [`BlockProfiler`] records every block with plain counters. While a reader is active, it publishes
//! two snapshots up to ten times a second: [`Live`] with the present figures and, if they have changed, [`Log`] with
//! history and overruns. Any number of [`MetricsReader`]s read them, each snapshot as a whole. See
//! `docs/internals/metrics.md`.
//!
//! The feature `serde` serializes what is known here. Figures of modules are left out, because their names belong to the
//! engine, and so are counts that only the program can judge.

mod block_profiler;
mod histogram;
mod record;
mod snapshot;
mod span;
#[cfg(all(test, not(loom)))]
mod tests;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use bytemuck::{Pod, Zeroable};

pub use block_profiler::{BlockProfiler, Piece};
pub use histogram::{BUCKETS, Histogram};
pub use record::{BlockRecord, MAX_MODULES, ModuleTimer};
pub use snapshot::{SnapshotReader, SnapshotWriter, snapshot};
pub use span::{Point, Span};
pub use verdict::{Overrun, Verdict};

use super::Clock;
#[cfg(feature = "serde")]
use super::units::known;
use block_profiler::ReaderRequests;

/// Points of each history: a minute in seconds, and an hour in minutes.
pub const HISTORY: usize = 60;
/// Number of overruns kept.
pub const OVERRUNS: usize = 32;
/// Number of recent blocks kept.
pub const RECENT: usize = 64;
/// Default budget as a part of the deadline: a plugin shares the deadline with everything else in the host.
pub const DEFAULT_BUDGET: f32 = 0.5;
/// Range of the budget.
const BUDGETS: (f32, f32) = (0.05, 1.0);

/// Counters since the creation of the instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[repr(C)]
pub struct Totals {
    /// Changes of parameters, controllers and expressions.
    pub changes: u64,
    /// Changes replaced by a later one.
    pub coalesced: u64,
    /// Batches of changes.
    pub batches: u64,
    /// Batches that were flushed early because they were full.
    pub early_flushes: u64,
    /// Present limit on the number of changes in a batch.
    pub batch_limit: u64,
    /// Streams that had no samples ready.
    pub stream_misses: u64,
    /// Drops because the bridge had no frame.
    pub bridge_drops: u64,
    /// Allocator calls on the audio thread, if they are counted.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub allocations: u64,
    /// Most bytes of the scratch arena that were ever in use.
    pub scratch_bytes: u64,
    /// Failed checkouts of the scratch arena.
    pub scratch_refused: u64,
    /// Samples and events that were not finite and were silenced.
    pub silenced: u64,
    /// Samples that were denormal numbers.
    pub denormal: u64,
    /// Panics caught.
    pub panics: u64,
    /// Number from 1 of the last module to finish before the latest panic; 0 if there was none.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub panicked_after: u64,
    /// Values that were not finite, by the module that produced them.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub not_finite: [u64; MAX_MODULES],
}

impl Totals {
    /// Returns the number of faults: panics, refused scratch memory and values that were not finite.
    pub fn faults(&self) -> u64 {
        self.panics + self.scratch_refused + self.not_finite.iter().sum::<u64>()
    }
}

/// Present figures.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[repr(C)]
pub struct Live {
    /// Counters since the creation of the instance.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub totals: Totals,
    /// Sample rate in Hz.
    #[cfg_attr(feature = "serde", serde(with = "known"))]
    pub sample_rate: f32,
    /// Budget as a part of the deadline.
    pub budget: f32,
    /// Sounding voices.
    pub voices: u32,
    /// Most voices at once since the last reset or activation.
    pub most_voices: u32,
    /// Blocks over the budget since the last reset.
    #[cfg_attr(feature = "serde", serde(rename = "overrun_count"))]
    pub overruns: u64,
    /// Last whole second of audio.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub last_second: Span,
    /// Last sixty whole seconds.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub last_minute: Span,
    /// All blocks since the last reset or activation.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub since_reset: Span,
    /// Time that 99 of 100 blocks stay below in each module, in nanoseconds; 0 after fewer than 100 blocks, and beyond
    /// 4.2 ms.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub p99: [u32; MAX_MODULES],
    /// Last blocks, oldest first; entries with the number 0 are empty.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub recent: [BlockRecord; RECENT],
}

/// History and overruns, oldest first; entries with the number 0 are empty.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Log {
    /// Points of the last seconds of audio.
    pub seconds: [Point; HISTORY],
    /// Points of the last minutes.
    pub minutes: [Point; HISTORY],
    /// Last blocks over the budget.
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

/// Reading end for any other thread; clones read the same metrics.
#[derive(Clone, Debug)]
pub struct MetricsReader {
    live: SnapshotReader<Live>,
    log: SnapshotReader<Log>,
    requests: Arc<ReaderRequests>,
}

/// Creates both ends, measuring by `clock`; the metrics' own time is charged to the module `own`. Allocates. `[gui]`
///
/// ```
/// use tidepool_dsp::rt::Clock;
/// use tidepool_dsp::rt::metrics::{Piece, metrics};
///
/// let (clock, time) = Clock::mocked();
/// let (mut profiler, reader) = metrics(clock, 0);
/// profiler.prepare(48_000.0);
/// reader.live(); // figures are published while a reader asks for them
/// for _ in 0..100 {
///     profiler.begin(480, false); // 10 ms of sound
///     time.run(1_000_000); // 1 ms of work
///     profiler.end(&Piece::default());
///     time.wait(9_000_000);
/// }
/// let live = reader.live().expect("a snapshot was published");
/// assert_eq!(live.sample_rate, 48_000.0);
/// ```
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
    /// Returns the last published figures and requests further ones, which are published ten times a second until one
    /// second after the last call. `None` if the writer was interrupted in the middle of an update.
    pub fn live(&self) -> Option<Box<Live>> {
        self.requests.looks.fetch_add(1, Relaxed);
        self.live.read()
    }

    /// Returns history and overruns, which are updated only while [`live`](Self::live) is called.
    pub fn log(&self) -> Option<Box<Log>> {
        self.log.read()
    }

    /// Sets the budget as a part of the deadline, 0.05 to 1, clamped.
    pub fn set_budget(&self, budget: f32) {
        let (least, most) = BUDGETS;
        let budget = budget.max(least).min(most);
        self.requests.budget.store(budget.to_bits(), Relaxed);
    }

    /// Returns the budget as a part of the deadline.
    pub fn budget(&self) -> f32 {
        f32::from_bits(self.requests.budget.load(Relaxed))
    }

    /// Resets statistics, history and overruns at the next block; totals are kept.
    pub fn reset(&self) {
        self.requests.reset.store(true, Relaxed);
    }
}
