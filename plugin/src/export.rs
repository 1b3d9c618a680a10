//! The entry points that hosts look for: CLAP directly, VST3 and AUv2 as clap-wrapper's faces of it.
//!
//! The CLAP entry does what nice-plug's `nice_export_clap!` would, and puts two functions of its own in
//! front of the plugin's, for what nice-plug 0.4.2 leaves open:
//!
//! - `process`: nice-plug looks at the first input port even where the host has none. And it cuts blocks at
//!   parameter events without saying so; [`host_ties`] tell.
//! - `activate`: nice-plug allocates when a block is longer than announced, which some hosts' are.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
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
use crate::observer::HostFacts;

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
    /// The ties of the instance that is being created on this thread.
    static CREATING: RefCell<Option<HostTies>> = const { RefCell::new(None) };
}

/// What ties an instance to its CLAP host beside what nice-plug knows of.
#[derive(Clone)]
pub(crate) struct HostTies {
    /// Counts the host's blocks, one up at the start of each.
    pub(crate) blocks: Arc<AtomicU64>,
    /// Wakes a host that plays no blocks because nothing sounds.
    pub(crate) waker: HostWaker,
    /// Who it is.
    pub(crate) host: HostFacts,
}

/// Wakes a host that plays no blocks because nothing sounds.
#[derive(Clone, Copy)]
pub(crate) struct HostWaker(*const clap_host);

// SAFETY: CLAP promises that the host outlives its plugins and that `request_process`, the one thing that this
// is used for, may be called from any thread.
unsafe impl Send for HostWaker {}
// SAFETY: as above.
unsafe impl Sync for HostWaker {}

impl HostWaker {
    /// Asks for blocks. Only while the instance lives. `[gui]`
    pub(crate) fn wake(self) {
        // SAFETY: the host is alive as long as its plugins.
        unsafe {
            if let Some(request) = (*self.0).request_process {
                request(self.0);
            }
        }
    }
}

/// The ties of the instance that is being created on this thread; `None` where no CLAP host is involved, which
/// is in the standalone. `[gui]`
pub(crate) fn host_ties() -> Option<HostTies> {
    CREATING.take()
}

/// What the host gets: a plugin as nice-plug makes it, but for the functions below.
///
/// nice-plug's functions look at nothing of the plugin but its data pointer, which is the same in both.
#[repr(C)]
struct Instance {
    /// First, so that a pointer to it is a pointer to the instance.
    face: clap_plugin,
    inner: clap_plugin,
    blocks: Arc<AtomicU64>,
}

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

fn facts(host: &clap_host) -> HostFacts {
    let text = |text: *const c_char| match text.is_null() {
        true => String::new(),
        // SAFETY: CLAP promises a terminated string, or nothing.
        false => unsafe { CStr::from_ptr(text) }.to_string_lossy().into(),
    };
    HostFacts::of_clap(&text(host.name), &text(host.vendor), &text(host.version))
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
    let blocks = Arc::new(AtomicU64::new(0));
    CREATING.set(Some(HostTies {
        blocks: blocks.clone(),
        waker: HostWaker(host),
        // SAFETY: not null, and valid while its plugins live, as CLAP promises.
        host: facts(unsafe { &*host }),
    }));
    // SAFETY: the host is alive as long as its plugins, as CLAP promises.
    let wrapper = unsafe { Wrapper::<Tidepool>::new(host) };
    CREATING.take();
    let inner = *wrapper.clap_plugin.borrow();
    // The count that is given away here is what nice-plug's `destroy` takes back.
    let _ = Arc::into_raw(wrapper);
    let instance = Box::new(Instance {
        face: clap_plugin {
            destroy: Some(destroy),
            activate: Some(activate),
            process: Some(process),
            ..inner
        },
        inner,
        blocks,
    });
    let plugin = Box::into_raw(instance).cast();
    crate::vst3::created(plugin);
    plugin
}

/// The instance that `plugin` is the face of.
///
/// # Safety
/// `plugin` came from [`create_plugin`] and has not been destroyed.
unsafe fn instance<'a>(plugin: *const clap_plugin) -> &'a Instance {
    // SAFETY: the face is the first field of an instance, as the caller promises.
    unsafe { &*plugin.cast() }
}

unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    // SAFETY: the host destroys only what it created, once, and does not use it any more.
    let instance = unsafe { Box::from_raw(plugin.cast_mut().cast::<Instance>()) };
    if let Some(destroy) = instance.inner.destroy {
        // SAFETY: passed on as it came.
        unsafe { destroy(plugin) }
    }
}

unsafe extern "C" fn activate(
    plugin: *const clap_plugin,
    sample_rate: f64,
    least: u32,
    most: u32,
) -> bool {
    // SAFETY: the host calls it with what it created.
    let Some(activate) = unsafe { instance(plugin) }.inner.activate else {
        return false;
    };
    // SAFETY: passed on as it came.
    unsafe { activate(plugin, sample_rate, least, most.max(LEAST_ANNOUNCED)) }
}

unsafe extern "C" fn process(
    plugin: *const clap_plugin,
    block: *const clap_process,
) -> clap_process_status {
    // SAFETY: the host calls it with what it created.
    let instance = unsafe { instance(plugin) };
    let Some(process) = instance.inner.process.filter(|_| !block.is_null()) else {
        return CLAP_PROCESS_ERROR;
    };
    instance.blocks.fetch_add(1, Ordering::Relaxed);
    // SAFETY: not null, and valid for this call, as CLAP promises.
    let mut block = unsafe { *block };
    if block.audio_inputs_count == 0 {
        block.audio_inputs = ptr::null();
    }
    if block.audio_outputs_count == 0 {
        block.audio_outputs = ptr::null_mut();
    }
    // SAFETY: passed on as it came, but for pointers that point to nothing.
    unsafe { process(plugin, &block) }
}
