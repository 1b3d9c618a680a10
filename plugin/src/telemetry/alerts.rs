//! Alerts in plain sentences: applies the default rules to overviews of an instance.

mod rules;
mod window;

use std::collections::VecDeque;
use std::time::Duration;

use tidepool_dsp::rt::metrics::{Live, Log};

use super::overview::{Alert, AlertChange, Overview};
use super::regression::regressions;
use super::rule::{Level, Rule, Rules};
use rules::{CHECKS, Facts};
use window::Window;

/// Time without a new block after which the host counts as stopped; the last blocks' figures are outdated then.
const STOPPED: Duration = Duration::from_millis(1_500);

/// Most entries of the log.
const LOGGED: usize = 64;

/// The alerts of one instance.
pub(super) struct Alerts {
    rules: Rules,
    /// Last text and remedy of each rule.
    said: Vec<(String, String)>,
    window: Window,
    last_block: u64,
    /// Time at which `last_block` was new.
    came: Duration,
    /// Active alerts. The log is ordered oldest first; its `ago` holds the time of the change.
    raised: Vec<Alert>,
    log: VecDeque<AlertChange>,
    /// Last metrics read; `None` before the first read.
    boards: Option<(Box<Live>, Box<Log>)>,
}

impl Default for Alerts {
    fn default() -> Self {
        let rules: Vec<Rule> = CHECKS.iter().map(|check| check.rule).collect();
        Self {
            said: vec![Default::default(); rules.len()],
            rules: Rules::new(rules),
            window: Window::default(),
            last_block: 0,
            came: Duration::ZERO,
            raised: Vec::new(),
            log: VecDeque::with_capacity(LOGGED),
            boards: None,
        }
    }
}

impl Alerts {
    /// Evaluates the rules on `seen` at `now`, the time since the observer was made, and returns the active alerts.
    pub(super) fn update(&mut self, now: Duration, seen: &Overview) -> Vec<Alert> {
        let block = seen.last_block().number;
        if block != self.last_block {
            (self.last_block, self.came) = (block, now);
        }
        let facts = Facts {
            seen,
            growth: self.window.add(now, seen),
            playing: block > 0 && now.saturating_sub(self.came) < STOPPED,
            regressions: regressions(&seen.log.seconds),
        };
        let measures: Vec<Option<f64>> =
            CHECKS.iter().map(|check| (check.measure)(&facts)).collect();
        let said = &mut self.said;
        let raised = self.rules.update(now, &measures);
        let mut alerts: Vec<Alert> = raised
            .map(|raised| {
                let check = &CHECKS[raised.rule];
                // An alert that is about to be cleared keeps the figures that it was raised for.
                if raised.lasting {
                    said[raised.rule] = (check.say)(&facts);
                }
                let (text, remedy) = said[raised.rule].clone();
                Alert {
                    rule: check.rule.name,
                    level: check.rule.level.unwrap_or(Level::Debug),
                    text,
                    remedy,
                    lasts: now.saturating_sub(raised.since),
                }
            })
            .collect();
        alerts.sort_by_key(|alert| alert.level);
        self.write_down(now, &alerts);
        alerts
    }

    /// Returns the given metrics, or the last ones where a writer was interrupted.
    pub(super) fn latest(
        &mut self,
        live: Option<Box<Live>>,
        log: Option<Box<Log>>,
    ) -> (Box<Live>, Box<Log>) {
        let boards = self.boards.get_or_insert_default();
        if let Some(live) = live {
            boards.0 = live;
        }
        if let Some(log) = log {
            boards.1 = log;
        }
        boards.clone()
    }

    /// Returns the log as of `now`, oldest first.
    pub(super) fn log(&self, now: Duration) -> Vec<AlertChange> {
        let changes = self.log.iter().cloned();
        changes
            .map(|change| AlertChange {
                ago: now.saturating_sub(change.ago),
                ..change
            })
            .collect()
    }

    fn write_down(&mut self, now: Duration, alerts: &[Alert]) {
        let before = std::mem::replace(&mut self.raised, alerts.to_vec());
        let differs =
            |alert: &&Alert, others: &[Alert]| !others.iter().any(|other| other.rule == alert.rule);
        let went = before.iter().filter(|alert| differs(alert, alerts));
        let came = alerts.iter().filter(|alert| differs(alert, &before));
        let changes = went
            .map(|alert| (false, alert))
            .chain(came.map(|alert| (true, alert)));
        for (raised, alert) in changes {
            if self.log.len() == LOGGED {
                self.log.pop_front();
            }
            self.log.push_back(AlertChange {
                ago: now,
                raised,
                rule: alert.rule,
                level: alert.level,
                text: alert.text.clone(),
            });
        }
    }
}

/// Returns the rules' names.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    CHECKS.iter().map(|check| check.rule.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_what_came_and_went_and_forgets_the_oldest() {
        let alert = |rule, text: &str| Alert {
            rule,
            level: Level::Warn,
            text: text.into(),
            remedy: String::new(),
            lasts: Duration::ZERO,
        };
        let seconds = Duration::from_secs;
        let mut alerts = Alerts::default();
        alerts.write_down(seconds(1), &[alert("load", "much")]);
        // The same alert with other figures is not a change.
        alerts.write_down(seconds(2), &[alert("load", "more")]);
        alerts.write_down(seconds(3), &[alert("drops", "two")]);
        alerts.write_down(seconds(4), &[]);
        let said: Vec<_> = alerts
            .log(seconds(10))
            .into_iter()
            .map(|change| {
                (
                    change.ago.as_secs(),
                    change.raised,
                    change.rule,
                    change.text,
                )
            })
            .collect();
        let expected = [
            (9, true, "load", "much"),
            (7, false, "load", "more"),
            (7, true, "drops", "two"),
            (6, false, "drops", "two"),
        ];
        assert_eq!(
            said,
            expected.map(|(ago, raised, rule, text)| (ago, raised, rule, text.to_string()))
        );
        for n in 0..LOGGED as u64 {
            alerts.write_down(seconds(20 + n), &[alert("load", "much")]);
            alerts.write_down(seconds(20 + n), &[]);
        }
        let log = alerts.log(seconds(100));
        assert_eq!(log.len(), LOGGED);
        assert!(log.iter().all(|change| change.rule == "load"));
    }
}
