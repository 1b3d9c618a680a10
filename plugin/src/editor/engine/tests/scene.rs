//! Scenes for the pictures: figures that a real block profiler records of blocks on a mocked clock.

use std::time::Duration;

use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{
    BlockProfiler, MAX_MODULES, MetricsReader, Piece, Totals, metrics,
};
use tidepool_dsp::rt::{BridgeStatus, Clock, FramePool, FrameState, MockTime, PoolConfig, Row};

use crate::telemetry::{Alert, AlertChange, Level, Observer, Overview};

const RATE: f32 = 48_000.0;
/// Nanoseconds of every module in a block of one voice.
const USUAL: [u32; 13] = [
    2_300, 5_100, 700, 2_400, 600, 200, 1_900, 600, 1_500, 1_600, 1_400, 1_200, 380,
];
/// Modules whose time grows with the voices.
const VOICED: std::ops::RangeInclusive<usize> = Module::Modulation as usize..=VOICES;
const VOICES: usize = Module::Voices as usize;

/// Plays blocks on a mocked clock.
struct Stage {
    /// Samples per block.
    samples: u64,
    monitor: BlockProfiler,
    reader: MetricsReader,
    time: MockTime,
    totals: Totals,
    /// State of the pseudo-random generator.
    seed: u32,
}

impl Stage {
    fn new(samples: u64) -> Self {
        let (clock, time) = Clock::mocked();
        let (mut monitor, reader) = metrics(clock, Module::Metrics as usize);
        time.wait(1_000_000);
        monitor.prepare(RATE);
        Self {
            samples,
            monitor,
            reader,
            time,
            totals: Totals {
                batch_limit: 64,
                scratch_bytes: 10_240,
                ..Totals::default()
            },
            seed: 1,
        }
    }

    /// Returns the number of blocks in a second.
    fn second(&self) -> u64 {
        RATE as u64 / self.samples
    }

    /// Returns a pseudo-random number from 0 to 1, small ones more often than large ones.
    fn chance(&mut self) -> f64 {
        self.seed = self
            .seed
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        (f64::from(self.seed >> 8) / f64::from(1 << 24)).powi(4)
    }

    /// Returns the time of each module in a block of `voices`, with random deviations.
    fn p99(&mut self, voices: usize) -> [u32; MAX_MODULES] {
        let mut modules = [0; MAX_MODULES];
        for (module, nanos) in USUAL.into_iter().enumerate() {
            let share = if VOICED.contains(&module) {
                voices as f64
            } else {
                1.0
            };
            let more = 1.0 + 0.4 * self.chance();
            modules[module] = (f64::from(nanos) * share * more) as u32;
        }
        modules
    }

    /// Plays a block in which each module takes its time of `modules`, and the thread waits for `waits` nanoseconds
    /// besides.
    fn block(&mut self, voices: usize, modules: [u32; MAX_MODULES], waits: u64) {
        let deadline = self.samples * 1_000_000_000 / RATE as u64;
        let spent: u64 = modules.iter().map(|nanos| u64::from(*nanos)).sum();
        self.totals.changes += 3;
        self.totals.coalesced += 1;
        self.totals.batches += 1;
        self.monitor.begin(self.samples as usize, false);
        self.time.run(spent);
        self.time.wait(waits);
        self.monitor.end(&Piece {
            voices,
            most_voices: voices,
            notes: 0,
            settings: 1,
            modules,
            totals: self.totals,
        });
        self.time.wait(deadline.saturating_sub(spent + waits));
    }

    /// Plays `seconds` of a chord whose number of voices changes.
    fn play(&mut self, seconds: u64, voices: usize) {
        for n in 0..seconds * self.second() {
            let voices = voices * (1 + (n / (4 * self.second())) as usize % 3) / 2;
            let modules = self.p99(voices);
            self.block(voices, modules, 0);
        }
    }

    fn read_overview(mut self) -> Overview {
        let observer = Observer::new(self.reader.clone(), None);
        observer.read_overview();
        let modules = self.p99(4);
        self.block(4, modules, 0);
        let mut overview = observer.read_overview();
        // Alerts that depend on real time say nothing of the scene.
        overview.alerts = Vec::new();
        overview.alert_log = Vec::new();
        // The pictures show a release build.
        overview.about.allocations_uncounted = false;
        overview
    }
}

/// A block that misses its deadline: because of a module of the engine, or because the thread has to wait.
pub fn late(by_tidepool: bool) -> Overview {
    let mut stage = Stage::new(128);
    stage.play(5, 4);
    let mut modules = stage.p99(4);
    if by_tidepool {
        modules[VOICES] = 6_000_000;
        stage.block(4, modules, 0);
    } else {
        stage.block(4, modules, 6_000_000);
    }
    stage.read_overview()
}

