//! The bundle's shared library and its plugin factory.

use std::ffi::{CString, c_char};
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use clap_sys::entry::clap_plugin_entry;
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::factory::preset_discovery::CLAP_PRESET_DISCOVERY_FACTORY_ID;
use clap_sys::plugin::clap_plugin;

use super::{Host, Plugin, PresetFactory};
use crate::bundles;

/// Loaded and initialised CLAP, never unloaded, as in most hosts.
pub struct Library {
    library: &'static libloading::Library,
    entry: &'static clap_plugin_entry,
    factory: *const clap_plugin_factory,
}

/// Function that plants a panic at a place and returns how often the previously planted one was hit.
pub type PlantFault = extern "C" fn(place: u32) -> u32;

// SAFETY: CLAP's entry and factory may be called from any thread.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Library {
    /// Returns the CLAP under test.
    pub fn bundled() -> &'static Self {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        LIBRARY.get_or_init(|| Self::load(&bundles::clap_library()))
    }

    /// Loads the CLAP at `path`.
    ///
    /// # Panics
    /// When it cannot be loaded.
    pub fn load(path: &Path) -> Self {
        // SAFETY: loading the bundle under test runs no code but its constructors.
        let library = unsafe { libloading::Library::new(path) };
        let library = library.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        // SAFETY: CLAP defines the type of the symbol with this name.
        let entry = unsafe { library.get::<*const clap_plugin_entry>(b"clap_entry\0") };
        // SAFETY: the entry is a static of a library that is never unloaded.
        let entry = unsafe { &**entry.expect("the bundle has an entry") };
        let path = CString::new(path.as_os_str().as_encoded_bytes()).expect("the path has no zero");
        // SAFETY: the entry's functions are called in CLAP's order, with terminated strings.
        let factory = unsafe {
            assert!(entry.init.expect("there is an init")(path.as_ptr()));
            entry.get_factory.expect("there is a get_factory")(CLAP_PLUGIN_FACTORY_ID.as_ptr())
        };
        assert!(!factory.is_null(), "there is no factory");
        Self {
            library,
            entry,
            factory: factory.cast(),
        }
    }

    /// Returns the function that plants a panic, from a library built with injected faults.
    ///
    /// # Panics
    /// When the library was built without faults.
    pub fn plant_fault(&self, symbol: &str) -> PlantFault {
        // SAFETY: a symbol of this name has this type, see `plugin/src/fault.rs`.
        let found = unsafe { self.library.get::<PlantFault>(symbol.as_bytes()) };
        *found.expect("the library was built with faults")
    }

    /// Creates an uninitialised Tidepool, if the factory supports it.
    pub fn create_tidepool(&self, host: Host) -> Option<Plugin> {
        let id = CString::new("io.github.tidepool-audio.tidepool").expect("no zero");
        self.create_with(Some(host), Some(&id))
    }

    /// Returns true if there is a factory with this id; `None` passes a null pointer.
    pub fn has_factory(&self, id: Option<&CString>) -> bool {
        let get = self.entry.get_factory.expect("there is a get_factory");
        // SAFETY: the argument is a terminated string or null, which is the case under test.
        let factory = unsafe { get(id.map_or(ptr::null(), |id| id.as_ptr())) };
        !factory.is_null()
    }

    /// Returns the factory of providers of presets.
    pub fn preset_factory(&self) -> Option<PresetFactory> {
        let get = self.entry.get_factory.expect("there is a get_factory");
        // SAFETY: the argument is a terminated string.
        let factory = unsafe { get(CLAP_PRESET_DISCOVERY_FACTORY_ID.as_ptr()) };
        (!factory.is_null()).then(|| PresetFactory(factory.cast()))
    }

    /// Calls `init` and `deinit` of the entry `times` more times, as scanning hosts do.
    pub fn init_and_deinit(&self, times: usize) {
        for _ in 0..times {
            // SAFETY: the entry's functions take a string, or nothing.
            unsafe {
                self.entry.init.expect("there is an init")(c"/nowhere".as_ptr());
                self.entry.deinit.expect("there is a deinit")();
            }
        }
    }

    /// Returns true if there is a descriptor at `index`.
    pub fn has_descriptor(&self, index: u32) -> bool {
        // SAFETY: the factory is the library's own.
        let descriptor = unsafe {
            let get = (*self.factory).get_plugin_descriptor;
            get.expect("there is a get_plugin_descriptor")(self.factory, index)
        };
        !descriptor.is_null()
    }

    /// Creates a plugin with the given id and host; `None` passes a null pointer.
    pub fn create_with(&self, host: Option<Host>, id: Option<&CString>) -> Option<Plugin> {
        let raw = self.create_raw(
            host.as_ref().map_or(ptr::null(), Host::raw),
            id.map_or(ptr::null(), |id| id.as_ptr()),
        );
        let host = host.unwrap_or_else(|| Host::new(super::Manners::WORST));
        (!raw.is_null()).then(|| Plugin::new(raw, host))
    }

    fn create_raw(
        &self,
        host: *const clap_sys::host::clap_host,
        id: *const c_char,
    ) -> *const clap_plugin {
        // SAFETY: the factory is the library's own; its handling of the arguments is under test.
        unsafe {
            let create = (*self.factory).create_plugin;
            create.expect("there is a create_plugin")(self.factory, host, id)
        }
    }

    /// Creates an uninitialised Tidepool.
    ///
    /// # Panics
    /// When the factory returns no plugin.
    pub fn create(&self, host: Host) -> Plugin {
        let plugin = self.create_tidepool(host);
        plugin.expect("the factory makes a plugin")
    }
}
