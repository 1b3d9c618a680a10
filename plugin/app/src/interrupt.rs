//! Handling of Ctrl-C and the other signals that ask a program to stop.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
#[cfg(unix)]
use std::thread;
#[cfg(unix)]
use std::time::Duration;

use crate::failure::Failure;

static STOP: AtomicBool = AtomicBool::new(false);
/// Exit code of a stop signal to an open window; 0 before one.
static CODE: AtomicI32 = AtomicI32::new(0);

/// Time that an open window has to close after a stop signal.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(15);

/// Makes the first stop signal a request to close the window, so that the sound is kept; a second one ends the program
/// at once. Call it before any thread is started.
///
/// Threads inherit the signal mask that is set here, which leaves the signals to the thread that waits for them.
#[cfg(unix)]
pub fn close_first() {
    use nix::sys::signal::{SigSet, Signal};

    let mut requests = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        requests.add(signal);
    }
    if requests.thread_block().is_ok() {
        thread::spawn(move || {
            let Ok(signal) = requests.wait() else { return };
            // The exit code that a shell reports for a program ended by a signal.
            let code = 128 + signal as i32;
            CODE.store(code, Ordering::Relaxed);
            thread::spawn(move || {
                thread::sleep(PATIENCE);
                std::process::exit(code);
            });
            if requests.wait().is_ok() {
                std::process::exit(code);
            }
        });
    }
}

/// Does nothing: on these systems the user closes the window.
#[cfg(not(unix))]
pub fn close_first() {}

/// Returns true after a stop signal to an open window.
pub fn is_requested() -> bool {
    CODE.load(Ordering::Relaxed) != 0
}

/// Ends the program with the code of the stop signal, if one has arrived.
pub fn exit_if_requested() {
    if is_requested() {
        std::process::exit(CODE.load(Ordering::Relaxed));
    }
}

/// Makes any further stop signal set a flag only, so that a render can clean up.
///
/// If the system refuses the handler, a stop signal still ends the program at once.
pub fn watch() {
    // Relaxed: the flag carries no other data.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
}

/// Fails if a stop signal has arrived.
///
/// # Errors
/// [`Failure::Interrupted`] after a stop signal.
pub fn check() -> Result<(), Failure> {
    if STOP.load(Ordering::Relaxed) {
        return Err(Failure::Interrupted);
    }
    Ok(())
}
