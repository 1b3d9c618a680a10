//! The `clap_host` structure and its extensions, any of which can be left out.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_host_gui};
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_host_latency};
use clap_sys::ext::note_name::{CLAP_EXT_NOTE_NAME, clap_host_note_name};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_host_params};
use clap_sys::ext::preset_load::{CLAP_EXT_PRESET_LOAD, clap_host_preset_load};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_host_state};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_host_tail};
use clap_sys::ext::track_info::{CLAP_EXT_TRACK_INFO, clap_host_track_info, clap_track_info};
use clap_sys::ext::voice_info::{CLAP_EXT_VOICE_INFO, clap_host_voice_info};
use clap_sys::host::clap_host;
use clap_sys::version::CLAP_VERSION;

/// Names of the extensions that the host can offer.
const EXTENSIONS: [&CStr; 9] = [
    CLAP_EXT_GUI,
    CLAP_EXT_LATENCY,
    CLAP_EXT_NOTE_NAME,
    CLAP_EXT_PARAMS,
    CLAP_EXT_PRESET_LOAD,
    CLAP_EXT_STATE,
    CLAP_EXT_TAIL,
    CLAP_EXT_TRACK_INFO,
    CLAP_EXT_VOICE_INFO,
];

/// Parts of the host that exist.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Bit mask of the extensions, by index in the list of all.
    pub extensions: u16,
    /// True if the functions in the extensions' tables are not null.
    pub functions: bool,
    /// True if `get_extension` is not null.
    pub get_extension: bool,
    /// True if `request_restart`, `request_process` and `request_callback` are not null.
    pub requests: bool,
    /// True if name, vendor, URL and version are not null.
    pub names: bool,
}

impl Manners {
    /// Complete host.
    pub const GOOD: Self = Self {
        extensions: u16::MAX,
        functions: true,
        get_extension: true,
        requests: true,
        names: true,
    };
    /// Host with only a `get_extension` that returns null.
    pub const BARE: Self = Self {
        extensions: 0,
        functions: true,
        get_extension: true,
        requests: true,
        names: true,
    };
    /// Host in which every pointer that may be null is null.
    pub const WORST: Self = Self {
        extensions: u16::MAX,
        functions: false,
        get_extension: false,
        requests: false,
        names: false,
    };

    /// Returns a host that lacks one extension.
    #[must_use]
    pub fn without(extension: &CStr) -> Self {
        let bit = EXTENSIONS.iter().position(|&id| id == extension);
        let bit = bit.expect("the extension is one of those that there are");
        Self {
            extensions: !(1 << bit),
            ..Self::GOOD
        }
    }
}

/// Report of the plugin about a preset that the host asked it to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresetReport {
    /// The preset at this location, with this key, is loaded.
    Loaded(Option<String>, Option<String>),
    /// The preset is not loaded, for this reason.
    Failed(String),
}

/// Host with a fixed address.
pub struct Host(Box<Inner>);

struct Inner {
    raw: clap_host,
    manners: Manners,
    requests: AtomicU32,
    note_name_changes: AtomicU32,
    preset_reports: Mutex<Vec<PresetReport>>,
}

// SAFETY: the fields that the plugin reads never change, and the count is atomic.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    /// Returns a host with the parts in `manners`.
    #[must_use]
    pub fn new(manners: Manners) -> Self {
        let text = |text: &'static CStr| match manners.names {
            true => text.as_ptr(),
            false => ptr::null(),
        };
        let mut inner = Box::new(Inner {
            raw: clap_host {
                clap_version: CLAP_VERSION,
                host_data: ptr::null_mut(),
                name: text(c"Hostile"),
                vendor: text(c"Tidepool"),
                url: text(c"https://example.org"),
                version: text(c"1.0"),
                get_extension: manners.get_extension.then_some(get_extension as _),
                request_restart: manners.requests.then_some(request as _),
                request_process: manners.requests.then_some(request as _),
                request_callback: manners.requests.then_some(request as _),
            },
            manners,
            requests: AtomicU32::new(0),
            note_name_changes: AtomicU32::new(0),
            preset_reports: Mutex::default(),
        });
        inner.raw.host_data = (&raw const *inner).cast_mut().cast();
        Self(inner)
    }

    /// Returns the number of requests that the plugin has made.
    pub fn requests(&self) -> u32 {
        self.0.requests.load(Relaxed)
    }

    /// Returns how often the plugin has reported new names of keys.
    pub fn note_name_changes(&self) -> u32 {
        self.0.note_name_changes.load(Relaxed)
    }

    /// Takes the reports about presets since the last call.
    ///
    /// # Panics
    /// When a report has panicked.
    pub fn preset_reports(&self) -> Vec<PresetReport> {
        std::mem::take(&mut self.0.preset_reports.lock().expect("no report panics"))
    }

    pub(super) fn raw(&self) -> *const clap_host {
        &raw const self.0.raw
    }
}

/// Returns the host behind the pointer passed to a callback.
///
/// # Safety
/// `host` has to come from [`Host::raw`] of a host that is alive.
unsafe fn inner<'a>(host: *const clap_host) -> &'a Inner {
    // SAFETY: guaranteed by the caller.
    unsafe { &*(*host).host_data.cast::<Inner>() }
}

