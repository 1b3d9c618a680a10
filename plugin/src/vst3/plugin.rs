//! Access to the CLAP plugin behind the wrapper, for exact values of parameters and for events while no blocks are
//! played.

use std::ffi::CStr;
use std::ptr;

use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_param_info, clap_plugin_params};
use clap_sys::plugin::clap_plugin;

use super::own::Own;

/// The plugin of a component, which lives from the component's `initialize` to its `terminate`.
#[derive(Clone, Copy)]
pub(super) struct ClapPlugin {
    plugin: *const clap_plugin,
    params: *const clap_plugin_params,
}

impl ClapPlugin {
    /// Returns the plugin with its parameter extension, if it has one.
    ///
    /// # Safety
    /// `plugin` is null or an initialized plugin, which lives as long as this and its copies are used.
    pub(super) unsafe fn new(plugin: *const clap_plugin) -> Option<Self> {
        let name: &CStr = CLAP_EXT_PARAMS;
        // SAFETY: null or alive, as the caller promises; called as CLAP prescribes.
        let params = unsafe {
            let get = plugin.as_ref()?.get_extension?;
            get(plugin, name.as_ptr()).cast::<clap_plugin_params>()
        };
        (!params.is_null()).then_some(Self { plugin, params })
    }

    fn params(&self) -> &clap_plugin_params {
        // SAFETY: not null, and extensions live as long as their plugin.
        unsafe { &*self.params }
    }

    /// Returns id, least and greatest value of every parameter. `[gui]`
    pub(super) fn parameters(self) -> Vec<(u32, (f64, f64))> {
        let params = self.params();
        let Some((count, get)) = params.count.zip(params.get_info) else {
            return Vec::new();
        };
        // SAFETY: called as CLAP prescribes, and the place for the information is ours.
        unsafe {
            (0..count(self.plugin))
                .filter_map(|index| {
                    let mut info = std::mem::zeroed::<clap_param_info>();
                    let found = get(self.plugin, index, &mut info);
                    found.then_some((info.id, (info.min_value, info.max_value)))
                })
                .collect()
        }
    }

    /// Returns the normalized value of a parameter. Any thread, because the plugin keeps its values in atomics.
    pub(super) fn value(self, own: Own) -> Option<f64> {
        let get = self.params().get_value?;
        let mut plain = f64::NAN;
        // SAFETY: the plugin lives, and the place for the value is ours.
        let known = unsafe { get(self.plugin, own.clap, &mut plain) };
        (known && plain.is_finite()).then(|| own.normalized(plain))
    }

    /// Passes events in and edits out while no blocks are played. `[gui]`
    pub(super) fn flush(self, input: &clap_input_events, output: &clap_output_events) {
        if let Some(flush) = self.params().flush {
            // SAFETY: the plugin lives and plays no blocks, and both lists live until the call returns.
            unsafe { flush(self.plugin, ptr::from_ref(input), ptr::from_ref(output)) };
        }
    }
}
