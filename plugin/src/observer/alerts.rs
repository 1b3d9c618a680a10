//! What is wrong, in plain sentences: the default rules over what is seen of an instance.

mod rules;
mod window;

use std::time::Duration;

use tidepool_dsp::Module;
pub use tidepool_dsp::rt::metrics::Level;
use tidepool_dsp::rt::metrics::{Alerts, Rule, regressions};

use super::Overview;
use rules::{CHECKS, Facts};
use window::Window;

/// Nothing new for so long: the host plays no blocks, and what the last ones were like is past.
const STOPPED: Duration = Duration::from_millis(1_500);

/// Something that somebody ought to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The rule's name, for programs, such as `overruns`.
    pub rule: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What is wrong, with figures, in a sentence.
    pub text: String,
    /// What to do about it, in a sentence.
    pub remedy: String,
    /// How long it has been so.
    pub lasts: Duration,
}

/// The rules of one instance, and what they need to remember.
pub(super) struct Watch {
    alerts: Alerts,
    /// The last that was said of each rule.
    said: Vec<(String, String)>,
    window: Window,
    last_block: u64,
    /// When that was new.
    came: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        let rules: Vec<Rule> = CHECKS.iter().map(|check| check.rule).collect();
        Self {
            said: vec![Default::default(); rules.len()],
            alerts: Alerts::new(rules),
            window: Window::default(),
            last_block: 0,
            came: Duration::ZERO,
        }
    }
}

impl Watch {
    /// What is raised at `now`, since the observer was made, when `seen` is seen.
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
        let raised = self.alerts.update(now, &measures);
        let mut alerts: Vec<Alert> = raised
            .map(|raised| {
                let check = &CHECKS[raised.rule];
                // What is about to be withdrawn is told with the figures that it was raised for.
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
        alerts
    }
}

/// The rules' names.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    CHECKS.iter().map(|check| check.rule.name).collect()
}

/// What people call a module.
pub(super) fn module_name(module: usize) -> &'static str {
    Module::at(module).map_or("an unknown module", Module::name)
}
