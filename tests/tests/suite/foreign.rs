//! Calls of the audio thread to the C library, in the built CLAP on threads that Rust did not create, in a host without
//! extensions.
//!
//! A host's audio thread is new to the plugin's library, so that everything initialised on a thread's first access is
//! initialised there. `interpose.rs` does the counting, because the allocator inside a bundle sees neither the storage
//! of thread-locals nor the allocations of the C library and C++. In debug builds nice-plug's own check uses
//! thread-locals, created in `start_processing`; there the test counts only the calls after it.

use std::cell::RefCell;
use std::ffi::{CString, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::entry::clap_plugin_entry;
use clap_sys::events::*;
use clap_sys::ext::params::{
    CLAP_EXT_PARAMS, CLAP_PARAM_IS_MODULATABLE_PER_NOTE_ID, clap_param_info, clap_plugin_params,
};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::ext::thread_check::{CLAP_EXT_THREAD_CHECK, clap_host_thread_check};
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::plugin::clap_plugin;
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process};
use clap_sys::stream::{clap_istream, clap_ostream};
use clap_sys::version::CLAP_VERSION;
use tidepool_tests::bundles;

use crate::interpose::{Calls, watch};

const FRAMES: usize = 512;
/// Number of events in a flood, more than the capacity of nice-plug's own list.
const FLOOD: u32 = 4_000;

/// Host without extensions, or with `clap.thread-check` alone.
struct Host {
    face: clap_host,
    checks_threads: bool,
    /// True if the plugin has requested a callback on the main thread.
    callback: AtomicBool,
    /// Id of the main thread in the C library.
    main: libc::pthread_t,
}

static THREAD_CHECK: clap_host_thread_check = clap_host_thread_check {
    is_main_thread: Some(is_main_thread),
    is_audio_thread: Some(is_audio_thread),
};

/// Returns the host behind a `clap_host` pointer.
///
/// # Safety
/// `host` has to point to the `clap_host` of a live [`Host`].
unsafe fn host<'a>(host: *const clap_host) -> &'a Host {
    // SAFETY: the structure holds its host's address, guaranteed by the caller.
    unsafe { &*(*host).host_data.cast::<Host>() }
}

unsafe extern "C" fn is_main_thread(face: *const clap_host) -> bool {
    // SAFETY: the plugin passes the pointer that it was given; `pthread_self` has no preconditions.
    unsafe { host(face).main == libc::pthread_self() }
}

unsafe extern "C" fn is_audio_thread(face: *const clap_host) -> bool {
    // SAFETY: as above.
    unsafe { !is_main_thread(face) }
}

unsafe extern "C" fn extension(face: *const clap_host, id: *const c_char) -> *const c_void {
    // SAFETY: the plugin passes the pointer that it was given, and a terminated string.
    let (host, id) = unsafe { (host(face), std::ffi::CStr::from_ptr(id)) };
    if host.checks_threads && id == CLAP_EXT_THREAD_CHECK {
        return (&raw const THREAD_CHECK).cast();
    }
    ptr::null()
}

unsafe extern "C" fn ignore(_: *const clap_host) {}

unsafe extern "C" fn request_callback(face: *const clap_host) {
    // SAFETY: the plugin passes the pointer that it was given.
    unsafe { host(face) }
        .callback
        .store(true, Ordering::Relaxed);
}

/// Active instance of the built CLAP.
struct Plugin {
    host: Box<Host>,
    plugin: *const clap_plugin,
    params: Vec<clap_param_info>,
}

/// Calls the function `$name` of a table.
macro_rules! call {
    ($table:expr, $name:ident $(, $argument:expr)*) => {{
        let table = $table;
        // SAFETY: CLAP's functions are called with the arguments and on the thread that CLAP prescribes.
        unsafe { (*table).$name.expect("the plugin has it")($($argument),*) }
    }};
}

