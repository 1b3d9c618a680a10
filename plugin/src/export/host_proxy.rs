//! Proxy of the host for nice-plug, which assumes that a host has `clap.gui` and that no function pointer is null.
//! The proxy has every function, does nothing where the real host lacks one, and identifies the main thread without
//! allocating.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::Relaxed};

use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_host_gui};
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_host_latency};
use clap_sys::ext::note_name::{CLAP_EXT_NOTE_NAME, clap_host_note_name};
use clap_sys::ext::params::{
    CLAP_EXT_PARAMS, CLAP_PARAM_RESCAN_INFO, CLAP_PARAM_RESCAN_VALUES, clap_host_params,
};
use clap_sys::ext::preset_load::{
    CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT, clap_host_preset_load,
};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state};
use clap_sys::ext::thread_check::{CLAP_EXT_THREAD_CHECK, clap_host_thread_check};
use clap_sys::ext::track_info::{CLAP_EXT_TRACK_INFO, clap_host_track_info, clap_track_info};
use clap_sys::ext::voice_info::{CLAP_EXT_VOICE_INFO, clap_host_voice_info};
use clap_sys::factory::preset_discovery::clap_preset_discovery_location_kind;
use clap_sys::host::clap_host;
use tidepool_dsp::rt::this_thread;

/// Number of the system's error where none is known; the sentence names it.
const NO_OS_ERROR: i32 = 0;

/// Place of a preset, as a host names it.
#[derive(Clone, Copy)]
pub(super) struct PresetLocation {
    pub(super) kind: clap_preset_discovery_location_kind,
    /// Path of a file; null for the factory's.
    pub(super) location: *const c_char,
    /// Name of a factory sound; null for a file.
    pub(super) load_key: *const c_char,
}

/// Proxy between nice-plug and the host.
#[repr(C)]
pub(super) struct HostProxy {
    /// First, so that a pointer to it is a pointer to the proxy.
    face: clap_host,
    real: *const clap_host,
    /// True if the real host must not be called.
    gone: AtomicBool,
    main_thread: AtomicUsize,
    gui: AtomicPtr<clap_host_gui>,
    latency: AtomicPtr<clap_host_latency>,
    note_name: AtomicPtr<clap_host_note_name>,
    params: AtomicPtr<clap_host_params>,
    preset_load: AtomicPtr<clap_host_preset_load>,
    state: AtomicPtr<clap_host_state>,
    track_info: AtomicPtr<clap_host_track_info>,
    voice_info: AtomicPtr<clap_host_voice_info>,
}

/// Calls a function of an extension of the real host if both exist; otherwise evaluates to the value after `else`.
macro_rules! forward {
    ($host:expr, $extension:ident . $function:ident ($($argument:expr),*) else $otherwise:expr) => {{
        // SAFETY: only nice-plug and the proxy itself call this, with the proxy as the host, while its instance lives.
        let proxy = unsafe { proxy($host) };
        // SAFETY: null, or the host's table, which lives as long as the host.
        match unsafe { proxy.$extension.load(Relaxed).as_ref() }.and_then(|table| table.$function) {
            // SAFETY: the host's own function, called with the host.
            Some(function) => unsafe { function(proxy.real $(, $argument)*) },
            None => $otherwise,
        }
    }};
}

impl HostProxy {
    /// Creates a proxy of `real`. The calling thread is the main thread. Allocates. `[gui]`
    ///
    /// # Safety
    /// `real` is a valid host for as long as the proxy lives.
    pub(super) unsafe fn new(real: *const clap_host) -> Box<Self> {
        Box::new(Self {
            face: clap_host {
                get_extension: Some(get_extension),
                request_restart: Some(request_restart),
                request_process: Some(request_process),
                request_callback: Some(request_callback),
                // SAFETY: valid, as the caller promises.
                ..unsafe { *real }
            },
            real,
            gone: AtomicBool::new(false),
            main_thread: AtomicUsize::new(this_thread()),
            gui: AtomicPtr::default(),
            latency: AtomicPtr::default(),
            note_name: AtomicPtr::default(),
            params: AtomicPtr::default(),
            preset_load: AtomicPtr::default(),
            state: AtomicPtr::default(),
            track_info: AtomicPtr::default(),
            voice_info: AtomicPtr::default(),
        })
    }

    /// Returns the proxy as a CLAP host.
    pub(super) fn as_host(&self) -> *const clap_host {
        (&raw const *self).cast()
    }

