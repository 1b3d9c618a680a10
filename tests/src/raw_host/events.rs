//! Event lists that the host passes to the plugin, well-formed or not, and the list that receives the plugin's events.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;

use clap_sys::events::*;

use super::Guarded;

/// Input events of a block, passed to the plugin unchanged and in the order of insertion.
#[derive(Default)]
pub struct Events {
    stored: Vec<Stored>,
    /// Number by which `size()` exceeds the number of events that `get()` returns.
    pub surplus: u32,
    /// True if the list's `size` is null.
    pub without_size: bool,
    /// True if the list's `get` is null.
    pub without_get: bool,
}

enum Stored {
    Null,
    Whole(Box<[u64]>),
    /// Event whose memory ends at a guard page.
    Cut(Guarded),
}

impl Events {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event: a CLAP structure that begins with a header.
    pub fn push<T: Copy>(&mut self, event: T) -> &mut Self {
        let mut words = vec![0_u64; size_of::<T>().div_ceil(8)].into_boxed_slice();
        // SAFETY: the words are new, at least as long as the event, and aligned for every CLAP event.
        unsafe {
            ptr::copy_nonoverlapping(
                ptr::from_ref(&event).cast::<u8>(),
                words.as_mut_ptr().cast(),
                size_of::<T>(),
            );
        }
        self.stored.push(Stored::Whole(words));
        self
    }

    /// Adds the first `bytes` bytes of an event and writes that size into its header. A guard page follows the bytes.
    pub fn push_cut<T: Copy>(&mut self, event: T, bytes: usize) -> &mut Self {
        let bytes = bytes.next_multiple_of(8).min(size_of::<T>());
        let memory = Guarded::new(bytes);
        // SAFETY: the memory is new, and the copy is no longer than it or the event; the header is written only if it
        // fits.
        unsafe {
            ptr::copy_nonoverlapping(ptr::from_ref(&event).cast::<u8>(), memory.pointer(), bytes);
            if bytes >= size_of::<clap_event_header>() {
                (*memory.pointer::<clap_event_header>()).size = bytes as u32;
            }
        }
        self.stored.push(Stored::Cut(memory));
        self
    }

    /// Adds a null pointer as an event.
    pub fn push_null(&mut self) -> &mut Self {
        self.stored.push(Stored::Null);
        self
    }

    /// Returns the number of events added.
    pub fn len(&self) -> usize {
        self.stored.len()
    }

    /// Returns true if no event has been added.
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }

    pub(super) fn raw(&self) -> clap_input_events {
        clap_input_events {
            ctx: ptr::from_ref(self).cast_mut().cast(),
            size: (!self.without_size).then_some(size),
            get: (!self.without_get).then_some(get),
        }
    }
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: the list was made by `Events::raw`, whose events outlive the plugin's call.
    let events = unsafe { &*(*list).ctx.cast::<Events>() };
    events.stored.len() as u32 + events.surplus
}

unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
    // SAFETY: as in `size`.
    let events = unsafe { &*(*list).ctx.cast::<Events>() };
    match events.stored.get(index as usize) {
        Some(Stored::Whole(words)) => words.as_ptr().cast(),
        Some(Stored::Cut(memory)) => memory.pointer(),
        Some(Stored::Null) | None => ptr::null(),
    }
}

/// Behaviour of the list that receives the plugin's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outgoing {
    /// Accepts every event.
    #[default]
    Taken,
    /// Rejects every event: `try_push` returns false.
    Refused,
    /// `try_push` is null.
    NoFunction,
    /// The list is null.
    Null,
}

/// Receiver of the plugin's events, which records type and time of each.
pub(super) struct Returned {
    pub(super) events: RefCell<Vec<(clap_event_type, u32)>>,
    pub(super) outgoing: Outgoing,
}

impl Returned {
    pub(super) fn new(outgoing: Outgoing) -> Self {
        Self {
            events: RefCell::default(),
            outgoing,
        }
    }

    pub(super) fn raw(&self) -> clap_output_events {
        clap_output_events {
            ctx: ptr::from_ref(self).cast_mut().cast(),
            try_push: (self.outgoing != Outgoing::NoFunction).then_some(try_push),
        }
    }
}

unsafe extern "C" fn try_push(
    list: *const clap_output_events,
    event: *const clap_event_header,
) -> bool {
    // SAFETY: the list was made by `Returned::raw`, which outlives the plugin's call.
    let returned = unsafe { &*(*list).ctx.cast::<Returned>() };
    if returned.outgoing != Outgoing::Taken {
        return false;
    }
    // SAFETY: the plugin pushes an event of its own.
    let header = unsafe { *event };
    returned
        .events
        .borrow_mut()
        .push((header.type_, header.time));
    true
}

