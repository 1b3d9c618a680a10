//! Runs a case in a child process, so that a crash or a hang fails only that case.

use std::any;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::bundles;

/// Environment variable with the case that the child runs.
const CASE: &str = "TIDEPOOL_HOSTILE_CASE";

/// Last line of a case that ran to its end.
const DONE: &str = "hostile case done";

/// Time after which a case counts as hung, far longer than any case takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Time for which a child waits for the threads of closed windows.
const CLOSING: Duration = Duration::from_secs(10);

/// Limit of a child's address space in bytes: enough for the plugin and its buffers, too little for an absurd
/// allocation.
const ADDRESS_SPACE: u64 = 6 << 30;

/// Result of a child process.
#[derive(Clone, Debug)]
pub enum Ending {
    /// The case ran to its end.
    Done,
    /// The case failed, or was killed by a signal.
    Failed(String),
    /// The case did not end in time.
    Hung,
}

/// Child process that has ended.
#[derive(Clone, Debug)]
pub struct Child {
    /// Result of the case.
    pub ending: Ending,
    /// Lines of the child's standard output and error.
    pub lines: Vec<String>,
}

impl Child {
    /// Runs the test with this path (without the program's name) in a child process, with additional environment
    /// variables.
    ///
    /// # Panics
    /// When the test program cannot be started again.
    pub fn run(test: &str, variables: &[(&str, String)]) -> Self {
        let program = env::current_exe().expect("the test program has a path");
        let mut child = Command::new(program)
            .args([test, "--exact", "--nocapture", "--include-ignored"])
            .args(["--test-threads", "1"])
            .env(CASE, test)
            .env(xtask::command::bundle::VARIABLE, bundles::folder())
            // The window has a test of its own; every other failure has to occur without a display too.
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

    /// Returns the last lines of output, without backtraces, which the plugin's logger always writes.
    pub fn end(&self, lines: usize) -> String {
        let told = self.lines.iter().filter(|line| !line.starts_with("  "));
        let told: Vec<_> = told.map(String::as_str).collect();
        told[told.len().saturating_sub(lines)..].join("\n")
    }

    /// Returns true if the case ran to its end.
    pub fn is_done(&self) -> bool {
        matches!(self.ending, Ending::Done)
    }
}

fn ending(status: Option<ExitStatus>, lines: &[String]) -> Ending {
    match status {
        None => Ending::Hung,
        Some(status) if !status.success() => Ending::Failed(status.to_string()),
        // A test filter that matches no test succeeds as well.
        Some(_) if !lines.iter().any(|line| line.contains(DONE)) => {
            Ending::Failed("the case did not run to its end".into())
        }
        Some(_) => Ending::Done,
    }
}

/// Runs `case`, a closure of the calling test, in a child process. Returns the child's output in the parent, and `None`
/// in the child.
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

/// Returns the number of threads of this process, or 0 if the system does not list them.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Waits until no more than `before` threads are left. baseview detaches the thread of a closed window, and a process
/// that exits while that thread releases OpenGL may crash.
fn wait_for_windows(before: usize) {
    let start = Instant::now();
    while threads() > before && start.elapsed() < CLOSING {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Returns the path of the test that contains a closure with this type name.
fn test_of(closure: &str) -> String {
    let path = closure.split_once("::").map_or(closure, |(_, path)| path);
    path.split("::{{closure}}")
        .next()
        .unwrap_or(path)
        .to_owned()
}

/// Limits the address space of this process, so that an absurd allocation fails instead of exhausting the machine's
/// memory, and disables core dumps.
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
