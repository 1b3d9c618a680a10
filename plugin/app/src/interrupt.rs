//! Ctrl-C and the other polite ways to stop a program.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

static STOP: AtomicBool = AtomicBool::new(false);

/// From now on a request to stop ends the program at once. Call it before any thread is started.
///
/// This is for the window: nice-plug 0.4.2 catches such requests and, while a window is open, never
/// looks at them again, so that Ctrl-C would do nothing. Threads inherit what is blocked here, which
/// keeps the requests from nice-plug and leaves them to the one thread that waits for them.
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
                // What a shell reports for a program that a signal ended.
                std::process::exit(128 + signal as i32);
            }
        });
    }
}

/// Elsewhere closing the window is the way.
#[cfg(not(unix))]
pub fn exit_at_once() {}

/// From now on a request to stop only raises the flag, so that a render can clean up behind itself.
///
/// Where the system does not allow this, such a request ends the program at once as before.
pub fn watch() {
    // Relaxed: the flag is the whole message.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
}

/// Fails once the person wants to stop.
///
/// # Errors
/// [`Failure::Interrupted`], then.
pub fn check() -> Result<(), Failure> {
    if STOP.load(Ordering::Relaxed) {
        return Err(Failure::Interrupted);
    }
    Ok(())
}
