//! Regressions: modules whose cost per voice rose although the settings stayed the same.

use serde::{Serialize, Serializer};
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{MAX_MODULES, Point};

/// Seconds that the rise has to last.
const LASTS: usize = 10;
/// Seconds required as a baseline before the rise.
const BASELINE: usize = 10;
/// Ratio to the baseline above which a cost counts as a regression.
const RISE: f32 = 1.3;
/// Minimum rise as a part of the cost of all modules; smaller rises occur, for example, when the metrics are read.
const WORTH: f32 = 0.05;
/// Maximum relative difference between the voices of comparable seconds: the voices share a block's fixed cost, and they
/// are computed in groups.
const ALIKE: f32 = 0.05;

/// A lasting rise of a module's cost per voice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Regression {
    /// Index of the module.
    #[serde(serialize_with = "name")]
    pub module: usize,
    /// Baseline in nanoseconds per voice and sample.
    #[serde(rename = "before_ns")]
    pub before: f32,
    /// Median of the last ten seconds, in the same unit.
    #[serde(rename = "now_ns")]
    pub now: f32,
}

fn name<S: Serializer>(module: &usize, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(Module::name_at(*module))
}

/// Returns the modules that regressed, given the `seconds` of a [`Log`](tidepool_dsp::rt::metrics::Log), oldest first.
///
/// The last ten seconds have to be without a gap, with equal settings, and with voices whose number differs by no more
/// than 5 %. The baseline is the median of the earlier seconds with the same settings and as many voices, at least ten
/// of them. A module has regressed if it costs more than 1.3 times its baseline per voice in each of the last ten
/// seconds, and if the rise is at least a twentieth of the cost of all modules.
pub fn regressions(seconds: &[Point]) -> Vec<Regression> {
    let seconds: Vec<&Point> = seconds.iter().filter(|point| point.number > 0).collect();
    let Some(split) = seconds.len().checked_sub(LASTS) else {
        return Vec::new();
    };
    let (earlier, last) = seconds.split_at(split);
    let (settings, voices) = (last[0].settings, last[0].voices);
    let alike = |point: &Point| {
        // Zero stands for settings that changed within the second.
        settings != 0
            && point.settings == settings
            && voices > 0.0
            && (point.voices - voices).abs() <= voices * ALIKE
    };
    let gapless = last
        .windows(2)
        .all(|pair| pair[1].number == pair[0].number + 1);
    if !gapless || !last.iter().all(|point| alike(point)) {
        return Vec::new();
    }
    let earlier: Vec<_> = earlier.iter().filter(|point| alike(point)).collect();
    if earlier.len() < BASELINE {
        return Vec::new();
    }
    let all: f32 = (0..MAX_MODULES)
        .map(|module| median(earlier.iter().map(|point| point.per_voice[module])))
        .sum();
    (0..MAX_MODULES)
        .filter_map(|module| {
            let before = median(earlier.iter().map(|point| point.per_voice[module]));
            let now = median(last.iter().map(|point| point.per_voice[module]));
            let rose = |point: &&Point| point.per_voice[module] > before * RISE;
            let worth = before > 0.0 && now - before >= all * WORTH;
            (worth && last.iter().all(rose)).then_some(Regression {
                module,
                before,
                now,
            })
        })
        .collect()
}

