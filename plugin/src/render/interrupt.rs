//! Ctrl-C, and the other polite ways to stop a program, as a flag.

use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;

static STOP: AtomicBool = AtomicBool::new(false);

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
