//! The CLAP factory `preset-discovery`: tells hosts where presets are, and describes each, so that a host's own browser can
//! list them. The factory sounds are in the plugin, by name; those of the user are `.toml` files in a folder.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, ptr};

use clap_sys::factory::preset_discovery::*;
use clap_sys::timestamp::{CLAP_TIMESTAMP_UNKNOWN, clap_timestamp};
use clap_sys::universal_plugin_id::clap_universal_plugin_id;
use clap_sys::version::CLAP_VERSION;
use nice_plug::prelude::ClapPlugin;

use super::c_text::c_text;
use super::preset_load::Place;
use crate::Tidepool;
use crate::catch::catch;
use crate::fault::{self, FaultPoint};
use crate::presets::{self, Preset, store};

/// Number of the system's error where none is known; the sentence names it.
const NO_OS_ERROR: i32 = 0;
const ID: &CStr = c"io.github.tidepool-audio.tidepool.presets";

pub(super) static FACTORY: clap_preset_discovery_factory = clap_preset_discovery_factory {
    count: Some(count),
    get_descriptor: Some(get_descriptor),
    create: Some(create),
};

static DESCRIPTOR: clap_preset_discovery_provider_descriptor =
    clap_preset_discovery_provider_descriptor {
        clap_version: CLAP_VERSION,
        id: ID.as_ptr(),
        name: c"Tidepool".as_ptr(),
        vendor: c"Tidepool".as_ptr(),
    };

/// A provider of presets, which a host creates for its indexer.
#[repr(C)]
struct Provider {
    /// First, so that a pointer to it is a pointer to the provider.
    face: clap_preset_discovery_provider,
    /// The host's indexer, valid until the provider is destroyed.
    indexer: *const clap_preset_discovery_indexer,
}

unsafe extern "C" fn count(_factory: *const clap_preset_discovery_factory) -> u32 {
    1
}

unsafe extern "C" fn get_descriptor(
    _factory: *const clap_preset_discovery_factory,
    index: u32,
) -> *const clap_preset_discovery_provider_descriptor {
    match index {
        0 => &raw const DESCRIPTOR,
        _ => ptr::null(),
    }
}

unsafe extern "C" fn create(
    _factory: *const clap_preset_discovery_factory,
    indexer: *const clap_preset_discovery_indexer,
    id: *const c_char,
) -> *const clap_preset_discovery_provider {
    // SAFETY: CLAP promises a terminated string, or nothing.
    if indexer.is_null() || id.is_null() || unsafe { CStr::from_ptr(id) } != ID {
        return ptr::null();
    }
    catch(ptr::null(), || {
        fault::at(FaultPoint::Extension);
        let provider = Box::new(Provider {
            face: clap_preset_discovery_provider {
                desc: &raw const DESCRIPTOR,
                provider_data: ptr::null_mut(),
                init: Some(init),
                destroy: Some(destroy),
                get_metadata: Some(get_metadata),
                get_extension: Some(get_extension),
            },
            indexer,
        });
        Box::into_raw(provider).cast_const().cast()
    })
}

unsafe extern "C" fn destroy(provider: *const clap_preset_discovery_provider) {
    if !provider.is_null() {
        // SAFETY: the host destroys only what `create` has made, once, and does not use it afterwards.
        drop(unsafe { Box::from_raw(provider.cast_mut().cast::<Provider>()) });
    }
}

unsafe extern "C" fn get_extension(
    _provider: *const clap_preset_discovery_provider,
    _id: *const c_char,
) -> *const c_void {
    ptr::null()
}

/// Declares the type of preset files, the factory sounds, and the user's folder if there is one.
unsafe extern "C" fn init(provider: *const clap_preset_discovery_provider) -> bool {
    // SAFETY: null, or a provider that `create` has made.
    let Some(provider) = (unsafe { provider.cast::<Provider>().as_ref() }) else {
        return false;
    };
    let indexer = provider.indexer;
    // SAFETY: the indexer is valid until the provider is destroyed.
    let (Some(declare_filetype), Some(declare_location)) =
        (unsafe { ((*indexer).declare_filetype, (*indexer).declare_location) })
    else {
        return false;
    };
    let folder = catch(None, || {
        fault::at(FaultPoint::Extension);
        let folder = store::chosen_folder().filter(|folder| folder.is_dir());
        folder.and_then(|folder| CString::new(folder.into_os_string().into_encoded_bytes()).ok())
    });
    let filetype = clap_preset_discovery_filetype {
        name: c"Tidepool preset".as_ptr(),
        description: c"A sound of Tidepool, as text".as_ptr(),
        file_extension: c"toml".as_ptr(),
    };
    let factory = clap_preset_discovery_location {
        flags: CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT,
        name: c"Factory".as_ptr(),
        kind: CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN,
        location: ptr::null(),
    };
    // SAFETY: the host's own functions, called with its indexer and texts that live until they return.
    unsafe {
        declare_filetype(indexer, &raw const filetype)
            && declare_location(indexer, &raw const factory)
            && folder.is_none_or(|folder| {
                let user = clap_preset_discovery_location {
                    flags: CLAP_PRESET_DISCOVERY_IS_USER_CONTENT,
                    name: c"User".as_ptr(),
                    kind: CLAP_PRESET_DISCOVERY_LOCATION_FILE,
                    location: folder.as_ptr(),
                };
                declare_location(indexer, &raw const user)
            })
    }
}

