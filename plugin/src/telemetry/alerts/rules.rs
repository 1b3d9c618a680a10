//! The default rules: condition, text and advice.

use std::time::Duration;

use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{BlockRecord, Overrun, Verdict};
use tidepool_dsp::rt::{ClassStats, PoolStats};

use super::window::{Count, Growth};
use crate::telemetry::host::Scheduling;
use crate::telemetry::overview::Overview;
use crate::telemetry::regression::Regression;
use crate::telemetry::rule::{Level, Rule};

/// Least number of recent blocks by which their lengths are judged.
const ENOUGH_BLOCKS: usize = 16;
/// Least number of frames by which the hit rate is judged.
const ENOUGH_FRAMES: u64 = 20;
/// Seconds of a minute with early flushes from which on automation counts as too dense for the batches.
const DENSE_SECONDS: f64 = 10.0;
/// Advice if Tidepool itself is at fault.
const REPORT: &str =
    "This is a bug: please report it with the text that Copy text on the Engine page copies.";
/// Advice if the pool is short of frames, which only the meters of an open editor use.
const POOL: &str = "Close the editor if you do not need its meters: the sound is not affected.";

/// Input of the rules.
pub(super) struct Facts<'a> {
    pub(super) seen: &'a Overview,
    pub(super) growth: Growth,
    /// True if blocks are being played.
    pub(super) playing: bool,
    pub(super) regressions: Vec<Regression>,
}

