//! The functions of `clap_plugin`: each checks the host's arguments before calling nice-plug's function of the same name.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::atomic::Ordering;

use clap_sys::plugin::clap_plugin;
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};

use super::block::{MAX_PIECE, Output};
use super::guarded_call::with;
use super::instance::{Instance, MIN_PIECE, instance};
use super::{extensions, note_names, program_load};
use crate::catch::catch;

/// Accepted sample rates, in Hz.
const SAMPLE_RATES: std::ops::RangeInclusive<f64> = 1_000.0..=1_000_000.0;
/// Samples of the longest block that a host may announce.
const MAX_ANNOUNCED: u32 = 65_536;
/// Samples of the longest block that is accepted: a host that passes more has no buffers of that length, and a part
/// of them cannot be cleared.
const MAX_FRAMES: u32 = 1 << 24;

/// The plugin that hosts see: nice-plug's, behind the functions below.
pub(super) fn face(inner: clap_plugin) -> clap_plugin {
    clap_plugin {
        init: Some(init),
        destroy: Some(destroy),
        activate: Some(activate),
        deactivate: Some(deactivate),
        start_processing: Some(start_processing),
        stop_processing: Some(stop_processing),
        reset: Some(reset),
        process: Some(process),
        get_extension: Some(get_extension),
        on_main_thread: Some(on_main_thread),
        ..inner
    }
}

pub(super) unsafe extern "C" fn init(plugin: *const clap_plugin) -> bool {
    // SAFETY: hosts pass a plugin that this library has created.
    let Some((instance, init)) =
        unsafe { instance(plugin) }.and_then(|instance| Some((instance, instance.inner.init?)))
    else {
        return false;
    };
    instance.host.find_extensions();
    // SAFETY: the host's arguments, passed on unchanged.
    let done = unsafe { init(plugin) };
    instance.initialized.fetch_or(done, Ordering::Relaxed);
    done
}

pub(super) unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    // SAFETY: hosts pass a plugin that this library has created.
    let Some(live) = (unsafe { instance(plugin) }) else {
        return;
    };
    if !live.is_gui_thread() {
        // The window cannot be closed on this thread. Leaking the instance is the lesser evil; the host may go away after
        // this call.
        live.host.let_go();
        return;
    }
    // SAFETY: the host destroys only what it created, once, and does not use it afterwards.
    let instance = unsafe { Box::from_raw(plugin.cast_mut().cast::<Instance>()) };
    if let Some(destroy) = instance.inner.destroy {
        // SAFETY: the host's arguments, passed on unchanged.
        unsafe { destroy(plugin) }
    }
}

pub(super) unsafe extern "C" fn activate(
    plugin: *const clap_plugin,
    sample_rate: f64,
    least: u32,
    most: u32,
) -> bool {
    // SAFETY: hosts pass a plugin that this library has created.
    let Some(instance) = (unsafe { instance(plugin) }) else {
        return false;
    };
    if !SAMPLE_RATES.contains(&sample_rate)
        || most > MAX_ANNOUNCED
        || !instance.initialized.load(Ordering::Relaxed)
    {
        return false;
    }
    let (Some(activate), Some(mut audio)) = (instance.inner.activate, instance.wait_for_audio())
    else {
        return false;
    };
    audio.sample_rate = sample_rate;
    audio.longest = most.clamp(MIN_PIECE, MAX_PIECE);
    audio.position = 0;
    audio.parameters.restart();
    audio.controllers.reset();
    // SAFETY: checked numbers.
    audio.active = unsafe { activate(plugin, sample_rate, least.min(most), audio.longest) };
    audio.active
}

pub(super) unsafe extern "C" fn deactivate(plugin: *const clap_plugin) {
    // SAFETY: hosts pass a plugin that this library has created.
    let Some(instance) = (unsafe { instance(plugin) }) else {
        return;
    };
    let Some(mut audio) = instance.wait_for_audio() else {
        return;
    };
    instance.forget_notes();
    instance.plays.store(false, Ordering::Relaxed);
    if std::mem::take(&mut audio.active)
        && let Some(deactivate) = instance.inner.deactivate
    {
        // SAFETY: the host's arguments, passed on unchanged.
        unsafe { deactivate(plugin) }
    }
}

