//! Test suites: each runs in a process of its own, writes its output to a log file, and is counted.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::suite_log::{self, Tally};

/// Exit code of a suite that could not be run, as in Automake.
const SKIPPED: u8 = 77;
/// Interval at which a running suite's log is read.
const POLL: Duration = Duration::from_millis(100);

/// Result of a suite that found no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All checks have passed.
    Passed,
    /// The suite could not be run, for this reason.
    Skipped(String),
}

/// Runs a suite in this process, with inherited output, and ends with its closing line.
///
/// The exit code is the result for the counting process: 0 passed, 77 skipped, 1 failed.
pub fn run_here(name: &str, suite: impl FnOnce() -> Result<Verdict>) -> ExitCode {
    let start = Instant::now();
    let outcome = suite();
    println!("{}", closing_line(name, &outcome, start.elapsed()));
    match outcome {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Skipped(_)) => ExitCode::from(SKIPPED),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Counts of the suites so far.
#[derive(Debug)]
pub struct Suites {
    logs: PathBuf,
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Suites {
    /// Returns an empty count; logs go to the folder `logs`.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn new(logs: PathBuf) -> Result<Self> {
        fs::create_dir_all(&logs)
            .with_context(|| format!("cannot create the folder {}", logs.display()))?;
        Ok(Self {
            logs,
            passed: 0,
            failed: 0,
            skipped: 0,
        })
    }

    /// Runs the suite `name`, a process that ends as [`run_here`] does. Prints each failure when it happens, an excerpt
    /// of the log of a failed suite, the sum of its tests and its closing line. Returns true if it passed.
    pub fn run(&mut self, name: &str, suite: &mut Command) -> bool {
        let start = Instant::now();
        let (status, log) = match self.watch(name, suite) {
            Ok(ended) => ended,
            Err(error) => {
                println!("{}", closing_line(name, &Err(error), start.elapsed()));
                self.failed += 1;
                return false;
            }
        };
        let skipped = status.code() == Some(SKIPPED.into());
        if !status.success() && !skipped {
            let file = self.log_file(name);
            for line in suite_log::excerpt(&log) {
                println!("  | {line}");
            }
            println!("The whole output is in {}", file.display());
        }
        if let Some(tally) = Tally::of(&log) {
            println!("{tally}");
        }
        let closing = log.lines().rev().find(|line| is_closing(name, line));
        match closing {
            Some(line) => println!("{line}"),
            None => println!("suite {name}: FAILED, it ended with {status} and no closing line"),
        }
        if skipped {
            self.skipped += 1;
        } else if status.success() && closing.is_some() {
            self.passed += 1;
            return true;
        } else {
            self.failed += 1;
        }
        false
    }

    /// Counts a suite that is not run because the suite `needed` did not pass.
    pub fn skip(&mut self, name: &str, needed: &str) {
        let why = Verdict::Skipped(format!("{needed} did not pass"));
        println!("{}", closing_line(name, &Ok(why), Duration::ZERO));
        self.skipped += 1;
    }

    /// Waits for the suite to end and prints the failures in its log as they come.
    fn watch(&self, name: &str, suite: &mut Command) -> Result<(ExitStatus, String)> {
        let path = self.log_file(name);
        let context = || format!("cannot write {}", path.display());
        let output = File::create(&path).with_context(context)?;
        let mut log = File::open(&path).with_context(context)?;
        suite
            .stdin(Stdio::null())
            .stdout(output.try_clone().with_context(context)?)
            .stderr(output);
        let mut child = suite.spawn().context("cannot start the suite")?;

        let mut progress = Progress::new(name);
        let mut bytes = Vec::new();
        let mut seen = 0;
        loop {
            let ended = child.try_wait().context("cannot wait for the suite")?;
            log.read_to_end(&mut bytes).with_context(context)?;
            let whole = bytes.iter().rposition(|&byte| byte == b'\n');
            let whole = whole.map_or(seen, |newline| newline + 1);
            for line in String::from_utf8_lossy(&bytes[seen..whole]).lines() {
                progress.line(line);
            }
            seen = whole;
            if let Some(status) = ended {
                progress.clear();
                return Ok((status, String::from_utf8_lossy(&bytes).into_owned()));
            }
            progress.show();
            thread::sleep(POLL);
        }
    }

    fn log_file(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// Prints the sum as the last line and returns the exit code.
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
            ..
        } = self;
        match skipped {
            0 => format!("{passed} passed, {failed} failed"),
            _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
        }
    }
}

