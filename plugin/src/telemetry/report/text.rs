//! The report as text for people.

use std::fmt;

use tidepool_dsp::Module;

use super::{Report, Served};
use crate::telemetry::host::Scheduling;

/// Most overruns in the text; the JSON has all that are kept.
const OVERRUNS: usize = 8;

/// Widths of the columns of a span, and of a module.
const SPAN: [usize; 8] = [9, 7, 7, 7, 7, 7, 7, 9];
const MODULE: [usize; 4] = [9, 9, 9, 11];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.machine_and_host(f)?;
        self.alerts(f)?;
        self.spans(f)?;
        self.modules(f)?;
        self.overruns(f)?;
        self.history(f)?;
        self.memory(f)?;
        self.settings(f)
    }
}

impl Report {
    fn machine_and_host(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (machine, about, live) = (&self.machine, &self.overview.about, &self.overview.live);
        let (host, counts) = (&about.host, &self.totals.counts);
        let sizes = self.block_sizes.iter();
        let sizes = sizes.map(|size| format!("{} × {}", size.blocks, size.samples));
        let sizes = Some(sizes.collect::<Vec<_>>().join(", ")).filter(|sizes| !sizes.is_empty());
        let allocations = self
            .totals
            .allocations
            .map(|count| format!("{count} allocations"));
        writeln!(
            f,
            "Tidepool {}
  machine    {}, {} cores, {} on {}
  host       {} {} as {}, audio thread {}{}
  audio      {} Hz, last blocks {}, budget {:.0} % of the deadline
  voices     {} now, {} at most
  changes    {} in {} batches, {} coalesced, {} early flushes
  faults     {} panics, {} values silenced, {} stream misses, {} bridge drops, {}, {} scratch refusals",
            self.version,
            known(machine.cpu.as_deref()),
            known(machine.cores),
            machine.os,
            machine.arch,
            known(host.name.as_deref()),
            host.version.as_deref().unwrap_or(""),
            known(host.format),
            known(about.scheduling.map(Scheduling::name)),
            note(about.offline, ", offline"),
            known(Some(live.sample_rate).filter(|rate| *rate > 0.0)),
            sizes.unwrap_or("none".into()),
            live.budget * 100.0,
            live.voices,
            live.most_voices,
            counts.changes,
            counts.batches,
            counts.coalesced,
            counts.early_flushes,
            counts.panics,
            counts.silenced,
            counts.stream_misses,
            counts.bridge_drops,
            allocations.unwrap_or("allocations not counted".into()),
            counts.scratch_refused,
        )
    }

