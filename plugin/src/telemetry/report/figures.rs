//! Report types of the metrics: with names, in readable units, and only existing blocks.

use serde::Serialize;
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{BlockRecord, Histogram, Overrun, Point, Span, Totals, Verdict};

use crate::allocator::COUNTED;
use crate::telemetry::alerts::module_name;

/// Counts since the instance was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TotalFigures {
    /// Changes of parameters, controllers and expressions.
    pub changes: u64,
    /// Changes that were replaced by a later one.
    pub coalesced: u64,
    /// Batches of changes.
    pub batches: u64,
    /// Batches that were flushed early because they were full.
    pub early_flushes: u64,
    /// Present limit of changes in a batch.
    pub batch_limit: u64,
    /// Stream reads that found no samples ready.
    pub stream_misses: u64,
    /// Chunks of audio dropped because the bridge had no free frame.
    pub bridge_drops: u64,
    /// Calls of the allocator on the audio thread; `null` where they are not counted.
    pub allocations: Option<u64>,
    /// Most bytes of the scratch arena that were ever in use.
    pub scratch_bytes: u64,
    /// Requests that the scratch arena had no room for.
    pub scratch_refused: u64,
    /// Samples and events that were not finite and were silenced.
    pub silenced: u64,
    /// Samples that were denormal numbers and were set to zero.
    pub denormal: u64,
    /// Panics caught.
    pub panics: u64,
    /// The module that had finished last before the latest panic; `null` without panics.
    pub panicked_after: Option<&'static str>,
}

/// Cost of a module within a span.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ModuleLoad {
    /// Mean time per block; `null` without blocks.
    pub mean_us: Option<f64>,
    /// Time in percent of the deadline; `null` without blocks.
    pub percent: Option<f64>,
}

/// Statistics of the blocks of a span.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// Histogram of the blocks by load; buckets without blocks are left out.
    pub histogram: Vec<Bucket>,
}

/// A bucket of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// Least load in it.
    pub from: f32,
    /// Least load above it; `null` in the last bucket, which has no end.
    pub below: Option<f32>,
    /// Number of blocks in it.
    pub blocks: u32,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Block {
    /// Number of the block, counted from 1.
    pub number: u64,
    /// Start time by a clock of the process.
    pub start_us: f64,
    /// Time from start to end.
    pub wall_us: f64,
    /// Lower bound of the time that the thread ran on a processor.
    pub cpu_least_us: f64,
    /// Upper bound of that time.
    pub cpu_most_us: f64,
    /// Delay of the start relative to the time expected from the block before.
    pub late_us: f64,
    /// Deadline.
    pub deadline_us: f64,
    /// Wall time relative to the deadline.
    pub load: f32,
    /// Length in samples.
    pub samples: u32,
    /// Sample rate in Hz.
    pub sample_rate: f32,
    /// Voices sounding at its end.
    pub voices: u32,
    /// Notes started in it.
    pub notes: u32,
    /// Changes of parameters, controllers and expressions.
    pub changes: u32,
    /// Batches of changes flushed.
    pub batches: u32,
    /// Stream reads that found no samples ready.
    pub stream_misses: u32,
    /// Chunks of audio dropped because the bridge had no free frame.
    pub bridge_drops: u32,
    /// Calls of the allocator; `null` where they are not counted.
    pub allocations: Option<u32>,
    /// Non-finite values and panics.
    pub faults: u32,
    /// Number of the settings; equal numbers mean equal settings.
    pub settings: u32,
    /// Pieces that nice-plug split the block into.
    pub pieces: u32,
    /// Time in each module, in microseconds.
    pub modules_us: Modules,
}

/// A block over the budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OverrunEntry {
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointEntry {
    /// Number of the second or minute, counted from 1.
    pub number: u64,
    /// Processing time relative to the duration of the audio.
    pub load: f32,
    /// Load of the worst block.
    pub worst: f32,
    /// Average number of voices.
    pub voices: f32,
    /// Blocks over the budget.
    pub overruns: u32,
    /// Number of the settings if they were the same throughout; `null` if they changed.
    pub settings: Option<u32>,
    /// Load of each module.
    pub modules: Modules,
    /// Nanoseconds of each module per voice and sample; `null` without voices.
    pub ns_per_voice: Option<Modules>,
}

/// A figure for each module, by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Modules(Vec<f64>);

impl Modules {
    fn of<T: Into<f64> + Copy>(values: &[T], scale: f64) -> Self {
        let values = values.iter().take(Module::ALL.len());
        Self(values.map(|value| (*value).into() * scale).collect())
    }