/// Returns the header of a core event of type `kind` with structure `T`.
pub fn header<T>(kind: clap_event_type, time: u32) -> clap_event_header {
    clap_event_header {
        size: size_of::<T>() as u32,
        time,
        space_id: CLAP_CORE_EVENT_SPACE_ID,
        type_: kind,
        flags: 0,
    }
}

fn note(kind: clap_event_type, time: u32, key: i16) -> clap_event_note {
    clap_event_note {
        header: header::<clap_event_note>(kind, time),
        note_id: -1,
        port_index: 0,
        channel: 0,
        key,
        velocity: 0.8,
    }
}

/// Returns a note on with velocity 0.8 on channel 0, without a note id.
pub fn note_on(time: u32, key: i16) -> clap_event_note {
    note(CLAP_EVENT_NOTE_ON, time, key)
}

/// Returns a note off on channel 0, without a note id.
pub fn note_off(time: u32, key: i16) -> clap_event_note {
    note(CLAP_EVENT_NOTE_OFF, time, key)
}

/// Returns a choke on channel 0, without a note id.
pub fn choke(time: u32, key: i16) -> clap_event_note {
    note(CLAP_EVENT_NOTE_CHOKE, time, key)
}

/// Returns a note expression for every note on `key` of channel 0.
pub fn expression(time: u32, id: i32, key: i16, value: f64) -> clap_event_note_expression {
    clap_event_note_expression {
        header: header::<clap_event_note_expression>(CLAP_EVENT_NOTE_EXPRESSION, time),
        expression_id: id,
        note_id: -1,
        port_index: 0,
        channel: 0,
        key,
        value,
    }
}

/// Returns a parameter value for all notes.
pub fn value(time: u32, param_id: u32, value: f64) -> clap_event_param_value {
    clap_event_param_value {
        header: header::<clap_event_param_value>(CLAP_EVENT_PARAM_VALUE, time),
        param_id,
        cookie: ptr::null_mut(),
        note_id: -1,
        port_index: -1,
        channel: -1,
        key: -1,
        value,
    }
}

/// Returns a parameter modulation for all notes.
pub fn modulation(time: u32, param_id: u32, amount: f64) -> clap_event_param_mod {
    clap_event_param_mod {
        header: header::<clap_event_param_mod>(CLAP_EVENT_PARAM_MOD, time),
        param_id,
        cookie: ptr::null_mut(),
        note_id: -1,
        port_index: -1,
        channel: -1,
        key: -1,
        amount,
    }
}

/// Returns a MIDI message.
pub fn midi(time: u32, data: [u8; 3]) -> clap_event_midi {
    clap_event_midi {
        header: header::<clap_event_midi>(CLAP_EVENT_MIDI, time),
        port_index: 0,
        data,
    }
}

/// Returns a system exclusive message, whose bytes have to outlive the block.
pub fn sysex(time: u32, buffer: *const u8, size: u32) -> clap_event_midi_sysex {
    clap_event_midi_sysex {
        header: header::<clap_event_midi_sysex>(CLAP_EVENT_MIDI_SYSEX, time),
        port_index: 0,
        buffer,
        size,
    }
}

/// Returns a playing transport at `tempo` quarter notes per minute, at the start of the song.
pub fn transport(time: u32, tempo: f64) -> clap_event_transport {
    clap_event_transport {
        header: header::<clap_event_transport>(CLAP_EVENT_TRANSPORT, time),
        flags: CLAP_TRANSPORT_HAS_TEMPO
            | CLAP_TRANSPORT_HAS_BEATS_TIMELINE
            | CLAP_TRANSPORT_HAS_SECONDS_TIMELINE
            | CLAP_TRANSPORT_HAS_TIME_SIGNATURE
            | CLAP_TRANSPORT_IS_PLAYING,
        song_pos_beats: 0,
        song_pos_seconds: 0,
        tempo,
        tempo_inc: 0.0,
        loop_start_beats: 0,
        loop_end_beats: 0,
        loop_start_seconds: 0,
        loop_end_seconds: 0,
        bar_start: 0,
        bar_number: 0,
        tsig_num: 4,
        tsig_denom: 4,
    }
}

/// Returns an invalid pointer, used as a cookie.
pub(super) fn wild_pointer() -> *mut c_void {
    ptr::without_provenance_mut(0xdead_beef_dead)
}