/// A chord that comes and goes, without faults.
pub fn playing() -> Overview {
    let mut stage = Stage::new(128);
    stage.play(70, 4);
    let mut overview = stage.read_overview();
    let frame = |id: u16| Row {
        id,
        generation: 0,
        state: match id {
            3 => FrameState::InFlight,
            4 => FrameState::Processing,
            _ => FrameState::Available,
        },
    };
    overview.bridge = Some(BridgeStatus {
        rows: (0..16).map(frame).collect(),
        samples: 1_024,
        spares: 4,
        acquires: 26_250,
        sent: 26_250,
        received: 26_249,
        returned: 26_248,
        mean_acquire: Some(Duration::from_nanos(62)),
        worst_acquire: Some(Duration::from_nanos(840)),
        ..BridgeStatus::default()
    });
    let config = PoolConfig {
        classes: vec![4 << 10, 16 << 10],
        budget: 0,
        minimum: 24,
        ..PoolConfig::default()
    };
    let (pool, _maintainer) = FramePool::new(config).expect("the plan of the pool is sound");
    let mut pool = pool.stats();
    let small = &mut pool.classes[0];
    (small.free, small.most_out) = (small.frames - 20, 20);
    (small.acquires, small.hits) = (20, 20);
    pool.by_account[1] = 20 * 4_096;
    overview.pool = Some(pool);
    overview
}

/// Overruns of every kind, frames that never came back, and a pool that is full.
pub fn trouble() -> Overview {
    // Short blocks: the budget is 333 µs, of which the voices take most.
    let mut stage = Stage::new(32);
    let voices = 26;
    for second in 0..62 {
        for _ in 0..stage.second() {
            let modules = stage.p99(voices);
            stage.block(voices, modules, 0);
        }
        let mut modules = stage.p99(voices);
        match second {
            20 => stage.block(voices, modules, 600_000),
            33 => stage.block(voices, modules.map(|nanos| nanos * 2), 0),
            41 => {
                modules[VOICES] = 1_900_000;
                stage.block(voices, modules, 0);
            }
            58 => {
                modules[VOICES] = 600_000;
                stage.block(voices, modules, 400_000);
            }
            60 => {
                modules[Module::Parameters as usize] = 450_000;
                stage.block(voices, modules, 0);
            }
            _ => {}
        }
    }
    stage.totals.not_finite[VOICES] = 2;
    stage.totals.bridge_drops = 37;
    stage.totals.early_flushes = 4;
    stage.totals.scratch_refused = 1;
    let mut overview = Overview {
        pool: playing().pool,
        bridge: playing().bridge,
        alerts: alerts(),
        alert_log: alert_log(),
        ..stage.read_overview()
    };
    if let Some(bridge) = &mut overview.bridge {
        for (frame, state) in bridge.rows.iter_mut().zip(STATES) {
            frame.state = state;
        }
        bridge.rows[9].generation = 3;
        (bridge.drops, bridge.timeouts, bridge.late) = (37, 5, 2);
        (bridge.stalls, bridge.stalled, bridge.spares) = (1, true, 0);
        bridge.worst_acquire = Some(Duration::from_nanos(23_400));
        (bridge.acquires, bridge.sent) = (300, 263);
        (bridge.received, bridge.returned) = (258, 251);
    }
    if let Some(pool) = &mut overview.pool {
        let small = &mut pool.classes[0];
        (small.free, small.most_out) = (0, small.frames);
        (small.acquires, small.hits, small.misses) = (40, 31, 9);
        small.denials = 12;
    }
    overview
}

const STATES: [FrameState; 16] = {
    use FrameState::{Available as A, InFlight as F, Processing as P, TimedOut as T};
    [A, A, F, F, F, P, A, A, T, T, F, F, A, P, T, A]
};

/// Log of an alert that was raised again after it had ended.
fn alert_log() -> Vec<AlertChange> {
    let change = |ago, raised| AlertChange {
        ago: Duration::from_secs(ago),
        raised,
        rule: "overruns",
        level: Level::Warn,
        text: "2 blocks of the last minute were over the budget.".into(),
    };
    vec![change(95, true), change(31, false), change(4, true)]
}

fn alerts() -> Vec<Alert> {
    let alert = |rule, level, text: &str, remedy: &str| Alert {
        rule,
        level,
        text: text.into(),
        remedy: remedy.into(),
        lasts: Duration::from_secs(4),
    };
    vec![
        alert(
            "overruns",
            Level::Warn,
            "5 blocks of the last minute were over the budget.",
            "Play fewer voices, or raise the host's block size.",
        ),
        alert(
            "hit_rate",
            Level::Warn,
            "The pool of 4 KB frames could give 77.5 % of what was asked for.",
            "Close the editor if you do not need its meters.",
        ),
        alert(
            "jumping_blocks",
            Level::Info,
            "The host's blocks change their length from one to the next.",
            "Nothing has to be done; figures of single blocks vary more.",
        ),
        alert(
            "early_flushes",
            Level::Debug,
            "4 batches of changes were full before their time.",
            "Thin out the automation.",
        ),
    ]
}
