//! Everything that is observed of an instance, in one document for programs and for people.
//!
//! The keys of the JSON are the fields of the types here and of the data in them. Unknown and non-finite values are
//! `null`. Times are in the unit that the key ends with; loads are relative to the deadline, which is 1.

mod figures;
mod text;

use serde::Serialize;
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{Live, Span};
use tidepool_dsp::rt::{BridgeStatus, ClassStats, PoolStats};

use super::host::Machine;
use super::overview::Overview;
use super::regression::{Regression, regressions};
use crate::params::TidepoolParams;
pub use figures::{Block, HistoryPoint, ModuleLoad, OverrunFigures, SpanFigures, TotalFigures};

/// The report.
#[derive(Clone, Serialize)]
pub struct Report {
    /// Version of Tidepool.
    pub version: &'static str,
    /// The machine.
    pub machine: Machine,
    /// The overview that the report is made from.
    #[serde(flatten)]
    pub overview: Overview,
    /// Lengths of the recent blocks, with the number of blocks of each.
    pub block_sizes: Vec<BlockSize>,
    /// Values of all parameters.
    pub parameters: Option<Vec<ParameterValue>>,
    /// Counts since the instance was made.
    pub totals: TotalFigures,
    /// The modules of the engine, in the order in which they run.
    pub modules: Vec<ModuleFigures>,
    /// Statistics of the blocks.
    pub spans: Spans<SpanFigures>,
    /// The last overruns, oldest first.
    pub overruns: Vec<OverrunFigures>,
    /// Cost of the blocks over time, oldest first.
    pub history: History,
    /// Modules whose cost per voice rose although the settings are the same.
    pub regressions: Vec<Regression>,
    /// Recent blocks, oldest first.
    pub recent: Vec<Block>,
    /// The pool of the tap's frames.
    pub pool: Option<PoolFigures>,
    /// The bridge that carries these frames.
    pub bridge: Option<Served<BridgeStatus>>,
}

/// A block length in use.
#[derive(Clone, Serialize)]
pub struct BlockSize {
    /// Length in samples.
    pub samples: u32,
    /// Recent blocks of that length.
    pub blocks: usize,
}

/// A parameter's value.
#[derive(Clone, Serialize)]
pub struct ParameterValue {
    /// Stable id, such as `cutoff`.
    pub id: &'static str,
    /// Value as text, such as `440 Hz`.
    pub value: String,
}

/// Figures of a module of the engine.
#[derive(Clone, Serialize)]
pub struct ModuleFigures {
    /// Name of the module.
    pub module: &'static str,
    /// Time that 99 of 100 blocks stay below; `null` after fewer than 100 blocks, and beyond 4.2 ms.
    pub p99_us: Option<f64>,
    /// Cost.
    #[serde(flatten)]
    pub spans: Spans<ModuleLoad>,
    /// Memory held by the module; `null` if not counted.
    pub memory_bytes: Option<u64>,
    /// Changes received; `null` if not counted.
    pub updates: Option<u64>,
    /// Requests that could not be served in time; `null` if not counted.
    pub misses: Option<u64>,
    /// Non-finite values in its output.
    pub not_finite: u64,
}

/// Figures of each span.
#[derive(Clone, Serialize)]
pub struct Spans<T> {
    /// The last whole second of audio.
    pub last_second: T,
    /// The last sixty whole seconds.
    pub last_minute: T,
    /// Since the last reset or activation.
    pub since_reset: T,
}

impl<T> Spans<T> {
    fn of(live: &Live, figures: impl Fn(&Span) -> T) -> Self {
        Self {
            last_second: figures(&live.last_second),
            last_minute: figures(&live.last_minute),
            since_reset: figures(&live.since_reset),
        }
    }
}

/// Cost of the blocks over time.
#[derive(Clone, Serialize)]
pub struct History {
    /// The last minute, second by second.
    pub seconds: Vec<HistoryPoint>,
    /// The last hour, minute by minute.
    pub minutes: Vec<HistoryPoint>,
}

/// The pool.
#[derive(Clone, Serialize)]
pub struct PoolFigures {
    /// Statistics of the whole pool.
    #[serde(flatten)]
    pub stats: PoolStats,
    /// Statistics of the size classes, from small to large.
    pub classes: Vec<Served<ClassStats>>,
}

/// Statistics of frames, with the part of the requests that were served.
#[derive(Clone, Serialize)]
pub struct Served<T> {
    /// The statistics.
    #[serde(flatten)]
    pub stats: T,
    /// Served requests relative to all requests.
    pub hit_rate: f64,
}

impl Overview {
    /// Returns the report of this overview. Allocates and reads a file. `[gui]` or `[worker]`
    pub fn report(&self) -> Report {
        let Self {
            live,
            log,
            pool,
            bridge,
            about,
            ..
        } = self;
        let points = |points: &[_]| points.iter().filter_map(HistoryPoint::of).collect();
        Report {
            version: env!("CARGO_PKG_VERSION"),
            machine: Machine::this(),
            overview: self.clone(),
            block_sizes: self.block_sizes(),
            parameters: about.params.as_deref().map(parameters),
            totals: TotalFigures::of(&live.totals),
            modules: self.modules(),
            spans: Spans::of(live, SpanFigures::of),
            overruns: log.overruns.iter().filter_map(OverrunFigures::of).collect(),
            history: History {
                seconds: points(&log.seconds),
                minutes: points(&log.minutes),
            },
            regressions: regressions(&log.seconds),
            recent: live.recent.iter().filter_map(Block::of).collect(),
            pool: pool.clone().map(|stats| PoolFigures {
                classes: (stats.classes.iter())
                    .map(|class| Served {
                        stats: *class,
                        hit_rate: class.hit_rate(),
                    })
                    .collect(),
                stats,
            }),
            bridge: bridge.clone().map(|stats| Served {
                hit_rate: stats.hit_rate(),
                stats,
            }),
        }
    }

    /// Returns the modules of the engine and their cost, in the order in which they run.
    fn modules(&self) -> Vec<ModuleFigures> {
        let Self { live, pool, .. } = self;
        let totals = &live.totals;
        let figures = |module: &Module| {
            let n = *module as usize;
            let only = |here: Module, value: u64| (*module == here).then_some(value);
            let held = |pool: &PoolStats| pool.by_account.iter().sum::<usize>() as u64;
            ModuleFigures {
                module: module.name(),
                p99_us: Some(f64::from(live.p99[n]) / 1e3).filter(|time| *time > 0.0),
                spans: Spans::of(live, |span| ModuleLoad::of(span, n)),
                memory_bytes: pool.as_ref().and_then(|pool| only(Module::Tap, held(pool))),
                updates: only(Module::Parameters, totals.changes),
                misses: only(Module::Tap, totals.bridge_drops),
                not_finite: totals.not_finite[n],
            }
        };
        Module::ALL.iter().map(figures).collect()
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

fn parameters(params: &TidepoolParams) -> Vec<ParameterValue> {
    tidepool_dsp::Parameter::all()
        .map(|parameter| ParameterValue {
            id: parameter.spec().id,
            value: params.get(parameter).text(),
        })
        .collect()
}

/// Returns a report as indented JSON with a final line break.
pub fn to_json(report: &impl Serialize) -> String {
    let mut json = serde_json::to_string_pretty(report)
        .expect("a report has text keys only, which is all that JSON could refuse");
    json.push('\n');
    json
}