pub(super) unsafe extern "C" fn start_processing(plugin: *const clap_plugin) -> bool {
    // SAFETY: hosts pass a plugin that this library has created.
    let Some(instance) = (unsafe { instance(plugin) }) else {
        return false;
    };
    let (Some(start), Some(mut audio)) =
        (instance.inner.start_processing, instance.wait_for_audio())
    else {
        return false;
    };
    audio.position = 0;
    audio.parameters.restart();
    audio.controllers.reset();
    // SAFETY: the host's arguments, passed on unchanged.
    audio.active && unsafe { start(plugin) }
}

pub(super) unsafe extern "C" fn stop_processing(plugin: *const clap_plugin) {
    // SAFETY: hosts pass a plugin that this library has created.
    let Some(instance) = (unsafe { instance(plugin) }) else {
        return;
    };
    if let (Some(stop), Some(_audio)) = (instance.inner.stop_processing, instance.wait_for_audio())
    {
        instance.forget_notes();
        instance.plays.store(false, Ordering::Relaxed);
        // SAFETY: the host's arguments, passed on unchanged.
        unsafe { stop(plugin) }
    }
}

pub(super) unsafe extern "C" fn reset(plugin: *const clap_plugin) {
    // SAFETY: hosts pass a plugin that this library has created.
    let Some(instance) = (unsafe { instance(plugin) }) else {
        return;
    };
    if let (Some(reset), Some(mut audio)) = (instance.inner.reset, instance.wait_for_audio()) {
        audio.position = 0;
        audio.parameters.restart();
        audio.controllers.reset();
        instance.forget_notes();
        // SAFETY: the host's arguments, passed on unchanged.
        unsafe { reset(plugin) }
    }
}

pub(super) unsafe extern "C" fn process(
    plugin: *const clap_plugin,
    block: *const clap_process,
) -> clap_process_status {
    if block.is_null() {
        return CLAP_PROCESS_ERROR;
    }
    // SAFETY: not null, and valid for this call, as CLAP promises.
    let block = unsafe { block.read_unaligned() };
    if block.frames_count > MAX_FRAMES {
        return CLAP_PROCESS_ERROR;
    }
    catch(CLAP_PROCESS_ERROR, || {
        // SAFETY: hosts pass a plugin that this library has created.
        let instance = unsafe { instance(plugin) };
        // The audio thread must not wait for another thread that holds it.
        let status = instance.map_or(CLAP_PROCESS_ERROR, |instance| {
            match instance.audio.try_borrow_mut() {
                // SAFETY: the host's own block.
                Ok(mut audio) => unsafe { instance.play(&mut audio, &block) },
                Err(_) => CLAP_PROCESS_ERROR,
            }
        });
        if status == CLAP_PROCESS_ERROR {
            // SAFETY: the host's own block.
            unsafe { Output::clear(&block, 0) };
        }
        status
    })
}

pub(super) unsafe extern "C" fn get_extension(
    plugin: *const clap_plugin,
    id: *const c_char,
) -> *const c_void {
    // SAFETY: hosts pass a plugin that this library has created.
    let Some(instance) = (unsafe { instance(plugin) }) else {
        return ptr::null();
    };
    if id.is_null() {
        return ptr::null();
    }
    // SAFETY: not null; CLAP promises a terminated string.
    let name = unsafe { CStr::from_ptr(id) };
    extensions::own(name).unwrap_or_else(|| match instance.inner.get_extension {
        // SAFETY: the host's arguments, passed on unchanged.
        Some(get) => unsafe { get(plugin, id) },
        None => ptr::null(),
    })
}

pub(super) unsafe extern "C" fn on_main_thread(plugin: *const clap_plugin) {
    with(plugin, (), note_names::follow_tuning);
    with(plugin, (), program_load::load_selected);
    // SAFETY: hosts pass a plugin that this library has created.
    let Some(instance) = (unsafe { instance(plugin) }) else {
        return;
    };
    instance.tell_names();
    instance.tell_fields();
    if instance.is_gui_thread()
        && !instance.is_in_gui_call()
        && let Some(on_main_thread) = instance.inner.on_main_thread
    {
        // SAFETY: the host's arguments, passed on unchanged.
        instance.gui_call(|| unsafe { on_main_thread(plugin) });
    }
}
