//! Everything that is observed of an instance, in one document for programs and for people.
//!
//! The fields of the types here are the keys of the JSON. Unknown and non-finite values are `null`. Times are in
//! the unit that the key ends with; loads are relative to the deadline, which is 1.

mod figures;
mod text;

use serde::Serialize;
use tidepool_dsp::rt::{BridgeConfig, BridgeStatus, ClassStats, PoolStats};
use tidepool_dsp::{EngineConfig, Module};

use super::alerts::module_name;
use super::host::{HostFacts, Machine};
use super::overview::{Alert, AlertChange, Overview};
use super::regression::regressions;
use crate::params::TidepoolParams;
pub use figures::{Block, Bucket, ModuleLoad, OverrunEntry, PointEntry, SpanFigures, TotalFigures};

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of Tidepool.
    pub version: &'static str,
    /// The machine.
    pub machine: Machine,
    /// The host.
    pub host: HostFacts,
    /// Scheduling of the audio thread, `real-time` or `ordinary`.
    pub scheduling: Option<&'static str>,
    /// True if rendering offline, without a deadline; the load is then only a measure of speed.
    pub offline: bool,
    /// Sample rate in Hz.
    pub sample_rate: Option<f32>,
    /// Budget relative to the deadline.
    pub budget: f32,
    /// Lengths of the recent blocks, with the number of blocks of each.
    pub block_sizes: Vec<BlockSize>,
    /// Values of all parameters.
    pub parameters: Option<Vec<ParameterValue>>,
    /// Configuration of the engine.
    pub engine: Option<EngineLayout>,
    /// Voices sounding.
    pub voices: u32,
    /// Most voices at once since the last reset or activation.
    pub most_voices: u32,
    /// Counts since the instance was made.
    pub totals: TotalFigures,
    /// Active alerts, the most important first.
    pub alerts: Vec<AlertEntry>,
    /// Alerts raised and cleared, oldest first.
    pub alert_log: Vec<AlertLogEntry>,
    /// The modules of the engine, in the order in which they run.
    pub modules: Vec<ModuleEntry>,
    /// Statistics of the blocks.
    pub spans: Spans,
    /// Blocks over the budget since the last reset or activation.
    pub overrun_count: u64,
    /// The last overruns, oldest first.
    pub overruns: Vec<OverrunEntry>,
    /// Cost of the blocks over time, oldest first.
    pub history: History,
    /// Modules whose cost per voice rose although the settings are the same.
    pub regressions: Vec<RegressionEntry>,
    /// Recent blocks, oldest first.
    pub recent: Vec<Block>,
    /// The pool of the tap's frames.
    pub pool: Option<PoolEntry>,
    /// The bridge that carries these frames.
    pub bridge: Option<BridgeEntry>,
}

/// A block length in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BlockSize {
    /// Length in samples.
    pub samples: u32,
    /// Recent blocks of that length.
    pub blocks: usize,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterValue {
    /// Stable id, such as `cutoff`.
    pub id: String,
    /// Value as text, such as `440 Hz`.
    pub value: String,
}

/// Configuration of the engine, from [`EngineConfig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EngineLayout {
    /// Most changes in a batch.
    pub batch_size: usize,
    /// True if the batch size adapts to the recent rate of changes.
    pub adaptive_batches: bool,
    /// Grid of low-priority changes, in ticks.
    pub low_priority_ticks: usize,
    /// Capacity of the command queue.
    pub commands: usize,
    /// Most events carried over to the next block.
    pub carried_events: usize,
    /// Frames of the bridge.
    pub bridge_frames: usize,
    /// Samples per frame.
    pub bridge_samples: usize,
    /// Spare frames that replace those written off.
    pub bridge_spares: usize,
    /// Time after which a frame that has not come back is written off.
    pub bridge_timeout_ms: u64,
    /// Time without a returned frame after which the consumer counts as stalled.
    pub bridge_stall_ms: u64,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertEntry {
    /// Name of the rule.
    pub rule: &'static str,
    /// Severity: `warn`, `info` or `debug`.
    pub level: &'static str,
    /// Description of the condition.
    pub text: String,
    /// Advice.
    pub remedy: String,
    /// Seconds since it was raised.
    pub seconds: f64,
}

/// An alert that was raised or cleared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertLogEntry {
    /// Seconds since the change.
    pub seconds_ago: f64,
    /// True if it was raised, false if it was cleared.
    pub raised: bool,
    /// Name of the rule.
    pub rule: &'static str,
    /// Severity: `warn`, `info` or `debug`.
    pub level: &'static str,
    /// Description of the condition.
    pub text: String,
}

impl AlertLogEntry {
    fn of(change: &AlertChange) -> Self {
        Self {
            seconds_ago: change.ago.as_secs_f64(),
            raised: change.raised,
            rule: change.rule,
            level: change.level.name(),
            text: change.text.clone(),
        }
    }
}

