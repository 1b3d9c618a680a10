//! An instance as hosts see it: nice-plug's plugin behind functions that check their arguments.
//!
//! nice-plug's functions are `extern "C"`: a panic in one of them ends the host, on any thread. So no arguments
//! reach them that would make them panic, and the functions that they call back catch their own panics.

use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use atomic_refcell::{AtomicRefCell, AtomicRefMut};
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::gui::{CLAP_EXT_GUI, clap_plugin_gui};
use clap_sys::ext::note_ports::{CLAP_EXT_NOTE_PORTS, clap_plugin_note_ports};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use clap_sys::process::{
    CLAP_PROCESS_CONTINUE_IF_NOT_QUIET, CLAP_PROCESS_ERROR, clap_process, clap_process_status,
};
use nice_plug::params::InternalParamMut;
use nice_plug::wrapper::clap::Wrapper;
use tidepool_dsp::Parameter;
use tidepool_dsp::rt::this_thread;

use super::block::{self, Output, Piece};
use super::controller_input::ControllerInput;
use super::host_events::{EventReader, parameter};
use super::host_proxy::HostProxy;
use super::output_events::{Edits, OutputEvents};
use super::parameter_events::ParameterEvents;
use super::{CREATING, HostHandles, HostWaker, Shared};
use crate::Tidepool;
use crate::catch::catch;
use crate::params::AnyParam;
use crate::telemetry::HostFacts;

/// Lower limit of the longest piece, in samples, for hosts that announce shorter blocks.
pub(super) const MIN_PIECE: u32 = 128;
/// Time after which a call that waits for the audio thread gives up.
const PATIENCE: Duration = Duration::from_secs(2);

/// An instance: nice-plug's plugin and the checks in front of it.
///
/// nice-plug's functions use only the data pointer of the plugin, which is the same in `face` and `inner`.
#[repr(C)]
pub(super) struct Instance {
    /// First, so that a pointer to it is a pointer to the instance.
    pub(super) face: clap_plugin,
    pub(super) inner: clap_plugin,
    pub(super) host: Box<HostProxy>,
    /// nice-plug's own tables.
    pub(super) params: *const clap_plugin_params,
    pub(super) state: *const clap_plugin_state,
    pub(super) note_ports: *const clap_plugin_note_ports,
    pub(super) gui: *const clap_plugin_gui,
    pub(super) shared: Arc<Shared>,
    /// True once the host has called `init`.
    pub(super) initialized: AtomicBool,
    /// The window's thread; 0 while there is no window.
    gui_thread: AtomicUsize,
    /// Id or handle of the window's parent; 0 before there is one.
    pub(super) parent_window: AtomicUsize,
    /// True while blocks are processed: from `start_processing` or the first block until `stop_processing`.
    pub(super) plays: AtomicBool,
    /// Depth of nested calls of nice-plug's functions that use the window.
    gui_calls: AtomicUsize,
    /// True if the host has destroyed the window from within such a call.
    gui_gone: AtomicBool,
    /// True if parameter events wait for the end of their window of samples.
    has_waiting: AtomicBool,
    /// True if a state was loaded, which replaces the waiting events.
    state_loaded: AtomicBool,
    /// Count of the sound's texts when the host was told last.
    told_names: AtomicU64,
    /// Count of the changes of the state beside parameters that the host knows of.
    told_fields: AtomicU64,
    /// True if the modulation was taken off the parameters.
    modulation_lifted: AtomicBool,
    /// Count of the tuning's changes when the host was last told of new note names.
    pub(super) named_tuning: AtomicU64,
    /// State of the audio calls, borrowed by one call at a time.
    pub(super) audio: AtomicRefCell<AudioSide>,
}

/// State of an instance's audio calls.
pub(super) struct AudioSide {
    pub(super) active: bool,
    pub(super) sample_rate: f64,
    /// Samples of the longest piece.
    pub(super) longest: u32,
    /// Samples since the last reset.
    pub(super) position: u64,
    pub(super) parameters: ParameterEvents,
    pub(super) controllers: ControllerInput,
    edits: Edits,
}

