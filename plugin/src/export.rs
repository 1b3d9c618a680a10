//! The entry points that hosts look for: CLAP directly, VST3 and AUv2 as clap-wrapper's faces of it.
//!
//! The CLAP entry does what nice-plug's `nice_export_clap!` would, and puts two functions of its own in
//! front of the plugin's, for what nice-plug 0.4.2 leaves open:
//!
//! - `process`: nice-plug looks at the first input port even where the host has none. And it cuts blocks at
//!   parameter events without saying so; [`host_block`] tells.
//! - `activate`: nice-plug allocates when a block is longer than announced, which some hosts' are.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock};

use clack_host::entry::{PluginEntry, PluginEntryError};
use clap_sys::entry::clap_plugin_entry;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use clap_sys::version::CLAP_VERSION;
use nice_plug::wrapper::clap::{PluginDescriptor, Wrapper};
use nice_plug::wrapper::setup_logger;

use crate::Tidepool;

/// Blocks up to this length, in samples, are fine whatever the host announced.
const LEAST_ANNOUNCED: u32 = 8192;

/// The CLAP entry of this library.
// SAFETY: `clap_entry` is the name that CLAP prescribes for it, and nothing else here is called so.
#[unsafe(no_mangle)]
#[used]
pub static clap_entry: clap_plugin_entry = clap_plugin_entry {
    clap_version: CLAP_VERSION,
    init: Some(init),
    deinit: Some(deinit),
    get_factory: Some(get_factory),
};

mod faces {
    #![allow(missing_docs, clippy::undocumented_unsafe_blocks)]
    clap_wrapper::export_vst3!();
    clap_wrapper::export_auv2!();
}

/// This library's own CLAP entry, for hosting it in the same process. `[gui]`
///
/// # Errors
/// Whatever [`PluginEntry::load_from_raw`] reports; a correctly linked binary has no reason to.
pub fn entry() -> Result<PluginEntry, PluginEntryError> {
    // SAFETY: `clap_entry` is a static of this very binary, so it lives and stays put for the whole
    // run, and it is what the CLAP ABI wants.
    unsafe { PluginEntry::load_from_raw(&clap_entry, c"") }
}

thread_local! {
    // `const` and without a destructor: the audio thread may use it.
    static HOST_BLOCK: Cell<u64> = const { Cell::new(0) };
}

/// The number of the host block that is being processed on this thread; `None` where no CLAP host is
/// involved, which is in the standalone. `[audio]`
pub(crate) fn host_block() -> Option<u64> {
    Some(HOST_BLOCK.get()).filter(|number| *number > 0)
}

/// The plugin's own functions, which are the same for every instance.
struct Inner {
    activate: unsafe extern "C" fn(*const clap_plugin, f64, u32, u32) -> bool,
    process: unsafe extern "C" fn(*const clap_plugin, *const clap_process) -> clap_process_status,
}

static INNER: OnceLock<Inner> = OnceLock::new();
static DESCRIPTOR: OnceLock<PluginDescriptor> = OnceLock::new();

static FACTORY: clap_plugin_factory = clap_plugin_factory {
    get_plugin_count: Some(plugin_count),
    get_plugin_descriptor: Some(plugin_descriptor),
    create_plugin: Some(create_plugin),
};

fn descriptor() -> &'static PluginDescriptor {
    DESCRIPTOR.get_or_init(PluginDescriptor::for_plugin::<Tidepool>)
}

extern "C" fn init(_path: *const c_char) -> bool {
    setup_logger::<Tidepool>();
    true
}

extern "C" fn deinit() {}

unsafe extern "C" fn get_factory(id: *const c_char) -> *const c_void {
    // SAFETY: CLAP promises a terminated string, or nothing.
    if !id.is_null() && unsafe { CStr::from_ptr(id) } == CLAP_PLUGIN_FACTORY_ID {
        (&raw const FACTORY).cast()
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn plugin_count(_factory: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn plugin_descriptor(
    _factory: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    match index {
        0 => descriptor().clap_plugin_descriptor(),
        _ => ptr::null(),
    }
}

unsafe extern "C" fn create_plugin(
    _factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    // SAFETY: CLAP promises a terminated string, or nothing.
    if host.is_null() || id.is_null() || unsafe { CStr::from_ptr(id) } != descriptor().clap_id() {
        return ptr::null();
    }
    // SAFETY: the host is alive as long as its plugins, as CLAP promises.
    let wrapper = unsafe { Wrapper::<Tidepool>::new(host) };
    {
        let mut plugin = wrapper.clap_plugin.borrow_mut();
        if let (Some(own_activate), Some(own_process)) = (plugin.activate, plugin.process) {
            INNER.get_or_init(|| Inner {
                activate: own_activate,
                process: own_process,
            });
            plugin.activate = Some(activate);
            plugin.process = Some(process);
        }
    }
    // SAFETY: the wrapper was made just now and is alive. Its `destroy` takes back the count that is
    // given away here.
    unsafe { (*Arc::into_raw(wrapper)).clap_plugin.as_ptr() }
}

unsafe extern "C" fn activate(
    plugin: *const clap_plugin,
    sample_rate: f64,
    least: u32,
    most: u32,
) -> bool {
    let Some(inner) = INNER.get() else {
        return false;
    };
    // SAFETY: passed on as it came.
    unsafe { (inner.activate)(plugin, sample_rate, least, most.max(LEAST_ANNOUNCED)) }
}

unsafe extern "C" fn process(
    plugin: *const clap_plugin,
    block: *const clap_process,
) -> clap_process_status {
    let Some(inner) = INNER.get().filter(|_| !block.is_null()) else {
        return CLAP_PROCESS_ERROR;
    };
    HOST_BLOCK.set(HOST_BLOCK.get() + 1);
    // SAFETY: not null, and valid for this call, as CLAP promises.
    let mut block = unsafe { *block };
    if block.audio_inputs_count == 0 {
        block.audio_inputs = ptr::null();
    }
    if block.audio_outputs_count == 0 {
        block.audio_outputs = ptr::null_mut();
    }
    // SAFETY: passed on as it came, but for pointers that point to nothing.
    unsafe { (inner.process)(plugin, &block) }
}
