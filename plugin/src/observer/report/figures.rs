//! The metrics' own types as a report shows them: with names, in readable units, and only what is there.

use serde::Serialize;
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{BlockRecord, Histogram, Overrun, Point, Span, Totals, Verdict};

use crate::allocator::COUNTED;
use crate::observer::alerts::module_name;

/// What was counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TotalFigures {
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
    pub stream_misses: u64,
    /// Chunks that the bridge had no frame for.
    pub bridge_drops: u64,
    /// Calls of the allocator on the audio thread; `null` where they are not counted.
    pub allocations: Option<u64>,
    /// Most bytes of the scratch arena that were ever in use.
    pub scratch_bytes: u64,
    /// How often it had no room.
    pub scratch_refused: u64,
    /// Samples and events that were not finite and were silenced.
    pub silenced: u64,
    /// Samples that were denormal numbers, and became zero.
    pub denormal: u64,
    /// Panics caught.
    pub panics: u64,
    /// The module that had finished last before the latest of them; `null` if there was none.
    pub panicked_after: Option<&'static str>,
}

/// What a module took of a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ModuleLoad {
    /// Mean time in a block; `null` without blocks.
    pub mean_us: Option<f64>,
    /// In percent of the deadline; `null` without blocks.
    pub percent: Option<f64>,
}

/// The blocks of a span of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpanFigures {
    /// How many.
    pub blocks: u64,
    /// Seconds of audio in them.
    pub audio_seconds: f64,
    /// Blocks over the budget.
    pub overruns: u32,
    /// Time spent over the time there was; `null` without blocks, as all of these.
    pub mean_load: Option<f64>,
    /// The load that half of the blocks stay below: the end of a bucket, or the worst block's if that is less.
    pub p50: Option<f32>,
    /// That 90 of 100 stay below.
    pub p90: Option<f32>,
    /// That 99 of 100 stay below.
    pub p99: Option<f32>,
    /// That 999 of 1000 stay below.
    pub p999: Option<f32>,
    /// The load of the worst block.
    pub worst: Option<f32>,
    /// The worst block.
    pub worst_block: Option<Block>,
    /// How many blocks there are with which load; buckets without blocks are left out.
    pub histogram: Vec<Bucket>,
}

/// A bucket of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// The least load in it.
    pub from: f32,
    /// The least load that is too great for it; `null` in the last, which has no end.
    pub below: Option<f32>,
    /// Blocks in it.
    pub blocks: u32,
}

/// One block.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Block {
    /// Counts up from 1.
    pub number: u64,
    /// When it began, by a clock of the process.
    pub start_us: f64,
    /// From begin to end.
    pub wall_us: f64,
    /// What of it the thread ran on a processor, at least.
    pub cpu_least_us: f64,
    /// At most.
    pub cpu_most_us: f64,
    /// How much later it began than the block before it lets expect.
    pub late_us: f64,
    /// The time there was for it.
    pub deadline_us: f64,
    /// Wall time over deadline.
    pub load: f32,
    /// Length.
    pub samples: u32,
    /// In Hz.
    pub sample_rate: f32,
    /// Voices at its end.
    pub voices: u32,
    /// Notes that began in it.
    pub notes: u32,
    /// Changes of parameters, controllers and expressions.
    pub changes: u32,
    /// Batches of them that were flushed.
    pub batches: u32,
    /// Streams that had no samples ready.
    pub stream_misses: u32,
    /// Chunks that the bridge had no frame for.
    pub bridge_drops: u32,
    /// Calls of the allocator; `null` where they are not counted.
    pub allocations: Option<u32>,
    /// Values that were not finite, and panics.
    pub faults: u32,
    /// Equal numbers mean equal settings.
    pub settings: u32,
    /// Pieces that the plugin's framework made of it.
    pub pieces: u32,
    /// Time in each module, in microseconds.
    pub modules_us: Modules,
}

/// A block over the budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OverrunEntry {
    /// `module`, `load`, `descheduled` or `unknown`.
    pub verdict: &'static str,
    /// `inside`, `outside` or `unknown`.
    pub side: &'static str,
    /// The module that is blamed, if one is.
    pub module: Option<&'static str>,
    /// The verdict and its evidence in a sentence.
    pub evidence: String,
    /// What was allowed.
    pub budget_us: f64,
    /// What the blamed module usually stays below.
    pub usual_us: Option<f64>,
    /// The block.
    pub block: Block,
    /// The one before.
    pub before: Option<Block>,
}

/// A second or a minute of the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointEntry {
    /// Counts up from 1.
    pub number: u64,
    /// Time spent over the time there was.
    pub load: f32,
    /// The same of the worst block.
    pub worst: f32,
    /// Voices, on average.
    pub voices: f32,
    /// Blocks over the budget.
    pub overruns: u32,
    /// Settings that held all the time; `null` if they changed.
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

    /// Names and figures, in the order in which they run.
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
            // The table of modules has them.
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
        // The end of a bucket may lie beyond the worst block, which is known exactly.
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
