//! Plugin instance whose functions can be called at any time with any argument.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;
use std::thread;

use clap_sys::ext::audio_ports::*;
use clap_sys::ext::audio_ports_config::*;
use clap_sys::ext::gui::*;
use clap_sys::ext::latency::*;
use clap_sys::ext::note_name::*;
use clap_sys::ext::note_ports::*;
use clap_sys::ext::params::*;
use clap_sys::ext::preset_load::*;
use clap_sys::ext::remote_controls::*;
use clap_sys::ext::render::*;
use clap_sys::ext::state::*;
use clap_sys::ext::state_context::*;
use clap_sys::ext::tail::*;
use clap_sys::ext::track_info::*;
use clap_sys::ext::voice_info::*;
use clap_sys::plugin::clap_plugin;
use clap_sys::process::{clap_process, clap_process_status};

use super::events::Returned;
use super::stream::{Sink, Source};
use super::{Events, Flow, Guarded, Host, Outgoing};

/// Instance with its host, destroyed when dropped.
pub struct Plugin {
    raw: *const clap_plugin,
    host: Host,
}

// SAFETY: a hostile host calls from any thread; the plugin's tolerance of this is under test.
unsafe impl Send for Plugin {}
// SAFETY: as above.
unsafe impl Sync for Plugin {}

/// Calls a function of the plugin's own table.
macro_rules! call {
    ($self:ident.$function:ident($($argument:expr),*)) => {{
        // SAFETY: the plugin has not been destroyed; its handling of the arguments is under test.
        unsafe {
            let function = (*$self.raw).$function;
            function.expect("the plugin has all functions")($self.raw, $($argument),*)
        }
    }};
}

/// Calls a function of an extension; `None` if the plugin lacks the extension or the function.
macro_rules! extension {
    ($self:ident, $table:ty, $id:expr, $function:ident($($argument:expr),*)) => {{
        let table: Option<$table> = $self.extension($id);
        table.and_then(|table| table.$function).map(|function| {
            // SAFETY: the plugin has not been destroyed; its handling of the arguments is under test.
            unsafe { function($self.raw, $($argument),*) }
        })
    }};
}

impl Plugin {
    pub(super) fn new(raw: *const clap_plugin, host: Host) -> Self {
        Self { raw, host }
    }

    /// Returns the instance's host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Destroys the plugin on another thread and returns the host, whose request count then includes those of the
    /// destruction.
    ///
    /// # Panics
    /// When the plugin panics.
    pub fn destroy_elsewhere(self) -> Host {
        let this = ManuallyDrop::new(self);
        thread::scope(|scope| {
            let destroyed = scope.spawn(|| call!(this.destroy())).join();
            destroyed.expect("no function of the plugin panics");
        });
        // SAFETY: `this` is never dropped, so that the host has one owner.
        unsafe { ptr::read(&raw const this.host) }
    }

    /// Calls `init`.
    pub fn init(&self) -> bool {
        call!(self.init())
    }

    /// Calls `activate`.
    pub fn activate(&self, sample_rate: f64, least: u32, most: u32) -> bool {
        call!(self.activate(sample_rate, least, most))
    }

    /// Calls `deactivate`.
    pub fn deactivate(&self) {
        call!(self.deactivate());
    }

    /// Calls `start_processing`.
    pub fn start(&self) -> bool {
        call!(self.start_processing())
    }

    /// Calls `stop_processing`.
    pub fn stop(&self) {
        call!(self.stop_processing());
    }

    /// Calls `reset`.
    pub fn reset(&self) {
        call!(self.reset());
    }

    /// Calls `on_main_thread`.
    pub fn on_main_thread(&self) {
        call!(self.on_main_thread());
    }

    /// Calls `process` with a null pointer.
    pub fn process_null(&self) -> clap_process_status {
        call!(self.process(ptr::null()))
    }

    pub(super) fn process_raw(&self, block: &clap_process) -> clap_process_status {
        call!(self.process(block))
    }

    /// Returns true if the plugin has an extension with this id; `None` passes a null pointer.
    pub fn has_extension(&self, id: Option<&CStr>) -> bool {
        !call!(self.get_extension(id.map_or(ptr::null(), CStr::as_ptr))).is_null()
    }

    fn extension<T: Copy>(&self, id: &CStr) -> Option<T> {
        let table: *const T = call!(self.get_extension(id.as_ptr())).cast();
        // SAFETY: CLAP defines the type behind an id, and the table lives as long as the plugin.
        (!table.is_null()).then(|| unsafe { *table })
    }
}

