//! Test suites: run one after the other, each with a closing line, and counted.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

/// How a suite that found no fault ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything in it holds.
    Passed,
    /// It could not be run, for this reason.
    Skipped(String),
}

/// The suites so far.
#[derive(Debug, Default)]
pub struct Suites {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Suites {
    /// Runs a suite, whose own output goes straight through, and says how it ended. Answers whether it passed.
    pub fn run(&mut self, name: &str, suite: impl FnOnce() -> Result<Verdict>) -> bool {
        println!("\n──── {name}");
        let start = Instant::now();
        let outcome = suite();
        println!("{}", closing_line(name, &outcome, start.elapsed()));
        match outcome {
            Ok(Verdict::Passed) => self.passed += 1,
            Ok(Verdict::Skipped(_)) => self.skipped += 1,
            Err(_) => self.failed += 1,
        }
        matches!(outcome, Ok(Verdict::Passed))
    }

    /// Prints the sum as the last line and turns it into an exit code.
    #[must_use]
    pub fn close(self) -> ExitCode {
        println!("\n{}", self.sum());
        if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn sum(&self) -> String {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        match skipped {
            0 => format!("{passed} passed, {failed} failed"),
            _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
        }
    }
}

fn closing_line(name: &str, outcome: &Result<Verdict>, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match outcome {
        Ok(Verdict::Passed) => format!("suite {name}: passed in {seconds:.1} s"),
        Ok(Verdict::Skipped(why)) => format!("suite {name}: skipped, {why}"),
        Err(error) => format!("suite {name}: FAILED in {seconds:.1} s: {error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn every_suite_is_counted_once() {
        let mut suites = Suites::default();
        assert!(suites.run("good", || Ok(Verdict::Passed)));
        assert_eq!(suites.sum(), "1 passed, 0 failed");
        assert!(!suites.run("bad", || Err(anyhow!("it broke"))));
        assert!(!suites.run("absent", || Ok(Verdict::Skipped("no tool".into()))));
        assert_eq!(suites.sum(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(suites.close(), ExitCode::FAILURE);
    }

    #[test]
    fn a_skipped_suite_is_no_failure() {
        let mut suites = Suites::default();
        suites.run("absent", || Ok(Verdict::Skipped("no tool".into())));
        assert_eq!(suites.close(), ExitCode::SUCCESS);
    }

    #[test]
    fn a_closing_line_is_one_line_with_the_reason() {
        let error = Err(anyhow!("inner").context("outer"));
        let line = closing_line("unit", &error, Duration::from_millis(1234));
        assert_eq!(line, "suite unit: FAILED in 1.2 s: outer: inner");
    }
}
