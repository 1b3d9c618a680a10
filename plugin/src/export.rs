//! The entry points of hosts: CLAP directly, VST3 and AUv2 through clap-wrapper.
//!
//! The CLAP entry does the same as nice-plug's `nice_export_clap!`, with this crate's functions in front of nice-plug's:
//! all arguments from a host are checked before nice-plug sees them ([`instance`]).

mod block;
mod c_text;
mod controller_input;
mod extensions;
mod functions;
mod guarded_call;
mod host_events;
mod host_proxy;
mod instance;
mod note_events;
mod note_names;
mod output_events;
mod parameter_events;
mod preset_discovery;
mod preset_load;
mod program_load;
mod state;
mod state_stream;

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use atomic_refcell::AtomicRefCell;
use clap_sys::entry::clap_plugin_entry;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_FACTORY_ID, CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT,
};
use clap_sys::host::clap_host;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::version::CLAP_VERSION;
use nice_plug::wrapper::clap::PluginDescriptor;
use nice_plug::wrapper::setup_logger;
use tidepool_dsp::rt::Clock;

use crate::Tidepool;
use crate::catch::catch;
use crate::params::TidepoolParams;
use crate::telemetry::HostFacts;
pub(crate) use note_events::NoteEvents;
pub(crate) use parameter_events::EVENTS as PARAMETER_EVENTS;

/// The CLAP entry of this library.
// SAFETY: `clap_entry` is the name that CLAP prescribes, and no other symbol of this library has it.
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

thread_local! {
    /// Handles of the instance that is being created on this thread.
    static CREATING: RefCell<Option<HostHandles>> = const { RefCell::new(None) };
}

/// Handles between an instance and its CLAP host, in addition to those of nice-plug.
#[derive(Clone)]
pub(crate) struct HostHandles {
    /// State shared with the functions that the host calls.
    pub(crate) shared: Arc<Shared>,
    /// Wakes a host that processes no blocks because nothing sounds.
    pub(crate) waker: HostWaker,
    /// Name and version of the host.
    pub(crate) host: HostFacts,
}

/// State shared by the functions that the host calls and the plugin behind nice-plug.
#[derive(Default)]
pub(crate) struct Shared {
    /// Number of the host's blocks, incremented at the start of each: nice-plug splits blocks without reporting it.
    pub(crate) blocks: AtomicU64,
    /// The note events of the host's block.
    pub(crate) notes: AtomicRefCell<NoteEvents>,
    /// The parameters, once the plugin has created them.
    pub(crate) params: OnceLock<Arc<TidepoolParams>>,
}

/// Wakes a host that processes no blocks because nothing sounds.
#[derive(Clone, Copy)]
pub(crate) struct HostWaker(*const clap_host);

// SAFETY: the host's proxy lives as long as the instance, and only `request_process` and
// `request_callback` are called through it, which CLAP allows from any thread.
unsafe impl Send for HostWaker {}
// SAFETY: as above.
unsafe impl Sync for HostWaker {}

impl HostWaker {
    /// Creates the waker that uses the proxy `host`, which lives as long as the instance.
    fn new(host: *const clap_host) -> Self {
        Self(host)
    }

    /// Requests blocks. Must be called only while the instance lives. `[gui]`
    pub(crate) fn wake(self) {
        // SAFETY: the proxy lives as long as the instance.
        unsafe {
            if let Some(request) = (*self.0).request_process {
                request(self.0);
            }
        }
    }

    /// Requests a call on the main thread, in which the host is told what has changed. Must be called only while the
    /// instance lives. Any thread.
    pub(crate) fn call_main_thread(self) {
        // SAFETY: the proxy lives as long as the instance.
        unsafe {
            if let Some(request) = (*self.0).request_callback {
                request(self.0);
            }
        }
    }
}

/// Takes the handles of the instance that is being created on this thread; `None` without a CLAP host, as in the
/// standalone program. `[gui]`
pub(crate) fn host_handles() -> Option<HostHandles> {
    CREATING.take()
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
    catch(false, || {
        Clock::warm_up();
        setup_logger::<Tidepool>();
        true
    })
}

extern "C" fn deinit() {}

unsafe extern "C" fn get_factory(id: *const c_char) -> *const c_void {
    if id.is_null() {
        return ptr::null();
    }
    // SAFETY: not null; CLAP promises a terminated string.
    let id = unsafe { CStr::from_ptr(id) };
    if id == CLAP_PLUGIN_FACTORY_ID {
        (&raw const FACTORY).cast()
    } else if id == CLAP_PRESET_DISCOVERY_FACTORY_ID
        || id == CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT
    {
        (&raw const preset_discovery::FACTORY).cast()
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
        0 => catch(ptr::null(), || descriptor().clap_plugin_descriptor()),
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
    // SAFETY: not null, and alive as long as its plugins, as CLAP promises.
    let plugin = unsafe { instance::create(host, functions::face) };
    crate::vst3::created(plugin);
    plugin
}