/// Figures of a module of the engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModuleEntry {
    /// Name of the module.
    pub module: &'static str,
    /// Time that 99 of 100 blocks stay below; `null` after fewer than 100 blocks, and beyond 4.2 ms.
    pub p99_us: Option<f64>,
    /// Cost in the last second.
    pub last_second: ModuleLoad,
    /// Cost in the last minute.
    pub last_minute: ModuleLoad,
    /// Cost since the last reset or activation.
    pub since_reset: ModuleLoad,
    /// Memory held by the module; `null` if not counted.
    pub memory_bytes: Option<u64>,
    /// Changes received; `null` if not counted.
    pub updates: Option<u64>,
    /// Requests that could not be served in time; `null` if not counted.
    pub misses: Option<u64>,
    /// Non-finite values in its output.
    pub not_finite: u64,
}

/// Statistics of the blocks, by span.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spans {
    /// The last whole second of audio.
    pub last_second: SpanFigures,
    /// The last sixty whole seconds.
    pub last_minute: SpanFigures,
    /// Since the last reset or activation.
    pub since_reset: SpanFigures,
}

/// Cost of the blocks over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// The last minute, second by second.
    pub seconds: Vec<PointEntry>,
    /// The last hour, minute by minute.
    pub minutes: Vec<PointEntry>,
}

/// A module whose cost per voice rose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RegressionEntry {
    /// Name of the module.
    pub module: &'static str,
    /// Earlier cost, in nanoseconds per voice and sample.
    pub before_ns: f32,
    /// Present cost, in the same unit.
    pub now_ns: f32,
}

/// The pool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PoolEntry {
    /// Bytes held.
    pub bytes: usize,
    /// Bytes that may be held.
    pub limit: usize,
    /// Requests for frames longer than the largest class.
    pub oversize: u64,
    /// Statistics of the size classes, from small to large.
    pub classes: Vec<PoolClass>,
}

/// A size class of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PoolClass {
    /// Frame size in bytes.
    pub bytes: usize,
    /// Frames in existence.
    pub frames: u32,
    /// Free frames.
    pub free: u32,
    /// Most frames in use at once.
    pub most_out: u32,
    /// Frames requested.
    pub acquires: u64,
    /// Requests served from tier one.
    pub hits: u64,
    /// Requests served from tier two.
    pub recycled: u64,
    /// Requests that could not be served.
    pub misses: u64,
    /// Served requests relative to all requests.
    pub hit_rate: f64,
    /// Growth denied by the limit.
    pub denials: u64,
    /// Blocks of memory allocated from the system.
    pub allocations: u64,
}

/// The bridge.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BridgeEntry {
    /// Frames in circulation.
    pub frames: usize,
    /// Samples per frame.
    pub samples: u32,
    /// Free spares.
    pub spares: u32,
    /// Frames requested by the audio thread.
    pub acquires: u64,
    /// Chunks of audio dropped because no frame was free.
    pub drops: u64,
    /// Served requests relative to all requests.
    pub hit_rate: f64,
    /// Frames sent.
    pub sent: u64,
    /// Frames received by the consumer.
    pub received: u64,
    /// Frames returned in time.
    pub returned: u64,
    /// Frames written off.
    pub timeouts: u64,
    /// Frames that came back after they were written off.
    pub late: u64,
    /// Stalls of the consumer.
    pub stalls: u64,
    /// True if the consumer is stalled.
    pub stalled: bool,
    /// Sets of frames allocated since the bridge was made.
    pub resizes: u64,
    /// Mean time of an acquire; `null` if none was timed.
    pub mean_acquire_ns: Option<u64>,
    /// Longest time of an acquire; `null` if none was timed.
    pub worst_acquire_ns: Option<u64>,
}

impl Overview {
    /// Returns the report of this overview. Allocates and reads a file. `[gui]` or `[worker]`
    pub fn report(&self) -> Report {
        let Self {
            live,
            log,
            pool,
            bridge,
            alerts,
            alert_log,
            about,
        } = self;
        Report {
            version: env!("CARGO_PKG_VERSION"),
            machine: Machine::this(),
            host: about.host.clone(),
            scheduling: about.scheduling.map(|scheduling| scheduling.name()),
            offline: about.offline,
            sample_rate: Some(live.sample_rate).filter(|rate| *rate > 0.0),
            budget: live.budget,
            block_sizes: self.block_sizes(),
            parameters: about.params.as_deref().map(parameters),
            engine: about.config.as_ref().map(EngineLayout::of),
            voices: live.voices,
            most_voices: live.most_voices,
            totals: TotalFigures::of(&live.totals),
            alerts: alerts.iter().map(AlertEntry::of).collect(),
            alert_log: alert_log.iter().map(AlertLogEntry::of).collect(),
            modules: self.modules(),
            spans: Spans {
                last_second: SpanFigures::of(&live.last_second),
                last_minute: SpanFigures::of(&live.last_minute),
                since_reset: SpanFigures::of(&live.since_reset),
            },
            overrun_count: live.overruns,
            overruns: log.overruns.iter().filter_map(OverrunEntry::of).collect(),
            history: History {
                seconds: log.seconds.iter().filter_map(PointEntry::of).collect(),
                minutes: log.minutes.iter().filter_map(PointEntry::of).collect(),
            },
            regressions: regressions(&log.seconds)
                .into_iter()
                .map(|regression| RegressionEntry {
                    module: module_name(regression.module),
                    before_ns: regression.before,
                    now_ns: regression.now,
                })
                .collect(),
            recent: live.recent.iter().filter_map(Block::of).collect(),
            pool: pool.as_ref().map(PoolEntry::of),
            bridge: bridge.as_ref().map(BridgeEntry::of),
        }
    }

