//! Interleaved rounds: everything is measured once, then everything again, so that whatever befalls the
//! machine befalls what is compared alike.

use std::time::{Duration, Instant};

use xtask::report::{Group, Row};

/// How long one series is measured in one round, and how long it is warmed up before the first.
const SPELL: Duration = Duration::from_millis(4);
const WARM_UP: Duration = Duration::from_millis(40);

/// What is to be measured.
#[derive(Default)]
pub struct Rounds {
    series: Vec<Series>,
}

struct Series {
    name: &'static str,
    /// What one call of `work` is divided by: samples, voices times samples, and so on.
    units: f64,
    work: Box<dyn FnMut()>,
    calls: u32,
    times: Vec<f64>,
}

impl Rounds {
    /// Adds a series of which one call does `units` units of work.
    pub fn add(&mut self, name: &'static str, units: f64, work: impl FnMut() + 'static) {
        self.series.push(Series {
            name,
            units,
            work: Box::new(work),
            calls: 1,
            times: Vec::new(),
        });
    }

    /// Measures everything `rounds` times.
    pub fn measure(mut self, rounds: usize) -> Times {
        for series in &mut self.series {
            series.warm_up();
        }
        for _ in 0..rounds {
            for series in &mut self.series {
                let elapsed = series.spell().as_secs_f64();
                series
                    .times
                    .push(elapsed * 1e9 / f64::from(series.calls) / series.units);
            }
        }
        Times {
            series: self
                .series
                .into_iter()
                .map(|series| (series.name, series.times))
                .collect(),
        }
    }
}

impl Series {
    /// Runs until caches and branch predictors know it, and finds out how many calls fill a spell.
    fn warm_up(&mut self) {
        let start = Instant::now();
        while start.elapsed() < WARM_UP {
            let spell = self.spell();
            if spell < SPELL {
                let factor = SPELL.as_secs_f64() / spell.as_secs_f64().max(1e-9);
                self.calls = (f64::from(self.calls) * factor.clamp(1.1, 10.0)).ceil() as u32;
            }
        }
    }

    fn spell(&mut self) -> Duration {
        let start = Instant::now();
        for _ in 0..self.calls {
            (self.work)();
        }
        start.elapsed()
    }
}

/// The times of every series, in nanoseconds per unit, round by round.
pub struct Times {
    series: Vec<(&'static str, Vec<f64>)>,
}

impl Times {
    /// The times of one series.
    pub fn of(&self, name: &str) -> &[f64] {
        let series = self.series.iter().find(|(series, _)| *series == name);
        &series
            .unwrap_or_else(|| panic!("no series is called {name}"))
            .1
    }
}

/// A row from the values of its rounds.
pub fn row(group: Group, name: &str, unit: &str, values: &[f64]) -> Row {
    Row {
        group,
        name: name.into(),
        value: median(values),
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        unit: unit.into(),
        anchor: None,
        anchor_value: None,
        ratio: None,
        target: None,
        hash: None,
    }
}

/// Puts beside a row what somebody else's code took in the same rounds.
pub fn anchored(row: Row, anchor: &str, values: &[f64]) -> Row {
    let anchor_value = median(values);
    Row {
        anchor: Some(anchor.into()),
        anchor_value: Some(anchor_value),
        ratio: Some(row.value / anchor_value),
        ..row
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}
