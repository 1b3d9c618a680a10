//! Everything that is seen of an instance, in one document for programs and for people.
//!
//! The fields of the types here are the keys of the JSON. What is not known or no number is `null`. Times are in
//! the unit that the key ends with; loads are parts of the deadline, so that 1 is all the time there is.

mod figures;
mod text;

use serde::Serialize;
use tidepool_dsp::rt::metrics::regressions;
use tidepool_dsp::rt::{BridgeConfig, BridgeStatus, ClassStats, PoolStats};
use tidepool_dsp::{EngineConfig, Module};

use super::alerts::{AlertChange, module_name};
use super::host::{HostFacts, Machine};
use super::{Alert, Overview};
use crate::params::TidepoolParams;
pub use figures::{Block, Bucket, ModuleLoad, OverrunEntry, PointEntry, SpanFigures, TotalFigures};

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of Tidepool.
    pub version: &'static str,
    /// What it runs on.
    pub machine: Machine,
    /// What runs it.
    pub host: HostFacts,
    /// How the audio thread is scheduled, `real-time` or `ordinary`.
    pub scheduling: Option<&'static str>,
    /// Nobody hears it while it is computed, so that there is no deadline; loads tell how fast it went.
    pub offline: bool,
    /// In Hz.
    pub sample_rate: Option<f32>,
    /// The budget as a part of the deadline.
    pub budget: f32,
    /// Lengths of the last blocks, and how many there are of each.
    pub block_sizes: Vec<BlockSize>,
    /// Every parameter.
    pub parameters: Option<Vec<ParameterValue>>,
    /// How the engine is laid out.
    pub engine: Option<EngineLayout>,
    /// Voices that sound.
    pub voices: u32,
    /// Most at once since the last reset or activation.
    pub most_voices: u32,
    /// Since the instance was made.
    pub totals: TotalFigures,
    /// What is wrong, what matters most first.
    pub alerts: Vec<AlertEntry>,
    /// What came and went, oldest first.
    pub alert_log: Vec<AlertLogEntry>,
    /// The parts of the engine, in the order in which they run.
    pub modules: Vec<ModuleEntry>,
    /// Statistics of the blocks.
    pub spans: Spans,
    /// Blocks over the budget since the last reset or activation.
    pub overrun_count: u64,
    /// The last of them, oldest first.
    pub overruns: Vec<OverrunEntry>,
    /// What blocks cost in the course of time, oldest first.
    pub history: History,
    /// Modules whose cost per voice rose although the settings are the same.
    pub regressions: Vec<RegressionEntry>,
    /// The last blocks, oldest first.
    pub recent: Vec<Block>,
    /// The pool that the tap's frames come from.
    pub pool: Option<PoolEntry>,
    /// The bridge that they travel.
    pub bridge: Option<BridgeEntry>,
}

/// A length of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BlockSize {
    /// Samples.
    pub samples: u32,
    /// How many of the last blocks are of that length.
    pub blocks: usize,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterValue {
    /// Its stable id, such as `cutoff`.
    pub id: String,
    /// Its value as people read it, such as `440 Hz`.
    pub value: String,
}

/// An [`EngineConfig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EngineLayout {
    /// Most changes in a batch.
    pub batch_size: usize,
    /// Whether batches follow the recent rate of changes.
    pub adaptive_batches: bool,
    /// The grid of low-priority changes in ticks.
    pub low_priority_ticks: usize,
    /// Most commands that wait.
    pub commands: usize,
    /// Most events that wait for the next block.
    pub carried_events: usize,
    /// Frames of the bridge.
    pub bridge_frames: usize,
    /// Samples in each.
    pub bridge_samples: usize,
    /// Frames that replace those that do not come back.
    pub bridge_spares: usize,
    /// How long one may stay away.
    pub bridge_timeout_ms: u64,
    /// After how long the consumer counts as stalled.
    pub bridge_stall_ms: u64,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertEntry {
    /// The rule's name.
    pub rule: &'static str,
    /// `warn`, `info` or `debug`.
    pub level: &'static str,
    /// What is wrong.
    pub text: String,
    /// What to do about it.
    pub remedy: String,
    /// How long it has been so.
    pub seconds: f64,
}

