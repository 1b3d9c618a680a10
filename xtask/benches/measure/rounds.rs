//! Interleaved rounds: everything is measured once, then everything again, so that interference by the machine affects
//! compared series alike.

use std::time::{Duration, Instant};

use xtask::report::{Group, Row};

/// Time that one series is measured in one round, in slices of which the median counts: on a busy machine, a thread may
/// be off its core for much of this time, but not for most of the slices.
const SPELL: Duration = Duration::from_millis(4);
const SLICE: Duration = Duration::from_micros(200);
/// Warm-up time before the first round.
const WARM_UP: Duration = Duration::from_millis(40);

/// Series and courses to be measured.
#[derive(Default)]
pub struct Rounds {
    series: Vec<Series>,
    courses: Vec<Course>,
}

/// Runs a course and records the time of each step.
type Run = dyn FnMut(&mut Vec<f64>);

/// Work whose steps are timed one by one.
struct Course {
    name: String,
    work: Box<Run>,
    rounds: Vec<Vec<f64>>,
}

struct Series {
    name: String,
    /// Divisor of the time of one call: samples, voices times samples, and so on.
    units: f64,
    /// Does this many calls and returns the time that they took.
    work: Box<dyn FnMut(u32) -> Duration>,
    calls: u32,
    times: Vec<f64>,
}

impl Rounds {
    /// Adds a series of which one call does `units` units of work.
    pub fn add(&mut self, name: impl Into<String>, units: f64, mut work: impl FnMut() + 'static) {
        self.add_calls(name.into(), units, move |calls| {
            let start = Instant::now();
            for _ in 0..calls {
                work();
            }
            start.elapsed()
        });
    }

    /// Adds work with a second thread, which returns the time of the measured part itself. One call at a time, because
    /// starting both threads costs more than the measured part.
    pub fn add_timed(
        &mut self,
        name: impl Into<String>,
        units: f64,
        mut work: impl FnMut() -> Duration + 'static,
    ) {
        self.add_calls(name.into(), units, move |calls| work() * calls);
    }

    fn add_calls(&mut self, name: String, units: f64, work: impl FnMut(u32) -> Duration + 'static) {
        assert!(!self.has(&name), "two series are called {name}");
        self.series.push(Series {
            name,
            units,
            work: Box::new(work),
            calls: 1,
            times: Vec::new(),
        });
    }

    /// Adds work that runs once in each round and records the nanoseconds of each of its steps.
    pub fn add_course(&mut self, name: String, work: impl FnMut(&mut Vec<f64>) + 'static) {
        self.courses.push(Course {
            name,
            work: Box::new(work),
            rounds: Vec::new(),
        });
    }

    /// Returns true if there is a series with this name.
    pub fn has(&self, name: &str) -> bool {
        self.series.iter().any(|series| series.name == name)
    }

    /// Measures everything `rounds` times.
    pub fn measure(mut self, rounds: usize) -> Times {
        for series in &mut self.series {
            series.warm_up();
        }
        for course in &mut self.courses {
            (course.work)(&mut Vec::new());
        }
        for _ in 0..rounds {
            for series in &mut self.series {
                let seconds = series.spell();
                series
                    .times
                    .push(seconds * 1e9 / f64::from(series.calls) / series.units);
            }
            for course in &mut self.courses {
                let mut times = Vec::new();
                (course.work)(&mut times);
                course.rounds.push(times);
            }
        }
        Times {
            series: self
                .series
                .into_iter()
                .map(|series| (series.name, series.times))
                .collect(),
            courses: self
                .courses
                .into_iter()
                .map(|course| (course.name, course.rounds))
                .collect(),
        }
    }
}

impl Series {
    /// Runs until caches and branch predictors are warm, and determines how many calls fill a slice.
    fn warm_up(&mut self) {
        let start = Instant::now();
        while start.elapsed() < WARM_UP {
            let slice = self.spell();
            if slice < SLICE.as_secs_f64() {
                let factor = SLICE.as_secs_f64() / slice.max(1e-9);
                self.calls = (f64::from(self.calls) * factor.clamp(1.1, 10.0)).ceil() as u32;
            }
        }
    }

    /// Returns the seconds of the median slice.
    fn spell(&mut self) -> f64 {
        let start = Instant::now();
        let mut slices = vec![(self.work)(self.calls).as_secs_f64()];
        while start.elapsed() < SPELL {
            slices.push((self.work)(self.calls).as_secs_f64());
        }
        median(&slices)
    }
}

/// Times of every series, in nanoseconds per unit, round by round.
pub struct Times {
    series: Vec<(String, Vec<f64>)>,
    courses: Vec<(String, Vec<Vec<f64>>)>,
}

impl Times {
    /// Returns the times of one series.
    pub fn of(&self, name: &str) -> &[f64] {
        let series = self.series.iter().find(|(series, _)| *series == name);
        &series
            .unwrap_or_else(|| panic!("no series is called {name}"))
            .1
    }

    /// Returns the times of every step of a course in nanoseconds, round by round.
    pub fn course(&self, name: &str) -> &[Vec<f64>] {
        let course = self.courses.iter().find(|(course, _)| *course == name);
        &course
            .unwrap_or_else(|| panic!("no course is called {name}"))
            .1
    }
}

/// Returns a row from the values of its rounds.
pub fn row(group: Group, name: &str, unit: &str, values: &[f64]) -> Row {
    Row {
        group,
        name: name.into(),
        value: median(values),
        min: least(values),
        unit: unit.into(),
        anchor: None,
        anchor_value: None,
        ratio: None,
        target: None,
        at_least: false,
        hash: None,
        before: None,
    }
}

/// Returns a row with `of` applied to the medians and to the minima of two series. Applied round by round, a
/// disturbance of one of them would make the other look good or bad.
pub fn compared(
    (group, name, unit): (Group, &str, &str),
    [a, b]: [&[f64]; 2],
    of: impl Fn(f64, f64) -> f64,
) -> Row {
    let min = of(least(a), least(b));
    Row {
        min,
        ..row(group, name, unit, &[of(median(a), median(b))])
    }
}

/// Adds the times of another implementation in the same rounds to a row.
pub fn anchored(row: Row, anchor: &str, values: &[f64]) -> Row {
    let anchor_value = median(values);
    Row {
        anchor: Some(anchor.into()),
        anchor_value: Some(anchor_value),
        ratio: Some(row.value / anchor_value),
        ..row
    }
}

/// Returns the nanoseconds that `work` takes.
pub fn nanos(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9
}

/// Returns the minimum of the values.
pub fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Returns the median of the values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}
