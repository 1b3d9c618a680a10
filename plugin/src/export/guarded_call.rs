//! The frame of every function of an extension: a null plugin and a panic return a given value.

use clap_sys::plugin::clap_plugin;

use super::instance::{Instance, instance};
use crate::catch::catch;
use crate::fault::{self, FaultPoint};

/// Calls a function of nice-plug's table with the plugin; evaluates to the value after `else` if there is none.
macro_rules! forward {
    ($instance:ident, $table:ident . $function:ident ($($argument:expr),*) else $otherwise:expr) => {
        // SAFETY: nice-plug's own table, which lives as long as the instance, or null.
        match unsafe { $instance.$table.as_ref() }.and_then(|table| table.$function) {
            // SAFETY: nice-plug's own function, with arguments that were checked.
            Some(function) => unsafe { function($instance.plugin() $(, $argument)*) },
            None => $otherwise,
        }
    };
}
pub(super) use forward;

/// Runs `work` with the instance; returns `otherwise` for a null plugin or after a panic.
pub(super) fn with<T: Copy>(
    plugin: *const clap_plugin,
    otherwise: T,
    work: impl FnOnce(&Instance) -> T,
) -> T {
    // SAFETY: hosts pass a plugin that this library has created.
    let instance = unsafe { instance(plugin) };
    catch(otherwise, || {
        fault::at(FaultPoint::Extension);
        instance.map_or(otherwise, work)
    })
}

/// Runs `work` as [`with`] does, but on the window's thread only.
pub(super) fn with_gui<T: Copy>(
    plugin: *const clap_plugin,
    otherwise: T,
    work: impl FnOnce(&Instance) -> T,
) -> T {
    with(plugin, otherwise, |instance| {
        if instance.is_gui_thread() {
            instance.gui_call(|| work(instance))
        } else {
            otherwise
        }
    })
}