/// Progress line of a running suite, overwritten in place, on terminals only.
struct Progress<'a> {
    name: &'a str,
    start: Instant,
    terminal: bool,
    tests: usize,
    failures: usize,
}

impl<'a> Progress<'a> {
    /// Limit of failures that are printed; the excerpt has the others.
    const FAILURES: usize = 10;

    fn new(name: &'a str) -> Self {
        Self {
            name,
            start: Instant::now(),
            terminal: io::stdout().is_terminal(),
            tests: 0,
            failures: 0,
        }
    }

    /// Reads a line of the log.
    fn line(&mut self, line: &str) {
        if line.starts_with("test ") && line.contains(" ... ") {
            self.tests += 1;
        }
        if suite_log::is_failure(line) {
            self.failures += 1;
            if self.failures <= Self::FAILURES {
                self.clear();
                println!("{}: {line}", self.name);
            }
        }
    }

    fn show(&self) {
        if self.terminal {
            let seconds = self.start.elapsed().as_secs();
            print!("\r\x1b[K{} … {seconds} s", self.name);
            if self.tests > 0 {
                print!(", {} tests", self.tests);
            }
            // If the terminal is gone, the log still has everything.
            let _ = io::stdout().flush();
        }
    }

    fn clear(&self) {
        if self.terminal {
            print!("\r\x1b[K");
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

fn is_closing(name: &str, line: &str) -> bool {
    line.strip_prefix("suite ")
        .and_then(|rest| rest.strip_prefix(name))
        .is_some_and(|rest| rest.starts_with(": "))
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    /// Returns a suite that prints `line` and ends with `code`.
    #[cfg(unix)]
    fn suite(line: &str, code: u8) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("echo '{line}'; exit {code}")]);
        shell
    }

    #[cfg(unix)]
    #[test]
    fn every_suite_is_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut suites = Suites::new(folder.path().join("logs")).unwrap();
        assert!(suites.run("good", &mut suite("suite good: passed in 1.0 s", 0)));
        assert_eq!(suites.sum(), "1 passed, 0 failed");
        assert!(!suites.run("bad", &mut suite("suite bad: FAILED", 1)));
        assert!(!suites.run("absent", &mut suite("suite absent: skipped, no tool", 77)));
        suites.skip("later", "bad");
        assert_eq!(suites.sum(), "1 passed, 1 failed, 2 skipped");
        assert_eq!(suites.close(), ExitCode::FAILURE);
        let log = fs::read_to_string(folder.path().join("logs/bad.log")).unwrap();
        assert_eq!(log, "suite bad: FAILED\n");
    }

    /// A suite that was killed by the operating system, or that exited early with success, has proved nothing.
    #[cfg(unix)]
    #[test]
    fn a_suite_without_a_closing_line_has_failed() {
        let folder = tempfile::tempdir().unwrap();
        let mut suites = Suites::new(folder.path().into()).unwrap();
        assert!(!suites.run("early", &mut suite("suite earlybird: passed in 1.0 s", 0)));
        assert!(!suites.run("missing", &mut Command::new("no-such-program-anywhere")));
        assert_eq!(suites.sum(), "0 passed, 2 failed");
    }

    #[cfg(unix)]
    #[test]
    fn a_skipped_suite_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        let mut suites = Suites::new(folder.path().into()).unwrap();
        suites.run("absent", &mut suite("suite absent: skipped, no tool", 77));
        assert_eq!(suites.close(), ExitCode::SUCCESS);
    }

    #[test]
    fn the_exit_code_tells_how_a_suite_ended() {
        assert_eq!(run_here("a", || Ok(Verdict::Passed)), ExitCode::SUCCESS);
        assert_eq!(
            run_here("b", || Err(anyhow!("it broke"))),
            ExitCode::FAILURE
        );
        assert_eq!(
            run_here("c", || Ok(Verdict::Skipped("no tool".into()))),
            ExitCode::from(77)
        );
    }

    #[test]
    fn a_closing_line_is_one_line_with_the_reason() {
        let error = Err(anyhow!("inner").context("outer"));
        let line = closing_line("unit", &error, Duration::from_millis(1234));
        assert_eq!(line, "suite unit: FAILED in 1.2 s: outer: inner");
        assert!(is_closing("unit", &line));
        assert!(!is_closing("un", &line));
    }
}