    /// Iterates over names and figures, in the order in which the modules run.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let named = |(module, value): (usize, &f64)| (module_name(module), *value);
        self.0.iter().enumerate().map(named)
    }
}

impl Serialize for Modules {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl TotalFigures {
    pub(super) fn of(totals: &Totals) -> Self {
        let &Totals {
            changes,
            coalesced,
            batches,
            early_flushes,
            batch_limit,
            misses,
            drops,
            allocations,
            scratch,
            scratch_refused,
            silenced,
            denormal,
            panics,
            panicked_after,
            // Reported by module instead.
            not_finite: _,
        } = totals;
        Self {
            changes,
            coalesced,
            batches,
            early_flushes,
            batch_limit,
            stream_misses: misses,
            bridge_drops: drops,
            allocations: COUNTED.then_some(allocations),
            scratch_bytes: scratch,
            scratch_refused,
            silenced,
            denormal,
            panics,
            panicked_after: (panicked_after as usize)
                .checked_sub(1)
                .and_then(Module::at)
                .map(Module::name),
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
        // The deadline is the audio's own duration.
        let audio_seconds = span.deadline as f64 / 1e9;
        // A bucket may end above the worst block, which is known exactly.
        let percentile = |part| {
            let edge = span.load.percentile(part);
            edge.map(|edge| edge.min(span.worst.load()))
        };
        Self {
            blocks: span.blocks,
            audio_seconds,
            overruns: span.overruns,
            mean_load: some.then(|| span.mean_load()),
            p50: percentile(0.5),
            p90: percentile(0.9),
            p99: percentile(0.99),
            p999: percentile(0.999),
            worst: some.then(|| span.worst.load()),
            worst_block: Block::of(&span.worst),
            histogram: buckets(&span.load),
        }
    }
}

fn buckets(histogram: &Histogram) -> Vec<Bucket> {
    let counts = histogram.counts().iter().enumerate();
    let full = counts.filter(|(_, blocks)| **blocks > 0);
    full.map(|(bucket, blocks)| Bucket {
        from: bucket.checked_sub(1).map_or(0.0, Histogram::edge),
        below: Some(Histogram::edge(bucket)).filter(|edge| edge.is_finite()),
        blocks: *blocks,
    })
    .collect()
}

fn us(nanos: u32) -> f64 {
    f64::from(nanos) / 1e3
}

impl Block {
    pub(super) fn of(block: &BlockRecord) -> Option<Self> {
        let &BlockRecord {
            number,
            start,
            wall,
            cpu_least,
            cpu_most,
            late,
            samples,
            sample_rate,
            voices,
            notes,
            changes,
            batches,
            misses,
            drops,
            allocations,
            faults,
            settings,
            pieces,
            ref modules,
        } = block;
        (number > 0).then(|| Self {
            number,
            start_us: start as f64 / 1e3,
            wall_us: us(wall),
            cpu_least_us: us(cpu_least),
            cpu_most_us: us(cpu_most),
            late_us: us(late),
            deadline_us: block.deadline() / 1e3,
            load: block.load(),
            samples,
            sample_rate,
            voices,
            notes,
            changes,
            batches,
            stream_misses: misses,
            bridge_drops: drops,
            allocations: COUNTED.then_some(allocations),
            faults,
            settings,
            pieces,
            modules_us: Modules::of(modules, 1e-3),
        })
    }
}

impl OverrunEntry {
    pub(super) fn of(overrun: &Overrun) -> Option<Self> {
        let verdict = overrun.verdict();
        let (name, side, module) = match verdict {
            Verdict::Module(module) => ("module", "inside", Some(module_name(module))),
            Verdict::Load => ("load", "inside", None),
            Verdict::Descheduled => ("descheduled", "outside", None),
            Verdict::Unknown => ("unknown", "unknown", None),
        };
        Some(Self {
            verdict: name,
            side,
            module,
            evidence: overrun.explain(module_name),
            budget_us: overrun.budget as f64 / 1e3,
            usual_us: module.map(|_| us(overrun.p99)),
            block: Block::of(&overrun.block)?,
            before: Block::of(&overrun.before),
        })
    }
}

impl PointEntry {
    pub(super) fn of(point: &Point) -> Option<Self> {
        (point.number > 0).then(|| Self {
            number: point.number,
            load: point.load,
            worst: point.worst,
            voices: point.voices,
            overruns: point.overruns,
            settings: Some(point.settings).filter(|settings| *settings > 0),
            modules: Modules::of(&point.modules, 1.0),
            ns_per_voice: (point.voices > 0.0).then(|| Modules::of(&point.per_voice, 1.0)),
        })
    }
}
