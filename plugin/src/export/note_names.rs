//! The CLAP extension `note-name`: names of the keys under a tuning whose pattern does not repeat every twelve keys.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap_sys::ext::note_name::{clap_note_name, clap_plugin_note_name};
use clap_sys::plugin::clap_plugin;
use clap_sys::string_sizes::CLAP_NAME_SIZE;

use super::c_text::write_text;
use super::guarded_call::with;
use super::instance::Instance;
use crate::tuning::key_names::KeyName;

/// Number that stands for every port and every channel.
const EVERY: i16 = -1;

pub(super) static NOTE_NAME: clap_plugin_note_name = clap_plugin_note_name {
    count: Some(count),
    get: Some(get),
};

/// Tells the host that the names have changed, if the tuning has since the last call. `[gui]`
pub(super) fn follow_tuning(instance: &Instance) {
    if let Some(params) = instance.shared.params.get() {
        let count = params.tuning.count();
        if instance.named_tuning.swap(count, Ordering::Relaxed) != count {
            instance.host.note_names_changed();
        }
    }
}

fn names(instance: &Instance) -> Arc<[KeyName]> {
    let params = instance.shared.params.get();
    params.map_or_else(|| [].into(), |params| params.tuning.key_names())
}

unsafe extern "C" fn count(plugin: *const clap_plugin) -> u32 {
    with(plugin, 0, |instance| names(instance).len() as u32)
}

unsafe extern "C" fn get(
    plugin: *const clap_plugin,
    index: u32,
    name: *mut clap_note_name,
) -> bool {
    with(plugin, false, |instance| {
        let names = names(instance);
        let Some(named) = names.get(index as usize).filter(|_| !name.is_null()) else {
            return false;
        };
        let mut found = clap_note_name {
            name: [0; CLAP_NAME_SIZE],
            port: EVERY,
            key: i16::from(named.key),
            channel: EVERY,
        };
        write_text(&mut found.name, &named.name);
        // SAFETY: not null, and a place that the function may write to.
        unsafe { name.write_unaligned(found) };
        true
    })
}
