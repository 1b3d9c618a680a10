//! Rules over measured values, with hysteresis and hold times that keep their alerts steady enough to be read.
//!
//! Pure: the caller supplies the time and the values, and words the alert of a raised rule.

use std::time::Duration;

use serde::Serialize;

/// Longest gap between two updates that counts towards hold and linger times; after a longer one they start over.
const UNSEEN: Duration = Duration::from_secs(2);

/// Severity of an alert, highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Audible, or about to become so.
    Warn,
    /// Worth knowing.
    Info,
    /// For diagnosis.
    Debug,
}

impl Level {
    /// Returns the name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// Condition under which a measured value raises an alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Name of the rule, for programs.
    pub name: &'static str,
    /// Severity; `None` turns the rule off.
    pub level: Option<Level>,
    /// Threshold that raises the alert when the value is at or above it, or at or below it if `clear` is greater.
    pub raise: f64,
    /// Threshold that clears the alert when the value is at it or on its other side.
    pub clear: f64,
    /// Uninterrupted time beyond `raise` before the alert is raised.
    pub hold: Duration,
    /// Uninterrupted time at or past `clear` before the alert is withdrawn.
    pub linger: Duration,
}

impl Rule {
    fn calls_for(&self, raised: bool, measure: Option<f64>) -> bool {
        let up = self.raise >= self.clear;
        // An unknown value or NaN raises no alert.
        let Some(measure) = measure.filter(|measure| !measure.is_nan()) else {
            return false;
        };
        match (raised, up) {
            (false, true) => measure >= self.raise,
            (false, false) => measure <= self.raise,
            // If both thresholds are equal, that value is bad; otherwise a value exactly at `clear` is good.
            (true, _) if self.raise == self.clear => measure >= self.raise,
            (true, true) => measure > self.clear,
            (true, false) => measure < self.clear,
        }
    }
}

/// A raised rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Index of the rule.
    pub rule: usize,
    /// Time at which the alert was raised.
    pub since: Duration,
    /// True while the value keeps the alert raised; false while its withdrawal is pending.
    pub lasting: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    raised: Option<Duration>,
    /// Time since which the value has called for the opposite state.
    against: Option<Duration>,
}

/// Rules and their states.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    states: Vec<State>,
    looked: Option<Duration>,
}

