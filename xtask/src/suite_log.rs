//! The log of a test suite: the tests in it, and the part that explains a failure.

use std::fmt;

/// Limit of the lines of an excerpt.
const EXCERPT: usize = 60;
/// Limit of the lines of one failed test or compiler error in an excerpt.
const PART: usize = 20;

/// Sum of the result lines of Cargo's test programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    programs: usize,
    passed: u64,
    failed: u64,
    ignored: u64,
    filtered_out: u64,
}

impl Tally {
    /// Counts the tests in `log`; returns `None` if no test program has ended in it.
    #[must_use]
    pub fn of(log: &str) -> Option<Self> {
        let mut tally = Self::default();
        for line in log.lines() {
            // The test harness may append the result to the line of a test that is still running.
            let Some((_, result)) = line.split_once("test result: ") else {
                continue;
            };
            if line.starts_with("  | ") {
                continue;
            }
            let (_, counts) = result.split_once(". ").unwrap_or(("", result));
            tally.programs += 1;
            for count in counts.split("; ") {
                let (number, what) = count.split_once(' ').unwrap_or((count, ""));
                let number = number.parse().unwrap_or(0);
                match what {
                    "passed" => tally.passed += number,
                    "failed" => tally.failed += number,
                    "ignored" => tally.ignored += number,
                    "filtered out" => tally.filtered_out += number,
                    _ => {}
                }
            }
        }
        (tally.programs > 0).then_some(tally)
    }
}

/// Formats the sum as Cargo's own test programs do.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            programs,
            passed,
            failed,
            ignored,
            filtered_out,
        } = self;
        let verdict = if *failed == 0 { "ok" } else { "FAILED" };
        write!(
            f,
            "test result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
             {filtered_out} filtered out; in {programs} test programs"
        )
    }
}

/// Returns true if the line reports a failure by itself: a failed test or a compiler error.
#[must_use]
pub fn is_failure(line: &str) -> bool {
    (line.starts_with("test ") && line.ends_with(" ... FAILED")) || is_error(line)
}

fn is_error(line: &str) -> bool {
    // Cargo's own errors repeat those of the compiler or of a test.
    const ECHOES: [&str; 4] = [
        "error: could not compile",
        "error: aborting due to",
        "error: test failed",
        "error: 1 target failed",
    ];
    (line.starts_with("error: ") || line.starts_with("error["))
        && !ECHOES.iter().any(|echo| line.starts_with(echo))
}

/// Returns the lines of `log` that explain the failure, at most 60: the reports of the failed tests, or the errors of
/// the compiler; if there are none, the end of the log.
#[must_use]
pub fn excerpt(log: &str) -> Vec<&str> {
    let lines: Vec<_> = log.lines().collect();
    let mut parts = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let report = line.starts_with("---- ") && line.ends_with(" ----");
        if report || is_error(line) || line.starts_with("Diff in ") {
            parts.push(part(&lines[at..]));
        }
    }
    let mut excerpt: Vec<&str> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if excerpt.len() + part.len() >= EXCERPT && index > 0 {
            excerpt.push("… and more");
            break;
        }
        excerpt.extend(*part);
    }
    if excerpt.is_empty() {
        excerpt = lines[lines.len().saturating_sub(EXCERPT / 2)..].to_vec();
    }
    excerpt
}

/// Returns the report that begins with the first of `lines`, shortened.
fn part<'a, 'b>(lines: &'b [&'a str]) -> &'b [&'a str] {
    let rest = lines[1..].iter();
    let ends = |line: &&str| {
        (line.starts_with("---- ") && line.ends_with(" ----"))
            || *line == "failures:"
            || line.starts_with("test result: ")
            || line.starts_with("error")
            || line.starts_with("Diff in ")
    };
    let length = 1 + rest.take_while(|line| !ends(line)).count();
    &lines[..length.min(PART)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "\
running 2 tests
test good ... ok
test notes::bad ... FAILED

failures:

---- notes::bad stdout ----

thread 'notes::bad' panicked at tests/a.rs:5:9:
left: 1
note: run with `RUST_BACKTRACE=1`


failures:
    notes::bad

test result: FAILED. 1 passed; 1 failed; 3 ignored; 0 measured; 4 filtered out; finished in 0.00s
test result: ok. 10 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s
error: test failed, to rerun pass `--lib`
";

    #[test]
    fn the_tests_of_all_programs_are_added_up() {
        let tally = Tally::of(FAILED).unwrap();
        assert_eq!(
            tally.to_string(),
            "test result: FAILED. 11 passed; 1 failed; 3 ignored; 0 measured; 4 filtered out; in 2 test programs"
        );
        assert_eq!(Tally::of("running 2 tests\n"), None);
        // The output of a run that had to fail is quoted.
        assert_eq!(
            Tally::of("  | test result: FAILED. 0 passed; 1 failed\n"),
            None
        );
    }

    #[test]
    fn an_excerpt_has_the_reports_of_the_failed_tests() {
        let excerpt = excerpt(FAILED);
        assert_eq!(excerpt[0], "---- notes::bad stdout ----");
        assert!(excerpt.contains(&"left: 1"));
        assert!(!excerpt.contains(&"test good ... ok"));
        assert!(excerpt.iter().all(|line| !line.starts_with("error")));
    }

    #[test]
    fn an_excerpt_has_the_errors_of_the_compiler() {
        let log = "   Compiling a\nwarning: unused\nerror[E0425]: cannot find x\n --> a.rs:1\n\nerror: could not compile `a`\n";
        assert_eq!(
            excerpt(log),
            ["error[E0425]: cannot find x", " --> a.rs:1", ""]
        );
    }

    #[test]
    fn an_excerpt_is_bounded() {
        let report = |test: usize| {
            let noise = "noise\n".repeat(1000);
            format!("---- t{test} stdout ----\n{noise}")
        };
        let many: String = (0..50).map(report).collect();
        assert!(excerpt(&many).len() <= EXCERPT);
        assert!(excerpt(&many).contains(&"---- t1 stdout ----"));
        let silent = "nothing of use\n".repeat(1000);
        assert_eq!(excerpt(&silent).len(), EXCERPT / 2);
        assert!(excerpt("").is_empty());
    }

    #[test]
    fn failures_are_known_by_their_lines() {
        assert!(is_failure("test a::b ... FAILED"));
        assert!(is_failure("error[E0425]: cannot find x"));
        assert!(is_failure("error: unused variable"));
        assert!(!is_failure("test a::b ... ok"));
        assert!(!is_failure("error: could not compile `a` (lib)"));
        assert!(!is_failure("  | test planted ... FAILED"));
    }
}
