//! The CLAP extensions that stand in front of nice-plug's or beside them, and the functions of `params`, `note-ports` and
//! `gui`: those of nice-plug end the host on arguments that some hosts pass.

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::Ordering;

use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_gui_resize_hints, clap_plugin_gui, clap_window};
use clap_sys::ext::note_name::CLAP_EXT_NOTE_NAME;
use clap_sys::ext::note_ports::{CLAP_EXT_NOTE_PORTS, clap_note_port_info, clap_plugin_note_ports};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_param_info, clap_plugin_params};
use clap_sys::ext::preset_load::{CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT};
use clap_sys::ext::state::CLAP_EXT_STATE;
use clap_sys::ext::state_context::CLAP_EXT_STATE_CONTEXT;
use clap_sys::plugin::clap_plugin;

use super::c_text::write_text;
use super::guarded_call::{forward, with, with_gui};
use super::host_events::{parameter, steps};
use super::instance::Instance;
use super::{note_names, preset_load, state};
use crate::editor::first_frame;
use tidepool_dsp::Parameter;

/// Bytes of the longest text of a value, including the terminator.
const MAX_TEXT: u32 = 1024;
/// Most pixels of the window's width and height.
const MAX_PIXELS: u32 = 16_384;
/// Accepted scale factors of the window.
const SCALES: std::ops::RangeInclusive<f64> = 0.25..=8.0;

/// Returns the table of the extension `id`, if it is one of this module's. Any thread.
pub(super) fn own(id: &CStr) -> Option<*const c_void> {
    let tables: [(&CStr, *const c_void); 8] = [
        (CLAP_EXT_PARAMS, (&raw const PARAMS).cast()),
        (CLAP_EXT_STATE, (&raw const state::STATE).cast()),
        (
            CLAP_EXT_STATE_CONTEXT,
            (&raw const state::STATE_CONTEXT).cast(),
        ),
        (CLAP_EXT_NOTE_PORTS, (&raw const NOTE_PORTS).cast()),
        (
            CLAP_EXT_NOTE_NAME,
            (&raw const note_names::NOTE_NAME).cast(),
        ),
        (
            CLAP_EXT_PRESET_LOAD,
            (&raw const preset_load::PRESET_LOAD).cast(),
        ),
        (
            CLAP_EXT_PRESET_LOAD_COMPAT,
            (&raw const preset_load::PRESET_LOAD).cast(),
        ),
        (CLAP_EXT_GUI, (&raw const GUI).cast()),
    ];
    let table = tables.iter().find(|(name, _)| *name == id);
    table.map(|(_, table)| *table)
}

static PARAMS: clap_plugin_params = clap_plugin_params {
    count: Some(count),
    get_info: Some(get_info),
    get_value: Some(get_value),
    value_to_text: Some(value_to_text),
    text_to_value: Some(text_to_value),
    flush: Some(flush),
};

static NOTE_PORTS: clap_plugin_note_ports = clap_plugin_note_ports {
    count: Some(count_note_ports),
    get: Some(get_note_port),
};

static GUI: clap_plugin_gui = clap_plugin_gui {
    is_api_supported: Some(is_api_supported),
    get_preferred_api: Some(get_preferred_api),
    create: Some(create),
    destroy: Some(destroy),
    set_scale: Some(set_scale),
    get_size: Some(get_size),
    can_resize: Some(can_resize),
    get_resize_hints: Some(get_resize_hints),
    adjust_size: Some(adjust_size),
    set_size: Some(set_size),
    set_parent: Some(set_parent),
    set_transient: Some(set_transient),
    suggest_title: Some(suggest_title),
    show: Some(show),
    hide: Some(hide),
};

unsafe extern "C" fn count(plugin: *const clap_plugin) -> u32 {
    with(
        plugin,
        0,
        |instance| forward!(instance, params.count() else 0),
    )
}

unsafe extern "C" fn get_info(
    plugin: *const clap_plugin,
    index: u32,
    info: *mut clap_param_info,
) -> bool {
    with(plugin, false, |instance| {
        let count = forward!(instance, params.count() else 0);
        let given = index < count && forward!(instance, params.get_info(index, info) else false);
        // SAFETY: null, or written by nice-plug's function.
        if given && let Some(info) = unsafe { info.as_mut() } {
            name_macro(instance, info);
        }
        given
    })
}