impl Plugin {
    fn new(checks_threads: bool) -> Self {
        let path = CString::new(
            bundles::clap_library()
                .into_os_string()
                .into_encoded_bytes(),
        );
        let path = path.expect("a path without zeros");
        // SAFETY: the bundle is Tidepool's own.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!library.is_null(), "{path:?} does not load");
        // SAFETY: the name is terminated and the library is loaded.
        let entry = unsafe { libc::dlsym(library, c"clap_entry".as_ptr()) };
        let entry: *const clap_plugin_entry = entry.cast();
        assert!(!entry.is_null(), "there is no entry");
        assert!(call!(entry, init, path.as_ptr()));
        let factory: *const clap_plugin_factory =
            call!(entry, get_factory, CLAP_PLUGIN_FACTORY_ID.as_ptr()).cast();
        let descriptor = call!(factory, get_plugin_descriptor, factory, 0);
        let mut host = Box::new(Host {
            face: clap_host {
                clap_version: CLAP_VERSION,
                host_data: ptr::null_mut(),
                name: c"bare".as_ptr(),
                vendor: c"".as_ptr(),
                url: c"".as_ptr(),
                version: c"1".as_ptr(),
                get_extension: Some(extension),
                request_restart: Some(ignore),
                request_process: Some(ignore),
                request_callback: Some(request_callback),
            },
            checks_threads,
            callback: AtomicBool::new(false),
            // SAFETY: `pthread_self` has no preconditions.
            main: unsafe { libc::pthread_self() },
        });
        host.face.host_data = (&raw mut *host).cast();
        // SAFETY: the descriptor is the plugin's own.
        let id = unsafe { (*descriptor).id };
        let plugin = call!(factory, create_plugin, factory, &raw const host.face, id);
        assert!(!plugin.is_null(), "no instance is created");
        assert!(call!(plugin, init, plugin));
        let table: *const clap_plugin_params =
            call!(plugin, get_extension, plugin, CLAP_EXT_PARAMS.as_ptr()).cast();
        let params = (0..call!(table, count, plugin)).map(|index| {
            // SAFETY: the structure consists of numbers and text, for which zeros are valid.
            let mut info = unsafe { std::mem::zeroed() };
            assert!(call!(table, get_info, plugin, index, &raw mut info));
            info
        });
        let params = params.collect();
        assert!(call!(plugin, activate, plugin, 48_000.0, 1, FRAMES as u32));
        Self {
            host,
            plugin,
            params,
        }
    }

    fn save(&self) -> Vec<u8> {
        unsafe extern "C" fn write(to: *const clap_ostream, from: *const c_void, n: u64) -> i64 {
            // SAFETY: the context is the vector below, and the plugin provides `n` bytes.
            unsafe {
                let bytes = std::slice::from_raw_parts(from.cast::<u8>(), n as usize);
                (*(*to).ctx.cast::<Vec<u8>>()).extend_from_slice(bytes);
            }
            n as i64
        }
        let mut bytes = Vec::<u8>::new();
        let stream = clap_ostream {
            ctx: (&raw mut bytes).cast(),
            write: Some(write),
        };
        assert!(call!(self.state(), save, self.plugin, &raw const stream));
        bytes
    }

    fn load(&self, mut state: &[u8]) -> bool {
        unsafe extern "C" fn read(from: *const clap_istream, to: *mut c_void, n: u64) -> i64 {
            // SAFETY: the context is the slice below, and the plugin accepts up to `n` bytes.
            unsafe {
                let rest = &mut *(*from).ctx.cast::<&[u8]>();
                let n = rest.len().min(n as usize);
                ptr::copy_nonoverlapping(rest.as_ptr(), to.cast(), n);
                *rest = &rest[n..];
                n as i64
            }
        }
        let stream = clap_istream {
            ctx: (&raw mut state).cast(),
            read: Some(read),
        };
        call!(self.state(), load, self.plugin, &raw const stream)
    }

    fn state(&self) -> *const clap_plugin_state {
        call!(
            self.plugin,
            get_extension,
            self.plugin,
            CLAP_EXT_STATE.as_ptr()
        )
        .cast()
    }

    /// Runs the main-thread callback, if the plugin has requested one.
    fn idle(&self) {
        if self.host.callback.swap(false, Ordering::Relaxed) {
            call!(self.plugin, on_main_thread, self.plugin);
        }
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        call!(self.plugin, deactivate, self.plugin);
        call!(self.plugin, destroy, self.plugin);
    }
}

/// Event of a block.
enum Sent {
    Note(clap_event_note),
    Expression(clap_event_note_expression),
    Param(clap_event_param_value),
    Mod(clap_event_param_mod),
    Midi(clap_event_midi),
    Transport(clap_event_transport),
}