/// Returns the median, the lower one of two middle values; 0 without values.
fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VOICES: usize = 0;
    const MIX: usize = 1;

    /// Returns a second in which eight voices cost 10 ns each and the mix 4 ns, with settings 7.
    fn second(number: u64) -> Point {
        let mut point = Point::default();
        (point.number, point.settings, point.voices) = (number, 7, 8.0);
        point.per_voice[VOICES] = 10.0;
        point.per_voice[MIX] = 4.0;
        point
    }

    /// Returns thirty seconds, the last ten of them changed by `change`.
    fn thirty(change: impl Fn(&mut Point)) -> Vec<Point> {
        let mut seconds: Vec<Point> = (1..=30).map(second).collect();
        seconds[20..].iter_mut().for_each(change);
        seconds
    }

    fn dearer(point: &mut Point) {
        point.per_voice[VOICES] = 14.0;
    }

    #[test]
    fn a_module_that_costs_more_for_ten_seconds_is_named() {
        let expected = Regression {
            module: VOICES,
            before: 10.0,
            now: 14.0,
        };
        assert_eq!(regressions(&thirty(dearer)), [expected]);
        // A log that is not full has points with the number 0, and single outliers in the baseline change nothing.
        let mut seconds = thirty(dearer);
        seconds[3].per_voice[VOICES] = 1_000.0;
        seconds[4].per_voice[VOICES] = 0.0;
        seconds.insert(0, Point::default());
        seconds.push(Point::default());
        assert_eq!(regressions(&seconds), [expected]);
        let both = regressions(&thirty(|point| {
            dearer(point);
            point.per_voice[MIX] = 8.0;
        }));
        let modules: Vec<usize> = both.iter().map(|found| found.module).collect();
        assert_eq!(modules, [VOICES, MIX]);
    }

    #[test]
    fn there_is_no_false_alarm() {
        let none = |why: &str, seconds: &[Point]| {
            assert_eq!(regressions(seconds), [], "{why}");
        };
        none("nothing is known", &[]);
        none("nothing changed", &thirty(|_| {}));
        none(
            "it rose by no more than 30 %",
            &thirty(|point| point.per_voice[VOICES] = 12.99),
        );
        none("it fell", &thirty(|point| point.per_voice[VOICES] = 1.0));
        let with = |change: fn(&mut Point)| {
            thirty(move |point| {
                dearer(point);
                change(point);
            })
        };
        none("somebody set something", &with(|point| point.settings = 8));
        none("settings moved", &with(|point| point.settings = 0));
        none("no voices", &with(|point| point.voices = 0.0));
        none(
            "fewer voices share what a block costs",
            &with(|point| point.voices = 4.0),
        );
        none(
            "more voices are in another group",
            &with(|point| point.voices = 9.0),
        );
        none(
            "no numbers",
            &with(|point| point.per_voice = [f32::NAN; MAX_MODULES]),
        );
        none(
            "it is not worth it",
            &thirty(|point| point.per_voice[2] = 0.1).map_first(|point| point.per_voice[2] = 0.01),
        );
        let mut seconds = with(|_| {});
        seconds[25] = second(26);
        none("it did not last", &seconds);
        none("it lasts for nine seconds", &with(|_| {})[..29]);
        none("there is too little to compare with", &with(|_| {})[11..]);
        assert_eq!(regressions(&with(|_| {})[10..]).len(), 1);
        // Eleven expensive seconds, of which one is missing: ten are left, but they are not ten in a row.
        let mut seconds = with(|_| {});
        let mut last = seconds[29];
        last.number = 31;
        seconds.push(last);
        assert_eq!(regressions(&seconds).len(), 1);
        seconds.remove(24);
        none("there is a gap", &seconds);
        let mut seconds = with(|_| {});
        seconds.iter_mut().for_each(|point| point.settings = 0);
        none("settings moved all the time", &seconds);
        // Of the earlier seconds, only comparable ones count.
        let mut seconds = with(|_| {});
        seconds[..11]
            .iter_mut()
            .for_each(|point| point.settings = 6);
        none("too few had these settings", &seconds);
    }

    trait MapFirst {
        fn map_first(self, change: impl Fn(&mut Point)) -> Self;
    }

    impl MapFirst for Vec<Point> {
        /// Changes the baseline.
        fn map_first(mut self, change: impl Fn(&mut Point)) -> Self {
            self[..20].iter_mut().for_each(change);
            self
        }
    }

    /// Reference implementation of the definition, by counting instead of sorting.
    fn naive(seconds: &[Point]) -> Vec<usize> {
        let seconds: Vec<_> = seconds.iter().filter(|point| point.number != 0).collect();
        if seconds.len() < LASTS {
            return Vec::new();
        }
        let first = seconds.len() - LASTS;
        let chosen = seconds[first];
        let fits = |point: &Point| {
            point.settings > 0
                && point.settings == chosen.settings
                && chosen.voices > 0.0
                && point.voices >= chosen.voices - chosen.voices * ALIKE
                && point.voices <= chosen.voices + chosen.voices * ALIKE
        };
        for (point, number) in seconds[first..].iter().zip(chosen.number..) {
            if !fits(point) || point.number != number {
                return Vec::new();
            }
        }
        let baseline: Vec<_> = seconds[..first]
            .iter()
            .filter(|point| fits(point))
            .collect();
        if baseline.len() < BASELINE {
            return Vec::new();
        }
        // Median: fewer than half of the values lie below it, and at least half at or below.
        let middle = |values: Vec<f32>| {
            let half = values.len().div_ceil(2);
            let at_most = |limit: f32| values.iter().filter(|value| **value <= limit).count();
            let below = |limit: f32| values.iter().filter(|value| **value < limit).count();
            let fits = |value: &&f32| at_most(**value) >= half && below(**value) < half;
            *values.iter().find(fits).unwrap()
        };
        let column = |points: &[&&Point], module: usize| {
            middle(points.iter().map(|point| point.per_voice[module]).collect())
        };
        let baseline: Vec<_> = baseline.into_iter().collect();
        let whole: f32 = (0..MAX_MODULES)
            .map(|module| column(&baseline, module))
            .sum();
        let last: Vec<_> = seconds[first..].iter().collect();
        (0..MAX_MODULES)
            .filter(|module| {
                let before = column(&baseline, *module);
                before > 0.0
                    && last
                        .iter()
                        .all(|point| point.per_voice[*module] > before * RISE)
                    && column(&last, *module) - before >= whole * WORTH
            })
            .collect()
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_the_definition_says(
            earlier in proptest::collection::vec((8..16u32, 1..3u32, 7..9u32), 0..50),
            last in proptest::collection::vec((12..20u32, 0..2u32, 0..9u32), 0..12),
            start in 1..3u64,
        ) {
            let earlier = earlier.into_iter().map(|(cost, settings, voices)| (cost, settings.min(2), voices));
            // Mostly the same settings, so that there are regressions to find.
            let last = last.into_iter().map(|(cost, settings, voices)| {
                (cost, if settings == 0 { 1 } else { 2 }, if voices > 0 { 8 } else { 0 })
            });
            let points: Vec<Point> = earlier
                .chain(last)
                .zip(start..)
                .map(|((cost, settings, voices), number)| {
                    let mut point = second(number);
                    point.settings = settings;
                    point.voices = voices as f32;
                    point.per_voice[VOICES] = cost as f32;
                    point.per_voice[MIX] = (cost % 5) as f32;
                    point
                })
                .collect();
            let found: Vec<usize> = regressions(&points).iter().map(|found| found.module).collect();
            prop_assert_eq!(found, naive(&points));
        }

        #[test]
        fn random_costs_with_one_settings_are_judged_as_defined(
            costs in proptest::collection::vec((5.0..10.0f32, 0.0..3.0f32), 10..45),
            rise in 1.0..3.0f32,
        ) {
            let split = costs.len() - LASTS;
            let points: Vec<Point> = costs
                .iter()
                .enumerate()
                .map(|(n, (voices, mix))| {
                    let mut point = second(n as u64 + 1);
                    let rise = if n >= split { rise } else { 1.0 };
                    point.per_voice[VOICES] = voices * rise;
                    point.per_voice[MIX] = *mix;
                    point
                })
                .collect();
            let found: Vec<usize> = regressions(&points).iter().map(|found| found.module).collect();
            prop_assert_eq!(found, naive(&points));
        }
    }
}
