//! Tests of the rules and the report with a profiler on a mocked clock, and of verdicts with the real clock.

mod real_time;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tidepool_dsp::rt::metrics::{BlockProfiler, ModuleTimer, Piece, metrics};
use tidepool_dsp::rt::{ACCOUNTS, BridgeStatus, ClassStats, Clock, MockTime, PoolStats};
use tidepool_dsp::{EngineConfig, Module};

use super::alerts::Alerts;
use super::report::to_json;
use super::*;

const BLOCK: usize = 128;

/// An instance without an engine, whose time and figures are set by the test.
struct Rig {
    monitor: BlockProfiler,
    timer: ModuleTimer,
    clock: Clock,
    time: MockTime,
    observer: Observer,
    alerts: Alerts,
    piece: Piece,
    /// Cost of the modules, in microseconds.
    costs: Vec<(Module, u64)>,
    samples: usize,
    /// Changes the overview before the rules see it.
    retouch: fn(&mut Overview),
}

impl Rig {
    fn new() -> Self {
        let (clock, time) = Clock::mocked();
        let (mut monitor, reader) = metrics(clock.clone(), Module::Metrics as usize);
        time.wait(1_000_000);
        monitor.prepare(48_000.0);
        Self {
            monitor,
            timer: ModuleTimer::new(clock.clone(), Module::Metrics as usize),
            clock,
            time,
            observer: Observer::new(reader, None),
            alerts: Alerts::default(),
            piece: Piece {
                voices: 4,
                most_voices: 4,
                settings: 1,
                ..Piece::default()
            },
            costs: vec![
                (Module::Events, 2),
                (Module::Voices, 100),
                (Module::Mix, 10),
            ],
            samples: BLOCK,
            retouch: |_| {},
        }
    }

    fn block(&mut self) {
        let began = self.clock.now();
        self.monitor.begin(self.samples, false);
        self.timer.start();
        for (module, cost) in &self.costs {
            self.time.run(cost * 1_000);
            self.timer.mark(*module as usize);
        }
        self.piece.modules = self.timer.take();
        self.monitor.end(&self.piece);
        let due = began + (self.samples as f64 / 48e-6) as u64;
        self.time.wait(due.saturating_sub(self.clock.now()));
    }

    /// Plays for `seconds`, reading twenty times a second; returns the last overview.
    fn play(&mut self, seconds: f64) -> Overview {
        let end = self.clock.now() + (seconds * 1e9) as u64;
        let mut next = 0;
        let mut seen = Overview::default();
        while self.clock.now() < end {
            self.block();
            if self.clock.now() >= next {
                next = self.clock.now() + 50_000_000;
                seen = self.read_overview();
            }
        }
        seen
    }

    fn read_overview(&mut self) -> Overview {
        let mut seen = self.observer.read_overview();
        (self.retouch)(&mut seen);
        let now = Duration::from_nanos(self.clock.now());
        seen.alerts = self.alerts.update(now, &seen);
        seen.alert_log = self.alerts.log(now);
        seen
    }

    /// Plays one block in which the voices take `micros` microseconds.
    fn slow(&mut self, micros: u64) {
        let costs = std::mem::replace(&mut self.costs, vec![(Module::Voices, micros)]);
        self.block();
        self.costs = costs;
    }
}

fn rules(seen: &Overview) -> Vec<&'static str> {
    seen.alerts.iter().map(|alert| alert.rule).collect()
}

/// Returns the alert of this rule as one line.
fn said(seen: &Overview, rule: &str) -> String {
    let alert = seen.alerts.iter().find(|alert| alert.rule == rule);
    let alert = alert.unwrap_or_else(|| panic!("no {rule} in {:?}", seen.alerts));
    assert!(!alert.remedy.is_empty());
    format!("{}: {} {}", alert.level.name(), alert.text, alert.remedy)
}

#[test]
fn nothing_is_wrong_with_an_instance_that_plays() {
    let mut rig = Rig::new();
    assert_eq!(
        rules(&rig.read_overview()),
        [""; 0],
        "before the first block"
    );
    assert_eq!(rules(&rig.play(65.0)), [""; 0]);
}

