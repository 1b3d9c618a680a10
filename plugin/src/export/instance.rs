//! One instance as hosts get it: nice-plug's plugin behind functions that check what comes in.
//!
//! nice-plug's functions are `extern "C"`: a panic in one of them ends the host, whoever calls it. So nothing
//! reaches them that they would panic at, and what they call back into catches its own panics.

use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
use super::host_events::{EventReader, parameter};
use super::host_proxy::HostProxy;
use super::output_events::{Edits, OutputEvents};
use super::parameter_events::ParameterEvents;
use super::{CREATING, HostHandles, HostWaker, Shared};
use crate::Tidepool;
use crate::catch::catch;
use crate::observer::HostFacts;
use crate::params::AnyParam;

/// Samples of the shortest pieces that a long block is cut into, whatever the host announced.
pub(super) const MIN_PIECE: u32 = 128;
/// A call that has to wait for the audio thread gives up after this long.
const PATIENCE: Duration = Duration::from_secs(2);

/// nice-plug's plugin, and what stands in front of it.
///
/// nice-plug's functions look at nothing of the plugin but its data pointer, which is the same in both faces.
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
    /// The host has called `init`.
    pub(super) initialized: AtomicBool,
    /// The thread of the window; 0 while there is none.
    gui_thread: AtomicUsize,
    /// Blocks are played: since `start_processing`, or the first block, until `stop_processing`.
    pub(super) plays: AtomicBool,
    /// nice-plug's functions of the window that are under way, one inside the other.
    gui_calls: AtomicUsize,
    /// The host has destroyed the window from within such a function.
    gui_gone: AtomicBool,
    /// Parameter events wait for the end of their window.
    has_waiting: AtomicBool,
    /// A state was loaded, which replaces the events that wait.
    state_loaded: AtomicBool,
    /// The modulation was taken off the parameters.
    modulation_lifted: AtomicBool,
    /// For one call at a time.
    pub(super) audio: AtomicRefCell<AudioSide>,
}

/// The part of an instance that the audio thread uses.
pub(super) struct AudioSide {
    pub(super) active: bool,
    pub(super) sample_rate: f64,
    /// Samples of the longest piece.
    pub(super) longest: u32,
    /// Samples since the last reset.
    pub(super) position: u64,
    pub(super) parameters: ParameterEvents,
    edits: Edits,
}

/// Makes an instance for `host`; null if that fails. `face` puts the functions that hosts call before nice-plug's. Allocates.
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
        // The first call makes the table of parameters, which the first event would otherwise do on the audio thread.
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
        // SAFETY: a plugin that nice-plug has just made, and CLAP's own names.
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
            plays: AtomicBool::new(false),
            gui_calls: AtomicUsize::new(0),
            gui_gone: AtomicBool::new(false),
            has_waiting: AtomicBool::new(false),
            state_loaded: AtomicBool::new(false),
            modulation_lifted: AtomicBool::new(false),
            audio: AtomicRefCell::new(AudioSide {
                active: false,
                sample_rate: 0.0,
                longest: MIN_PIECE,
                position: 0,
                parameters: ParameterEvents::default(),
                edits: Edits::default(),
            }),
        });
        // The count that is given away here is what nice-plug's `destroy` takes back.
        let _ = Arc::into_raw(wrapper);
        Some(instance)
    });
    CREATING.take();
    made.map_or(ptr::null(), |instance| Box::into_raw(instance).cast())
}

/// Name, vendor and version of `host`.
fn facts(host: &clap_host) -> HostFacts {
    let text = |text: *const c_char| match text.is_null() {
        true => String::new(),
        // SAFETY: CLAP promises a terminated string, or nothing.
        false => unsafe { CStr::from_ptr(text) }.to_string_lossy().into(),
    };
    HostFacts::of_clap(&text(host.name), &text(host.vendor), &text(host.version))
}

/// The instance that `plugin` is the face of; `None` for null.
///
/// # Safety
/// `plugin` is null, or came from [`create`] and has not been destroyed.
pub(super) unsafe fn instance<'a>(plugin: *const clap_plugin) -> Option<&'a Instance> {
    // SAFETY: the face is the first field of an instance, as the caller promises.
    unsafe { plugin.cast::<Instance>().as_ref() }
}

impl Instance {
    /// As nice-plug's functions take it.
    pub(super) fn plugin(&self) -> *const clap_plugin {
        &raw const self.face
    }

    /// What the audio thread uses, waiting while another thread has it: for calls that a host should not make while
    /// it plays. `None` if that takes too long.
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

    /// Returns true on the window's thread, and while there is no window: on other threads nice-plug's window functions end the host.
    pub(super) fn is_gui_thread(&self) -> bool {
        let gui_thread = self.gui_thread.load(Ordering::Relaxed);
        gui_thread == 0 || gui_thread == this_thread()
    }

    /// Returns true if a window can be made now: after `init`, and only one. The calling thread is the window's from then on.
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

    /// Runs `call`, a function of nice-plug that looks at the window, and after the outermost of them destroys the
    /// window if the host asked for that meanwhile: nice-plug ends the host where one comes inside the other. `[gui]`
    pub(super) fn gui_call<T>(&self, call: impl FnOnce() -> T) -> T {
        self.gui_calls.fetch_add(1, Ordering::Relaxed);
        let answer = call();
        let is_outermost = self.gui_calls.fetch_sub(1, Ordering::Relaxed) == 1;
        if is_outermost && self.gui_gone.swap(false, Ordering::Relaxed) {
            self.destroy_gui();
        }
        answer
    }