/// Parameters.
impl Plugin {
    /// Returns the number of parameters.
    pub fn params(&self) -> u32 {
        extension!(self, clap_plugin_params, CLAP_EXT_PARAMS, count()).unwrap_or(0)
    }

    /// Returns id and largest value of the parameter at `index`.
    pub fn param(&self, index: u32) -> Option<(u32, f64)> {
        let info = Guarded::new(size_of::<clap_param_info>());
        let pointer = info.pointer::<clap_param_info>();
        let found = extension!(
            self,
            clap_plugin_params,
            CLAP_EXT_PARAMS,
            get_info(index, pointer)
        )?;
        // SAFETY: zeroed memory is a valid structure, and the plugin only fills it.
        let info = unsafe { *pointer };
        found.then_some((info.id, info.max_value))
    }

    /// Calls `get_info` with a null pointer.
    pub fn param_into_null(&self, index: u32) -> bool {
        let null = ptr::null_mut();
        extension!(
            self,
            clap_plugin_params,
            CLAP_EXT_PARAMS,
            get_info(index, null)
        ) == Some(true)
    }

    /// Returns the value of a parameter.
    pub fn param_value(&self, id: u32) -> Option<f64> {
        let mut value = f64::NAN;
        let found = extension!(
            self,
            clap_plugin_params,
            CLAP_EXT_PARAMS,
            get_value(id, &raw mut value)
        )?;
        found.then_some(value)
    }

    /// Calls `get_value` with a null pointer.
    pub fn param_value_into_null(&self, id: u32) -> bool {
        let null = ptr::null_mut();
        extension!(
            self,
            clap_plugin_params,
            CLAP_EXT_PARAMS,
            get_value(id, null)
        ) == Some(true)
    }

    /// Returns a value as text, in a buffer of `capacity` bytes followed by a guard page; `None` passes a null pointer.
    pub fn value_to_text(&self, id: u32, value: f64, capacity: Option<u32>) -> Option<Vec<u8>> {
        let buffer = Guarded::new(capacity.unwrap_or(0) as usize);
        let pointer = match capacity {
            Some(_) => buffer.pointer(),
            None => ptr::null_mut(),
        };
        let done = extension!(
            self,
            clap_plugin_params,
            CLAP_EXT_PARAMS,
            value_to_text(id, value, pointer, capacity.unwrap_or(256))
        )?;
        assert!(buffer.is_intact(), "the plugin writes before its buffer");
        done.then(|| buffer.bytes().to_vec())
    }

    /// Converts a text to a value; `None` passes a null pointer.
    pub fn text_to_value(&self, id: u32, text: Option<&[u8]>) -> Option<f64> {
        let text = text.map(|text| CString::new(text).expect("the text has no zero"));
        let text = text.map(|text| Guarded::copy(text.as_bytes_with_nul()));
        let pointer = text.as_ref().map_or(ptr::null(), |text| text.pointer());
        let mut value = f64::NAN;
        let done = extension!(
            self,
            clap_plugin_params,
            CLAP_EXT_PARAMS,
            text_to_value(id, pointer, &raw mut value)
        )?;
        done.then_some(value)
    }

    /// Calls `flush`; `None` passes a null list.
    pub fn flush(&self, events: Option<&Events>, outgoing: Outgoing) {
        let incoming = events.map(Events::raw);
        let incoming = incoming.as_ref().map_or(ptr::null(), ptr::from_ref);
        let returned = Returned::new(outgoing);
        let taken = returned.raw();
        let taken = match outgoing {
            Outgoing::Null => ptr::null(),
            _ => &raw const taken,
        };
        extension!(
            self,
            clap_plugin_params,
            CLAP_EXT_PARAMS,
            flush(incoming, taken)
        );
    }
}

/// State.
impl Plugin {
    /// Saves the state to a stream with this behaviour; `None` if the plugin reports an error.
    pub fn save(&self, flow: Flow) -> Option<Vec<u8>> {
        let sink = Sink {
            bytes: RefCell::default(),
            flow,
        };
        let stream = sink.raw();
        let saved = extension!(self, clap_plugin_state, CLAP_EXT_STATE, save(&stream))?;
        saved.then(|| sink.bytes.take())
    }

    /// Loads the state from a stream with this behaviour.
    pub fn load(&self, bytes: &[u8], flow: Flow) -> bool {
        let source = Source {
            bytes,
            at: Cell::new(0),
            flow,
        };
        let stream = source.raw();
        extension!(self, clap_plugin_state, CLAP_EXT_STATE, load(&stream)) == Some(true)
    }