#[test]
fn a_slow_block_is_told_for_a_minute_with_its_verdict() {
    let mut rig = Rig::new();
    rig.play(1.0);
    rig.slow(3_000);
    let seen = rig.play(1.5);
    assert_eq!(rules(&seen), ["overruns"]);
    let text = said(&seen, "overruns");
    assert!(
        text.starts_with(
            "warn: 1 block was over the budget of 50 % in the last minute, the worst at 112 %"
        ),
        "{text}"
    );
    assert!(
        text.contains("The last one: Inside: Voices took 3.00 ms"),
        "{text}"
    );
    assert!(text.contains("less of Voices"), "{text}");
    assert_eq!(rules(&rig.play(50.0)), ["overruns"]);
    assert_eq!(rules(&rig.play(14.0)), [""; 0]);
    // When the host stops, alerts about the present are cleared, but the log keeps them.
    rig.slow(3_000);
    rig.play(1.5);
    let mut later = Overview::default();
    for _ in 0..100 {
        rig.time.wait(50_000_000);
        later = rig.read_overview();
    }
    assert_eq!(rules(&later), [""; 0]);
    assert_eq!(
        later
            .log
            .overruns
            .iter()
            .filter(|overrun| overrun.block.number > 0)
            .count(),
        2
    );
}

#[test]
fn load_over_the_budget_is_told_until_it_is_well_below() {
    let mut rig = Rig::new();
    rig.costs = vec![(Module::Voices, 1_500), (Module::Mix, 100)];
    let text = said(&rig.play(1.5), "load");
    assert!(
        text.starts_with(
            "warn: Blocks took 60 % of the deadline in the last second, over the budget of 50 %; Voices took 56 %."
        ),
        "{text}"
    );
    // A load just below the budget does not clear the alert.
    rig.costs = vec![(Module::Voices, 1_300)];
    assert!(rules(&rig.play(10.0)).contains(&"load"));
    rig.costs = vec![(Module::Voices, 1_100)];
    assert!(!rules(&rig.play(5.0)).contains(&"load"));
}

#[test]
fn offline_there_is_no_deadline() {
    let mut rig = Rig::new();
    rig.observer.set_offline(true);
    rig.retouch = |seen| seen.about.scheduling = Some(Scheduling::Ordinary);
    rig.costs = vec![(Module::Voices, 9_000)];
    let seen = rig.play(2.0);
    assert_eq!(rules(&seen), [""; 0]);
    assert!(seen.live.overruns > 0 && seen.report().overview.about.offline);
}

#[test]
fn faults_are_told_by_name_and_a_panic_until_the_reset() {
    let mut rig = Rig::new();
    rig.play(0.5);
    rig.piece.totals.not_finite[Module::Voices as usize] = 3;
    rig.piece.totals.not_finite[Module::Mix as usize] = 1;
    let text = said(&rig.play(0.2), "not-finite");
    assert!(
        text.contains("came out of Voices (3) and Mix (1) in the last minute"),
        "{text}"
    );
    assert_eq!(rules(&rig.play(62.0)), [""; 0]);
    // The engine has panicked and does not run.
    rig.piece.totals.panics = 1;
    rig.piece.totals.panicked_after = Module::Noise as u64 + 1;
    let costs = std::mem::take(&mut rig.costs);
    let seen = rig.play(120.0);
    assert_eq!(rules(&seen), ["panics"]);
    let text = said(&seen, "panics");
    assert!(
        text.contains("panicked right after Noise had finished and is silent until it is reset"),
        "{text}"
    );
    assert_eq!(seen.report().totals.panicked_after, Some("Noise"));
    rig.costs = costs;
    assert_eq!(rules(&rig.play(0.2)), [""; 0]);
    rig.piece.totals.panics = 2;
    rig.piece.totals.panicked_after = 0;
    let text = said(&rig.play(0.2), "panics");
    assert!(
        text.contains("panicked once in the last minute, and plays again"),
        "{text}"
    );
}

#[test]
fn counters_that_should_stand_still_are_told_when_they_move() {
    type Change = fn(&mut Rig);
    let cases: [(&str, Change, &str); 3] = [
        (
            "stream-misses",
            |rig| rig.piece.totals.stream_misses = 2,
            "warn: A stream had no samples ready 2 times",
        ),
        (
            "scratch",
            |rig| rig.piece.totals.scratch_refused = 1,
            "warn: The scratch memory had no room once",
        ),
        (
            "allocations",
            |rig| rig.piece.totals.allocations = 5,
            "warn: The audio thread called the allocator 5 times",
        ),
    ];
    for (rule, change, expected) in cases {
        let mut rig = Rig::new();
        rig.play(0.2);
        change(&mut rig);
        let seen = rig.play(0.2);
        assert_eq!(rules(&seen), [rule]);
        let text = said(&seen, rule);
        assert!(text.contains(expected), "{text}");
        assert_eq!(rules(&rig.play(62.0)), [""; 0]);
    }
}

