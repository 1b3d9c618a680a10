//! Runs a case in a child process, so that a crash or a hang is the failure of that case alone.

use std::any;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::bundles;

/// Names the case that the child runs.
const CASE: &str = "TIDEPOOL_HOSTILE_CASE";

/// The last line of a case that ran to its end.
const DONE: &str = "hostile case done";

/// After this long without an end a case hangs. Far more than any takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// So long a child waits for the threads of closed windows.
const CLOSING: Duration = Duration::from_secs(10);

/// Address space of a child, in bytes: enough for the plugin and its buffers, not for a size gone wild.
const ADDRESS_SPACE: u64 = 6 << 30;

/// How a child ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// It ran the case to its end.
    Done,
    /// It failed, or was killed by a signal.
    Failed(String),
    /// It did not end.
    Hung,
}

/// A child that has ended.
#[derive(Clone, Debug)]
pub struct Child {
    /// How.
    pub ending: Ending,
    /// What it wrote to its outputs.
    pub lines: Vec<String>,
}

impl Child {
    /// Runs the test with this path of names (without that of the program) in a child, with more variables set.
    ///
    /// # Panics
    /// When the test program cannot be started once more.
    pub fn run(test: &str, variables: &[(&str, String)]) -> Self {
        let program = env::current_exe().expect("the test program has a path");
        let mut child = Command::new(program)
            .args([test, "--exact", "--nocapture", "--include-ignored"])
            .args(["--test-threads", "1"])
            .env(CASE, test)
            .env(xtask::command::bundle::VARIABLE, bundles::folder())
            // A window has its own test; what fails without a display has to do so everywhere.
            .env("RUST_BACKTRACE", "0")
            .env_remove("DISPLAY")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the test program starts");
        let (sender, receiver) = mpsc::channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("the output is piped")),
            Box::new(child.stderr.take().expect("the errors are piped")),
        ];
        let readers = outputs.map(|output| {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    // The receiver outlives this thread.
                    let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
                }
            })
        });
        drop(sender);
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("the child can be asked") {
                break Some(status);
            }
            if start.elapsed() > PATIENCE {
                child.kill().expect("the child can be killed");
                child.wait().expect("the child ends");
                break None;
            }
            thread::sleep(Duration::from_millis(5));
        };
        for reader in readers {
            reader.join().expect("the outputs are read");
        }
        let lines: Vec<_> = receiver.iter().collect();
        Self {
            ending: ending(status, &lines),
            lines,
        }
    }

    /// The last lines that it wrote, without those of backtraces, which the plugin's logger writes in any case.
    pub fn end(&self, lines: usize) -> String {
        let told = self.lines.iter().filter(|line| !line.starts_with("  "));
        let told: Vec<_> = told.map(String::as_str).collect();
        told[told.len().saturating_sub(lines)..].join("\n")
    }

    /// It ran to its end.
    pub fn is_done(&self) -> bool {
        matches!(self.ending, Ending::Done)
    }
}

fn ending(status: Option<ExitStatus>, lines: &[String]) -> Ending {
    match status {
        None => Ending::Hung,
        Some(status) if !status.success() => Ending::Failed(status.to_string()),
        // A test that is not found succeeds as well.
        Some(_) if !lines.iter().any(|line| line.contains(DONE)) => {
            Ending::Failed("the case did not run to its end".into())
        }
        Some(_) => Ending::Done,
    }
}

/// Runs `case`, which is a closure of the test that calls this, in a child process. Answers what the child wrote,
/// and nothing in the child itself.
///
/// # Panics
/// When the case fails, crashes or hangs.
pub fn isolated<F: FnOnce()>(case: F) -> Option<Vec<String>> {
    let test = test_of(any::type_name::<F>());
    if env::var(CASE).as_deref() == Ok(test.as_str()) {
        restrain();
        let before = threads();
        case();
        if env::var_os("DISPLAY").is_some() {
            wait_for_windows(before);
        }
        println!("\n{DONE}");
        return None;
    }
    let child = Child::run(&test, &[]);
    assert!(
        child.is_done(),
        "{:?}; its last lines:\n{}",
        child.ending,
        child.end(25)
    );
    Some(child.lines)
}

/// Threads of this process; 0 where the system does not list them.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Waits until there are no more threads than `before`. baseview leaves the thread of a closed window to itself, and no
/// program survives for sure that ends while a thread still puts OpenGL away.
fn wait_for_windows(before: usize) {
    let start = Instant::now();
    while threads() > before && start.elapsed() < CLOSING {
        thread::sleep(Duration::from_millis(10));
    }
}

/// The path of the test that contains a closure with this type name.
fn test_of(closure: &str) -> String {
    let path = closure.split_once("::").map_or(closure, |(_, path)| path);
    path.split("::{{closure}}")
        .next()
        .unwrap_or(path)
        .to_owned()
}

/// Limits the memory of this process, so that a size gone wild fails instead of taking the machine with it, and
/// leaves no core behind.
fn restrain() {
    for (resource, limit) in [(libc::RLIMIT_AS, ADDRESS_SPACE), (libc::RLIMIT_CORE, 0)] {
        let limits = libc::rlimit {
            rlim_cur: limit as libc::rlim_t,
            rlim_max: limit as libc::rlim_t,
        };
        // SAFETY: the structure is complete, and the call reads nothing else.
        let limited = unsafe { libc::setrlimit(resource, &limits) };
        assert_eq!(limited, 0, "the limits can be lowered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_names_its_test() {
        let name = "suite::hostile::times::past_the_block::{{closure}}";
        assert_eq!(test_of(name), "hostile::times::past_the_block");
    }

    #[test]
    fn a_case_that_does_not_end_well_is_told() {
        assert!(matches!(ending(None, &[]), Ending::Hung));
        let ran = env::current_exe().map(|program| Command::new(program).arg("--list").output());
        let status = ran.unwrap().unwrap().status;
        assert!(matches!(ending(Some(status), &[]), Ending::Failed(_)));
        assert!(matches!(ending(Some(status), &[DONE.into()]), Ending::Done));
    }
}