    fn alerts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nAlerts")?;
        if self.overview.alerts.is_empty() {
            writeln!(f, "  none")?;
        }
        for alert in &self.overview.alerts {
            let (level, seconds) = (alert.level.name(), alert.lasts.as_secs_f64());
            let (rule, text, remedy) = (alert.rule, &alert.text, &alert.remedy);
            writeln!(f, "  {level:5} {rule} (for {seconds:.0} s): {text}")?;
            writeln!(f, "        {remedy}")?;
        }
        for change in &self.overview.alert_log {
            let what = if change.raised { "raised" } else { "withdrawn" };
            let (rule, ago) = (change.rule, change.ago.as_secs_f64());
            writeln!(f, "  {ago:.0} s ago {what}: {rule}: {}", change.text)?;
        }
        for regression in &self.regressions {
            let (before, now) = (regression.before, regression.now);
            write!(f, "  {} rose ", Module::name_at(regression.module))?;
            writeln!(f, "from {before:.2} to {now:.2} ns per voice and sample")?;
        }
        Ok(())
    }

    fn spans(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nLoad of blocks, in % of the deadline")?;
        let heads = "blocks mean p50 p90 p99 p99.9 worst overruns";
        row(f, "", &SPAN, heads.split(' ').map(str::to_owned))?;
        let spans = &self.spans;
        for (name, span) in [
            ("last second", &spans.last_second),
            ("last minute", &spans.last_minute),
            ("since reset", &spans.since_reset),
        ] {
            let mean = span.mean_load.map(|load| load as f32);
            let loads = [mean, span.p50, span.p90, span.p99, span.p999, span.worst];
            let loads = loads.map(|load| number(load.map(|load| load * 100.0), 1));
            let [blocks, overruns] = [span.blocks, span.overruns.into()].map(|n| [n.to_string()]);
            let cells = blocks.into_iter().chain(loads).chain(overruns);
            row(f, name, &SPAN, cells)?;
        }
        if let Some(worst) = &spans.since_reset.worst_block {
            write!(f, "  worst block: {:.2} ms", ms(worst.record.wall))?;
            for (module, us) in worst.modules_us.iter().filter(|(_, us)| *us > 0.0) {
                write!(f, ", {module} {:.2}", us / 1e3)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn modules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nModules, since the reset")?;
        let heads = ["mean µs", "p99 µs", "load %", "not finite"];
        row(f, "", &MODULE, heads.map(str::to_owned))?;
        for module in &self.modules {
            let all = &module.spans.since_reset;
            let figures = [all.mean_us, module.p99_us, all.percent].map(|value| number(value, 2));
            let cells = figures.into_iter().chain([module.not_finite.to_string()]);
            row(f, module.module, &MODULE, cells)?;
        }
        Ok(())
    }

    fn overruns(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.overview.live.overruns;
        writeln!(f, "\nOverruns: {count} since the reset")?;
        let skipped = self.overruns.len().saturating_sub(OVERRUNS);
        for overrun in &self.overruns[skipped..] {
            let block = &overrun.block.record;
            writeln!(
                f,
                "  block {}: {:.2} ms for {} samples, budget {:.2} ms, {:.2} ms late, {} voices, {} notes, \
                 {} changes\n    {}",
                block.number,
                ms(block.wall),
                block.samples,
                overrun.budget_us / 1e3,
                ms(block.late),
                block.voices,
                block.notes,
                block.changes,
                overrun.evidence,
            )?;
        }
        Ok(())
    }

    fn history(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let history = &self.history;
        for (name, points) in [("seconds", &history.seconds), ("minutes", &history.minutes)] {
            let loads = points.iter().map(|point| point.point.load * 100.0);
            let loads: Vec<_> = loads.map(|load| format!("{load:.1}")).collect();
            if !loads.is_empty() {
                let loads = loads.join(" ");
                writeln!(f, "\nLoad in %, by {name}, oldest first\n  {loads}")?;
            }
        }
        Ok(())
    }

    fn memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pool) = &self.pool {
            let (bytes, limit) = (pool.stats.bytes, pool.stats.limit);
            writeln!(f, "\nPool: {bytes} of {limit} bytes")?;
            for Served { stats, hit_rate } in &pool.classes {
                writeln!(
                    f,
                    "  {:>6} bytes: {} frames, {} free, {} out at most, hit rate {:.1} %, {} misses, {} denials",
                    stats.bytes,
                    stats.frames,
                    stats.free,
                    stats.most_out,
                    hit_rate * 100.0,
                    stats.misses,
                    stats.denials,
                )?;
            }
        }
        if let Some(Served { stats, .. }) = &self.bridge {
            writeln!(
                f,
                "\nBridge: {} frames of {} samples, {} sent, {} returned, {} drops, {} timeouts, {} stalls{}",
                stats.rows.len(),
                stats.samples,
                stats.sent,
                stats.returned,
                stats.drops,
                stats.timeouts,
                stats.stalls,
                note(stats.stalled, ", stalled now"),
            )?;
        }
        Ok(())
    }

    fn settings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(engine) = &self.overview.about.config {
            writeln!(
                f,
                "\nEngine: batches of {}{}, low priority every {} ticks, {} commands, {} carried events",
                engine.batch_size,
                note(engine.adaptive_batches, ", adaptive"),
                engine.low_priority_ticks,
                engine.commands,
                engine.carried_events,
            )?;
        }
        if let Some(parameters) = &self.parameters {
            writeln!(f, "\nParameters")?;
            for parameter in parameters {
                writeln!(f, "  {:16} {}", parameter.id, parameter.value)?;
            }
        }
        Ok(())
    }
}

/// Writes a row of a table whose columns have these widths.
fn row(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    widths: &[usize],
    cells: impl IntoIterator<Item = String>,
) -> fmt::Result {
    write!(f, "  {name:12}")?;
    for (cell, width) in cells.into_iter().zip(widths) {
        write!(f, " {cell:>width$}")?;
    }
    writeln!(f)
}

fn number<T: fmt::Display>(value: Option<T>, decimals: usize) -> String {
    value.map_or("-".into(), |value| format!("{value:.decimals$}"))
}

fn ms(nanos: u32) -> f64 {
    f64::from(nanos) / 1e6
}

/// Returns `text` if it applies.
fn note(applies: bool, text: &str) -> &str {
    if applies { text } else { "" }
}

fn known(value: Option<impl fmt::Display>) -> String {
    value.map_or("unknown".into(), |value| value.to_string())
}