#[test]
fn full_batches_are_told_when_they_last_and_not_when_a_sound_is_loaded() {
    let mut rig = Rig::new();
    rig.play(1.0);
    // Changing presets repeatedly fills the batches for a moment each time.
    for _ in 0..5 {
        rig.piece.totals.early_flushes += 8;
        assert_eq!(rules(&rig.play(3.0)), [""; 0]);
    }
    rig.play(65.0);
    for _ in 0..12 {
        rig.piece.totals.early_flushes += 1;
        rig.play(1.0);
    }
    let seen = rig.play(0.2);
    assert_eq!(rules(&seen), ["early-flushes"]);
    let text = said(&seen, "early-flushes");
    assert!(
        text.contains("flushed early 12 times in the last minute"),
        "{text}"
    );
    assert!(!text.contains("batch_size"), "no user can set it: {text}");
    assert_eq!(rules(&rig.play(62.0)), [""; 0]);
}

fn pool(change: impl FnOnce(&mut ClassStats)) -> Option<PoolStats> {
    let mut class = ClassStats {
        bytes: 4_096,
        frames: 100,
        free: 40,
        acquires: 1_000,
        ..ClassStats::default()
    };
    change(&mut class);
    Some(PoolStats {
        classes: vec![class],
        adopted: ClassStats::default(),
        bytes: 409_600,
        limit: 410_000,
        oversize: 0,
        by_account: [0; ACCOUNTS],
    })
}

#[test]
fn pool_and_bridge_are_told_of() {
    type Change = fn(&mut Overview);
    let cases: [(&[&str], Change, &str); 8] = [
        (&[], |seen| seen.pool = pool(|_| {}), ""),
        (
            // The class may still grow.
            &[],
            |seen| {
                seen.pool = pool(|class| class.free = 3).map(|pool| PoolStats {
                    limit: 500_000,
                    ..pool
                });
            },
            "",
        ),
        (
            &["pool-full"],
            |seen| seen.pool = pool(|class| class.free = 3),
            "info: Pool of 4096-byte frames is 97 % used: 97 of the 100 that its limit allows. Close the editor",
        ),
        (
            &["pool-hit-rate"],
            |seen| seen.pool = pool(|class| class.misses = 60),
            "warn: The pool had a frame for 94.0 % of the 1000 requests in the last minute.",
        ),
        (
            &["pool-denials"],
            |seen| seen.pool = pool(|class| class.denials = 2),
            "warn: The pool of 4096-byte frames was not allowed to grow 2 times in the last minute: its limit is \
             410000 bytes.",
        ),
        (
            &["bridge-drops"],
            |seen| {
                seen.bridge = Some(BridgeStatus {
                    drops: 3,
                    ..BridgeStatus::default()
                })
            },
            "info: 3 chunks were on the way to the meters dropped",
        ),
        (
            &["consumer-stalls"],
            |seen| {
                seen.bridge = Some(BridgeStatus {
                    stalls: 1,
                    ..BridgeStatus::default()
                })
            },
            "info: The analysis thread stalled once in the last minute",
        ),
        (
            &["consumer-stalls"],
            |seen| {
                seen.bridge = Some(BridgeStatus {
                    stalled: true,
                    ..BridgeStatus::default()
                })
            },
            "info: The analysis thread returns no frames at present",
        ),
    ];
    for (expected, retouch, text) in cases {
        let mut rig = Rig::new();
        rig.retouch = retouch;
        let seen = rig.play(3.0);
        assert_eq!(rules(&seen), expected);
        for rule in expected {
            let said = said(&seen, rule);
            assert!(said.starts_with(text), "{said}");
        }
    }
}

