//! Interleaved rounds: everything is measured once, then everything again, so that whatever befalls the
//! machine befalls what is compared alike.

use std::time::{Duration, Instant};

use xtask::report::{Group, Row};

/// How long one series is measured in one round, in slices of which the median counts: on a machine that has
/// other things to do, a thread may be off its core for much of a spell, but not for most of the slices.
const SPELL: Duration = Duration::from_millis(4);
const SLICE: Duration = Duration::from_micros(200);
/// How long it is warmed up before the first.
const WARM_UP: Duration = Duration::from_millis(40);

/// What is to be measured.
#[derive(Default)]
pub struct Rounds {
    series: Vec<Series>,
    courses: Vec<Course>,
}

/// Runs a course and notes the time of each step.
type Run = dyn FnMut(&mut Vec<f64>);

/// Something that takes a course, of which every step is timed.
struct Course {
    name: String,
    work: Box<Run>,
    rounds: Vec<Vec<f64>>,
}

struct Series {
    name: String,
    /// What one call is divided by: samples, voices times samples, and so on.
    units: f64,
    /// Does so many calls and says how long they took.
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

    /// Like [`add`](Self::add) for work with a second thread, that says itself how long the part that
    /// counts took. One call at a time: finding each other costs the threads more than what is measured.
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

    /// Adds something that runs its course once in each round and says how many nanoseconds each step of it took.
    pub fn add_course(&mut self, name: String, work: impl FnMut(&mut Vec<f64>) + 'static) {
        self.courses.push(Course {
            name,
            work: Box::new(work),
            rounds: Vec::new(),
        });
    }

    /// Whether there is a series with this name.
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
    /// Runs until caches and branch predictors know it, and finds out how many calls fill a slice.
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

    /// The seconds that the median slice took.
    fn spell(&mut self) -> f64 {
        let start = Instant::now();
        let mut slices = vec![(self.work)(self.calls).as_secs_f64()];
        while start.elapsed() < SPELL {
            slices.push((self.work)(self.calls).as_secs_f64());
        }
        median(&slices)
    }
}

/// The times of every series, in nanoseconds per unit, round by round.
pub struct Times {
    series: Vec<(String, Vec<f64>)>,
    courses: Vec<(String, Vec<Vec<f64>>)>,
}

impl Times {
    /// The times of one series.
    pub fn of(&self, name: &str) -> &[f64] {
        let series = self.series.iter().find(|(series, _)| *series == name);
        &series
            .unwrap_or_else(|| panic!("no series is called {name}"))
            .1
    }

    /// The times of every step of a course in nanoseconds, round by round.
    pub fn course(&self, name: &str) -> &[Vec<f64>] {
        let course = self.courses.iter().find(|(course, _)| *course == name);
        &course
            .unwrap_or_else(|| panic!("no course is called {name}"))
            .1
    }
}

/// A row from the values of its rounds.
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

/// A row from what `of` makes of two series, of their medians and of their least. Not round by round: a hiccup in one of
/// them would make the other look good or bad.
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

/// The nanoseconds that `work` takes.
pub fn nanos(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9
}

/// The least of the values.
pub fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The value that half of the others exceed.
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