    /// Saves the state in a context, one of CLAP's numbers.
    pub fn save_in(&self, context: u32, flow: Flow) -> Option<Vec<u8>> {
        let sink = Sink {
            bytes: RefCell::default(),
            flow,
        };
        let stream = sink.raw();
        let saved = extension!(
            self,
            clap_plugin_state_context,
            CLAP_EXT_STATE_CONTEXT,
            save(&stream, context)
        )?;
        saved.then(|| sink.bytes.take())
    }

    /// Loads the state in a context, one of CLAP's numbers.
    pub fn load_in(&self, context: u32, bytes: &[u8], flow: Flow) -> bool {
        let source = Source {
            bytes,
            at: Cell::new(0),
            flow,
        };
        let stream = source.raw();
        extension!(
            self,
            clap_plugin_state_context,
            CLAP_EXT_STATE_CONTEXT,
            load(&stream, context)
        ) == Some(true)
    }

    /// Loads a preset; `None` passes a null pointer.
    pub fn load_preset(&self, kind: u32, location: Option<&CStr>, key: Option<&CStr>) -> bool {
        let location = location.map_or(ptr::null(), CStr::as_ptr);
        let key = key.map_or(ptr::null(), CStr::as_ptr);
        extension!(
            self,
            clap_plugin_preset_load,
            CLAP_EXT_PRESET_LOAD,
            from_location(kind, location, key)
        ) == Some(true)
    }

    /// Saves to and loads from a null stream, without a context and with one.
    pub fn save_and_load_null(&self, context: u32) -> [bool; 4] {
        let null = ptr::null();
        let saved = extension!(self, clap_plugin_state, CLAP_EXT_STATE, save(null));
        let saved_in = extension!(
            self,
            clap_plugin_state_context,
            CLAP_EXT_STATE_CONTEXT,
            save(null, context)
        );
        let null = ptr::null();
        let loaded = extension!(self, clap_plugin_state, CLAP_EXT_STATE, load(null));
        let loaded_in = extension!(
            self,
            clap_plugin_state_context,
            CLAP_EXT_STATE_CONTEXT,
            load(null, context)
        );
        [saved, saved_in, loaded, loaded_in].map(|done| done == Some(true))
    }
}

/// Queries.
impl Plugin {
    /// Returns the number of audio ports, and the channel count of the port at `index`.
    pub fn audio_port(&self, index: u32, is_input: bool) -> (u32, Option<u32>) {
        let count = extension!(
            self,
            clap_plugin_audio_ports,
            CLAP_EXT_AUDIO_PORTS,
            count(is_input)
        );
        let info = Guarded::new(size_of::<clap_audio_port_info>());
        let pointer = info.pointer::<clap_audio_port_info>();
        let found = extension!(
            self,
            clap_plugin_audio_ports,
            CLAP_EXT_AUDIO_PORTS,
            get(index, is_input, pointer)
        );
        // SAFETY: zeroed memory is a valid structure, and the plugin only fills it.
        let channels = (found == Some(true)).then(|| unsafe { (*pointer).channel_count });
        (count.unwrap_or(0), channels)
    }

    /// Returns true if there is a note port at `index`.
    pub fn note_port(&self, index: u32, is_input: bool) -> bool {
        let info = Guarded::new(size_of::<clap_note_port_info>());
        extension!(
            self,
            clap_plugin_note_ports,
            CLAP_EXT_NOTE_PORTS,
            get(index, is_input, info.pointer())
        ) == Some(true)
    }

    /// Returns the number of names of keys.
    pub fn note_names(&self) -> u32 {
        extension!(self, clap_plugin_note_name, CLAP_EXT_NOTE_NAME, count()).unwrap_or(0)
    }

    /// Returns key and name of the note name at `index`.
    ///
    /// # Panics
    /// When the name has no end, or stands for a port or a channel.
    pub fn note_name(&self, index: u32) -> Option<(i16, String)> {
        let name = Guarded::new(size_of::<clap_note_name>());
        let pointer = name.pointer::<clap_note_name>();
        let found = extension!(
            self,
            clap_plugin_note_name,
            CLAP_EXT_NOTE_NAME,
            get(index, pointer)
        )?;
        assert!(name.is_intact(), "the plugin writes before its buffer");
        // SAFETY: zeroed memory is a valid structure, and the plugin only fills it.
        let named = unsafe { pointer.read_unaligned() };
        found.then(|| {
            assert_eq!((named.port, named.channel), (-1, -1));
            let bytes = named.name.map(|byte| byte as u8);
            let text = CStr::from_bytes_until_nul(&bytes).expect("the name has an end");
            (named.key, text.to_string_lossy().into_owned())
        })
    }