#[test]
fn the_host_is_told_of() {
    let mut rig = Rig::new();
    rig.retouch = |seen| seen.about.scheduling = Some(Scheduling::Ordinary);
    assert_eq!(rules(&rig.play(0.5)), [""; 0]);
    let seen = rig.play(1.0);
    assert_eq!(rules(&seen), ["not-real-time"]);
    assert!(said(&seen, "not-real-time").contains("The host"));
    // The standalone program has no host to blame.
    rig.retouch = |seen| {
        seen.about.scheduling = Some(Scheduling::Ordinary);
        seen.about.host = HostFacts::standalone();
    };
    let text = said(&rig.play(0.5), "not-real-time");
    assert!(!text.contains("host"), "{text}");
    rig.retouch = |seen| seen.about.scheduling = Some(Scheduling::RealTime);
    assert_eq!(rules(&rig.play(2.0)), [""; 0]);
    // Occasional changes of the block length are fine, such as at the end of a loop.
    for n in 0..2_000 {
        rig.samples = if n % 32 == 0 { 17 } else { BLOCK };
        rig.block();
        if n % 16 == 0 {
            assert_eq!(rules(&rig.read_overview()), [""; 0]);
        }
    }
    for n in 0..1_000 {
        rig.samples = if n % 2 == 0 { 512 } else { 64 };
        rig.block();
        if n % 8 == 0 {
            rig.read_overview();
        }
    }
    let text = said(&rig.read_overview(), "block-sizes");
    assert!(
        text.starts_with(
            "info: The host's blocks jump between 64 and 512 samples: 100 % of the last 64"
        ),
        "{text}"
    );
}

#[test]
fn a_regression_is_told_with_both_figures() {
    let mut rig = Rig::new();
    rig.play(21.0);
    rig.costs[1].1 = 150;
    assert_eq!(rules(&rig.play(9.0)), [""; 0]);
    let text = said(&rig.play(3.0), "regression");
    assert!(
        text.contains("in Voices (by 50 %, from 195.31 to 292.97 ns a sample)"),
        "{text}"
    );
}

#[test]
fn every_rule_has_a_name_of_its_own_and_clones_see_the_same_alerts() {
    let mut names = super::alerts::names();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    let mut rig = Rig::new();
    rig.play(0.2);
    rig.piece.totals.stream_misses = 1;
    rig.play(0.2);
    let [first, second] =
        [rig.observer.clone(), rig.observer.clone()].map(|one| rules(&one.read_overview()));
    assert_eq!(first, ["stream-misses"]);
    assert_eq!(first, second);
}

/// JSON keys that programs rely on, by the object that they are in.
const KEYS: &[(&str, &str)] = &[
    (
        "",
        "version scheduling offline sample_rate budget voices most_voices overrun_count regressions",
    ),
    ("/machine", "cpu cores os arch"),
    ("/host", "name vendor version format"),
    ("/block_sizes/0", "samples blocks"),
    ("/parameters/0", "id value"),
    (
        "/engine",
        "batch_size adaptive_batches low_priority_ticks commands carried_events bridge_frames bridge_samples \
         bridge_spares bridge_timeout_ms bridge_stall_ms",
    ),
    (
        "/totals",
        "changes coalesced batches early_flushes batch_limit stream_misses bridge_drops allocations scratch_bytes \
         scratch_refused silenced denormal panics panicked_after",
    ),
    ("/alerts/0", "rule level text remedy seconds"),
    ("/alert_log/0", "seconds_ago raised rule level text"),
    (
        "/modules/0",
        "module p99_us memory_bytes updates misses not_finite",
    ),
    ("/modules/0/last_second", "mean_us percent"),
    ("/modules/0/last_minute", "mean_us percent"),
    ("/modules/0/since_reset", "mean_us percent"),
    ("/spans/last_second", "blocks"),
    ("/spans/last_minute", "blocks"),
    (
        "/spans/since_reset",
        "blocks audio_seconds overruns mean_load p50 p90 p99 p999 worst worst_block",
    ),
    ("/spans/since_reset/worst_block/modules_us", "Voices"),
    ("/spans/since_reset/histogram/0", "from below blocks"),
    (
        "/overruns/0",
        "verdict side module evidence budget_us usual_us",
    ),
    (
        "/overruns/0/block",
        "number start_us wall_us cpu_least_us cpu_most_us late_us deadline_us load samples sample_rate voices notes \
         changes batches stream_misses bridge_drops allocations faults settings pieces",
    ),
    ("/overruns/0/block/modules_us", "Voices Metrics"),
    ("/overruns/0/before", "number"),
    (
        "/history/seconds/0",
        "number load worst voices overruns settings",
    ),
    ("/history/seconds/0/modules", "Voices Metrics"),
    ("/history/seconds/0/ns_per_voice", "Voices Metrics"),
    ("/history/minutes/0", "number"),
    ("/recent/0", "number"),
    ("/pool", "bytes limit oversize"),
    (
        "/pool/classes/0",
        "bytes frames free most_out acquires hits recycled misses denials allocations hit_rate",
    ),
    (
        "/bridge",
        "frames samples spares acquires drops sent received returned timeouts late stalls stalled resizes hit_rate \
         mean_acquire_ns worst_acquire_ns",
    ),
];

