//! One living plugin, as its main thread sees it.

use std::ffi::CString;
use std::ops::RangeInclusive;

use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::prelude::*;

use super::event::Event;
use super::handlers::{AnyThread, AudioThread, Handlers, MainThread};
use super::{HostError, Processor};

/// Room for a parameter value as text; CLAP leaves the size to the host.
const TEXT_BYTES: usize = 256;

/// A plugin instance. It stays on the thread that made it; its [`Processor`] need not.
///
/// Drop it only after [`Instance::deactivate`] has taken the processor back: an instance whose
/// processor still lives elsewhere is leaked, because nothing else would be safe.
pub struct Instance {
    plugin: PluginInstance<Handlers>,
    params: PluginParams,
    state: PluginState,
}

/// A parameter as the plugin lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The number that events and automation use; stable across versions.
    pub id: u32,
    /// The name that people see.
    pub name: String,
    /// The group it belongs to, levels parted by `/`.
    pub module: String,
    /// Lowest value.
    pub min: f64,
    /// Highest value.
    pub max: f64,
    /// Value of a new instance.
    pub default: f64,
    /// Value now.
    pub value: f64,
    /// Whether only whole values count.
    pub stepped: bool,
    /// Whether a host may automate it.
    pub automatable: bool,
    /// Whether a host may modulate it for one note.
    pub per_note: bool,
}

impl Instance {
    /// Makes an instance of the first plugin in `entry`. `[main]`
    ///
    /// # Errors
    /// When there is no plugin, it cannot be created, or it has neither parameters nor state.
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
        let mut plugin =
            PluginInstance::new(|()| AnyThread::new(), |_| MainThread, entry, id, &host)?;

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
        })
    }

    /// Tells the plugin whether it renders to a file, as fast as it goes, from the next activation on. `[main]`
    ///
    /// # Errors
    /// When the plugin has no ear for it, or refuses.
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

    /// Readies the plugin for `sample_rate` and blocks of the given lengths. `[main]`
    ///
    /// # Errors
    /// When the plugin is already active or refuses this configuration.
    ///
    /// # Panics
    /// When `blocks` is empty or starts at 0.
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

    /// Takes the processor back and puts the plugin to rest. `[main]`
    ///
    /// # Panics
    /// When `processor` belongs to another instance.
    pub fn deactivate(&mut self, processor: Processor) {
        self.plugin.deactivate(processor.into_stopped());
    }

    /// Does what a host's main loop does between user actions: answers the plugin's calls for the
    /// main thread. `[main]`
    pub fn idle(&mut self) {
        if self.plugin.access_shared_handler(AnyThread::take_callback) {
            self.plugin.call_on_main_thread_callback();
        }
    }

    /// Whether the plugin has asked for a new activation since the last call of this. `[main]`
    pub fn wants_restart(&mut self) -> bool {
        self.plugin.access_shared_handler(AnyThread::take_restart)
    }

    /// All parameters in the plugin's order. `[main]`
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

    /// The value of parameter `id`, or `None` if there is no such parameter. `[main]`
    pub fn value(&mut self, id: u32) -> Option<f64> {
        let handle = self.plugin.plugin_handle();
        self.params.get_value(&handle, ClapId::from_raw(id)?)
    }

    /// Sets parameter `id` while no processor is there to take an [`Event::Param`]. `[main]`
    ///
    /// # Errors
    /// When the plugin is active.
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

    /// How the plugin writes `value` of parameter `id`, such as "440 Hz". `[main]`
    pub fn value_to_text(&mut self, id: u32, value: f64) -> Option<String> {
        let handle = self.plugin.plugin_handle();
        let mut buffer = [0; TEXT_BYTES];
        let text = self
            .params
            .value_to_text(&handle, ClapId::from_raw(id)?, value, &mut buffer)
            .ok()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// What value of parameter `id` the plugin reads in `text`, if it can make sense of it. `[main]`
    pub fn text_to_value(&mut self, id: u32, text: &str) -> Option<f64> {
        let handle = self.plugin.plugin_handle();
        let text = CString::new(text).ok()?;
        self.params
            .text_to_value(&handle, ClapId::from_raw(id)?, &text)
    }

    /// Everything a project file would keep of this instance. `[main]`
    ///
    /// # Errors
    /// When the plugin cannot save.
    pub fn save(&mut self) -> Result<Vec<u8>, HostError> {
        let mut bytes = Vec::new();
        self.state.save(&self.plugin.plugin_handle(), &mut bytes)?;
        Ok(bytes)
    }

    /// Takes over what [`Instance::save`] once gave, also while the processor plays. `[main]`
    ///
    /// # Errors
    /// When the plugin refuses these bytes.
    pub fn load(&mut self, mut bytes: &[u8]) -> Result<(), HostError> {
        self.state.load(&self.plugin.plugin_handle(), &mut bytes)?;
        Ok(())
    }

    /// The plugin itself, for the extensions that this host has no call for. `[main]`
    pub fn handle(&mut self) -> PluginMainThreadHandle<'_> {
        self.plugin.plugin_handle()
    }
}