/// A rule, its measure, and its text and advice.
pub(super) struct Check {
    pub(super) rule: Rule,
    pub(super) measure: fn(&Facts<'_>) -> Option<f64>,
    pub(super) say: fn(&Facts<'_>) -> (String, String),
}

/// Returns a rule for a counter that should not grow at all; its alert lasts as long as the window remembers the growth.
const fn counted(name: &'static str, level: Level) -> Rule {
    Rule {
        name,
        level: Some(level),
        raise: 1.0,
        clear: 0.0,
        hold: Duration::ZERO,
        linger: Duration::ZERO,
    }
}

/// The rules, the most important first.
pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: counted("panics", Level::Warn),
        measure: |facts| Some(facts.growth.of(Count::Panics).max(dead(facts).into()) as f64),
        say: panics,
    },
    Check {
        rule: counted("not-finite", Level::Warn),
        measure: |facts| {
            Some(
                facts
                    .growth
                    .not_finite()
                    .map(|(_, count)| count)
                    .sum::<u64>() as f64,
            )
        },
        say: not_finite,
    },
    Check {
        rule: Rule {
            linger: Duration::from_secs(2),
            ..counted("overruns", Level::Warn)
        },
        measure: |facts| live(facts).map(|seen| f64::from(seen.live.last_minute.overruns)),
        say: overruns,
    },
    Check {
        // The measure averages a whole second already.
        rule: Rule {
            clear: 0.9,
            linger: Duration::from_secs(2),
            ..counted("load", Level::Warn)
        },
        measure: |facts| {
            let live = &live(facts)?.live;
            (live.last_second.blocks > 0).then(|| {
                live.last_second.mean_load() / f64::from(live.budget.max(f32::MIN_POSITIVE))
            })
        },
        say: load,
    },
    Check {
        rule: counted("denormals", Level::Warn),
        measure: |facts| Some(facts.growth.of(Count::Denormal) as f64),
        say: |facts| {
            (
                format!(
                    "Denormal numbers came out {} {}, and many processors are slow at them: flush-to-zero is off on the \
                     audio thread.",
                    times(facts.growth.of(Count::Denormal)),
                    facts.growth.when(),
                ),
                "Restart the host's audio. If it happens again, another plugin on this thread switches flush-to-zero off.".into(),
            )
        },
    },
    Check {
        rule: counted("stream-misses", Level::Warn),
        measure: |facts| Some(facts.growth.of(Count::Misses) as f64),
        say: |facts| {
            (
                format!(
                    "A stream had no samples ready {} {}; it was silent there.",
                    times(facts.growth.of(Count::Misses)),
                    facts.growth.when(),
                ),
                "Move the file to a faster disk.".into(),
            )
        },
    },
    Check {
        rule: counted("scratch", Level::Warn),
        measure: |facts| Some(facts.growth.of(Count::ScratchRefused) as f64),
        say: |facts| {
            (
                format!(
                    "The scratch memory had no room {} {}; the most that was in use is {} bytes.",
                    times(facts.growth.of(Count::ScratchRefused)),
                    facts.growth.when(),
                    facts.seen.live.totals.scratch_bytes,
                ),
                format!("Set a smaller buffer size in the host. {REPORT}"),
            )
        },
    },
    Check {
        rule: counted("allocations", Level::Warn),
        measure: |facts| Some(facts.growth.of(Count::Allocations) as f64),
        say: |facts| {
            (
                format!(
                    "The audio thread called the allocator {} {}, which may make it wait.",
                    times(facts.growth.of(Count::Allocations)),
                    facts.growth.when(),
                ),
                REPORT.into(),
            )
        },
    },
    Check {
        rule: counted("pool-denials", Level::Warn),
        measure: |facts| Some(facts.growth.of(Count::Denials) as f64),
        say: pool_denials,
    },
    Check {
        rule: Rule {
            raise: 0.95,
            clear: 0.97,
            ..counted("pool-hit-rate", Level::Warn)
        },
        measure: hit_rate,
        say: |facts| {
            (
                format!(
                    "The pool had a frame for {:.1} % of the {} requests {}.",
                    hit_rate(facts).unwrap_or(0.0) * 100.0,
                    facts.growth.of(Count::Acquires),
                    facts.growth.when(),
                ),
                POOL.into(),
            )
        },
    },
    Check {
        rule: Rule {
            raise: 0.95,
            clear: 0.9,
            // The maintainer refills the pool four times a second.
            hold: Duration::from_secs(2),
            linger: Duration::from_secs(2),
            ..counted("pool-full", Level::Info)
        },
        measure: |facts| fullest(facts.seen.pool.as_ref()?).map(|class| class.part()),
        say: pool_full,
    },
    Check {
        rule: counted("bridge-drops", Level::Info),
        measure: |facts| Some(facts.growth.of(Count::Drops) as f64),
        say: |facts| {
            (
                format!(
                    "{} on the way to the meters dropped {}; the sound is not affected.",
                    are(facts.growth.of(Count::Drops), "chunk"),
                    facts.growth.when(),
                ),
                "Close other programs. If it lasts, close the editor: only its meters use these chunks.".into(),
            )
        },
    },
    Check {
        rule: counted("consumer-stalls", Level::Info),
        measure: |facts| {
            let bridge = facts.seen.bridge.as_ref()?;
            Some(facts.growth.of(Count::Stalls).max(bridge.stalled.into()) as f64)
        },
        say: |facts| {
            let stalled = facts
                .seen
                .bridge
                .as_ref()
                .is_some_and(|bridge| bridge.stalled);
            (
                if stalled {
                    "The analysis thread returns no frames at present; the sound is not affected."
                        .into()
                } else {
                    format!(
                        "The analysis thread stalled {} {}; the sound is not affected.",
                        times(facts.growth.of(Count::Stalls)),
                        facts.growth.when(),
                    )
                },
                "Close other programs. If it lasts, close the editor and open it again.".into(),
            )
        },
    },
    Check {
        rule: Rule {
            hold: Duration::from_secs(1),
            linger: Duration::from_secs(1),
            ..counted("not-real-time", Level::Info)
        },
        measure: |facts| {
            let scheduling = live(facts)?.about.scheduling?;
            Some(f64::from(u8::from(scheduling == Scheduling::Ordinary)))
        },
        say: not_real_time,
    },
    Check {
        rule: Rule {
            raise: 0.25,
            clear: 0.1,
            hold: Duration::from_secs(2),
            linger: Duration::from_secs(5),
            ..counted("block-sizes", Level::Info)
        },
        measure: |facts| jumps(&live(facts)?.live.recent).map(|jumps| jumps.part),
        say: block_sizes,
    },
    Check {
        rule: Rule {
            linger: Duration::from_secs(3),
            ..counted("regression", Level::Info)
        },
        measure: |facts| live(facts).map(|_| facts.regressions.len() as f64),
        say: regression,
    },
    Check {
        // A preset changes every parameter at once, which fills the batches for a moment; this is normal.
        rule: Rule {
            raise: DENSE_SECONDS,
            clear: DENSE_SECONDS - 1.0,
            ..counted("early-flushes", Level::Debug)
        },
        measure: |facts| Some(f64::from(facts.growth.flushing())),
        say: |facts| {
            (
                format!(
                    "Batches of up to {} were full and flushed early {} {}.",
                    count(facts.seen.live.totals.batch_limit, "change"),
                    times(facts.growth.of(Count::EarlyFlushes)),
                    facts.growth.when(),
                ),
                "Thin out the automation, or move fewer parameters at once: nothing is lost, but it costs time.".into(),
            )
        },
    },
];

