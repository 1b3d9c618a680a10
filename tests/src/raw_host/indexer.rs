//! Host's indexer of presets: lists where a plugin's presets are, and reads the description of each.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;

use clap_sys::factory::preset_discovery::*;
use clap_sys::timestamp::clap_timestamp;
use clap_sys::universal_plugin_id::clap_universal_plugin_id;
use clap_sys::version::CLAP_VERSION;

/// Place where presets are, as the plugin declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetLocation {
    /// Name for the user.
    pub name: String,
    /// Folder or file; `None` for presets in the plugin.
    pub path: Option<PathBuf>,
    /// Flags of CLAP.
    pub flags: u32,
}

/// Description of a preset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribedPreset {
    /// File of the preset; `None` for a preset in the plugin.
    pub path: Option<PathBuf>,
    /// Name.
    pub name: String,
    /// Key within the location; `None` if the location has only this preset.
    pub load_key: Option<String>,
    /// Formats and ids of the plugins that load it.
    pub plugins: Vec<(String, String)>,
    /// Authors.
    pub creators: Vec<String>,
    /// Description.
    pub description: Option<String>,
    /// Features.
    pub features: Vec<String>,
    /// Time of the last change, in seconds since 1970.
    pub modified: Option<u64>,
}

/// Everything that an indexer has found.
#[derive(Clone, Debug, Default)]
pub struct Indexed {
    /// Extensions of preset files.
    pub extensions: Vec<String>,
    /// Places of presets.
    pub locations: Vec<PresetLocation>,
    /// All presets, by location.
    pub presets: Vec<DescribedPreset>,
    /// Files that could not be read, with the plugin's message.
    pub errors: Vec<(Option<PathBuf>, String)>,
}

/// Parts that an indexer and its receiver of descriptions lack.
#[derive(Clone, Copy, Debug, Default)]
pub struct IndexerManners {
    /// True if all functions of the indexer are null.
    pub no_indexer_functions: bool,
    /// True if all functions of the receiver but `begin_preset` are null.
    pub no_receiver_functions: bool,
    /// Number of presets after which the receiver asks to stop.
    pub stop_after: Option<usize>,
}

/// Factory of providers of presets.
pub struct PresetFactory(pub(super) *const clap_preset_discovery_factory);

/// Context of the indexer's functions.
struct State {
    manners: IndexerManners,
    /// File that is being read.
    path: Option<PathBuf>,
    found: RefCell<Indexed>,
}

/// Returns the text at `text`.
///
/// # Safety
/// `text` is null or a terminated string.
unsafe fn owned(text: *const c_char) -> Option<String> {
    // SAFETY: as the caller promises.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    Some(text?.to_str().expect("texts are UTF-8").to_owned())
}

/// Calls a function of a table that the plugin must have.
macro_rules! call {
    ($table:expr, $function:ident($($argument:expr),*)) => {{
        let table = $table;
        // SAFETY: the table is the library's own; its handling of the arguments is under test.
        unsafe { ((*table).$function.expect("the function is there"))(table $(, $argument)*) }
    }};
}

impl PresetFactory {
    /// Returns the number of providers.
    pub fn count(&self) -> u32 {
        call!(self.0, count())
    }

    /// Returns the id of the provider at `index`.
    pub fn id(&self, index: u32) -> Option<CString> {
        let descriptor = call!(self.0, get_descriptor(index));
        // SAFETY: null, or a descriptor of the library.
        let descriptor = unsafe { descriptor.as_ref() }?;
        // SAFETY: CLAP promises a terminated string.
        Some(unsafe { CStr::from_ptr(descriptor.id) }.to_owned())
    }

    /// Returns true if a provider is created without an indexer or for this id; `None` passes a null pointer.
    pub fn creates(&self, indexer: bool, id: Option<&CStr>) -> bool {
        let state = State {
            manners: IndexerManners::default(),
            path: None,
            found: RefCell::default(),
        };
        let face = face(&state);
        let indexer = if indexer {
            &raw const face
        } else {
            ptr::null()
        };
        let id = id.map_or(ptr::null(), CStr::as_ptr);
        let provider = call!(self.0, create(indexer, id));
        if !provider.is_null() {
            call!(provider, destroy());
        }
        !provider.is_null()
    }