impl Sent {
    fn header(&self) -> &clap_event_header {
        match self {
            Self::Note(event) => &event.header,
            Self::Expression(event) => &event.header,
            Self::Param(event) => &event.header,
            Self::Mod(event) => &event.header,
            Self::Midi(event) => &event.header,
            Self::Transport(event) => &event.header,
        }
    }
}

fn header<T>(type_: u16, time: u32) -> clap_event_header {
    clap_event_header {
        size: size_of::<T>() as u32,
        time,
        space_id: CLAP_CORE_EVENT_SPACE_ID,
        type_,
        flags: 0,
    }
}

fn note(type_: u16, time: u32, key: i16) -> Sent {
    Sent::Note(clap_event_note {
        header: header::<clap_event_note>(type_, time),
        note_id: -1,
        port_index: 0,
        channel: 0,
        key,
        velocity: 0.8,
    })
}

fn midi(time: u32, data: [u8; 3]) -> Sent {
    Sent::Midi(clap_event_midi {
        header: header::<clap_event_midi>(CLAP_EVENT_MIDI, time),
        port_index: 0,
        data,
    })
}

fn set(time: u32, info: &clap_param_info, part: f64) -> Sent {
    Sent::Param(clap_event_param_value {
        header: header::<clap_event_param_value>(CLAP_EVENT_PARAM_VALUE, time),
        param_id: info.id,
        cookie: ptr::null_mut(),
        note_id: -1,
        port_index: -1,
        channel: -1,
        key: -1,
        value: (info.min_value + part * (info.max_value - info.min_value)).round(),
    })
}

fn modulate(time: u32, info: &clap_param_info, note_id: i32, amount: f64) -> Sent {
    Sent::Mod(clap_event_param_mod {
        header: header::<clap_event_param_mod>(CLAP_EVENT_PARAM_MOD, time),
        param_id: info.id,
        cookie: ptr::null_mut(),
        note_id,
        port_index: -1,
        channel: -1,
        key: -1,
        amount,
    })
}

fn transport(time: u32, tempo: f64) -> Sent {
    // SAFETY: the structure consists of numbers, for which zeros are valid.
    let mut event: clap_event_transport = unsafe { std::mem::zeroed() };
    event.header = header::<clap_event_transport>(CLAP_EVENT_TRANSPORT, time);
    event.flags = CLAP_TRANSPORT_HAS_TEMPO | CLAP_TRANSPORT_IS_PLAYING;
    event.tempo = tempo;
    Sent::Transport(event)
}

/// Returns the blocks of a piece that uses all kinds of events, each with its events in order.
fn piece(params: &[clap_param_info]) -> Vec<Vec<Sent>> {
    let mut random = fastrand::Rng::with_seed(12);
    let mut blocks = vec![
        Vec::new(),
        vec![note(CLAP_EVENT_NOTE_ON, 0, 60)],
        vec![set(0, &params[0], 0.3)],
    ];
    // Changes only a few parameters per block, because a debug build is slow.
    for (n, info) in params.iter().enumerate() {
        if n % 8 == 0 {
            blocks.push(Vec::new());
        }
        let (at, key) = (n as u32 % 8 * 64, random.i16(24..108));
        let per_note = info.flags & CLAP_PARAM_IS_MODULATABLE_PER_NOTE_ID != 0;
        let note_id = if per_note && random.bool() { 7 } else { -1 };
        let block = blocks.last_mut().expect("a block was pushed");
        block.extend([
            set(at, info, random.f64()),
            note(CLAP_EVENT_NOTE_ON, at, key),
            modulate(at + 1, info, note_id, 0.1),
            midi(at + 2, [0xB0, random.u8(0..120), random.u8(0..128)]),
            midi(at + 2, [0xE0, 0, random.u8(0..128)]),
            midi(at + 3, [0xD0, random.u8(0..128), 0]),
            Sent::Expression(clap_event_note_expression {
                header: header::<clap_event_note_expression>(CLAP_EVENT_NOTE_EXPRESSION, at + 4),
                expression_id: CLAP_NOTE_EXPRESSION_TUNING,
                note_id: -1,
                port_index: 0,
                channel: 0,
                key,
                value: 0.5,
            }),
            transport(at + 5, random.f64() * 200.0 + 30.0),
            note(CLAP_EVENT_NOTE_OFF, at + 50, key),
            set(at + 51, info, 0.0),
            set(at + 52, info, 1.0),
        ]);
    }
    // More notes than voices, and far more events than in any performance.
    blocks.push(
        (0..FLOOD)
            .map(|n| {
                note(
                    CLAP_EVENT_NOTE_ON,
                    n * FRAMES as u32 / FLOOD,
                    (n % 128) as i16,
                )
            })
            .collect(),
    );
    blocks.push(
        (0..128)
            .map(|key| note(CLAP_EVENT_NOTE_CHOKE, 3, key))
            .collect(),
    );
    // All Sound Off, Reset All Controllers, All Notes Off.
    blocks.push(vec![
        midi(0, [0xB0, 120, 0]),
        midi(1, [0xB0, 121, 0]),
        midi(2, [0xB0, 123, 0]),
    ]);
    blocks
}