/// Appends the name that the sound gives to a macro to the parameter's name.
fn name_macro(instance: &Instance, info: &mut clap_param_info) {
    let Some(params) = instance.shared.params.get() else {
        return;
    };
    let macros = (0..Parameter::MACROS).map(Parameter::macro_knob);
    let Some(number) = macros
        .into_iter()
        .position(|it| Some(it) == parameter(info.id))
    else {
        return;
    };
    let texts = params.sound_info.get();
    if let Some(name) = texts.macro_name(number) {
        let spec = Parameter::macro_knob(number).spec();
        let text = format!("{}: {name}", spec.name);
        write_text(&mut info.name, &text);
    }
}

/// Returns the value without modulation: nice-plug's own function includes the modulation, which a host would save as
/// the value.
unsafe extern "C" fn get_value(plugin: *const clap_plugin, id: u32, value: *mut f64) -> bool {
    with(plugin, false, |instance| {
        let (Some(parameter), Some(params), false) =
            (parameter(id), instance.shared.params.get(), value.is_null())
        else {
            return false;
        };
        let normalized = params.get(parameter).normalized();
        // SAFETY: not null, and a place that the function may write to.
        unsafe { value.write_unaligned(f64::from(normalized) * steps(parameter)) };
        true
    })
}

unsafe extern "C" fn value_to_text(
    plugin: *const clap_plugin,
    id: u32,
    value: f64,
    text: *mut c_char,
    size: u32,
) -> bool {
    with(plugin, false, |instance| {
        size > 0
            && value.is_finite()
            && forward!(instance, params.value_to_text(id, value, text, size.min(MAX_TEXT)) else false)
    })
}

unsafe extern "C" fn text_to_value(
    plugin: *const clap_plugin,
    id: u32,
    text: *const c_char,
    value: *mut f64,
) -> bool {
    with(
        plugin,
        false,
        |instance| forward!(instance, params.text_to_value(id, text, value) else false),
    )
}

unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    in_events: *const clap_input_events,
    out_events: *const clap_output_events,
) {
    with(plugin, (), |instance| {
        // SAFETY: the host's arguments, passed on unchanged.
        unsafe { instance.flush(in_events, out_events) }
    });
}

unsafe extern "C" fn count_note_ports(plugin: *const clap_plugin, is_input: bool) -> u32 {
    with(
        plugin,
        0,
        |instance| forward!(instance, note_ports.count(is_input) else 0),
    )
}

unsafe extern "C" fn get_note_port(
    plugin: *const clap_plugin,
    index: u32,
    is_input: bool,
    info: *mut clap_note_port_info,
) -> bool {
    with(plugin, false, |instance| {
        !info.is_null() && forward!(instance, note_ports.get(index, is_input, info) else false)
    })
}

unsafe extern "C" fn is_api_supported(
    plugin: *const clap_plugin,
    api: *const c_char,
    is_floating: bool,
) -> bool {
    with(plugin, false, |instance| {
        !api.is_null() && forward!(instance, gui.is_api_supported(api, is_floating) else false)
    })
}

unsafe extern "C" fn get_preferred_api(
    plugin: *const clap_plugin,
    api: *mut *const c_char,
    is_floating: *mut bool,
) -> bool {
    with(
        plugin,
        false,
        |instance| forward!(instance, gui.get_preferred_api(api, is_floating) else false),
    )
}

unsafe extern "C" fn create(
    plugin: *const clap_plugin,
    api: *const c_char,
    is_floating: bool,
) -> bool {
    with(plugin, false, |instance| {
        if api.is_null() || instance.is_in_gui_call() || !instance.claim_gui() {
            return false;
        }
        let created = forward!(instance, gui.create(api, is_floating) else false);
        if !created {
            instance.release_gui();
        }
        created
    })
}

unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    with(plugin, (), |instance| {
        if instance.is_gui_thread() {
            instance.destroy_gui();
        }
    });
}