    /// Lists all presets as a host does: `None` if the provider does not start. Between the files, the provider is asked
    /// for invalid locations, and each has to be refused.
    ///
    /// # Panics
    /// When a provider is not created, or accepts what is no location.
    pub fn index(&self, manners: IndexerManners) -> Option<Indexed> {
        let mut state = State {
            manners,
            path: None,
            found: RefCell::default(),
        };
        let face = face(&state);
        let id = self.id(0).expect("there is a provider");
        let provider = call!(self.0, create(&raw const face, id.as_ptr()));
        assert!(!provider.is_null(), "there is no provider");
        let started = call!(provider, init());
        if started {
            let locations = state.found.borrow().locations.clone();
            for location in locations {
                let files = match &location.path {
                    None => vec![None],
                    Some(folder) => below(folder).into_iter().map(Some).collect(),
                };
                for file in files {
                    state.path = file;
                    read(provider, &state);
                }
            }
            state.path = None;
            let null = ptr::null();
            let receiver = receiver(&state);
            for kind in [0, 2, u32::MAX] {
                assert!(!call!(
                    provider,
                    get_metadata(kind, null, &raw const receiver)
                ));
            }
            assert!(!call!(provider, get_metadata(1, null, ptr::null())));
            assert!(call!(provider, get_extension(c"no.such.thing".as_ptr())).is_null());
        }
        call!(provider, destroy());
        started.then(|| state.found.into_inner())
    }
}

/// Has the provider describe the presets of the file, or of the plugin.
fn read(provider: *const clap_preset_discovery_provider, state: &State) {
    let path = state.path.as_ref().map(|path| {
        CString::new(path.as_os_str().as_encoded_bytes()).expect("the path has no zero")
    });
    let (kind, location) = match &path {
        Some(path) => (CLAP_PRESET_DISCOVERY_LOCATION_FILE, path.as_ptr()),
        None => (CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, ptr::null()),
    };
    let errors = state.found.borrow().errors.len();
    let receiver = receiver(state);
    let done = call!(provider, get_metadata(kind, location, &raw const receiver));
    let failed = state.found.borrow().errors.len() > errors;
    assert!(!done || !failed, "a failure is reported as success");
}

