//! The CLAP extensions `state` and `state-context`: the host's streams are checked, and in the context of a preset the
//! settings that presets leave alone are neither saved nor loaded.

use clap_sys::ext::state::clap_plugin_state;
use clap_sys::ext::state_context::{
    CLAP_STATE_CONTEXT_FOR_PRESET, CLAP_STATE_CONTEXT_FOR_PROJECT, clap_plugin_state_context,
    clap_plugin_state_context_type,
};
use clap_sys::plugin::clap_plugin;
use clap_sys::stream::{clap_istream, clap_ostream};
use nice_plug::params::Params;
use nice_plug::plugin::PluginState;

use super::guarded_call::{forward, with};
use super::instance::Instance;
use super::state_stream::{checked_output, encode, into, over, parse_saved, read_state, write_all};
use crate::params::state::{keep_settings, leave_out_settings};

pub(super) static STATE: clap_plugin_state = clap_plugin_state {
    save: Some(save),
    load: Some(load),
};

pub(super) static STATE_CONTEXT: clap_plugin_state_context = clap_plugin_state_context {
    save: Some(save_in),
    load: Some(load_in),
};

/// Loads `state` as the host's states are loaded, for which it has to be loadable. `[gui]`
pub(super) fn load_state(instance: &Instance, state: &PluginState) -> bool {
    let Some(bytes) = encode(state) else {
        return false;
    };
    instance.replace_waiting();
    let loaded = instance.without_modulation(
        || forward!(instance, state.load(&over(&mut bytes.as_slice())) else false),
    );
    instance.tell_names();
    instance.know_fields();
    loaded
}

/// Replaces everything in `state` that presets leave alone by the values of the instance. `[gui]`
pub(super) fn keep_own_settings(instance: &Instance, state: &mut PluginState) {
    if let Some(params) = instance.shared.params.get() {
        keep_settings(state, &params.sound(), params.serialize_fields());
    }
}

unsafe extern "C" fn save(plugin: *const clap_plugin, stream: *const clap_ostream) -> bool {
    // SAFETY: the host's arguments, passed on unchanged.
    unsafe { save_in(plugin, stream, CLAP_STATE_CONTEXT_FOR_PROJECT) }
}

unsafe extern "C" fn load(plugin: *const clap_plugin, stream: *const clap_istream) -> bool {
    // SAFETY: the host's arguments, passed on unchanged.
    unsafe { load_in(plugin, stream, CLAP_STATE_CONTEXT_FOR_PROJECT) }
}

/// Saves the whole state, except in the context of a preset. A context that CLAP may define later loses nothing either.
unsafe extern "C" fn save_in(
    plugin: *const clap_plugin,
    stream: *const clap_ostream,
    context: clap_plugin_state_context_type,
) -> bool {
    with(plugin, false, |instance| {
        // SAFETY: null, or valid for this call.
        let Some(stream) = (unsafe { stream.as_ref() }) else {
            return false;
        };
        instance.settle_waiting();
        if context != CLAP_STATE_CONTEXT_FOR_PRESET {
            return forward!(instance, state.save(&checked_output(stream)) else false);
        }
        let mut whole = Vec::new();
        let saved = forward!(instance, state.save(&into(&mut whole)) else false);
        let Some(mut state) = parse_saved(&whole).filter(|_| saved) else {
            return false;
        };
        leave_out_settings(&mut state);
        encode(&state).is_some_and(|bytes| write_all(stream, &bytes))
    })
}

/// Loads a state; in the context of a preset, the settings of the instance stay, whatever the state holds.
unsafe extern "C" fn load_in(
    plugin: *const clap_plugin,
    stream: *const clap_istream,
    context: clap_plugin_state_context_type,
) -> bool {
    with(plugin, false, |instance| {
        // SAFETY: null, or valid for this call.
        let Some(stream) = (unsafe { stream.as_ref() }) else {
            return false;
        };
        // SAFETY: valid for this call.
        let Some(mut state) = (unsafe { read_state(stream) }) else {
            return false;
        };
        if context == CLAP_STATE_CONTEXT_FOR_PRESET {
            keep_own_settings(instance, &mut state);
        }
        load_state(instance, &state)
    })
}