    /// Returns true if there is a page of remote controls at `index`.
    pub fn remote_controls(&self, index: u32) -> bool {
        let page = Guarded::new(size_of::<clap_remote_controls_page>());
        extension!(
            self,
            clap_plugin_remote_controls,
            CLAP_EXT_REMOTE_CONTROLS,
            get(index, page.pointer())
        ) == Some(true)
    }

    /// Returns the number of remote control pages.
    pub fn remote_control_pages(&self) -> u32 {
        extension!(
            self,
            clap_plugin_remote_controls,
            CLAP_EXT_REMOTE_CONTROLS,
            count()
        )
        .unwrap_or(0)
    }

    /// Returns true if there is a ports configuration at `index`.
    pub fn ports_config(&self, index: u32) -> bool {
        let config = Guarded::new(size_of::<clap_audio_ports_config>());
        extension!(
            self,
            clap_plugin_audio_ports_config,
            CLAP_EXT_AUDIO_PORTS_CONFIG,
            get(index, config.pointer())
        ) == Some(true)
    }

    /// Selects a ports configuration.
    pub fn select_ports_config(&self, id: u32) -> bool {
        extension!(
            self,
            clap_plugin_audio_ports_config,
            CLAP_EXT_AUDIO_PORTS_CONFIG,
            select(id)
        ) == Some(true)
    }

    /// Calls every query that fills a structure with a null pointer, and returns the names of those that report
    /// success.
    pub fn ask_into_null(&self) -> Vec<&'static str> {
        let answers = [
            (
                "audio port",
                extension!(
                    self,
                    clap_plugin_audio_ports,
                    CLAP_EXT_AUDIO_PORTS,
                    get(0, false, ptr::null_mut())
                ),
            ),
            (
                "note port",
                extension!(
                    self,
                    clap_plugin_note_ports,
                    CLAP_EXT_NOTE_PORTS,
                    get(0, true, ptr::null_mut())
                ),
            ),
            (
                "note name",
                extension!(
                    self,
                    clap_plugin_note_name,
                    CLAP_EXT_NOTE_NAME,
                    get(0, ptr::null_mut())
                ),
            ),
            (
                "remote controls",
                extension!(
                    self,
                    clap_plugin_remote_controls,
                    CLAP_EXT_REMOTE_CONTROLS,
                    get(0, ptr::null_mut())
                ),
            ),
            (
                "configuration of ports",
                extension!(
                    self,
                    clap_plugin_audio_ports_config,
                    CLAP_EXT_AUDIO_PORTS_CONFIG,
                    get(0, ptr::null_mut())
                ),
            ),
            (
                "voice info",
                extension!(
                    self,
                    clap_plugin_voice_info,
                    CLAP_EXT_VOICE_INFO,
                    get(ptr::null_mut())
                ),
            ),
        ];
        let filled = answers.iter().filter(|(_, answer)| *answer == Some(true));
        filled.map(|(name, _)| *name).collect()
    }

    /// Sets the render mode.
    pub fn render(&self, mode: i32) -> bool {
        extension!(self, clap_plugin_render, CLAP_EXT_RENDER, set(mode)) == Some(true)
    }

    /// Returns latency and tail in samples, and the voice count with its capacity.
    pub fn facts(&self) -> (u32, u32, Option<(u32, u32)>) {
        let latency = extension!(self, clap_plugin_latency, CLAP_EXT_LATENCY, get());
        let tail = extension!(self, clap_plugin_tail, CLAP_EXT_TAIL, get());
        let mut info = MaybeUninit::<clap_voice_info>::zeroed();
        let known = extension!(
            self,
            clap_plugin_voice_info,
            CLAP_EXT_VOICE_INFO,
            get(info.as_mut_ptr())
        );
        // SAFETY: zeros are a valid structure, and the plugin only fills it.
        let info = unsafe { info.assume_init() };
        let voices = (known == Some(true)).then_some((info.voice_count, info.voice_capacity));
        (latency.unwrap_or(0), tail.unwrap_or(0), voices)
    }

    /// Reports a change of the track's properties.
    pub fn track_changed(&self) {
        extension!(self, clap_plugin_track_info, CLAP_EXT_TRACK_INFO, changed());
    }
}

