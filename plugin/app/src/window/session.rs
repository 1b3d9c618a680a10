//! The plugin of the window on its main thread: its sound, its devices and its editor.

use std::sync::Arc;
use std::time::Duration;

use raw_window_handle::HasWindowHandle;
use tidepool::program::{self, Setup};
use tidepool::safe_file::Durability;
use tidepool_host::{Instance, PluginEntry};

use super::activation::{ActivationServer, activation};
use super::devices::{Connections, DeviceWorker};
use super::last_sound::LastSound;

/// Time that the devices have to end.
const PATIENCE: Duration = Duration::from_secs(8);

/// Settings with which a session starts.
pub struct Start {
    /// Choice of devices, with the options of the command line.
    pub setup: Setup,
    pub connections: Connections,
    /// True if the last sound is not loaded.
    pub is_fresh: bool,
    /// Width and height of the window in points.
    pub size: (f32, f32),
}

/// Running plugin.
pub struct Session {
    instance: Instance,
    last_sound: LastSound,
    activation: ActivationServer,
    worker: Option<DeviceWorker>,
}

impl Session {
    /// Creates the plugin with its last sound and opens the devices. `[main]`
    ///
    /// # Errors
    /// One sentence if the plugin cannot be created.
    pub fn start(start: Start) -> Result<Self, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let (activator, activation) = activation();
        let worker = DeviceWorker::start(start.setup, start.connections, activator);
        let (worker, program) = worker.map_err(|error| said(&error))?;
        // Before the plugin is created, which asks whether it has a host.
        program::register(Arc::new(program));
        // SAFETY: `clap_entry` is a static of this program, and conforms to the CLAP ABI.
        let entry = unsafe { PluginEntry::load_from_raw(&tidepool::clap_entry, c"") };
        let entry = entry.map_err(|error| said(&error))?;
        let mut instance = Instance::new(&entry).map_err(|error| said(&error))?;
        let (last_sound, problem) = LastSound::restore(&mut instance, start.is_fresh);
        if let Some(problem) = problem {
            worker.report(problem);
        }
        Ok(Self {
            instance,
            last_sound,
            activation,
            worker: Some(worker),
        })
    }

    /// Opens the editor inside `parent`; returns its size. `[main]`
    ///
    /// # Errors
    /// One sentence if it does not open.
    pub fn open_editor(&mut self, parent: Box<dyn HasWindowHandle>) -> Result<(u32, u32), String> {
        let opened = self.instance.open_window(parent);
        opened.map_err(|error| error.to_string())
    }

    /// Gives the editor the size of the window. `[main]`
    pub fn resize_editor(&mut self, width: u32, height: u32) {
        if self.instance.window_size() != Some((width, height)) {
            self.instance.resize_window(width, height);
        }
    }

    /// Returns a size that the editor has requested. `[main]`
    pub fn wanted_size(&mut self) -> Option<(u32, u32)> {
        self.instance.wanted_window_size()
    }

    /// Returns true if the editor has closed by itself. `[main]`
    pub fn has_closed(&mut self) -> bool {
        self.instance.window_has_closed()
    }

    /// Performs the work of the main loop. `[main]`
    pub fn idle(&mut self) {
        self.instance.idle();
        self.activation.serve(&mut self.instance);
        if self.instance.wants_restart()
            && let Some(worker) = &self.worker
        {
            worker.reopen();
        }
        if let Some(problem) = self.last_sound.keep_up(&mut self.instance)
            && let Some(worker) = &self.worker
        {
            worker.report(problem);
        }
    }

    /// Closes the editor, keeps the sound and ends the devices. `[main]`
    pub fn end(&mut self) {
        let Some(worker) = self.worker.take() else {
            return;
        };
        worker.request_end();
        self.instance.close_window();
        let written = (self.last_sound).write(&mut self.instance, Durability::Now);
        if let Err(sentence) = written {
            eprintln!("tidepool: {sentence}");
        }
        if (self.activation).wait_for_end(&mut self.instance, PATIENCE) {
            worker.join();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}