/// Audio side: a plugin with the blocks to play, for use on any thread.
struct Audio {
    plugin: *const clap_plugin,
    blocks: Vec<Vec<Sent>>,
    channels: [Vec<f32>; 4],
    status: i32,
}

impl Audio {
    fn new(plugin: &Plugin, blocks: Vec<Vec<Sent>>) -> Self {
        Self {
            plugin: plugin.plugin,
            blocks,
            channels: [const { Vec::new() }; 4].map(|_: Vec<f32>| vec![0.25; FRAMES]),
            status: 1,
        }
    }

    fn start(&mut self) {
        assert!(call!(self.plugin, start_processing, self.plugin));
    }

    fn stop(&mut self) {
        call!(self.plugin, stop_processing, self.plugin);
    }

    /// Plays all blocks, without calls to the C library of its own.
    fn play(&mut self) {
        unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
            // SAFETY: the context is the event list of a block.
            unsafe { (*(*list).ctx.cast::<Vec<Sent>>()).len() as u32 }
        }
        unsafe extern "C" fn get(
            list: *const clap_input_events,
            index: u32,
        ) -> *const clap_event_header {
            // SAFETY: as above.
            let events = unsafe { &*(*list).ctx.cast::<Vec<Sent>>() };
            events
                .get(index as usize)
                .map_or(ptr::null(), |event| ptr::from_ref(event.header()))
        }
        unsafe extern "C" fn push(
            _: *const clap_output_events,
            _: *const clap_event_header,
        ) -> bool {
            true
        }
        let output = clap_output_events {
            ctx: ptr::null_mut(),
            try_push: Some(push),
        };
        let [left, right, side_left, side_right] = &mut self.channels;
        let mut sides = [side_left.as_mut_ptr(), side_right.as_mut_ptr()];
        let mut mains = [left.as_mut_ptr(), right.as_mut_ptr()];
        let bus = |channels: &mut [*mut f32; 2]| clap_audio_buffer {
            data32: channels.as_mut_ptr(),
            data64: ptr::null_mut(),
            channel_count: 2,
            latency: 0,
            constant_mask: 0,
        };
        let (inputs, mut outputs) = (bus(&mut sides), bus(&mut mains));
        for (n, block) in self.blocks.iter().enumerate() {
            let events = clap_input_events {
                ctx: ptr::from_ref(block).cast_mut().cast(),
                size: Some(size),
                get: Some(get),
            };
            let process = clap_process {
                steady_time: (n * FRAMES) as i64,
                frames_count: FRAMES as u32,
                transport: ptr::null(),
                audio_inputs: &raw const inputs,
                audio_outputs: &raw mut outputs,
                audio_inputs_count: 1,
                audio_outputs_count: 1,
                in_events: &raw const events,
                out_events: &raw const output,
            };
            let status = call!(self.plugin, process, self.plugin, &raw const process);
            if status == CLAP_PROCESS_ERROR {
                self.status = status;
            }
        }
    }
}

/// Work for a thread created by the C library, with the counted calls.
struct Job<'a> {
    before: &'a mut dyn FnMut(),
    work: &'a mut dyn FnMut(),
    outcome: (Calls, String),
}

