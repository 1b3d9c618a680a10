//! The report as text for people.

use std::fmt;

use super::{ModuleEntry, PoolClass, Report, SpanFigures};

/// Most overruns in the text; the JSON has all that are kept.
const OVERRUNS: usize = 8;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.machine_and_host(f)?;
        self.what_is_wrong(f)?;
        writeln!(f, "\nLoad of blocks, in % of the deadline")?;
        writeln!(
            f,
            "  {:12} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>9}",
            "", "blocks", "mean", "p50", "p90", "p99", "p99.9", "worst", "overruns"
        )?;
        let spans = &self.spans;
        span(f, "last second", &spans.last_second)?;
        span(f, "last minute", &spans.last_minute)?;
        span(f, "since reset", &spans.since_reset)?;
        if let Some(worst) = &spans.since_reset.worst_block {
            let ms = worst.wall_us / 1e3;
            write!(f, "  worst block: {ms:.2} ms")?;
            for (module, us) in worst.modules_us.iter().filter(|(_, us)| *us > 0.0) {
                write!(f, ", {module} {:.2}", us / 1e3)?;
            }
            writeln!(f)?;
        }
        writeln!(f, "\nModules, since the reset")?;
        writeln!(
            f,
            "  {:12} {:>9} {:>9} {:>9} {:>11}",
            "", "mean µs", "p99 µs", "load %", "not finite"
        )?;
        for module in &self.modules {
            module_line(f, module)?;
        }
        self.overrun_log(f)?;
        self.history_lines(f)?;
        self.memory(f)?;
        self.settings(f)
    }
}

impl Report {
    fn machine_and_host(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = &self.machine;
        writeln!(f, "Tidepool {}", self.version)?;
        writeln!(
            f,
            "  machine    {}, {} cores, {} on {}",
            known(machine.cpu.as_deref()),
            known(machine.cores),
            machine.os,
            machine.arch,
        )?;
        let host = &self.host;
        writeln!(
            f,
            "  host       {} {} as {}, audio thread {}{}",
            known(host.name.as_deref()),
            host.version.as_deref().unwrap_or(""),
            known(host.format),
            known(self.scheduling),
            if self.offline { ", offline" } else { "" },
        )?;
        let sizes: Vec<String> = self
            .block_sizes
            .iter()
            .map(|size| format!("{} × {}", size.blocks, size.samples))
            .collect();
        writeln!(
            f,
            "  audio      {} Hz, last blocks {}, budget {:.0} % of the deadline",
            known(self.sample_rate),
            if sizes.is_empty() {
                "none".into()
            } else {
                sizes.join(", ")
            },
            self.budget * 100.0,
        )?;
        let totals = &self.totals;
        writeln!(
            f,
            "  voices     {} now, {} at most",
            self.voices, self.most_voices
        )?;
        writeln!(
            f,
            "  changes    {} in {} batches, {} coalesced, {} early flushes",
            totals.changes, totals.batches, totals.coalesced, totals.early_flushes,
        )?;
        writeln!(
            f,
            "  faults     {} panics, {} values silenced, {} stream misses, {} bridge drops, {}, {} \
             scratch refusals",
            totals.panics,
            totals.silenced,
            totals.stream_misses,
            totals.bridge_drops,
            match totals.allocations {
                Some(count) => format!("{count} allocations"),
                None => "allocations not counted".into(),
            },
            totals.scratch_refused,
        )
    }

    fn what_is_wrong(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nAlerts")?;
        if self.alerts.is_empty() {
            writeln!(f, "  none")?;
        }
        for alert in &self.alerts {
            let (level, rule, seconds) = (alert.level, alert.rule, alert.seconds);
            writeln!(f, "  {level:5} {rule} (for {seconds:.0} s): {}", alert.text)?;
            writeln!(f, "        {}", alert.remedy)?;
        }
        for change in &self.alert_log {
            let what = if change.raised { "raised" } else { "withdrawn" };
            let (rule, ago) = (change.rule, change.seconds_ago);
            writeln!(f, "  {ago:.0} s ago {what}: {rule}: {}", change.text)?;
        }
        for regression in &self.regressions {
            writeln!(
                f,
                "  {} rose from {:.2} to {:.2} ns per voice and sample",
                regression.module, regression.before_ns, regression.now_ns
            )?;
        }
        Ok(())
    }