/// Returns the overview if blocks are being played against a deadline.
fn live<'a>(facts: &Facts<'a>) -> Option<&'a Overview> {
    (facts.playing && !facts.seen.about.offline).then_some(facts.seen)
}

/// Returns true if blocks are played but the engine does not compute them, because it has panicked.
fn dead(facts: &Facts<'_>) -> bool {
    let block = facts.seen.last_block();
    let modules = block.modules.iter().enumerate();
    let mut engine = modules.filter(|(module, _)| *module != Module::Metrics as usize);
    facts.seen.live.totals.panics > 0 && block.number > 0 && engine.all(|(_, nanos)| *nanos == 0)
}

fn panics(facts: &Facts<'_>) -> (String, String) {
    if dead(facts) {
        return (
            format!(
                "The engine panicked{} and is silent until it is reset.",
                panicked_after(facts)
            ),
            format!("Switch the plugin off and on in the host. {REPORT}"),
        );
    }
    (
        format!(
            "The engine panicked {} {}{}, and plays again since it was reset.",
            times(facts.growth.of(Count::Panics)),
            facts.growth.when(),
            panicked_after(facts),
        ),
        REPORT.into(),
    )
}

/// Describes which module had finished last before the panic, if known.
fn panicked_after(facts: &Facts<'_>) -> String {
    let after = facts.seen.live.totals.panicked_after as usize;
    after.checked_sub(1).map_or_else(String::new, |module| {
        format!(" right after {} had finished", Module::name_at(module))
    })
}

fn not_finite(facts: &Facts<'_>) -> (String, String) {
    let modules: Vec<String> = facts
        .growth
        .not_finite()
        .map(|(module, count)| format!("{} ({count})", Module::name_at(module)))
        .collect();
    (
        format!(
            "NaN or infinite values came out of {} {}, and were silenced.",
            list(&modules),
            facts.growth.when(),
        ),
        format!("If it lasts, switch the plugin off and on in the host. {REPORT}"),
    )
}

fn overruns(facts: &Facts<'_>) -> (String, String) {
    let minute = &facts.seen.live.last_minute;
    let logged = facts.seen.log.overruns.iter();
    let last = logged.rev().find(|overrun| overrun.block.number > 0);
    let why = last.map_or_else(String::new, |overrun| {
        format!(" The last one: {}", overrun.explain(Module::name_at))
    });
    let line = percent(facts.seen.live.budget);
    let text = format!(
        "{} over the budget of {line} in the last minute, the worst at {} of the deadline.{why}",
        are(minute.overruns.into(), "block"),
        percent(minute.worst.load()),
    );
    let remedy = match last.map(Overrun::verdict) {
        Some(Verdict::Module(module)) => format!(
            "Use fewer voices or less of {}, or raise the host's buffer size.",
            Module::name_at(module)
        ),
        Some(Verdict::Load) => "Use fewer voices, or raise the host's buffer size.".into(),
        Some(Verdict::Descheduled) => {
            "Close other programs, or raise the host's buffer size: Tidepool itself was in time."
                .into()
        }
        _ => "Raise the host's buffer size.".into(),
    };
    (text, remedy)
}

fn load(facts: &Facts<'_>) -> (String, String) {
    let live = &facts.seen.live;
    let second = &live.last_second;
    let modules = second.modules.iter().enumerate();
    let (module, _) = modules.max_by_key(|(_, nanos)| **nanos).unwrap_or((0, &0));
    (
        format!(
            "Blocks took {} of the deadline in the last second, over the budget of {}; {} took {}.",
            percent(second.mean_load() as f32),
            percent(live.budget),
            Module::name_at(module),
            percent(second.module_load(module) as f32),
        ),
        format!(
            "Use fewer voices (now {}), or raise the host's buffer size.",
            live.voices
        ),
    )
}

fn pool_denials(facts: &Facts<'_>) -> (String, String) {
    let pool = facts.seen.pool.as_ref();
    let worst = pool.and_then(|pool| pool.classes.iter().max_by_key(|class| class.denials));
    let bytes = worst.map_or(0, |class| class.bytes);
    let limit = pool.map_or(0, |pool| pool.limit);
    (
        format!(
            "The pool of {bytes}-byte frames was not allowed to grow {} {}: its limit is {limit} bytes.",
            times(facts.growth.of(Count::Denials)),
            facts.growth.when(),
        ),
        POOL.into(),
    )
}

fn hit_rate(facts: &Facts<'_>) -> Option<f64> {
    let acquires = facts.growth.of(Count::Acquires);
    let misses = facts.growth.of(Count::PoolMisses) as f64;
    (acquires >= ENOUGH_FRAMES).then(|| 1.0 - (misses / acquires as f64).min(1.0))
}

