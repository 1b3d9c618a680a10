//! MIDI program changes: the program that was selected, on its way from the audio thread to the main thread, which loads
//! it, and the sentence about one that could not be loaded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::presets::programs::Program;

/// Value of [`ProgramChange::selected`] when no program waits.
const NONE: u64 = u64::MAX;

/// The program that was selected last, and what became of it.
#[derive(Debug)]
pub struct ProgramChange {
    /// Bank times 128, plus the number.
    selected: AtomicU64,
    notice: Mutex<Option<String>>,
}

impl Default for ProgramChange {
    fn default() -> Self {
        Self {
            selected: AtomicU64::new(NONE),
            notice: Mutex::default(),
        }
    }
}

impl ProgramChange {
    /// Selects a program. Returns true if no other one waits, so that the main thread has to be called. Wait-free.
    /// `[audio]`
    pub fn select(&self, program: Program) -> bool {
        let code = u64::from(program.bank) << 7 | u64::from(program.number & 127);
        self.selected.swap(code, Ordering::Relaxed) == NONE
    }

    /// Takes the program that was selected last. `[gui]`
    pub fn take(&self) -> Option<Program> {
        let code = self.selected.swap(NONE, Ordering::Relaxed);
        (code != NONE).then_some(Program {
            bank: (code >> 7) as u16,
            number: (code & 127) as u8,
        })
    }

    /// Sets the sentence about the last program, or removes it. `[gui]`
    pub fn set_notice(&self, notice: Option<String>) {
        *self.notice() = notice;
    }

    /// Returns the sentence about a program that could not be loaded, until another one is or it is dismissed. `[gui]`
    pub fn get_notice(&self) -> Option<String> {
        self.notice().clone()
    }

    #[expect(clippy::disallowed_methods, reason = "[gui]")]
    fn notice(&self) -> MutexGuard<'_, Option<String>> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_that_was_selected_last_is_taken_once() {
        let change = ProgramChange::default();
        assert_eq!(change.take(), None);
        let last = Program {
            bank: 16_383,
            number: 127,
        };
        assert!(change.select(Program::default()));
        assert!(!change.select(last), "the main thread is called once");
        assert_eq!(change.take(), Some(last));
        assert_eq!(change.take(), None);
        assert!(change.select(Program::default()));
        assert_eq!(change.take(), Some(Program::default()));
    }
}