    /// Queries the host's extensions, which CLAP allows from `init` on. `[gui]`
    pub(super) fn find_extensions(&self) {
        self.gui.store(self.extension(CLAP_EXT_GUI), Relaxed);
        self.latency
            .store(self.extension(CLAP_EXT_LATENCY), Relaxed);
        self.note_name
            .store(self.extension(CLAP_EXT_NOTE_NAME), Relaxed);
        self.params.store(self.extension(CLAP_EXT_PARAMS), Relaxed);
        let preset_load: *mut clap_host_preset_load = self.extension(CLAP_EXT_PRESET_LOAD);
        let preset_load = match preset_load.is_null() {
            true => self.extension(CLAP_EXT_PRESET_LOAD_COMPAT),
            false => preset_load,
        };
        self.preset_load.store(preset_load, Relaxed);
        self.state.store(self.extension(CLAP_EXT_STATE), Relaxed);
        self.track_info
            .store(self.extension(CLAP_EXT_TRACK_INFO), Relaxed);
        self.voice_info
            .store(self.extension(CLAP_EXT_VOICE_INFO), Relaxed);
    }

    /// Makes the calling thread, on which the window lives, the main thread. `[gui]`
    pub(super) fn adopt_main_thread(&self) {
        let current = this_thread();
        self.main_thread.store(current, Relaxed);
    }

    /// Stops calling the real host: the host considers the plugin destroyed and may free what belongs to it. Any thread.
    pub(super) fn let_go(&self) {
        self.gone.store(true, Relaxed);
        self.gui.store(ptr::null_mut(), Relaxed);
        self.latency.store(ptr::null_mut(), Relaxed);
        self.note_name.store(ptr::null_mut(), Relaxed);
        self.params.store(ptr::null_mut(), Relaxed);
        self.preset_load.store(ptr::null_mut(), Relaxed);
        self.state.store(ptr::null_mut(), Relaxed);
        self.track_info.store(ptr::null_mut(), Relaxed);
        self.voice_info.store(ptr::null_mut(), Relaxed);
    }

    /// Tells the host that names of parameters have changed. `[gui]`
    pub(super) fn rescan_names(&self) {
        forward!(self.as_host(), params.rescan(CLAP_PARAM_RESCAN_INFO) else ());
    }

    /// Tells the host that values of parameters have changed. `[gui]`
    pub(super) fn rescan_values(&self) {
        forward!(self.as_host(), params.rescan(CLAP_PARAM_RESCAN_VALUES) else ());
    }

    /// Tells the host that the names of the keys have changed. `[gui]`
    pub(super) fn note_names_changed(&self) {
        forward!(self.as_host(), note_name.changed() else ());
    }

    /// Tells the host that the preset at `place` is loaded. `[gui]`
    pub(super) fn preset_loaded(&self, place: &PresetLocation) {
        let PresetLocation {
            kind,
            location,
            load_key,
        } = *place;
        forward!(self.as_host(), preset_load.loaded(kind, location, load_key) else ());
    }

    /// Tells the host why the preset at `place` is not loaded. `[gui]`
    pub(super) fn preset_failed(&self, place: &PresetLocation, sentence: &CStr) {
        let PresetLocation {
            kind,
            location,
            load_key,
        } = *place;
        let sentence = sentence.as_ptr();
        forward!(self.as_host(), preset_load.on_error(kind, location, load_key, NO_OS_ERROR, sentence) else ());
    }

    /// Tells the host that the state has changed. `[gui]`
    pub(super) fn mark_dirty(&self) {
        forward!(self.as_host(), state.mark_dirty() else ());
    }

    fn extension<T>(&self, id: &CStr) -> *mut T {
        // SAFETY: the host is valid while the proxy lives.
        match unsafe { (*self.real).get_extension } {
            // SAFETY: the host's own function, called with the host.
            Some(get) => unsafe { get(self.real, id.as_ptr()) }.cast_mut().cast(),
            None => ptr::null_mut(),
        }
    }
}

/// Returns the proxy behind `host`.
///
/// # Safety
/// `host` came from [`HostProxy::as_host`], and the proxy still lives.
unsafe fn proxy<'a>(host: *const clap_host) -> &'a HostProxy {
    // SAFETY: the face is the first field of a proxy, as the caller promises.
    unsafe { &*host.cast() }
}