/// Usage of a class of the pool.
struct Use {
    bytes: usize,
    out: u32,
    /// Frames that exist, or could exist before the pool reaches its limit.
    room: u64,
}

impl Use {
    fn of(class: &ClassStats, pool: &PoolStats) -> Self {
        let growth = pool.limit.saturating_sub(pool.bytes) / class.bytes.max(1);
        Self {
            bytes: class.bytes,
            out: class.frames.saturating_sub(class.free),
            room: u64::from(class.frames) + growth as u64,
        }
    }

    fn part(&self) -> f64 {
        f64::from(self.out) / (self.room as f64).max(1.0)
    }
}

/// Returns the class with the highest usage.
fn fullest(pool: &PoolStats) -> Option<Use> {
    let classes = pool.classes.iter().map(|class| Use::of(class, pool));
    classes.max_by(|a, b| a.part().total_cmp(&b.part()))
}

fn pool_full(facts: &Facts<'_>) -> (String, String) {
    let fullest = facts.seen.pool.as_ref().and_then(fullest);
    let text = fullest.map_or_else(String::new, |class| {
        format!(
            "Pool of {}-byte frames is {:.0} % used: {} of the {} that its limit allows.",
            class.bytes,
            class.part() * 100.0,
            class.out,
            class.room,
        )
    });
    (text, POOL.into())
}

/// Variation of the block length.
struct Jumps {
    /// Proportion of blocks whose length differs from the previous one's.
    part: f64,
    blocks: usize,
    least: u32,
    most: u32,
}

fn jumps(recent: &[BlockRecord]) -> Option<Jumps> {
    let blocks = recent.iter().filter(|block| block.number > 0);
    let lengths: Vec<u32> = blocks.map(|block| block.samples).collect();
    if lengths.len() < ENOUGH_BLOCKS {
        return None;
    }
    let jumps = lengths.windows(2).filter(|pair| pair[0] != pair[1]).count();
    Some(Jumps {
        part: jumps as f64 / (lengths.len() - 1) as f64,
        blocks: lengths.len(),
        least: lengths.iter().copied().min().unwrap_or(0),
        most: lengths.iter().copied().max().unwrap_or(0),
    })
}

fn not_real_time(facts: &Facts<'_>) -> (String, String) {
    // The standalone program has no host whose setting could be changed.
    let (whose, remedy) = match facts.seen.about.host.format {
        Some("standalone") => ("The audio thread runs", ""),
        _ => (
            "The host runs its audio thread",
            ", and the host's own setting",
        ),
    };
    (
        format!("{whose} without real-time priority, so other programs may make it late."),
        format!("Allow real-time priority: rtkit, or `rtprio` in limits.conf{remedy}."),
    )
}

fn block_sizes(facts: &Facts<'_>) -> (String, String) {
    let text = jumps(&facts.seen.live.recent).map_or_else(String::new, |jumps| {
        format!(
            "The host's blocks jump between {} and {} samples: {:.0} % of the last {} differ from the one before.",
            jumps.least,
            jumps.most,
            jumps.part * 100.0,
            jumps.blocks,
        )
    });
    (
        text,
        "Set a fixed buffer size in the host: a short block has a short deadline.".into(),
    )
}

fn regression(facts: &Facts<'_>) -> (String, String) {
    let rise = |regression: &Regression| {
        format!(
            "{} (by {:.0} %, from {:.2} to {:.2} ns a sample)",
            Module::name_at(regression.module),
            (regression.now / regression.before - 1.0) * 100.0,
            regression.before,
            regression.now,
        )
    };
    let modules: Vec<String> = facts.regressions.iter().map(rise).collect();
    (
        format!(
            "The cost per voice rose for ten seconds, with the same settings, in {}.",
            list(&modules)
        ),
        "Check heat, power saving and other programs. If none of them is the cause, please report a bug, with the \
         text that Copy text on the Engine page copies."
            .into(),
    )
}

fn percent(part: f32) -> String {
    format!("{:.0} %", part * 100.0)
}

/// "1 block", "2 blocks".
fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// "1 block was", "2 blocks were".
fn are(number: u64, noun: &str) -> String {
    let verb = if number == 1 { "was" } else { "were" };
    format!("{} {verb}", count(number, noun))
}

/// "once", "2 times".
fn times(number: u64) -> String {
    match number {
        1 => "once".into(),
        _ => format!("{number} times"),
    }
}

/// "a", "a and b", "a, b and c".
fn list(items: &[String]) -> String {
    match items {
        [] => "nothing".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
