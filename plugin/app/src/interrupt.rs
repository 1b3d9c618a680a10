//! Handling of Ctrl-C and the other signals that ask a program to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

static STOP: AtomicBool = AtomicBool::new(false);

/// Makes any further stop signal end the program at once. Call it before any thread is started.
///
/// The window needs this: nice-plug 0.4.2 catches such signals and ignores them while a window is open, so that Ctrl-C
/// would do nothing. Threads inherit the signal mask that is set here, which keeps the signals from nice-plug and
/// leaves them to the thread that waits for them.
#[cfg(unix)]
pub fn exit_at_once() {
    use nix::sys::signal::{SigSet, Signal};

    let mut requests = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        requests.add(signal);
    }
    if requests.thread_block().is_ok() {
        std::thread::spawn(move || {
            if let Ok(signal) = requests.wait() {
                // The exit code that a shell reports for a program ended by a signal.
                std::process::exit(128 + signal as i32);
            }
        });
    }
}

/// Does nothing: on these systems the user closes the window.
#[cfg(not(unix))]
pub fn exit_at_once() {}

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