/// Runs `before` and then, with its calls counted, `work` on a thread created by the C library, while `meanwhile` runs
/// repeatedly on this thread.
fn on_a_foreign_thread(
    before: &mut dyn FnMut(),
    work: &mut dyn FnMut(),
    mut meanwhile: impl FnMut(),
) -> (Calls, String) {
    extern "C" fn run(job: *mut c_void) -> *mut c_void {
        // SAFETY: the caller waits for the end of this thread and accesses the job only afterwards.
        let job = unsafe { &mut *job.cast::<Job<'_>>() };
        (job.before)();
        job.outcome = watch(&mut *job.work);
        ptr::null_mut()
    }
    let mut job = Job {
        before,
        work,
        outcome: Default::default(),
    };
    let mut thread = 0;
    let data = (&raw mut job).cast();
    // SAFETY: the job outlives the thread.
    let error = unsafe { libc::pthread_create(&raw mut thread, ptr::null(), run, data) };
    assert_eq!(error, 0, "no thread is made");
    // SAFETY: the thread was made above and is joined once, here or below.
    while unsafe { libc::pthread_tryjoin_np(thread, ptr::null_mut()) } == libc::EBUSY {
        meanwhile();
    }
    job.outcome
}

/// Plays a piece with all kinds of events on a foreign thread, and checks that the audio thread made no counted calls.
fn play_everything(checks_threads: bool) {
    let plugin = Plugin::new(checks_threads);
    let audio = Audio::new(&plugin, piece(&plugin.params));
    let states = {
        let first = plugin.save();
        let mut second = first.clone();
        for n in 0..second.len() - 3 {
            // The state is text after a length, which a value of the same length leaves valid.
            if second[n..].starts_with(b"0.5") {
                second[n + 2] = b'7';
            }
        }
        assert_ne!(first, second);
        [first, second]
    };
    let (mut loads, mut loaded) = (0, true);
    let mut main_thread = || {
        loaded &= plugin.load(&states[loads % 2]);
        plugin.idle();
        loads += 1;
    };
    let audio = RefCell::new(audio);
    let (calls, frames) = on_a_foreign_thread(
        &mut || {
            // Creates the thread-locals of nice-plug's check in debug builds before the count starts.
            if cfg!(debug_assertions) {
                audio.borrow_mut().start();
                audio.borrow_mut().stop();
            }
        },
        &mut || {
            let mut audio = audio.borrow_mut();
            audio.start();
            audio.play();
            call!(audio.plugin, reset, audio.plugin);
            audio.stop();
            audio.start();
            audio.play();
            audio.stop();
        },
        &mut main_thread,
    );
    assert_ne!(audio.borrow().status, CLAP_PROCESS_ERROR, "a block fails");
    assert!(loaded, "a state is refused");
    assert!(loads > 2, "only {loads} states were loaded meanwhile");
    assert_eq!(calls, Calls::default(), "the audio thread asks:\n{frames}");
}

#[test]
fn alloc_none_on_a_thread_of_the_host() {
    play_everything(true);
}

#[test]
fn alloc_none_in_a_host_that_tells_no_threads() {
    play_everything(false);
}

/// Tests a host with a thread pool, which calls `start_processing` on one thread and `process` on any other.
#[cfg(not(debug_assertions))]
#[test]
fn alloc_none_on_a_thread_that_was_not_there_at_the_start() {
    let plugin = Plugin::new(false);
    let audio = RefCell::new(Audio::new(&plugin, piece(&plugin.params)));
    let nothing = &mut || ();
    on_a_foreign_thread(&mut || audio.borrow_mut().start(), nothing, || ());
    for _ in 0..3 {
        let play = &mut || audio.borrow_mut().play();
        let (calls, frames) = on_a_foreign_thread(&mut || (), play, || ());
        assert_eq!(calls, Calls::default(), "the audio thread asks:\n{frames}");
    }
    on_a_foreign_thread(&mut || audio.borrow_mut().stop(), nothing, || ());
}

#[test]
fn alloc_interposition_sees_into_the_bundle() {
    let mut plugin = None;
    let (calls, _) = watch(|| plugin = Some(Plugin::new(true)));
    assert!(calls.allocations > 100 && calls.frees > 100, "{calls:?}");
}