/// Describes the presets at a location: all of the factory, or the one in a file. Returns false after an error, about which
/// the receiver is told, and if the receiver asks to stop. A deleted preset is not described.
unsafe extern "C" fn get_metadata(
    provider: *const clap_preset_discovery_provider,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    receiver: *const clap_preset_discovery_metadata_receiver,
) -> bool {
    // SAFETY: null, or valid for this call.
    let Some(receiver) = (unsafe { receiver.as_ref() }).filter(|_| !provider.is_null()) else {
        return false;
    };
    catch(false, || {
        fault::at(FaultPoint::Extension);
        let receiver = Receiver(receiver);
        // SAFETY: CLAP promises a terminated string, or nothing.
        let described = match unsafe { Place::read(kind, location) } {
            Ok(Place::Factory) => {
                let mut all = presets::all().iter();
                Ok(all.all(|preset| receiver.describe(preset, Some(&preset.name), None)))
            }
            Ok(Place::File(path)) if is_deleted(&path) => Ok(true),
            Ok(Place::File(path)) => presets::open(&path)
                .map(|preset| receiver.describe(&preset, None, modified(&path)))
                .map_err(|error| error.to_string()),
            Err(sentence) => Err(sentence),
        };
        described.unwrap_or_else(|sentence| {
            receiver.fail(&sentence);
            false
        })
    })
}

/// Returns true if the file is in the folder of deleted presets.
fn is_deleted(path: &Path) -> bool {
    let folder = store::chosen_folder();
    folder.is_some_and(|folder| path.starts_with(folder.join(store::TRASH)))
}

/// Returns the time of the file's last change.
fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// The host's receiver of descriptions; functions that it lacks are not called.
struct Receiver<'a>(&'a clap_preset_discovery_metadata_receiver);

impl Receiver<'_> {
    /// Describes `preset`; returns false if the receiver asks to stop.
    fn describe(&self, preset: &Preset, key: Option<&str>, modified: Option<SystemTime>) -> bool {
        let name = c_text(&preset.name);
        let key = key.map(c_text);
        let key = key.as_ref().map_or(ptr::null(), |key| key.as_ptr());
        // SAFETY: the host's own function, called with its receiver and texts that live until it returns.
        let begun = self
            .0
            .begin_preset
            .is_some_and(|begin| unsafe { begin(self.0, name.as_ptr(), key) });
        if !begun {
            return false;
        }
        self.of_tidepool();
        self.send(self.0.add_creator, &preset.author);
        self.send(self.0.set_description, &preset.description);
        self.send(self.0.add_feature, &preset.category.name().to_lowercase());
        for tag in &preset.tags {
            self.send(self.0.add_feature, tag);
        }
        if let (Some(set), Some(modified)) = (self.0.set_timestamps, modified) {
            // SAFETY: the host's own function, called with its receiver.
            unsafe { set(self.0, CLAP_TIMESTAMP_UNKNOWN, timestamp(modified)) }
        }
        true
    }

    /// Names the plugin that loads the preset.
    fn of_tidepool(&self) {
        let id = c_text(Tidepool::CLAP_ID);
        let id = clap_universal_plugin_id {
            abi: c"clap".as_ptr(),
            id: id.as_ptr(),
        };
        if let Some(add) = self.0.add_plugin_id {
            // SAFETY: the host's own function, called with its receiver and texts that live until it returns.
            unsafe { add(self.0, &raw const id) }
        }
    }

    /// Sends a text, unless it is empty.
    fn send(
        &self,
        function: Option<
            unsafe extern "C" fn(*const clap_preset_discovery_metadata_receiver, *const c_char),
        >,
        text: &str,
    ) {
        if let Some(function) = function.filter(|_| !text.is_empty()) {
            let text = c_text(text);
            // SAFETY: the host's own function, called with its receiver and a text that lives until it returns.
            unsafe { function(self.0, text.as_ptr()) }
        }
    }

    fn fail(&self, sentence: &str) {
        if let Some(on_error) = self.0.on_error {
            let sentence = c_text(sentence);
            // SAFETY: the host's own function, called with its receiver and a text that lives until it returns.
            unsafe { on_error(self.0, NO_OS_ERROR, sentence.as_ptr()) }
        }
    }
}

/// Returns the seconds since 1970 in UTC.
fn timestamp(time: SystemTime) -> clap_timestamp {
    let since = time.duration_since(UNIX_EPOCH);
    since.map_or(CLAP_TIMESTAMP_UNKNOWN, |since| since.as_secs())
}
