//! Statistics of the plugin's processing time per block.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Upper bound of the histogram, one minute; longer times count as this.
const LONGEST_NS: u64 = 60_000_000_000;

/// Block times of a whole render. The memory does not grow with the render.
pub struct BlockTimes {
    /// Times in nanoseconds, with three significant digits.
    histogram: Histogram<u64>,
    worst: Duration,
}

/// Statistics of block times for a report, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BlockSummary {
    /// Median block time.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
    /// Longest block time.
    pub worst: f64,
    /// Duration of a full block of audio: the deadline in a live host.
    pub budget: f64,
}

impl BlockTimes {
    /// Returns empty statistics.
    pub fn new() -> Self {
        Self {
            histogram: Histogram::new_with_bounds(1, LONGEST_NS, 3)
                .expect("these bounds are within what the histogram takes"),
            worst: Duration::ZERO,
        }
    }

    /// Counts a block that took `time`.
    pub fn add(&mut self, time: Duration) {
        self.worst = self.worst.max(time);
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(nanoseconds);
    }

    /// Returns the statistics, for blocks that last `budget`.
    pub fn summary(&self, budget: Duration) -> BlockSummary {
        let us = |nanoseconds: u64| nanoseconds as f64 / 1e3;
        let worst = self.worst.as_secs_f64() * 1e6;
        let at = |quantile: f64| us(self.histogram.value_at_quantile(quantile)).min(worst);
        BlockSummary {
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            worst,
            budget: budget.as_secs_f64() * 1e6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_list() {
        // A spread-out, reproducible set of times: squares modulo a prime, from ns to ms.
        let mut times: Vec<u64> = (1..=10_007u64).map(|i| i * i % 10_007 * 331 + 50).collect();
        let mut blocks = BlockTimes::new();
        for &time in &times {
            blocks.add(Duration::from_nanos(time));
        }
        times.sort_unstable();
        let exact = |quantile: f64| {
            let rank = (quantile * times.len() as f64).ceil() as usize;
            times[rank - 1] as f64 / 1e3
        };
        let summary = blocks.summary(Duration::from_micros(10_667));
        for (got, expected) in [
            (summary.p50, exact(0.5)),
            (summary.p99, exact(0.99)),
            (summary.p999, exact(0.999)),
        ] {
            assert!(
                (got / expected - 1.0).abs() < 1.5e-3,
                "{got} for {expected}"
            );
        }
        assert_eq!(summary.worst, *times.last().unwrap() as f64 / 1e3);
        assert_eq!(summary.budget, 10_667.0);
    }

    #[test]
    fn no_block_is_all_zero() {
        let summary = BlockTimes::new().summary(Duration::ZERO);
        assert_eq!((summary.p50, summary.p999, summary.worst), (0.0, 0.0, 0.0));
    }
}