/// Returns the overview of a rig in which everything that is reported has happened.
fn eventful() -> Overview {
    let mut rig = Rig::new();
    let host = HostFacts::of_clap("Host", "Vendor", "1.2");
    rig.observer
        .tell(host, Arc::default(), EngineConfig::default());
    rig.retouch = |seen| {
        seen.pool = pool(|class| class.free = 3);
        seen.bridge = Some(BridgeStatus::default());
    };
    rig.play(62.0);
    rig.slow(3_000);
    rig.play(1.5)
}

#[test]
fn the_report_has_every_key_and_its_figures() {
    let seen = eventful();
    let report = seen.report();
    let json: Value = serde_json::from_str(&to_json(&report)).expect("it is JSON");
    for (object, keys) in KEYS {
        for key in keys.split(' ') {
            let found = json.pointer(&format!("{object}/{key}"));
            assert!(found.is_some(), "{object}/{key} in {json:#}");
        }
    }
    assert_eq!(json["host"]["name"], "Host");
    assert_eq!(json["host"]["format"], "CLAP");
    assert_eq!(json["sample_rate"], 48_000.0);
    assert_eq!(json["overruns"][0]["module"], "Voices");
    // Without counting, the count must not be reported as 0.
    let counted = !json["totals"]["allocations"].is_null();
    assert_eq!(counted, crate::allocator::COUNTED);
    assert_eq!(
        report.to_string().contains("allocations not counted"),
        !counted
    );
    assert_eq!(json["overruns"][0]["side"], "inside");
    assert_eq!(json["overruns"][0]["block"]["wall_us"], 3_000.0);
    assert_eq!(
        json["overruns"][0]["block"]["modules_us"]["Voices"],
        3_000.0
    );
    assert_eq!(json["overruns"][0]["before"]["wall_us"], 112.0);
    assert_eq!(json["modules"][Module::Voices as usize]["module"], "Voices");
    assert_eq!(json["block_sizes"][0]["samples"], 128);
    assert_eq!(
        json["parameters"].as_array().map(Vec::len),
        Some(tidepool_dsp::Parameter::all().count())
    );
    let span = &report.spans.since_reset;
    let buckets = json["spans"]["since_reset"]["histogram"].as_array();
    let buckets = buckets.expect("it is a list").iter();
    let blocks = buckets
        .clone()
        .filter_map(|bucket| bucket["blocks"].as_u64());
    assert_eq!(blocks.sum::<u64>(), span.blocks);
    let mut edges = buckets.map(|bucket| (bucket["from"].as_f64(), bucket["below"].as_f64()));
    assert!(edges.all(|(from, below)| from < below));
    // With few blocks, the 999th of 1000 is the worst one, and no percentile exceeds it.
    let second = &report.spans.last_second;
    assert!(second.p50 < second.p999 && second.p999 == second.worst);

    let text = report.to_string();
    for part in [
        "Host 1.2 as CLAP",
        "48000 Hz",
        "pool-full",
        "Inside: Voices took",
        "worst block: 3.00 ms, Voices 3.00",
        "batches of 64",
        "cutoff",
        "4096 bytes",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[test]
fn what_is_not_known_or_no_number_is_null() {
    let json: Value =
        serde_json::from_str(&to_json(&Overview::default().report())).expect("it is JSON");
    for key in [
        "/sample_rate",
        "/parameters",
        "/engine",
        "/host/name",
        "/scheduling",
        "/spans/since_reset/p99",
        "/spans/since_reset/worst_block",
        "/modules/0/p99_us",
        "/modules/0/since_reset/mean_us",
        "/pool",
        "/bridge",
    ] {
        assert_eq!(json.pointer(key), Some(&Value::Null), "{key} in {json:#}");
    }
    assert_eq!(json["overruns"].as_array().map(Vec::len), Some(0));
    let mut seen = eventful();
    seen.log.seconds[59].load = f32::NAN;
    seen.log.seconds[59].per_voice[0] = f32::INFINITY;
    let json: Value = serde_json::from_str(&to_json(&seen.report())).expect("it is JSON");
    let seconds = json["history"]["seconds"]
        .as_array()
        .expect("there is history");
    let last = seconds.last().expect("there is history");
    assert!(
        last["load"].is_null() && last["ns_per_voice"]["Events"].is_null(),
        "{last:#}"
    );
    // The text exists even for an empty report.
    assert!(!Overview::default().report().to_string().is_empty());
}
