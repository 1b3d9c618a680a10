//! A plugin instance as seen from its main thread.

use std::ffi::CString;
use std::ops::RangeInclusive;

use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::prelude::*;
use raw_window_handle::HasWindowHandle;

use super::event::Event;
use super::gui::GuiRequests;
use super::handlers::{AnyThread, AudioThread, Handlers, MainThread};
use super::{HostError, Processor};

/// Bytes for a parameter value as text; CLAP leaves the size to the host.
const TEXT_BYTES: usize = 256;

/// A plugin instance. It stays on the thread that created it; its [`Processor`] may move.
///
/// Drop it only after [`Instance::deactivate`] has taken the processor back: an instance whose
/// processor still exists elsewhere is leaked, because destroying it would not be safe.
pub struct Instance {
    plugin: PluginInstance<Handlers>,
    params: PluginParams,
    state: PluginState,
    /// Window in which that of the plugin is open.
    pub(super) parent: Option<Box<dyn HasWindowHandle>>,
}

/// A parameter of the plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Id used by events and automation; stable across versions.
    pub id: u32,
    /// Name shown to users.
    pub name: String,
    /// Group of the parameter, with levels separated by `/`.
    pub module: String,
    /// Lowest value.
    pub min: f64,
    /// Highest value.
    pub max: f64,
    /// Default value.
    pub default: f64,
    /// Current value.
    pub value: f64,
    /// True if only whole values are allowed.
    pub stepped: bool,
    /// True if hosts may automate it.
    pub automatable: bool,
    /// True if hosts may modulate it for single notes.
    pub per_note: bool,
}

impl Instance {
    /// Creates an instance of the first plugin in `entry`. `[main]`
    ///
    /// # Errors
    /// If there is no plugin, it cannot be created, or it lacks the extension `params` or `state`.
    pub fn new(entry: &PluginEntry) -> Result<Self, HostError> {
        let factory = entry.get_plugin_factory().ok_or(HostError::NoPlugin)?;
        let id = factory
            .plugin_descriptor(0)
            .and_then(|descriptor| descriptor.id())
            .ok_or(HostError::NoPlugin)?;
        let host = HostInfo::new_from_cstring(
            c"Tidepool".into(),
            c"Tidepool".into(),
            c"".into(),
            c"1".into(),
        );
        let mut plugin = PluginInstance::new(
            |()| AnyThread::new(),
            |_| MainThread::default(),
            entry,
            id,
            &host,
        )?;

        let handle = plugin.plugin_handle();
        let params = handle
            .get_extension()
            .ok_or(HostError::Missing("clap.params"))?;
        let state = handle
            .get_extension()
            .ok_or(HostError::Missing("clap.state"))?;
        Ok(Self {
            plugin,
            params,
            state,
            parent: None,
        })
    }

    /// Switches between live and offline rendering, from the next activation on. `[main]`
    ///
    /// # Errors
    /// If the plugin does not support this, or refuses.
    pub fn render_offline(&mut self, offline: bool) -> Result<(), HostError> {
        let mode = if offline {
            RenderMode::Offline
        } else {
            RenderMode::Realtime
        };
        let handle = self.plugin.plugin_handle();
        let render: PluginRender = handle
            .get_extension()
            .ok_or(HostError::Missing("clap.render"))?;
        Ok(render.set(&handle, mode)?)
    }

    /// Activates the plugin for `sample_rate` and blocks of the given lengths. `[main]`
    ///
    /// # Errors
    /// If the plugin is already active or refuses this configuration.
    ///
    /// # Panics
    /// If `blocks` is empty or starts at 0.
    pub fn activate(
        &mut self,
        sample_rate: f64,
        blocks: RangeInclusive<u32>,
    ) -> Result<Processor, HostError> {
        let configuration = PluginAudioConfiguration {
            sample_rate,
            min_frames_count: *blocks.start(),
            max_frames_count: *blocks.end(),
        };
        let stopped = self.plugin.activate(|_, _| AudioThread, configuration)?;
        Ok(Processor::new(stopped, sample_rate))
    }

    /// Takes the processor back and deactivates the plugin. `[main]`
    ///
    /// # Panics
    /// If `processor` belongs to another instance.
    pub fn deactivate(&mut self, processor: Processor) {
        self.plugin.deactivate(processor.into_stopped());
    }

    /// Performs the work of a host's main loop: the calls that the plugin has requested on the main
    /// thread. `[main]`
    pub fn idle(&mut self) {
        if self.plugin.access_shared_handler(AnyThread::take_callback) {
            self.plugin.call_on_main_thread_callback();
        }
    }