/// Creates an instance for `host`; null on failure. `face` puts the functions that hosts call before nice-plug's. Allocates.
/// `[gui]`
///
/// # Safety
/// `host` is valid until the instance is destroyed.
pub(super) unsafe fn create(
    host: *const clap_host,
    face: fn(clap_plugin) -> clap_plugin,
) -> *const clap_plugin {
    let made = catch(None, || {
        let shared = Arc::new(Shared::default());
        // The first call builds the table of parameters; otherwise the first event would do so on the audio thread.
        let _ = parameter(0);
        // SAFETY: valid for as long as the instance, as the caller promises.
        let proxy = unsafe { HostProxy::new(host) };
        CREATING.set(Some(HostHandles {
            shared: shared.clone(),
            waker: HostWaker::new(proxy.as_host()),
            // SAFETY: as above.
            host: facts(unsafe { &*host }),
        }));
        // SAFETY: the proxy lives as long as the instance.
        let wrapper = unsafe { Wrapper::<Tidepool>::new(proxy.as_host()) };
        let inner = *wrapper.clap_plugin.borrow();
        let get = inner.get_extension?;
        // SAFETY: a plugin that nice-plug has just created, and CLAP's own names.
        let table = |id: &CStr| unsafe { get(&raw const inner, id.as_ptr()) };
        let instance = Box::new(Instance {
            face: face(inner),
            params: table(CLAP_EXT_PARAMS).cast(),
            state: table(CLAP_EXT_STATE).cast(),
            note_ports: table(CLAP_EXT_NOTE_PORTS).cast(),
            gui: table(CLAP_EXT_GUI).cast(),
            inner,
            host: proxy,
            shared,
            initialized: AtomicBool::new(false),
            gui_thread: AtomicUsize::new(0),
            parent_window: AtomicUsize::new(0),
            plays: AtomicBool::new(false),
            gui_calls: AtomicUsize::new(0),
            gui_gone: AtomicBool::new(false),
            has_waiting: AtomicBool::new(false),
            state_loaded: AtomicBool::new(false),
            told_names: AtomicU64::new(0),
            told_fields: AtomicU64::new(0),
            modulation_lifted: AtomicBool::new(false),
            named_tuning: AtomicU64::new(0),
            audio: AtomicRefCell::new(AudioSide {
                active: false,
                sample_rate: 0.0,
                longest: MIN_PIECE,
                position: 0,
                parameters: ParameterEvents::default(),
                controllers: ControllerInput::default(),
                edits: Edits::default(),
            }),
        });
        // A new instance has nothing that the host could save yet.
        instance.know_fields();
        // nice-plug's `destroy` takes back the reference count that is given away here.
        let _ = Arc::into_raw(wrapper);
        Some(instance)
    });
    CREATING.take();
    made.map_or(ptr::null(), |instance| Box::into_raw(instance).cast())
}

/// Returns name, vendor and version of `host`.
fn facts(host: &clap_host) -> HostFacts {
    let text = |text: *const c_char| match text.is_null() {
        true => String::new(),
        // SAFETY: CLAP promises a terminated string, or nothing.
        false => unsafe { CStr::from_ptr(text) }.to_string_lossy().into(),
    };
    HostFacts::of_clap(&text(host.name), &text(host.vendor), &text(host.version))
}

/// Returns the instance that `plugin` is the face of; `None` for null.
///
/// # Safety
/// `plugin` is null, or came from [`create`] and has not been destroyed.
pub(super) unsafe fn instance<'a>(plugin: *const clap_plugin) -> Option<&'a Instance> {
    // SAFETY: the face is the first field of an instance, as the caller promises.
    unsafe { plugin.cast::<Instance>().as_ref() }
}