    fn overrun_log(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nOverruns: {} since the reset", self.overrun_count)?;
        let skipped = self.overruns.len().saturating_sub(OVERRUNS);
        for overrun in &self.overruns[skipped..] {
            let block = &overrun.block;
            writeln!(
                f,
                "  block {}: {:.2} ms for {} samples, budget {:.2} ms, {:.2} ms late, {} voices, {} notes, {} changes",
                block.number,
                block.wall_us / 1e3,
                block.samples,
                overrun.budget_us / 1e3,
                block.late_us / 1e3,
                block.voices,
                block.notes,
                block.changes,
            )?;
            writeln!(f, "    {}", overrun.evidence)?;
        }
        Ok(())
    }

    fn history_lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let history = &self.history;
        for (name, points) in [("seconds", &history.seconds), ("minutes", &history.minutes)] {
            let loads: Vec<String> = points
                .iter()
                .map(|point| format!("{:.1}", point.load * 100.0))
                .collect();
            if !loads.is_empty() {
                writeln!(
                    f,
                    "\nLoad in %, by {name}, oldest first\n  {}",
                    loads.join(" ")
                )?;
            }
        }
        Ok(())
    }

    fn memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pool) = &self.pool {
            writeln!(f, "\nPool: {} of {} bytes", pool.bytes, pool.limit)?;
            for class in &pool.classes {
                class_line(f, class)?;
            }
        }
        if let Some(bridge) = &self.bridge {
            writeln!(
                f,
                "\nBridge: {} frames of {} samples, {} sent, {} returned, {} drops, {} timeouts, {} stalls{}",
                bridge.frames,
                bridge.samples,
                bridge.sent,
                bridge.returned,
                bridge.drops,
                bridge.timeouts,
                bridge.stalls,
                if bridge.stalled { ", stalled now" } else { "" },
            )?;
        }
        Ok(())
    }

    fn settings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(engine) = &self.engine {
            let adaptive = if engine.adaptive_batches {
                ", adaptive"
            } else {
                ""
            };
            writeln!(
                f,
                "\nEngine: batches of {}{adaptive}, low priority every {} ticks, {} commands, {} carried events",
                engine.batch_size,
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

fn span(f: &mut fmt::Formatter<'_>, name: &str, span: &SpanFigures) -> fmt::Result {
    let percent = |load: Option<f32>| match load {
        Some(load) => format!("{:.1}", load * 100.0),
        None => "-".into(),
    };
    writeln!(
        f,
        "  {name:12} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>9}",
        span.blocks,
        percent(span.mean_load.map(|load| load as f32)),
        percent(span.p50),
        percent(span.p90),
        percent(span.p99),
        percent(span.p999),
        percent(span.worst),
        span.overruns,
    )
}

fn module_line(f: &mut fmt::Formatter<'_>, module: &ModuleEntry) -> fmt::Result {
    let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.2}"));
    let all = &module.since_reset;
    writeln!(
        f,
        "  {:12} {:>9} {:>9} {:>9} {:>11}",
        module.module,
        number(all.mean_us),
        number(module.p99_us),
        number(all.percent),
        module.not_finite,
    )
}

fn class_line(f: &mut fmt::Formatter<'_>, class: &PoolClass) -> fmt::Result {
    writeln!(
        f,
        "  {:>6} bytes: {} frames, {} free, {} out at most, hit rate {:.1} %, {} misses, {} denials",
        class.bytes,
        class.frames,
        class.free,
        class.most_out,
        class.hit_rate * 100.0,
        class.misses,
        class.denials,
    )
}

fn known(value: Option<impl fmt::Display>) -> String {
    value.map_or("unknown".into(), |value| value.to_string())
}
