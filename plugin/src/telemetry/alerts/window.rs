//! Growth of counters within the last minute, for readers that poll at irregular times.

use std::collections::VecDeque;
use std::time::Duration;

use tidepool_dsp::rt::metrics::MAX_MODULES;

use crate::telemetry::overview::Overview;

/// Least length of the window while readers poll often; it is longer after a pause between reads.
const REACH: Duration = Duration::from_secs(60);
/// Least time between two marks.
const STEP: Duration = Duration::from_secs(1);

/// A counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Panics,
    Misses,
    ScratchRefused,
    Denormal,
    Allocations,
    EarlyFlushes,
    Denials,
    Acquires,
    PoolMisses,
    Drops,
    Stalls,
    /// First of the counters of non-finite values, one for each module.
    NotFinite,
}

const COUNTS: usize = Count::NotFinite as usize + MAX_MODULES;

type Counts = [u64; COUNTS];

/// Growth of the counters within the window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Growth {
    counts: Counts,
    span: Duration,
    flushing: u32,
}

/// Past readings of the counters. All counters start at zero when the instance is made.
#[derive(Debug)]
pub(super) struct Window {
    marks: VecDeque<(Duration, Counts)>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            marks: VecDeque::from([(Duration::ZERO, [0; COUNTS])]),
        }
    }
}

impl Window {
    /// Adds the counters of `seen` at `now`, and returns their growth within the last minute, or since the last call if
    /// that was earlier: events between two calls are never missed.
    pub(super) fn add(&mut self, now: Duration, seen: &Overview) -> Growth {
        self.count(now, counts(seen))
    }

    fn count(&mut self, now: Duration, counts: Counts) -> Growth {
        while (self.marks.get(1)).is_some_and(|(then, _)| now.saturating_sub(*then) >= REACH) {
            self.marks.pop_front();
        }
        let (since, then) = *self.marks.front().unwrap_or(&(now, counts));
        if (self.marks.back()).is_none_or(|(last, _)| now.saturating_sub(*last) >= STEP) {
            self.marks.push_back((now, counts));
        }
        Growth {
            counts: std::array::from_fn(|n| counts[n].saturating_sub(then[n])),
            span: now.saturating_sub(since),
            flushing: self.steps(Count::EarlyFlushes, &counts),
        }
    }

    /// Counts the intervals between marks, up to the reading `counts`, in which a counter grew.
    fn steps(&self, count: Count, counts: &Counts) -> u32 {
        let at = |counts: &Counts| counts[count as usize];
        let marks = self.marks.iter().map(|(_, counts)| at(counts));
        let next = marks.clone().skip(1).chain([at(counts)]);
        marks.zip(next).map(|(from, to)| u32::from(to > from)).sum()
    }
}

impl Growth {
    pub(super) fn of(&self, count: Count) -> u64 {
        self.counts[count as usize]
    }

    /// Seconds of the window in which batches were flushed early.
    pub(super) fn flushing(&self) -> u32 {
        self.flushing
    }

    /// Iterates over the modules with non-finite output values, and their counts.
    pub(super) fn not_finite(&self) -> impl Iterator<Item = (usize, u64)> {
        let counts = self.counts[Count::NotFinite as usize..].iter().copied();
        counts.enumerate().filter(|(_, count)| *count > 0)
    }

    /// Describes the length of the window, for a sentence.
    pub(super) fn when(&self) -> String {
        let minutes = self.span.as_secs_f64() / 60.0;
        match minutes {
            ..1.5 => "in the last minute".into(),
            ..90.0 => format!("in the last {minutes:.0} minutes"),
            _ => format!("in the last {:.0} hours", minutes / 60.0),
        }
    }
}

fn counts(seen: &Overview) -> Counts {
    let totals = &seen.live.totals;
    let mut counts = [0; COUNTS];
    let mut set = |count: Count, value: u64| counts[count as usize] = value;
    set(Count::Panics, totals.panics);
    set(Count::Misses, totals.stream_misses);
    set(Count::ScratchRefused, totals.scratch_refused);
    set(Count::Denormal, totals.denormal);
    set(Count::Allocations, totals.allocations);
    set(Count::EarlyFlushes, totals.early_flushes);
    if let Some(pool) = &seen.pool {
        let classes = pool.classes.iter();
        let sum = |of: fn(&tidepool_dsp::rt::ClassStats) -> u64| classes.clone().map(of).sum();
        set(Count::Denials, sum(|class| class.denials));
        set(Count::Acquires, sum(|class| class.acquires));
        set(Count::PoolMisses, sum(|class| class.misses));
    }
    if let Some(bridge) = &seen.bridge {
        set(Count::Drops, bridge.drops);
        set(Count::Stalls, bridge.stalls);
    }
    counts[Count::NotFinite as usize..].copy_from_slice(&totals.not_finite);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_seen_for_a_minute_also_by_a_late_reader() {
        let mut window = Window::default();
        let mut grown = |seconds: u64, panics: u64| {
            let mut counts = [0; COUNTS];
            counts[Count::Panics as usize] = panics;
            let growth = window.count(Duration::from_secs(seconds), counts);
            (growth.of(Count::Panics), growth.when())
        };
        let minute = "in the last minute".to_owned();
        assert_eq!(grown(0, 0), (0, minute.clone()));
        assert_eq!(grown(5, 2), (2, minute.clone()));
        for seconds in 6..=64 {
            assert_eq!(grown(seconds, 2).0, 2, "after {seconds} s");
        }
        assert_eq!(grown(65, 2), (0, minute.clone()));
        // No reads for an hour, in which an event is counted.
        assert_eq!(grown(3_665, 3), (1, "in the last 60 minutes".into()));
        assert_eq!(grown(3_724, 3).0, 1);
        assert_eq!(grown(3_725, 3), (0, minute));
        for seconds in 4_000..6_000 {
            grown(seconds, 3);
        }
        assert!(window.marks.len() <= 62, "{}", window.marks.len());
    }
}
