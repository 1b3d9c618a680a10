//! The CLAP extension `preset-load`: a host loads a factory sound by its name, or a user's preset by its file.
//!
//! A preset takes the way of a host's state: the values are set as a whole, and the engine takes them over as a whole.
//! Tuning and settings of the instrument stay.

use std::ffi::c_char;
use std::path::PathBuf;

use clap_sys::ext::preset_load::clap_plugin_preset_load;
use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_LOCATION_FILE, CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN,
    clap_preset_discovery_location_kind,
};
use clap_sys::plugin::clap_plugin;

use super::c_text::{c_text, text};
use super::guarded_call::with;
use super::host_proxy::PresetLocation;
use super::instance::Instance;
use super::state::{keep_own_settings, load_state};
use crate::params::state::of_sound;
use crate::params::{SoundInfo, make_loadable, sound_info};
use crate::presets::entry::PresetId;
use crate::presets::{self, Preset, store};

pub(super) static PRESET_LOAD: clap_plugin_preset_load = clap_plugin_preset_load {
    from_location: Some(from_location),
};

/// Place of a preset that exists for Tidepool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The factory sounds, which the library contains.
    Factory,
    /// A preset file.
    File(PathBuf),
}

impl Place {
    /// Reads a host's kind and location.
    ///
    /// # Errors
    /// A sentence without a full stop.
    ///
    /// # Safety
    /// `location` is null or a terminated string.
    pub(super) unsafe fn read(
        kind: clap_preset_discovery_location_kind,
        location: *const c_char,
    ) -> Result<Self, String> {
        // SAFETY: as the caller promises.
        match (kind, unsafe { text(location) }) {
            (CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, _) => Ok(Self::Factory),
            (CLAP_PRESET_DISCOVERY_LOCATION_FILE, Some(path)) => Ok(Self::File(path.into())),
            (CLAP_PRESET_DISCOVERY_LOCATION_FILE, None) => Err(
                "the host names no preset file, or not in UTF-8; choose another file".to_owned(),
            ),
            (kind, _) => Err(format!(
                "presets are in files and in the plugin, and the host asks for a location of the unknown kind {kind}; \
                 choose another preset"
            )),
        }
    }
}

/// Finds and reads the preset.
///
/// # Errors
/// A sentence without a full stop.
///
/// # Safety
/// The texts of `place` are null or terminated strings.
unsafe fn find(place: &PresetLocation) -> Result<(Preset, PresetId), String> {
    // SAFETY: as the caller promises.
    let (found, key) = unsafe {
        (
            Place::read(place.kind, place.location),
            text(place.load_key),
        )
    };
    match (found?, key) {
        (Place::File(path), _) => {
            let preset = presets::open(&path).map_err(|error| error.to_string())?;
            let folder = store::chosen_folder().unwrap_or_default();
            Ok((preset, PresetId::user(&folder, &path)))
        }
        (Place::Factory, Some(name)) => {
            let preset = presets::find(name).map_err(|error| error.to_string())?;
            Ok((preset.clone(), PresetId::factory(&preset.name)))
        }
        (Place::Factory, None) => {
            Err("the host names no factory preset; choose one of the list".to_owned())
        }
    }
}

/// Loads the preset with its texts over the sound of the instance. `[gui]`
pub(super) fn load(instance: &Instance, preset: &Preset, id: &PresetId) -> bool {
    let mut state = of_sound(&preset.patch);
    let info = SoundInfo::of(&id.to_string(), preset);
    if let Ok(text) = serde_json::to_string(&info) {
        state.fields.insert(sound_info::FIELD.to_owned(), text);
    }
    make_loadable(&mut state);
    keep_own_settings(instance, &mut state);
    load_state(instance, &state)
}

unsafe extern "C" fn from_location(
    plugin: *const clap_plugin,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    load_key: *const c_char,
) -> bool {
    let place = PresetLocation {
        kind,
        location,
        load_key,
    };
    with(plugin, false, |instance| {
        // SAFETY: CLAP promises terminated strings, or nothing.
        let found = unsafe { find(&place) };
        let loaded = found.and_then(|(preset, id)| match load(instance, &preset, &id) {
            true => Ok(()),
            false => Err(format!(
                "the preset \"{}\" could not be loaded; the sound is as it was",
                preset.name
            )),
        });
        match &loaded {
            Ok(()) => instance.host.preset_loaded(&place),
            Err(sentence) => instance.host.preset_failed(&place, &c_text(sentence)),
        }
        loaded.is_ok()
    })
}