unsafe extern "C" fn set_scale(plugin: *const clap_plugin, scale: f64) -> bool {
    with_gui(plugin, false, |instance| {
        SCALES.contains(&scale) && forward!(instance, gui.set_scale(scale) else false)
    })
}

unsafe extern "C" fn get_size(
    plugin: *const clap_plugin,
    width: *mut u32,
    height: *mut u32,
) -> bool {
    with_gui(
        plugin,
        false,
        |instance| forward!(instance, gui.get_size(width, height) else false),
    )
}

unsafe extern "C" fn can_resize(plugin: *const clap_plugin) -> bool {
    with_gui(
        plugin,
        false,
        |instance| forward!(instance, gui.can_resize() else false),
    )
}

unsafe extern "C" fn get_resize_hints(
    plugin: *const clap_plugin,
    hints: *mut clap_gui_resize_hints,
) -> bool {
    with_gui(
        plugin,
        false,
        |instance| forward!(instance, gui.get_resize_hints(hints) else false),
    )
}

unsafe extern "C" fn adjust_size(
    plugin: *const clap_plugin,
    width: *mut u32,
    height: *mut u32,
) -> bool {
    with_gui(plugin, false, |instance| {
        !width.is_null()
            && !height.is_null()
            && forward!(instance, gui.adjust_size(width, height) else false)
    })
}

unsafe extern "C" fn set_size(plugin: *const clap_plugin, width: u32, height: u32) -> bool {
    with_gui(plugin, false, |instance| {
        let pixels = 1..=MAX_PIXELS;
        if !pixels.contains(&width) || !pixels.contains(&height) {
            return false;
        }
        let (mut own, mut near) = ((0, 0), (width, height));
        let is_own = forward!(instance, gui.get_size(&raw mut own.0, &raw mut own.1) else false)
            && own == (width, height);
        // The window has its own size, or one within its limits, which hosts get from `adjust_size`.
        let is_allowed = is_own
            || forward!(instance, gui.can_resize() else false)
                && forward!(instance, gui.adjust_size(&raw mut near.0, &raw mut near.1) else false)
                && near == (width, height);
        is_allowed && forward!(instance, gui.set_size(width, height) else false)
    })
}

unsafe extern "C" fn set_parent(plugin: *const clap_plugin, window: *const clap_window) -> bool {
    with_gui(plugin, false, |instance| {
        // SAFETY: null, or valid for this call.
        let Some(parent) = (unsafe { window.as_ref() }) else {
            return false;
        };
        // SAFETY: the union is as wide as a pointer in each of its forms.
        let is_window = !parent.api.is_null() && !unsafe { parent.specific.ptr }.is_null();
        // nice-plug ends the host on a window of another window system.
        let is_set = is_window
            && forward!(instance, gui.is_api_supported(parent.api, false) else false)
            && forward!(instance, gui.set_parent(window) else false);
        if is_set {
            // SAFETY: as above.
            let id = unsafe { parent.specific.x11 };
            instance.parent_window.store(id as usize, Ordering::Relaxed);
        }
        is_set
    })
}

unsafe extern "C" fn set_transient(plugin: *const clap_plugin, window: *const clap_window) -> bool {
    with_gui(
        plugin,
        false,
        |instance| forward!(instance, gui.set_transient(window) else false),
    )
}

unsafe extern "C" fn suggest_title(plugin: *const clap_plugin, title: *const c_char) {
    with_gui(plugin, (), |instance| {
        forward!(instance, gui.suggest_title(title) else ());
    });
}

unsafe extern "C" fn show(plugin: *const clap_plugin) -> bool {
    with_gui(plugin, false, |instance| {
        let is_shown = forward!(instance, gui.show() else false);
        let parent = instance.parent_window.load(Ordering::Relaxed);
        if is_shown && let Ok(parent) = u32::try_from(parent) {
            first_frame::request(parent);
        }
        is_shown
    })
}

unsafe extern "C" fn hide(plugin: *const clap_plugin) -> bool {
    with_gui(
        plugin,
        false,
        |instance| forward!(instance, gui.hide() else false),
    )
}