    /// Destroys the window, at once or after the function of nice-plug that is under way. `[gui]`
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

    /// Returns true while a function of nice-plug that looks at the window is under way. `[gui]`
    pub(super) fn is_in_gui_call(&self) -> bool {
        self.gui_calls.load(Ordering::Relaxed) > 0
    }

    /// There is no window any more.
    pub(super) fn release_gui(&self) {
        self.gui_thread.store(0, Ordering::Relaxed);
    }

    /// Parameter events that came before now are older than the state that is loaded next. `[gui]`
    pub(super) fn replace_waiting(&self) {
        self.state_loaded.store(true, Ordering::Release);
    }

    /// Takes the modulation off all parameters while `load` sets them: nice-plug loses a value that is set while the
    /// modulation holds the parameter at an end of its range. The next block or flush lays it on again. `[gui]`
    pub(super) fn without_modulation(&self, load: impl FnOnce() -> bool) -> bool {
        if let Some(params) = self.shared.params.get() {
            for parameter in Parameter::all() {
                // SAFETY: what nice-plug does at an event of modulation, to numbers that are atomic.
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

    /// Parameter events that wait reach the parameters, so that a state that is saved next holds them; not while blocks
    /// are played, which bring them there themselves. `[gui]`
    pub(super) fn settle_waiting(&self) {
        if self.has_waiting.load(Ordering::Relaxed)
            && !self.plays.load(Ordering::Relaxed)
            && let Ok(mut audio) = self.audio.try_borrow_mut()
        {
            // SAFETY: null lists are no events.
            unsafe { self.take_events(&mut audio, ptr::null(), ptr::null(), true) }
        }
    }

    /// Forgets the events that wait, if a state was loaded since, and lays the modulation on again. `[audio]`
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

    /// Takes parameter events that come without samples, and keeps the notes among them for the next block.
    ///
    /// # Safety
    /// Both lists are null or valid.
    pub(super) unsafe fn flush(
        &self,
        in_events: *const clap_input_events,
        out_events: *const clap_output_events,
    ) {
        if let Some(mut audio) = self.wait_for_audio() {
            // SAFETY: passed on as they came.
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
        if let Ok(mut notes) = self.shared.notes.try_borrow_mut() {
            notes.keep(reader);
        }
        self.drop_replaced(audio);
        audio.parameters.fill_at_once(&mut reader, settle);
        // SAFETY: as the caller promises.
        let list = unsafe { OutputEvents::new(out_events, &audio.edits) };
        let list = list.list();
        // Without a list of the host, nice-plug keeps what the editor has set for a call that has one.
        let out_events = match out_events.is_null() {
            true => ptr::null(),
            false => &raw const list,
        };
        // SAFETY: nice-plug's own table.
        if let Some(flush) = unsafe { self.params.as_ref() }.and_then(|params| params.flush) {
            // SAFETY: lists that live until the call is over.
            unsafe { flush(self.plugin(), &audio.parameters.list(), out_events) }
        }
        self.after_call(audio);
    }

    /// nice-plug's call is over.
    fn after_call(&self, audio: &mut AudioSide) {
        let AudioSide {
            parameters, edits, ..
        } = audio;
        edits.take(|parameter, value| parameters.edited(parameter, value));
        self.has_waiting
            .store(parameters.waits(), Ordering::Relaxed);
    }

    /// Forgets the notes that were kept for the next block: those that sound end as well.
    pub(super) fn forget_notes(&self) {
        if let Ok(mut notes) = self.shared.notes.try_borrow_mut() {
            notes.clear();
        }
    }

    /// Plays `block`.
    ///
    /// # Safety
    /// All that `block` points to is valid as CLAP demands, but for null pointers.
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
            // What comes without samples to play is not lost. What waits for its sample goes on to wait for it.
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
        let Ok(()) = self
            .shared
            .notes
            .try_borrow_mut()
            .map(|mut notes| notes.begin(reader))
        else {
            return CLAP_PROCESS_ERROR;
        };
        // `audio` is held, so nobody else writes to the count.
        let blocks = &self.shared.blocks;
        blocks.store(blocks.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.plays.store(true, Ordering::Relaxed);
        self.drop_replaced(audio);
        // SAFETY: as the caller promises.
        let mut out_events = unsafe { OutputEvents::new(block.out_events, &audio.edits) };
        // SAFETY: as the caller promises.
        let mut transport = unsafe { block::transport(block) };
        let mut status = CLAP_PROCESS_ERROR;
        let mut from = 0;
        while from < block.frames_count {
            let to = block.frames_count.min(from.saturating_add(audio.longest));
            let to = audio.parameters.fill(&mut reader, audio.position, from, to);
            // SAFETY: as the caller promises; `from < to`, for the first sample of a piece always has room.
            let piece = unsafe { Piece::of(block, output, transport, from, to) };
            out_events.start = from;
            status = piece.run(
                &audio.parameters.list(),
                &out_events.list(),
                // SAFETY: pointers that were checked, and lists that live until the call is over.
                |piece| unsafe { process(self.plugin(), piece) },
            );
            if status == CLAP_PROCESS_ERROR {
                break;
            }
            transport = audio
                .parameters
                .last_transport()
                .map(|event| block::later(event, to - from - event.header.time, audio.sample_rate))
                .or_else(|| {
                    transport.map(|event| block::later(event, to - from, audio.sample_rate))
                });
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