/// The editor.
impl Plugin {
    /// Returns true if the window API is supported; `None` passes a null pointer.
    pub fn gui_supports(&self, api: Option<&CStr>, floating: bool) -> bool {
        let api = api.map_or(ptr::null(), CStr::as_ptr);
        extension!(
            self,
            clap_plugin_gui,
            CLAP_EXT_GUI,
            is_api_supported(api, floating)
        ) == Some(true)
    }

    /// Queries the preferred API, first into null pointers, then properly.
    pub fn gui_preference(&self) -> [bool; 2] {
        let null = extension!(
            self,
            clap_plugin_gui,
            CLAP_EXT_GUI,
            get_preferred_api(ptr::null_mut(), ptr::null_mut())
        );
        let (mut api, mut floating) = (ptr::null(), false);
        let proper = extension!(
            self,
            clap_plugin_gui,
            CLAP_EXT_GUI,
            get_preferred_api(&raw mut api, &raw mut floating)
        );
        [null == Some(true), proper == Some(true)]
    }

    /// Creates the editor; `None` passes a null pointer.
    pub fn gui_create(&self, api: Option<&CStr>, floating: bool) -> bool {
        let api = api.map_or(ptr::null(), CStr::as_ptr);
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, create(api, floating)) == Some(true)
    }

    /// Destroys the editor.
    pub fn gui_destroy(&self) {
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, destroy());
    }

    /// Sets the editor's scale.
    pub fn gui_scale(&self, scale: f64) -> bool {
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, set_scale(scale)) == Some(true)
    }

    /// Returns the editor's size, queried into null pointers first.
    pub fn gui_size(&self) -> Option<(u32, u32)> {
        let null = ptr::null_mut();
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, get_size(null, null));
        let (mut width, mut height) = (0, 0);
        let known = extension!(
            self,
            clap_plugin_gui,
            CLAP_EXT_GUI,
            get_size(&raw mut width, &raw mut height)
        )?;
        known.then_some((width, height))
    }

    /// Returns the supported size nearest to the given one.
    pub fn gui_adjust(&self, mut width: u32, mut height: u32) -> Option<(u32, u32)> {
        let known = extension!(
            self,
            clap_plugin_gui,
            CLAP_EXT_GUI,
            adjust_size(&raw mut width, &raw mut height)
        )?;
        known.then_some((width, height))
    }

    /// Calls `adjust_size` with null pointers.
    pub fn gui_adjust_null(&self) -> bool {
        let null = ptr::null_mut();
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, adjust_size(null, null)) == Some(true)
    }

    /// Sets the editor's size.
    pub fn gui_resize(&self, width: u32, height: u32) -> bool {
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, set_size(width, height)) == Some(true)
    }

    /// Queries the resize hints, into a null pointer too.
    pub fn gui_hints(&self) -> bool {
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, can_resize());
        extension!(
            self,
            clap_plugin_gui,
            CLAP_EXT_GUI,
            get_resize_hints(ptr::null_mut())
        );
        let mut hints = MaybeUninit::<clap_gui_resize_hints>::zeroed();
        extension!(
            self,
            clap_plugin_gui,
            CLAP_EXT_GUI,
            get_resize_hints(hints.as_mut_ptr())
        ) == Some(true)
    }

    /// Sets the parent window, with an API name that may be null.
    pub fn gui_parent(&self, api: Option<&CStr>, window: usize) -> bool {
        let window = clap_window {
            api: api.map_or(ptr::null(), CStr::as_ptr),
            specific: clap_window_handle {
                ptr: ptr::without_provenance_mut(window),
            },
        };
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, set_parent(&window)) == Some(true)
    }

    /// Sets parent and transient window to null pointers.
    pub fn gui_parent_null(&self) -> [bool; 2] {
        let null = ptr::null();
        let parent = extension!(self, clap_plugin_gui, CLAP_EXT_GUI, set_parent(null));
        let transient = extension!(self, clap_plugin_gui, CLAP_EXT_GUI, set_transient(null));
        [parent == Some(true), transient == Some(true)]
    }

    /// Suggests a title; `None` passes a null pointer.
    pub fn gui_title(&self, title: Option<&CStr>) {
        let title = title.map_or(ptr::null(), CStr::as_ptr);
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, suggest_title(title));
    }

    /// Shows the editor.
    pub fn gui_show(&self) -> bool {
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, show()) == Some(true)
    }

    /// Hides the editor.
    pub fn gui_hide(&self) -> bool {
        extension!(self, clap_plugin_gui, CLAP_EXT_GUI, hide()) == Some(true)
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        call!(self.destroy());
    }
}