    /// Returns true if the plugin has reported a change of its state, beside parameters, since the last call of this
    /// function. `[main]`
    pub fn take_dirty(&mut self) -> bool {
        self.plugin.access_handler(|main| main.take_dirty())
    }

    /// Returns true if the plugin has requested a reactivation since the last call of this function. `[main]`
    pub fn wants_restart(&mut self) -> bool {
        self.plugin.access_shared_handler(AnyThread::take_restart)
    }

    /// Returns all parameters in the plugin's order. `[main]`
    pub fn params(&mut self) -> Vec<Param> {
        let handle = self.plugin.plugin_handle();
        let mut buffer = ParamInfoBuffer::new();
        (0..self.params.count(&handle))
            .filter_map(|index| {
                let info = self.params.get_info(&handle, index, &mut buffer)?;
                Some(Param {
                    id: info.id.get(),
                    name: String::from_utf8_lossy(info.name).into_owned(),
                    module: String::from_utf8_lossy(info.module).into_owned(),
                    min: info.min_value,
                    max: info.max_value,
                    default: info.default_value,
                    value: self.params.get_value(&handle, info.id)?,
                    stepped: info.flags.contains(ParamInfoFlags::IS_STEPPED),
                    automatable: info.flags.contains(ParamInfoFlags::IS_AUTOMATABLE),
                    per_note: (info.flags).contains(ParamInfoFlags::IS_MODULATABLE_PER_NOTE_ID),
                })
            })
            .collect()
    }

    /// Returns the value of parameter `id`, or `None` if there is no such parameter. `[main]`
    pub fn value(&mut self, id: u32) -> Option<f64> {
        let handle = self.plugin.plugin_handle();
        self.params.get_value(&handle, ClapId::from_raw(id)?)
    }

    /// Sets parameter `id` of an inactive plugin, which has no processor to take an [`Event::Param`]. `[main]`
    ///
    /// # Errors
    /// If the plugin is active.
    pub fn set_value(&mut self, id: u32, value: f64) -> Result<(), HostError> {
        let mut handle = self
            .plugin
            .inactive_plugin_handle()
            .ok_or(HostError::Active)?;
        let mut changes = EventBuffer::new();
        Event::Param { id, value }.at(0).push_to(&mut changes);
        self.params
            .flush(&mut handle, &changes.as_input(), &mut OutputEvents::void());
        Ok(())
    }

    /// Returns the plugin's text for `value` of parameter `id`, such as "440 Hz". `[main]`
    pub fn value_to_text(&mut self, id: u32, value: f64) -> Option<String> {
        let handle = self.plugin.plugin_handle();
        let mut buffer = [0; TEXT_BYTES];
        let text = self
            .params
            .value_to_text(&handle, ClapId::from_raw(id)?, value, &mut buffer)
            .ok()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// Returns the plugin's value for `text` of parameter `id`, if it is valid. `[main]`
    pub fn text_to_value(&mut self, id: u32, text: &str) -> Option<f64> {
        let handle = self.plugin.plugin_handle();
        let text = CString::new(text).ok()?;
        self.params
            .text_to_value(&handle, ClapId::from_raw(id)?, &text)
    }

    /// Returns the plugin's state, as a project file would store it. `[main]`
    ///
    /// # Errors
    /// If the plugin cannot save.
    pub fn save(&mut self) -> Result<Vec<u8>, HostError> {
        let mut bytes = Vec::new();
        self.state.save(&self.plugin.plugin_handle(), &mut bytes)?;
        Ok(bytes)
    }

    /// Loads a state from [`Instance::save`], also while the processor is running. `[main]`
    ///
    /// # Errors
    /// If the plugin refuses these bytes.
    pub fn load(&mut self, mut bytes: &[u8]) -> Result<(), HostError> {
        self.state.load(&self.plugin.plugin_handle(), &mut bytes)?;
        Ok(())
    }

    /// Calls `read` with the requests of the plugin's window. `[main]`
    pub(super) fn window_requests<R>(&mut self, read: impl FnOnce(&GuiRequests) -> R) -> R {
        (self.plugin).access_shared_handler(|shared| read(&shared.window))
    }

    /// Returns the plugin itself, for extensions that this host does not cover. `[main]`
    pub fn handle(&mut self) -> PluginMainThreadHandle<'_> {
        self.plugin.plugin_handle()
    }
}