/// An alert that came or went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertLogEntry {
    /// How long ago.
    pub seconds_ago: f64,
    /// Whether it came.
    pub raised: bool,
    /// The rule's name.
    pub rule: &'static str,
    /// `warn`, `info` or `debug`.
    pub level: &'static str,
    /// What was wrong.
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

/// A part of the engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModuleEntry {
    /// Its name.
    pub module: &'static str,
    /// What 99 of 100 blocks stay below; `null` after fewer than 100 blocks, and beyond 4.2 ms.
    pub p99_us: Option<f64>,
    /// In the last second.
    pub last_second: ModuleLoad,
    /// In the last minute.
    pub last_minute: ModuleLoad,
    /// Since the last reset or activation.
    pub since_reset: ModuleLoad,
    /// Memory that it holds; `null` where nobody counts.
    pub memory_bytes: Option<u64>,
    /// Changes that it took in.
    pub updates: Option<u64>,
    /// What it could not get in time.
    pub misses: Option<u64>,
    /// Values that came out of it and were not finite.
    pub not_finite: u64,
}

/// Statistics of the blocks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spans {
    /// The last whole second of audio.
    pub last_second: SpanFigures,
    /// The last sixty of them.
    pub last_minute: SpanFigures,
    /// Everything since the last reset or activation.
    pub since_reset: SpanFigures,
}

/// What blocks cost in the course of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// The last minute, by the second.
    pub seconds: Vec<PointEntry>,
    /// The last hour, by the minute.
    pub minutes: Vec<PointEntry>,
}

/// A module whose cost per voice rose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RegressionEntry {
    /// Its name.
    pub module: &'static str,
    /// What it was, in nanoseconds per voice and sample.
    pub before_ns: f32,
    /// What it is.
    pub now_ns: f32,
}

/// The pool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PoolEntry {
    /// Bytes held.
    pub bytes: usize,
    /// Bytes that may be held.
    pub limit: usize,
    /// Frames asked for that are longer than the largest class.
    pub oversize: u64,
    /// Class by class, from small to large.
    pub classes: Vec<PoolClass>,
}

/// One size class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PoolClass {
    /// Frame size.
    pub bytes: usize,
    /// Frames there are.
    pub frames: u32,
    /// Those that lie ready.
    pub free: u32,
    /// Most that were out at once.
    pub most_out: u32,
    /// Frames asked for.
    pub acquires: u64,
    /// Frames given from tier one.
    pub hits: u64,
    /// Frames given from tier two.
    pub recycled: u64,
    /// Frames asked for in vain.
    pub misses: u64,
    /// Frames given over frames asked for.
    pub hit_rate: f64,
    /// Growth that the limit forbade.
    pub denials: u64,
    /// Blocks of memory asked of the system.
    pub allocations: u64,
}

/// The bridge.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BridgeEntry {
    /// Frames that go to and fro.
    pub frames: usize,
    /// Samples in each.
    pub samples: u32,
    /// Spares that lie ready.
    pub spares: u32,
    /// Frames that the audio thread asked for.
    pub acquires: u64,
    /// Chunks dropped because there was none.
    pub drops: u64,
    /// Frames given over frames asked for.
    pub hit_rate: f64,
    /// Frames sent.
    pub sent: u64,
    /// Frames that the consumer has seen.
    pub received: u64,
    /// Frames that came back in time.
    pub returned: u64,
    /// Frames written off.
    pub timeouts: u64,
    /// Frames that came back after that.
    pub late: u64,
    /// How often the consumer began to stall.
    pub stalls: u64,
    /// Whether it stalls now.
    pub stalled: bool,
    /// Sets of frames allocated since the bridge was made.
    pub resizes: u64,
    /// Mean time of an acquire; `null` when none was timed.
    pub mean_acquire_ns: Option<u64>,
    /// The worst.
    pub worst_acquire_ns: Option<u64>,
}

impl Overview {
    /// All of it as a report. Allocates and reads a file. `[gui]` or `[worker]`
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

    /// The parts of the engine and what they cost, in the order in which they run.
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

    /// From short to long.
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
    /// As JSON, readable and with a line end.
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
