//! The state of the devices that the worker publishes for the editor, and the commands of the editor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidepool::program::{Devices, Program, Setup};

use super::audio::Monitor;

/// Command to the worker.
pub enum Command {
    /// Open other devices.
    Choose(Setup),
    /// Activate the plugin again.
    Reopen,
    /// Tell the user a sentence.
    Report(String),
    /// Close the devices and return the plugin.
    End,
}

/// State that worker and editor share.
pub struct Shared {
    devices: Mutex<Arc<Devices>>,
    /// True if the editor has looked at the lists since the last refresh.
    is_watched: AtomicBool,
    monitor: Arc<Monitor>,
}

impl Shared {
    pub fn new(devices: Devices, monitor: Arc<Monitor>) -> Self {
        Self {
            devices: Mutex::new(Arc::new(devices)),
            is_watched: AtomicBool::new(false),
            monitor,
        }
    }

    /// Returns true if the editor has looked at the lists since the last call of this function.
    pub fn take_watched(&self) -> bool {
        self.is_watched.swap(false, Ordering::Relaxed)
    }

    /// Locks the state for the time of a copy. The audio thread never does.
    #[expect(clippy::disallowed_methods, reason = "[gui] and [worker]")]
    fn lock(&self) -> MutexGuard<'_, Arc<Devices>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state that the editor sees.
    pub fn change(&self, change: impl FnOnce(&mut Devices)) {
        change(Arc::make_mut(&mut self.lock()));
    }
}

/// The devices, as the editor sees them.
pub struct DeviceProgram {
    shared: Arc<Shared>,
    commands: Sender<Command>,
}

impl DeviceProgram {
    pub fn new(shared: Arc<Shared>, commands: Sender<Command>) -> Self {
        Self { shared, commands }
    }
}

impl Program for DeviceProgram {
    fn devices(&self) -> Arc<Devices> {
        self.shared.is_watched.store(true, Ordering::Relaxed);
        self.shared.lock().clone()
    }

    fn unheard(&self) -> Option<String> {
        let devices = self.shared.lock().clone();
        (!devices.is_heard).then(|| devices.problems.first().cloned().unwrap_or_default())
    }

    fn choose(&self, setup: Setup) {
        self.shared.change(|devices| devices.setup = setup.clone());
        // The worker has ended if the program does.
        let _ = self.commands.send(Command::Choose(setup));
    }

    fn test_tone(&self) {
        self.shared.monitor.request_tone();
    }
}

/// Returns `text` with a capital letter and a full stop.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let first = first.into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}