/// Calls a function of the real host if it exists.
macro_rules! request {
    ($host:ident, $function:ident) => {{
        // SAFETY: only the plugin calls this, with the host that it was given, while its instance lives.
        let proxy = unsafe { proxy($host) };
        let real = proxy.real;
        if !proxy.gone.load(Relaxed)
            // SAFETY: the host is valid until it lets go of the plugin.
            && let Some(function) = unsafe { (*real).$function }
        {
            // SAFETY: the host's own function, called with the host.
            unsafe { function(real) }
        }
    }};
}

static GUI: clap_host_gui = clap_host_gui {
    resize_hints_changed: Some(resize_hints_changed),
    request_resize: Some(request_resize),
    request_show: Some(request_show),
    request_hide: Some(request_hide),
    closed: Some(closed),
};
static LATENCY: clap_host_latency = clap_host_latency {
    changed: Some(latency_changed),
};
static PARAMS: clap_host_params = clap_host_params {
    rescan: Some(rescan),
    clear: Some(clear),
    request_flush: Some(request_flush),
};
static THREAD_CHECK: clap_host_thread_check = clap_host_thread_check {
    is_main_thread: Some(is_main_thread),
    is_audio_thread: Some(is_audio_thread),
};
static TRACK_INFO: clap_host_track_info = clap_host_track_info {
    get: Some(track_info),
};
static VOICE_INFO: clap_host_voice_info = clap_host_voice_info {
    changed: Some(voice_info_changed),
};

unsafe extern "C" fn get_extension(_host: *const clap_host, id: *const c_char) -> *const c_void {
    // SAFETY: nice-plug passes the constants of CLAP.
    let id = unsafe { CStr::from_ptr(id) };
    let tables: [(&CStr, *const c_void); 6] = [
        (CLAP_EXT_GUI, (&raw const GUI).cast()),
        (CLAP_EXT_LATENCY, (&raw const LATENCY).cast()),
        (CLAP_EXT_PARAMS, (&raw const PARAMS).cast()),
        (CLAP_EXT_THREAD_CHECK, (&raw const THREAD_CHECK).cast()),
        (CLAP_EXT_TRACK_INFO, (&raw const TRACK_INFO).cast()),
        (CLAP_EXT_VOICE_INFO, (&raw const VOICE_INFO).cast()),
    ];
    let table = tables.iter().find(|(name, _)| *name == id);
    table.map_or(ptr::null(), |(_, table)| *table)
}

unsafe extern "C" fn request_restart(host: *const clap_host) {
    request!(host, request_restart);
}

unsafe extern "C" fn request_process(host: *const clap_host) {
    request!(host, request_process);
}

unsafe extern "C" fn request_callback(host: *const clap_host) {
    request!(host, request_callback);
}

unsafe extern "C" fn resize_hints_changed(host: *const clap_host) {
    forward!(host, gui.resize_hints_changed() else ());
}

unsafe extern "C" fn request_resize(host: *const clap_host, width: u32, height: u32) -> bool {
    forward!(host, gui.request_resize(width, height) else false)
}

unsafe extern "C" fn request_show(host: *const clap_host) -> bool {
    forward!(host, gui.request_show() else false)
}

unsafe extern "C" fn request_hide(host: *const clap_host) -> bool {
    forward!(host, gui.request_hide() else false)
}

unsafe extern "C" fn closed(host: *const clap_host, was_destroyed: bool) {
    forward!(host, gui.closed(was_destroyed) else ());
}

unsafe extern "C" fn latency_changed(host: *const clap_host) {
    forward!(host, latency.changed() else ());
}

unsafe extern "C" fn rescan(host: *const clap_host, flags: u32) {
    forward!(host, params.rescan(flags) else ());
}

unsafe extern "C" fn clear(host: *const clap_host, id: u32, flags: u32) {
    forward!(host, params.clear(id, flags) else ());
}

unsafe extern "C" fn request_flush(host: *const clap_host) {
    forward!(host, params.request_flush() else ());
}

unsafe extern "C" fn is_main_thread(host: *const clap_host) -> bool {
    // SAFETY: only nice-plug calls this, with the host that it was given, while its instance lives.
    let proxy = unsafe { proxy(host) };
    this_thread() == proxy.main_thread.load(Relaxed)
}

unsafe extern "C" fn is_audio_thread(host: *const clap_host) -> bool {
    // SAFETY: the argument, passed on unchanged.
    !unsafe { is_main_thread(host) }
}

unsafe extern "C" fn track_info(host: *const clap_host, info: *mut clap_track_info) -> bool {
    forward!(host, track_info.get(info) else false)
}

unsafe extern "C" fn voice_info_changed(host: *const clap_host) {
    forward!(host, voice_info.changed() else ());
}