impl Instance {
    /// Tells the host if the names of the macros have changed since it was told last. `[gui]`
    pub(super) fn tell_names(&self) {
        if let Some(params) = self.shared.params.get() {
            let count = params.sound_info.count();
            if self.told_names.swap(count, Ordering::Relaxed) != count {
                self.host.rescan_names();
            }
        }
    }

    /// Tells the host if the state has changed beside parameters since it was told last. `[gui]`
    pub(super) fn tell_fields(&self) {
        if self.know_fields() {
            self.host.mark_dirty();
        }
    }

    /// Takes the present state as known to the host, which has just loaded it. Returns true if it was not. `[gui]`
    pub(super) fn know_fields(&self) -> bool {
        let count = (self.shared.params.get()).map_or(0, |params| params.field_changes());
        self.told_fields.swap(count, Ordering::Relaxed) != count
    }

    /// Returns the plugin pointer for nice-plug's functions.
    pub(super) fn plugin(&self) -> *const clap_plugin {
        &raw const self.face
    }

    /// Borrows the audio state, waiting while another thread holds it: for calls that a host should not make while
    /// processing. `None` after a timeout.
    pub(super) fn wait_for_audio(&self) -> Option<AtomicRefMut<'_, AudioSide>> {
        let start = Instant::now();
        loop {
            match self.audio.try_borrow_mut() {
                Ok(audio) => return Some(audio),
                Err(_) if start.elapsed() > PATIENCE => return None,
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// Returns true on the window's thread, and while there is no window: on other threads nice-plug's window functions
    /// end the host.
    pub(super) fn is_gui_thread(&self) -> bool {
        let gui_thread = self.gui_thread.load(Ordering::Relaxed);
        gui_thread == 0 || gui_thread == this_thread()
    }

    /// Returns true if a window can be created: after `init`, and only one. The calling thread becomes the window's.
    pub(super) fn claim_gui(&self) -> bool {
        let current = this_thread();
        let claimed = self.initialized.load(Ordering::Relaxed)
            && self
                .gui_thread
                .compare_exchange(0, current, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if claimed {
            self.host.adopt_main_thread();
        }
        claimed
    }

    /// Runs `call`, a function of nice-plug that uses the window. After the outermost such call, destroys the window if the
    /// host has requested that meanwhile: nice-plug ends the host if it is destroyed within such a call. `[gui]`
    pub(super) fn gui_call<T>(&self, call: impl FnOnce() -> T) -> T {
        self.gui_calls.fetch_add(1, Ordering::Relaxed);
        let answer = call();
        let is_outermost = self.gui_calls.fetch_sub(1, Ordering::Relaxed) == 1;
        if is_outermost && self.gui_gone.swap(false, Ordering::Relaxed) {
            self.destroy_gui();
        }
        answer
    }

    /// Destroys the window, at once or after the running function of nice-plug. `[gui]`
    pub(super) fn destroy_gui(&self) {
        if self.is_in_gui_call() {
            self.gui_gone.store(true, Ordering::Relaxed);
            return;
        }
        // SAFETY: nice-plug's own table.
        if let Some(destroy) = unsafe { self.gui.as_ref() }.and_then(|gui| gui.destroy) {
            // SAFETY: nice-plug's own function, on the window's thread.
            unsafe { destroy(self.plugin()) }
        }
        self.release_gui();
    }

    /// Returns true while a function of nice-plug that uses the window is running. `[gui]`
    pub(super) fn is_in_gui_call(&self) -> bool {
        self.gui_calls.load(Ordering::Relaxed) > 0
    }

    /// Records that the window is gone.
    pub(super) fn release_gui(&self) {
        self.gui_thread.store(0, Ordering::Relaxed);
    }

    /// Marks the parameter events received so far as older than the state that is loaded next. `[gui]`
    pub(super) fn replace_waiting(&self) {
        self.state_loaded.store(true, Ordering::Release);
    }

    /// Removes the modulation of all parameters while `load` sets them: nice-plug loses a value that is set while the
    /// modulation holds the parameter at an end of its range. The next block or flush applies it again. `[gui]`
    pub(super) fn without_modulation(&self, load: impl FnOnce() -> bool) -> bool {
        if let Some(params) = self.shared.params.get() {
            for parameter in Parameter::all() {
                // SAFETY: the same calls that nice-plug makes for a modulation event, on atomic numbers.
                unsafe {
                    match params.get(parameter) {
                        AnyParam::Float(param) => param._internal_modulate_value(0.0),
                        AnyParam::Int(param) => param._internal_modulate_value(0.0),
                    }
                };
            }
        }
        let loaded = load();
        self.modulation_lifted.store(true, Ordering::Release);
        loaded
    }

    /// Applies waiting parameter events, so that a state that is saved next includes them; does nothing while blocks are
    /// processed, which apply them themselves. `[gui]`
    pub(super) fn settle_waiting(&self) {
        if self.has_waiting.load(Ordering::Relaxed)
            && !self.plays.load(Ordering::Relaxed)
            && let Ok(mut audio) = self.audio.try_borrow_mut()
        {
            // SAFETY: null lists count as empty.
            unsafe { self.take_events(&mut audio, ptr::null(), ptr::null(), true) }
        }
    }

    /// Discards the waiting events if a state was loaded after them, and applies the modulation again. `[audio]`
    fn drop_replaced(&self, audio: &mut AudioSide) {
        if self.state_loaded.load(Ordering::Relaxed)
            && self.state_loaded.swap(false, Ordering::Acquire)
        {
            audio.parameters.forget();
        }
        if self.modulation_lifted.load(Ordering::Relaxed)
            && self.modulation_lifted.swap(false, Ordering::Acquire)
        {
            audio.parameters.modulate_again();
        }
    }

    /// Applies parameter events that come without samples, and keeps the notes among them for the next block.
    ///
    /// # Safety
    /// Both lists are null or valid.
    pub(super) unsafe fn flush(
        &self,
        in_events: *const clap_input_events,
        out_events: *const clap_output_events,
    ) {
        if let Some(mut audio) = self.wait_for_audio() {
            // SAFETY: the host's arguments, passed on unchanged.
            unsafe { self.take_events(&mut audio, in_events, out_events, true) }
        }
    }

    /// # Safety
    /// Both lists are null or valid.
    unsafe fn take_events(
        &self,
        audio: &mut AudioSide,
        in_events: *const clap_input_events,
        out_events: *const clap_output_events,
        settle: bool,
    ) {
        // SAFETY: as the caller promises.
        let mut reader = unsafe { EventReader::new(in_events, 1) };
        self.follow_midi_map(audio);
        if let Ok(mut notes) = self.shared.notes.try_borrow_mut() {
            notes.keep(reader, audio.controllers.assigned());
        }
        self.drop_replaced(audio);
        (audio.parameters).fill_at_once(&mut reader, &mut audio.controllers, settle);
        // SAFETY: as the caller promises.
        let output = unsafe { OutputEvents::new(out_events, &audio.parameters, &audio.edits, 0) };
        let list = output.list();
        // Without a list of the host, nice-plug keeps the editor's values for a call that has one.
        let out_events = match out_events.is_null() {
            true => ptr::null(),
            false => &raw const list,
        };
        // SAFETY: nice-plug's own table.
        if let Some(flush) = unsafe { self.params.as_ref() }.and_then(|params| params.flush) {
            // SAFETY: the lists live until the call returns.
            unsafe { flush(self.plugin(), &audio.parameters.list(), out_events) }
        }
        output.finish();
        self.after_call(audio);
    }

    /// Takes over new assignments of controllers. `[audio]`
    fn follow_midi_map(&self, audio: &mut AudioSide) {
        if let Some(params) = self.shared.params.get() {
            audio.controllers.follow(&params.midi_map);
        }
    }

    /// Updates the state after a call of nice-plug.
    fn after_call(&self, audio: &mut AudioSide) {
        let AudioSide {
            parameters,
            controllers,
            edits,
            ..
        } = audio;
        if let Some(params) = self.shared.params.get() {
            let selected = controllers.report(&params.midi_map, &params.program_change);
            if selected {
                HostWaker::new(self.host.as_host()).call_main_thread();
            }
        }
        edits.take(|parameter, value| parameters.edited(parameter, value));
        self.has_waiting
            .store(parameters.waits(), Ordering::Relaxed);
    }

    /// Discards the notes kept for the next block; callers reset or stop the plugin, which ends the sounding notes.
    pub(super) fn forget_notes(&self) {
        if let Ok(mut notes) = self.shared.notes.try_borrow_mut() {
            notes.clear();
        }
    }

    /// Processes `block`.
    ///
    /// # Safety
    /// All pointers in `block` are null or valid as CLAP requires.
    pub(super) unsafe fn play(
        &self,
        audio: &mut AudioSide,
        block: &clap_process,
    ) -> clap_process_status {
        // SAFETY: as the caller promises.
        let output = unsafe { Output::of(block) };
        let (true, Some(output), true, Some(process)) = (
            audio.active,
            output,
            block.frames_count > 0,
            self.inner.process,
        ) else {
            // Events of blocks without output are not lost. Waiting events keep waiting for their sample.
            let settle = !audio.active;
            // SAFETY: as the caller promises.
            unsafe { self.take_events(audio, block.in_events, block.out_events, settle) };
            return match audio.active && block.frames_count == 0 {
                true => CLAP_PROCESS_CONTINUE_IF_NOT_QUIET,
                false => CLAP_PROCESS_ERROR,
            };
        };
        // SAFETY: as the caller promises; the block, and so the list, outlives this call.
        let mut reader = unsafe { EventReader::new(block.in_events, block.frames_count) };
        self.follow_midi_map(audio);
        let notes = self.shared.notes.try_borrow_mut();
        let assigned = audio.controllers.assigned();
        let Ok(()) = notes.map(|mut notes| notes.begin(reader, assigned)) else {
            return CLAP_PROCESS_ERROR;
        };
        // `audio` is borrowed, so there is no other writer of the count.
        let blocks = &self.shared.blocks;
        blocks.store(blocks.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.plays.store(true, Ordering::Relaxed);
        self.drop_replaced(audio);
        // SAFETY: as the caller promises.
        let mut transport = unsafe { block::transport(block) };
        let mut status = CLAP_PROCESS_ERROR;
        let mut from = 0;
        while from < block.frames_count {
            let to = block.frames_count.min(from.saturating_add(audio.longest));
            let AudioSide {
                parameters,
                controllers,
                ..
            } = audio;
            let to = parameters.fill(&mut reader, controllers, audio.position, from, to);
            audio.parameters.set_back_transports(audio.sample_rate);
            // SAFETY: as the caller promises; `from < to`, because the first sample of a piece always has room.
            let piece = unsafe { Piece::of(block, output, transport, from, to) };
            let (parameters, edits) = (&audio.parameters, &audio.edits);
            // SAFETY: as the caller promises.
            let output = unsafe { OutputEvents::new(block.out_events, parameters, edits, from) };
            status = piece.run(
                &parameters.list(),
                &output.list(),
                // SAFETY: checked pointers, and lists that live until the call returns.
                |piece| unsafe { process(self.plugin(), piece) },
            );
            output.finish();
            if status == CLAP_PROCESS_ERROR {
                break;
            }
            let at_start = audio.parameters.last_transport().or(transport);
            let length = i64::from(to - from);
            transport = at_start.map(|event| block::later(event, length, audio.sample_rate));
            from = to;
        }
        self.after_call(audio);
        audio.position += u64::from(block.frames_count);
        if let Ok(mut notes) = self.shared.notes.try_borrow_mut() {
            notes.end();
        }
        status
    }
}
