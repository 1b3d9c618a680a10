//! Figures of the report that are computed from the metrics: with the names of modules, and only of existing blocks.

use serde::{Serialize, Serializer};
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{BlockRecord, Histogram, Overrun, Point, Span, Totals, Verdict};

use crate::allocator::COUNTED;

/// Counts since the instance was made.
#[derive(Clone, Serialize)]
pub struct TotalFigures {
    /// The counts that need no further computation.
    #[serde(flatten)]
    pub counts: Totals,
    /// Calls of the allocator on the audio thread; `null` where they are not counted.
    pub allocations: Option<u64>,
    /// The module that had finished last before the latest panic; `null` without panics.
    pub panicked_after: Option<&'static str>,
}

/// Cost of a module within a span.
#[derive(Clone, Serialize)]
pub struct ModuleLoad {
    /// Mean time per block; `null` without blocks.
    pub mean_us: Option<f64>,
    /// Time in percent of the deadline; `null` without blocks.
    pub percent: Option<f64>,
}

/// Statistics of the blocks of a span.
#[derive(Clone, Serialize)]
pub struct SpanFigures {
    /// Number of blocks.
    pub blocks: u64,
    /// Duration of their audio in seconds.
    pub audio_seconds: f64,
    /// Blocks over the budget.
    pub overruns: u32,
    /// Processing time relative to the duration of the audio; `null` without blocks, as are all figures below.
    pub mean_load: Option<f64>,
    /// Load that half of the blocks stay below: the end of a bucket, or the worst block's load if that is less.
    pub p50: Option<f32>,
    /// Load that 90 of 100 blocks stay below.
    pub p90: Option<f32>,
    /// Load that 99 of 100 blocks stay below.
    pub p99: Option<f32>,
    /// Load that 999 of 1000 blocks stay below.
    pub p999: Option<f32>,
    /// The load of the worst block.
    pub worst: Option<f32>,
    /// The worst block.
    pub worst_block: Option<Block>,
    /// Histogram of the blocks by load, as a list of the buckets `from` a load and `below` another with their `blocks`.
    pub histogram: Histogram,
}

/// A block.
#[derive(Clone, Serialize)]
pub struct Block {
    /// The record of the block.
    #[serde(flatten)]
    pub record: BlockRecord,
    /// Deadline.
    pub deadline_us: f64,
    /// Wall time relative to the deadline.
    pub load: f32,
    /// Calls of the allocator; `null` where they are not counted.
    pub allocations: Option<u32>,
    /// Time in each module, in microseconds.
    pub modules_us: Modules,
}

/// A block over the budget.
#[derive(Clone, Serialize)]
pub struct OverrunFigures {
    /// Verdict: `module`, `load`, `descheduled` or `unknown`.
    pub verdict: &'static str,
    /// Side of the cause: `inside`, `outside` or `unknown`.
    pub side: &'static str,
    /// The module that caused it, if one did.
    pub module: Option<&'static str>,
    /// The verdict and its evidence in a sentence.
    pub evidence: String,
    /// Time allowed.
    pub budget_us: f64,
    /// Time that the module usually stays below.
    pub usual_us: Option<f64>,
    /// The block.
    pub block: Block,
    /// The block before.
    pub before: Option<Block>,
}

/// A second or a minute of the history.
#[derive(Clone, Serialize)]
pub struct HistoryPoint {
    /// Figures of the whole engine.
    #[serde(flatten)]
    pub point: Point,
    /// Load of each module.
    pub modules: Modules,
    /// Nanoseconds of each module per voice and sample; `null` without voices.
    pub ns_per_voice: Option<Modules>,
}

/// A figure for each module, by its name.
#[derive(Clone)]
pub struct Modules(Vec<f64>);

impl Modules {
    fn of<T: Into<f64> + Copy>(values: &[T], scale: f64) -> Self {
        Self(values.iter().map(|value| (*value).into() * scale).collect())
    }

    /// Iterates over names and figures, in the order in which the modules run.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let names = Module::ALL.iter().map(|module| module.name());
        names.zip(self.0.iter().copied())
    }
}

impl Serialize for Modules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl TotalFigures {
    pub(super) fn of(totals: &Totals) -> Self {
        let finished = (totals.panicked_after as usize).checked_sub(1);
        Self {
            counts: *totals,
            allocations: COUNTED.then_some(totals.allocations),
            panicked_after: finished.and_then(Module::at).map(Module::name),
        }
    }
}

impl ModuleLoad {
    pub(super) fn of(span: &Span, module: usize) -> Self {
        let some = |value: f64| (span.blocks > 0).then_some(value);
        let nanos = span.modules[module] as f64;
        Self {
            mean_us: some(nanos / span.blocks as f64 / 1e3),
            percent: some(span.module_load(module) * 100.0),
        }
    }
}

impl SpanFigures {
    pub(super) fn of(span: &Span) -> Self {
        let some = span.blocks > 0;
        Self {
            blocks: span.blocks,
            // The deadline is the audio's own duration.
            audio_seconds: span.deadline as f64 / 1e9,
            overruns: span.overruns,
            mean_load: some.then(|| span.mean_load()),
            p50: span.percentile(0.5),
            p90: span.percentile(0.9),
            p99: span.percentile(0.99),
            p999: span.percentile(0.999),
            worst: some.then(|| span.worst.load()),
            worst_block: Block::of(&span.worst),
            histogram: span.load,
        }
    }
}

impl Block {
    pub(super) fn of(record: &BlockRecord) -> Option<Self> {
        (record.number > 0).then(|| Self {
            record: *record,
            deadline_us: record.deadline() / 1e3,
            load: record.load(),
            allocations: COUNTED.then_some(record.allocations),
            modules_us: Modules::of(&record.modules, 1e-3),
        })
    }
}

impl OverrunFigures {
    pub(super) fn of(overrun: &Overrun) -> Option<Self> {
        let (verdict, side, module) = match overrun.verdict() {
            Verdict::Module(module) => ("module", "inside", Some(Module::name_at(module))),
            Verdict::Load => ("load", "inside", None),
            Verdict::Descheduled => ("descheduled", "outside", None),
            Verdict::Unknown => ("unknown", "unknown", None),
        };
        Some(Self {
            verdict,
            side,
            module,
            evidence: overrun.explain(Module::name_at),
            budget_us: overrun.budget as f64 / 1e3,
            usual_us: module.map(|_| f64::from(overrun.p99) / 1e3),
            block: Block::of(&overrun.block)?,
            before: Block::of(&overrun.before),
        })
    }
}

impl HistoryPoint {
    pub(super) fn of(point: &Point) -> Option<Self> {
        (point.number > 0).then(|| Self {
            point: *point,
            modules: Modules::of(&point.modules, 1.0),
            ns_per_voice: (point.voices > 0.0).then(|| Modules::of(&point.per_voice, 1.0)),
        })
    }
}