impl Rules {
    /// Creates the states with no rule raised. Allocates.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self {
            states: vec![State::default(); rules.len()],
            rules,
            looked: None,
        }
    }

    /// Updates every rule with its value at `now`, `None` or NaN if unknown, and returns the raised rules in the order of
    /// the rules. Time that goes back counts as standing still.
    pub fn update(
        &mut self,
        now: Duration,
        measures: &[Option<f64>],
    ) -> impl Iterator<Item = Raised> {
        let looked = self.looked.unwrap_or(now);
        let now = now.max(looked);
        let unseen = now - looked > UNSEEN;
        self.looked = Some(now);
        let measures = measures.iter().copied().chain(std::iter::repeat(None));
        for ((rule, state), measure) in self.rules.iter().zip(&mut self.states).zip(measures) {
            if rule.level.is_none() {
                *state = State::default();
                continue;
            }
            if unseen {
                state.against = None;
            }
            let raised = state.raised.is_some();
            if rule.calls_for(raised, measure) == raised {
                state.against = None;
                continue;
            }
            let against = *state.against.get_or_insert(now);
            let wait = if raised { rule.linger } else { rule.hold };
            if now - against >= wait {
                *state = State {
                    raised: (!raised).then_some(now),
                    against: None,
                };
            }
        }
        self.states.iter().enumerate().filter_map(|(rule, state)| {
            state.raised.map(|since| Raised {
                rule,
                since,
                lasting: state.against.is_none(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(raise: f64, clear: f64, hold: u64, linger: u64) -> Rule {
        Rule {
            name: "rule",
            level: Some(Level::Warn),
            raise,
            clear,
            hold: Duration::from_millis(hold),
            linger: Duration::from_millis(linger),
        }
    }

    /// Returns the state of the rule after each of `looks`, pairs of milliseconds and value.
    fn course(rule: Rule, looks: &[(u64, Option<f64>)]) -> Vec<bool> {
        let mut rules = Rules::new(vec![rule]);
        looks
            .iter()
            .map(|(now, measure)| {
                let now = Duration::from_millis(*now);
                rules.update(now, &[*measure]).count() == 1
            })
            .collect()
    }

    fn at(looks: &[(u64, f64)]) -> Vec<(u64, Option<f64>)> {
        looks
            .iter()
            .map(|(now, value)| (*now, Some(*value)))
            .collect()
    }

    #[test]
    fn raised_and_withdrawn_exactly_at_the_edges() {
        let above = rule(1.0, 0.5, 100, 200);
        let looks = at(&[
            (0, 1.0_f64.next_down()),
            (50, 1.0),
            (149, 1.0),
            (150, 1.0),
            (200, 0.5_f64.next_up()),
            (300, 0.5),
            (499, 0.5),
            (500, 0.5),
        ]);
        let expected = [false, false, false, true, true, true, true, false];
        assert_eq!(course(above, &looks), expected);
        // The same with all signs reversed.
        let mirrored: Vec<_> = looks
            .iter()
            .map(|(now, value)| (*now, value.map(|value| -value)))
            .collect();
        let below = rule(-1.0, -0.5, 100, 200);
        assert_eq!(course(below, &mirrored), expected);
        // If both thresholds are equal, the threshold itself is bad.
        let edge = rule(1.0, 1.0, 0, 0);
        let looks = at(&[(0, 0.9), (1, 1.0), (2, 1.0), (3, 0.9), (4, 1.1)]);
        assert_eq!(course(edge, &looks), [false, true, true, false, true]);
        // Counts: raised by the first, withdrawn at zero.
        let count = rule(1.0, 0.0, 0, 0);
        let looks = at(&[(0, 0.0), (1, 1.0), (2, 3.0), (3, 0.0)]);
        assert_eq!(course(count, &looks), [false, true, true, false]);
    }

    #[test]
    fn a_break_starts_the_hold_anew_and_so_does_a_look_away() {
        let rule = rule(1.0, 0.5, 100, 100);
        let looks = at(&[(0, 2.0), (90, 0.9), (100, 2.0), (190, 2.0), (200, 2.0)]);
        assert_eq!(course(rule, &looks), [false, false, false, false, true]);
        // There was no update for hours, so the time in between does not count.
        let hours = 3_600_000;
        let looks = at(&[
            (0, 2.0),
            (hours, 2.0),
            (hours + 99, 2.0),
            (hours + 100, 2.0),
        ]);
        assert_eq!(course(rule, &looks), [false, false, false, true]);
    }

    #[test]
    fn what_is_not_known_raises_nothing_and_holds_nothing_up() {
        let rule = rule(1.0, 0.5, 0, 100);
        let looks = [
            (0, None),
            (1, Some(f64::NAN)),
            (2, Some(f64::INFINITY)),
            (3, None),
            (102, Some(f64::NAN)),
            (103, None),
        ];
        let expected = [false, false, true, true, true, false];
        assert_eq!(course(rule, &looks), expected);
        // A rule without a level is off, and missing values are unknown.
        let off = Rule {
            level: None,
            ..rule
        };
        assert_eq!(course(off, &at(&[(0, 2.0), (1, 2.0)])), [false; 2]);
        let mut rules = Rules::new(vec![rule; 3]);
        let raised: Vec<_> = rules.update(Duration::ZERO, &[None, Some(2.0)]).collect();
        let expected = Raised {
            rule: 1,
            since: Duration::ZERO,
            lasting: true,
        };
        assert_eq!(raised, [expected]);
        let raised: Vec<_> = rules
            .update(Duration::from_millis(9), &[None, None])
            .collect();
        assert_eq!(raised.len(), 1);
        assert!(!raised[0].lasting, "it is about to be withdrawn");
        // Time that goes back counts as standing still.
        assert_eq!(rules.update(Duration::ZERO, &[]).count(), 1);
    }

    /// Reference model: looks back through the whole course at each step.
    fn naive(rule: &Rule, looks: &[(u64, Option<f64>)]) -> Vec<bool> {
        let sign = if rule.raise >= rule.clear { 1.0 } else { -1.0 };
        let bad = |value: f64| value * sign >= rule.raise * sign;
        let good = |value: f64| !bad(value) && value * sign <= rule.clear * sign;
        let mut raised = false;
        let mut changed = 0;
        let mut course = Vec::new();
        for n in 0..looks.len() {
            // Finds how far back the value has called for the other state, without a break and without a gap.
            let calls = |look: &(u64, Option<f64>)| match (raised, look.1) {
                (false, value) => value.is_some_and(bad),
                (true, value) => value.is_none_or(good),
            };
            let mut first = n;
            while first > changed
                && calls(&looks[first - 1])
                && looks[first].0 - looks[first - 1].0 <= UNSEEN.as_millis() as u64
            {
                first -= 1;
            }
            let wait = if raised { rule.linger } else { rule.hold };
            let lasted = looks[n].0 - looks[first].0;
            if calls(&looks[n]) && u128::from(lasted) >= wait.as_millis() {
                raised = !raised;
                changed = n + 1;
            }
            course.push(raised);
        }
        course
    }

    fn look() -> impl Strategy<Value = (u64, Option<f64>)> {
        let pause = prop_oneof![20 => 0..400u64, 1 => 1_900..2_200u64];
        // Often exactly on the thresholds.
        let measure = prop_oneof![
            8 => (-8..8i32).prop_map(|eighths| Some(f64::from(eighths) / 8.0)),
            1 => Just(None),
        ];
        (pause, measure)
    }

    proptest! {
        #[test]
        fn the_state_is_that_of_the_naive_model(
            edges in (-8..8i32, -8..8i32),
            hold in 0..1_000u64,
            linger in 0..1_000u64,
            looks in proptest::collection::vec(look(), 1..200),
        ) {
            let (raise, clear) = (f64::from(edges.0) / 8.0, f64::from(edges.1) / 8.0);
            let rule = rule(raise, clear, hold, linger);
            let mut now = 0;
            let looks: Vec<_> = looks
                .into_iter()
                .map(|(pause, measure)| {
                    now += pause;
                    (now, measure)
                })
                .collect();
            // If both thresholds are equal, every value that is not bad is good.
            let mut told = rule;
            if raise == clear {
                told.clear = clear.next_down();
            }
            prop_assert_eq!(course(rule, &looks), naive(&told, &looks));
        }

        #[test]
        fn a_value_that_dithers_changes_the_state_at_most_once_per_hold(
            values in proptest::collection::vec(-2.0..2.0f64, 2..400),
            step in 1..200u64,
            hold in 1..1_000u64,
        ) {
            let rule = rule(0.5, -0.5, hold, hold);
            let looks: Vec<_> = (0..).step_by(step as usize).zip(values.into_iter().map(Some)).collect();
            let course = course(rule, &looks);
            let changes: Vec<u64> = (1..course.len())
                .filter(|n| course[*n] != course[n - 1])
                .map(|n| looks[n].0)
                .collect();
            for pair in changes.windows(2) {
                prop_assert!(pair[1] - pair[0] >= hold, "{changes:?}");
            }
        }

        #[test]
        fn between_the_edges_nothing_ever_changes(
            values in proptest::collection::vec(-0.499..0.499f64, 2..100),
            first in prop_oneof![Just(-1.0), Just(1.0)],
        ) {
            let looks = std::iter::once(first).chain(values).map(Some);
            let looks: Vec<_> = (0..).step_by(10).zip(looks).collect();
            let course = course(rule(0.5, -0.5, 0, 0), &looks);
            prop_assert!(course.iter().all(|raised| *raised == (first > 0.0)));
        }
    }
}