fn count(host: *const clap_host) {
    // SAFETY: plugins call back with the host pointer that they were given, and the host outlives them.
    unsafe { inner(host) }.requests.fetch_add(1, Relaxed);
}

unsafe extern "C" fn request(host: *const clap_host) {
    count(host);
}

unsafe extern "C" fn get_extension(host: *const clap_host, id: *const c_char) -> *const c_void {
    // SAFETY: plugins call back with the host pointer that they were given, and the host outlives them.
    let manners = unsafe { inner(host) }.manners;
    // SAFETY: the plugin passes a terminated string.
    let id = unsafe { CStr::from_ptr(id) };
    match EXTENSIONS.iter().position(|&known| known == id) {
        Some(n) if manners.extensions & (1 << n) != 0 => {
            TABLES[usize::from(!manners.functions)][n].0
        }
        _ => ptr::null(),
    }
}

/// Pointer to a table of functions.
struct Table(*const c_void);

// SAFETY: the pointer refers to a constant.
unsafe impl Sync for Table {}

const fn table<T>(table: &'static T) -> Table {
    Table(ptr::from_ref(table).cast())
}

/// Tables of functions in the order of [`EXTENSIONS`], followed by the same tables with null functions.
static TABLES: [[Table; 9]; 2] = [
    [
        table(&clap_host_gui {
            resize_hints_changed: Some(request),
            request_resize: Some(request_resize),
            request_show: Some(request_bool),
            request_hide: Some(request_bool),
            closed: Some(closed),
        }),
        table(&clap_host_latency {
            changed: Some(request),
        }),
        table(&clap_host_note_name {
            changed: Some(note_names_changed),
        }),
        table(&clap_host_params {
            rescan: Some(rescan),
            clear: Some(clear),
            request_flush: Some(request),
        }),
        table(&clap_host_preset_load {
            on_error: Some(preset_failed),
            loaded: Some(preset_loaded),
        }),
        table(&clap_host_state {
            mark_dirty: Some(request),
        }),
        table(&clap_host_tail {
            changed: Some(request),
        }),
        table(&clap_host_track_info {
            get: Some(track_info),
        }),
        table(&clap_host_voice_info {
            changed: Some(request),
        }),
    ],
    [
        table(&clap_host_gui {
            resize_hints_changed: None,
            request_resize: None,
            request_show: None,
            request_hide: None,
            closed: None,
        }),
        table(&clap_host_latency { changed: None }),
        table(&clap_host_note_name { changed: None }),
        table(&clap_host_params {
            rescan: None,
            clear: None,
            request_flush: None,
        }),
        table(&clap_host_preset_load {
            on_error: None,
            loaded: None,
        }),
        table(&clap_host_state { mark_dirty: None }),
        table(&clap_host_tail { changed: None }),
        table(&clap_host_track_info { get: None }),
        table(&clap_host_voice_info { changed: None }),
    ],
];

unsafe extern "C" fn request_resize(host: *const clap_host, _width: u32, _height: u32) -> bool {
    count(host);
    false
}

unsafe extern "C" fn request_bool(host: *const clap_host) -> bool {
    count(host);
    false
}

unsafe extern "C" fn closed(host: *const clap_host, _destroyed: bool) {
    count(host);
}

unsafe extern "C" fn note_names_changed(host: *const clap_host) {
    count(host);
    // SAFETY: plugins call back with the host pointer that they were given, and the host outlives them.
    unsafe { inner(host) }
        .note_name_changes
        .fetch_add(1, Relaxed);
}

fn report(host: *const clap_host, report: PresetReport) {
    // SAFETY: plugins call back with the host pointer that they were given, and the host outlives them.
    let reports = unsafe { &inner(host).preset_reports };
    reports.lock().expect("no report panics").push(report);
}

/// Returns the text at `text`.
///
/// # Safety
/// `text` is null or a terminated string.
unsafe fn owned(text: *const c_char) -> Option<String> {
    // SAFETY: as the caller promises.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text.map(|text| text.to_string_lossy().into_owned())
}

unsafe extern "C" fn preset_failed(
    host: *const clap_host,
    _kind: u32,
    _location: *const c_char,
    _load_key: *const c_char,
    _os_error: i32,
    message: *const c_char,
) {
    // SAFETY: the plugin passes a terminated string.
    let message = unsafe { owned(message) };
    report(
        host,
        PresetReport::Failed(message.expect("there is a message")),
    );
}

unsafe extern "C" fn preset_loaded(
    host: *const clap_host,
    _kind: u32,
    location: *const c_char,
    load_key: *const c_char,
) {
    // SAFETY: the plugin passes the host's own strings.
    let place = unsafe { PresetReport::Loaded(owned(location), owned(load_key)) };
    report(host, place);
}

unsafe extern "C" fn rescan(host: *const clap_host, _flags: u32) {
    count(host);
}

unsafe extern "C" fn clear(host: *const clap_host, _id: u32, _flags: u32) {
    count(host);
}

/// Fills `info` with an unterminated name and a null port type, and returns true.
unsafe extern "C" fn track_info(host: *const clap_host, info: *mut clap_track_info) -> bool {
    count(host);
    // SAFETY: the plugin provides memory for the structure.
    unsafe {
        (*info).flags = u64::MAX;
        (*info).name.fill(b'n' as c_char);
        (*info).audio_channel_count = i32::MIN;
        (*info).audio_port_type = ptr::null();
    }
    true
}