/// Returns all files below `folder`, in order.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a declared folder is there");
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry is readable").path();
        match path.is_dir() {
            true => files.extend(below(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

fn face(state: &State) -> clap_preset_discovery_indexer {
    let complete = !state.manners.no_indexer_functions;
    clap_preset_discovery_indexer {
        clap_version: CLAP_VERSION,
        name: c"Indexer".as_ptr(),
        vendor: c"Tidepool".as_ptr(),
        url: ptr::null(),
        version: c"1.0".as_ptr(),
        indexer_data: ptr::from_ref(state).cast_mut().cast(),
        declare_filetype: complete.then_some(declare_filetype as _),
        declare_location: complete.then_some(declare_location as _),
        declare_soundpack: complete.then_some(declare_soundpack as _),
        get_extension: complete.then_some(get_extension as _),
    }
}

fn receiver(state: &State) -> clap_preset_discovery_metadata_receiver {
    let complete = !state.manners.no_receiver_functions;
    clap_preset_discovery_metadata_receiver {
        receiver_data: ptr::from_ref(state).cast_mut().cast(),
        on_error: complete.then_some(on_error as _),
        begin_preset: Some(begin_preset),
        add_plugin_id: complete.then_some(add_plugin_id as _),
        set_soundpack_id: None,
        set_flags: None,
        add_creator: complete.then_some(add_creator as _),
        set_description: complete.then_some(set_description as _),
        set_timestamps: complete.then_some(set_timestamps as _),
        add_feature: complete.then_some(add_feature as _),
        add_extra_info: None,
    }
}

/// Runs `work` with the state of the indexer.
fn with<T>(indexer: *const clap_preset_discovery_indexer, work: impl FnOnce(&State) -> T) -> T {
    // SAFETY: plugins call back with the indexer that they were given, whose state outlives them.
    work(unsafe { &*(*indexer).indexer_data.cast::<State>() })
}

/// Runs `work` with the preset that was begun last.
fn with_last(
    receiver: *const clap_preset_discovery_metadata_receiver,
    work: impl FnOnce(&mut DescribedPreset),
) {
    // SAFETY: plugins call back with the receiver that they were given, whose state outlives the call.
    let state = unsafe { &*(*receiver).receiver_data.cast::<State>() };
    let mut found = state.found.borrow_mut();
    work(found.presets.last_mut().expect("a preset was begun"));
}

unsafe extern "C" fn declare_filetype(
    indexer: *const clap_preset_discovery_indexer,
    filetype: *const clap_preset_discovery_filetype,
) -> bool {
    // SAFETY: the plugin passes a complete structure.
    let extension = unsafe { owned((*filetype).file_extension) };
    with(indexer, |state| {
        state.found.borrow_mut().extensions.extend(extension);
    });
    true
}

unsafe extern "C" fn declare_location(
    indexer: *const clap_preset_discovery_indexer,
    location: *const clap_preset_discovery_location,
) -> bool {
    // SAFETY: the plugin passes a complete structure.
    let (location, path) = unsafe { (*location, owned((*location).location)) };
    let is_file = location.kind == CLAP_PRESET_DISCOVERY_LOCATION_FILE;
    assert_eq!(
        path.is_some(),
        is_file,
        "files have a path, the plugin has none"
    );
    let location = PresetLocation {
        // SAFETY: as above.
        name: unsafe { owned(location.name) }.expect("a location has a name"),
        path: path.map(PathBuf::from),
        flags: location.flags,
    };
    with(indexer, |state| {
        state.found.borrow_mut().locations.push(location)
    });
    true
}

unsafe extern "C" fn declare_soundpack(
    _indexer: *const clap_preset_discovery_indexer,
    _soundpack: *const clap_preset_discovery_soundpack,
) -> bool {
    true
}

unsafe extern "C" fn get_extension(
    _indexer: *const clap_preset_discovery_indexer,
    _id: *const c_char,
) -> *const c_void {
    ptr::null()
}

unsafe extern "C" fn on_error(
    receiver: *const clap_preset_discovery_metadata_receiver,
    _os_error: i32,
    message: *const c_char,
) {
    // SAFETY: as for `with_last`; the plugin passes a terminated string.
    let (state, message) = unsafe { (&*(*receiver).receiver_data.cast::<State>(), owned(message)) };
    let message = message.expect("an error has a message");
    let mut found = state.found.borrow_mut();
    found.errors.push((state.path.clone(), message));
}

unsafe extern "C" fn begin_preset(
    receiver: *const clap_preset_discovery_metadata_receiver,
    name: *const c_char,
    load_key: *const c_char,
) -> bool {
    // SAFETY: as for `with_last`; the plugin passes terminated strings, or nothing.
    let (state, name, load_key) = unsafe {
        (
            &*(*receiver).receiver_data.cast::<State>(),
            owned(name),
            owned(load_key),
        )
    };
    let mut found = state.found.borrow_mut();
    if state.manners.stop_after == Some(found.presets.len()) {
        return false;
    }
    found.presets.push(DescribedPreset {
        path: state.path.clone(),
        name: name.expect("a preset has a name"),
        load_key,
        ..DescribedPreset::default()
    });
    true
}

unsafe extern "C" fn add_plugin_id(
    receiver: *const clap_preset_discovery_metadata_receiver,
    id: *const clap_universal_plugin_id,
) {
    // SAFETY: the plugin passes a complete structure.
    let (abi, id) = unsafe { (owned((*id).abi), owned((*id).id)) };
    let id = abi.zip(id).expect("the id has both parts");
    with_last(receiver, |preset| preset.plugins.push(id));
}

unsafe extern "C" fn add_creator(
    receiver: *const clap_preset_discovery_metadata_receiver,
    creator: *const c_char,
) {
    // SAFETY: the plugin passes a terminated string.
    let creator = unsafe { owned(creator) };
    with_last(receiver, |preset| preset.creators.extend(creator));
}

unsafe extern "C" fn set_description(
    receiver: *const clap_preset_discovery_metadata_receiver,
    description: *const c_char,
) {
    // SAFETY: the plugin passes a terminated string.
    let description = unsafe { owned(description) };
    with_last(receiver, |preset| preset.description = description);
}

unsafe extern "C" fn set_timestamps(
    receiver: *const clap_preset_discovery_metadata_receiver,
    _created: clap_timestamp,
    modified: clap_timestamp,
) {
    with_last(receiver, |preset| preset.modified = Some(modified));
}

unsafe extern "C" fn add_feature(
    receiver: *const clap_preset_discovery_metadata_receiver,
    feature: *const c_char,
) {
    // SAFETY: the plugin passes a terminated string.
    let feature = unsafe { owned(feature) };
    with_last(receiver, |preset| preset.features.extend(feature));
}