    /// Returns the modules of the engine and their cost, in the order in which they run.
    pub fn modules(&self) -> Vec<ModuleEntry> {
        let Self { live, pool, .. } = self;
        let totals = &live.totals;
        let entry = |module: &Module| {
            let n = *module as usize;
            let only = |here: Module, value: u64| (*module == here).then_some(value);
            let tapped = pool
                .as_ref()
                .map_or(0, |pool| pool.by_account.iter().sum::<usize>() as u64);
            ModuleEntry {
                module: module.name(),
                p99_us: Some(f64::from(live.p99[n]) / 1e3).filter(|time| *time > 0.0),
                last_second: ModuleLoad::of(&live.last_second, n),
                last_minute: ModuleLoad::of(&live.last_minute, n),
                since_reset: ModuleLoad::of(&live.since_reset, n),
                memory_bytes: only(Module::Tap, tapped).filter(|_| pool.is_some()),
                updates: only(Module::Parameters, totals.changes),
                misses: only(Module::Tap, totals.drops),
                not_finite: totals.not_finite[n],
            }
        };
        Module::ALL.iter().map(entry).collect()
    }

    /// Counts the recent blocks by length, from short to long.
    fn block_sizes(&self) -> Vec<BlockSize> {
        let blocks = self.live.recent.iter().filter(|block| block.number > 0);
        let mut lengths: Vec<u32> = blocks.map(|block| block.samples).collect();
        lengths.sort_unstable();
        let sizes = lengths.chunk_by(|a, b| a == b);
        sizes
            .map(|same| BlockSize {
                samples: same[0],
                blocks: same.len(),
            })
            .collect()
    }
}

impl Report {
    /// Returns the report as indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self)
            .expect("a report has text keys only, which is all that JSON could refuse");
        json.push('\n');
        json
    }
}

fn parameters(params: &TidepoolParams) -> Vec<ParameterValue> {
    tidepool_dsp::Parameter::all()
        .map(|parameter| ParameterValue {
            id: parameter.spec().id.to_owned(),
            value: params.get(parameter).text(),
        })
        .collect()
}

impl EngineLayout {
    fn of(config: &EngineConfig) -> Self {
        let &EngineConfig {
            batch_size,
            adaptive_batches,
            low_priority_ticks,
            commands,
            carried_events,
            bridge:
                BridgeConfig {
                    frames,
                    samples,
                    spares,
                    timeout,
                    stall,
                    account: _,
                },
        } = config;
        Self {
            batch_size,
            adaptive_batches,
            low_priority_ticks,
            commands,
            carried_events,
            bridge_frames: frames,
            bridge_samples: samples,
            bridge_spares: spares,
            bridge_timeout_ms: timeout.as_millis() as u64,
            bridge_stall_ms: stall.as_millis() as u64,
        }
    }
}

impl AlertEntry {
    fn of(alert: &Alert) -> Self {
        Self {
            rule: alert.rule,
            level: alert.level.name(),
            text: alert.text.clone(),
            remedy: alert.remedy.clone(),
            seconds: alert.lasts.as_secs_f64(),
        }
    }
}

impl PoolEntry {
    fn of(pool: &PoolStats) -> Self {
        Self {
            bytes: pool.bytes,
            limit: pool.limit,
            oversize: pool.oversize,
            classes: pool.classes.iter().map(PoolClass::of).collect(),
        }
    }
}

impl PoolClass {
    fn of(class: &ClassStats) -> Self {
        let hit_rate = class.hit_rate();
        let &ClassStats {
            bytes,
            frames,
            free,
            most_out,
            acquires,
            hits,
            recycled,
            misses,
            denials,
            allocations,
        } = class;
        Self {
            bytes,
            frames,
            free,
            most_out,
            acquires,
            hits,
            recycled,
            misses,
            hit_rate,
            denials,
            allocations,
        }
    }
}

impl BridgeEntry {
    fn of(bridge: &BridgeStatus) -> Self {
        let nanos = |time: std::time::Duration| {
            Some(time.as_nanos() as u64).filter(|_| !bridge.worst_acquire.is_zero())
        };
        Self {
            frames: bridge.rows.len(),
            samples: bridge.samples,
            spares: bridge.spares,
            acquires: bridge.acquires,
            drops: bridge.drops,
            hit_rate: bridge.hit_rate(),
            sent: bridge.sent,
            received: bridge.received,
            returned: bridge.returned,
            timeouts: bridge.timeouts,
            late: bridge.late,
            stalls: bridge.stalls,
            stalled: bridge.stalled,
            resizes: bridge.resizes,
            mean_acquire_ns: nanos(bridge.mean_acquire),
            worst_acquire_ns: nanos(bridge.worst_acquire),
        }
    }
}
