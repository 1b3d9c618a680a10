//! The notes of a block: checked, in order of time, and no more than the wrapper has room for.

use std::cell::{Cell, RefCell};

use vst3::Steinberg::Vst::Event_::EventTypes_::{
    kNoteExpressionValueEvent, kNoteOffEvent, kNoteOnEvent, kPolyPressureEvent,
};
use vst3::Steinberg::Vst::{Event, IEventList, IEventListTrait};
use vst3::Steinberg::{int32, kInvalidArgument, kNotImplemented, kResultOk, tresult};
use vst3::{Class, ComRef, ComWrapper};

/// Limit of events in one block. Beyond it, events that end a note replace others.
const MOST: usize = 4_096;
/// Limit of events that are read.
const MAX_READ: i32 = 65_536;
/// First number for notes that a host gave none.
const UNNAMED: i32 = 0x4000_0800;
/// Number of started notes that are remembered, a power of two.
const STARTED: usize = 4_096;

const ON: u16 = kNoteOnEvent as u16;
const OFF: u16 = kNoteOffEvent as u16;
const PRESSURE: u16 = kPolyPressureEvent as u16;
const EXPRESSION: u16 = kNoteExpressionValueEvent as u16;

/// Range of the events, which the wrapper gets in place of the host's `IEventList`.
pub(super) struct NoteEvents {
    list: RefCell<Vec<(u32, Event)>>,
    shown: Cell<(usize, usize)>,
    /// Sample that offsets count from.
    start: Cell<i32>,
    numbers: RefCell<Numbers>,
}

/// Numbers under which the wrapper knows the notes.
struct Numbers {
    /// Number of the newest note of each key of each channel; −1 before the first.
    newest: Vec<i32>,
    /// Numbers of started notes, each at the index of its low bits; −1 if empty. A newer number with the same low bits
    /// replaces the older one.
    started: Vec<i32>,
    /// Next number for a note that the host gave none.
    next: i32,
}

impl Class for NoteEvents {
    type Interfaces = (IEventList,);
}

impl NoteEvents {
    pub(super) fn new() -> ComWrapper<Self> {
        ComWrapper::new(Self {
            list: RefCell::new(Vec::with_capacity(MOST)),
            shown: Cell::new((0, 0)),
            start: Cell::new(0),
            numbers: RefCell::new(Numbers {
                newest: vec![-1; 16 * 128],
                started: vec![-1; STARTED],
                next: UNNAMED,
            }),
        })
    }

    /// Reads the events of a block of `samples` from the host. `[audio]`
    ///
    /// # Safety
    /// `events` is null or lives for this call.
    pub(super) unsafe fn read(&self, events: *mut IEventList, samples: i32) {
        let mut list = self.list.borrow_mut();
        let mut numbers = self.numbers.borrow_mut();
        list.clear();
        self.shown.set((0, 0));
        // SAFETY: null or alive, as the caller promises.
        let Some(events) = (unsafe { ComRef::from_raw(events) }) else {
            return;
        };
        // From this index on, all events end notes.
        let mut spared = MOST;
        // SAFETY: the host's list lives for this call.
        let count = unsafe { events.getEventCount() };
        for index in 0..count.min(MAX_READ) {
            // SAFETY: an event consists of plain numbers and pointers, for which zero is a valid value.
            let mut event: Event = unsafe { std::mem::zeroed() };
            // SAFETY: the host's list lives for this call, and the place for the event is ours.
            if unsafe { events.getEvent(index, &mut event) } != kResultOk
                || !make_playable(&mut event)
            {
                continue;
            }
            event.sampleOffset = event.sampleOffset.clamp(0, (samples - 1).max(0));
            if list.len() < MOST {
                list.push((index as u32, event));
            } else if event.r#type == OFF {
                let place = list[..spared]
                    .iter()
                    .rposition(|(_, kept)| kept.r#type != OFF);
                spared = place.unwrap_or(0);
                if let Some(place) = place {
                    list[place] = (index as u32, event);
                }
            }
        }
        list.sort_unstable_by_key(|(arrival, event)| (event.sampleOffset, *arrival));
        // Notes are numbered in order of time, and only if they are played.
        list.retain_mut(|(_, event)| numbers.give(event));
    }

    /// Returns the sample of an event.
    pub(super) fn offset(&self, index: usize) -> Option<i32> {
        Some(self.list.borrow().get(index)?.1.sampleOffset)
    }

    /// Shows the events of the range `stretch`, with offsets counted from `start`. `[audio]`
    pub(super) fn show(&self, stretch: (usize, usize), start: i32) {
        self.shown.set(stretch);
        self.start.set(start);
    }
}

/// Returns the index of a key in tables of all keys; `None` if the key does not exist.
fn place(channel: i16, key: i16) -> Option<usize> {
    let inside = (0..16).contains(&channel) && (0..128).contains(&key);
    inside.then_some(usize::from(channel as u16) * 128 + usize::from(key as u16))
}

/// Clamps the values of `event` to their ranges; returns false if the event cannot be played.
fn make_playable(event: &mut Event) -> bool {
    if event.busIndex != 0 {
        return false;
    }
    // SAFETY: the type identifies the field that the host has filled, and all of them are plain numbers.
    unsafe {
        match event.r#type {
            ON => {
                let note = &mut event.__field0.noteOn;
                note.velocity = note.velocity.clamp(0.0, 1.0);
                place(note.channel, note.pitch).is_some()
                    && note.velocity.is_finite()
                    && note.tuning.is_finite()
            }
            OFF => {
                let note = &mut event.__field0.noteOff;
                // A velocity of NaN must not keep a note from ending.
                note.velocity = if note.velocity.is_finite() {
                    note.velocity.clamp(0.0, 1.0)
                } else {
                    0.0
                };
                place(note.channel, note.pitch).is_some()
            }
            PRESSURE => {
                let note = &mut event.__field0.polyPressure;
                note.pressure = note.pressure.clamp(0.0, 1.0);
                place(note.channel, note.pitch).is_some() && note.pressure.is_finite()
            }
            EXPRESSION => {
                let note = &mut event.__field0.noteExpressionValue;
                note.value = note.value.clamp(0.0, 1.0);
                note.value.is_finite()
            }
            // The engine does not use system-exclusive data, texts and chords.
            _ => false,
        }
    }
}

impl Numbers {
    /// Gives the note of a playable `event` its number; returns false if the wrapper must not see the event.
    ///
    /// The wrapper finds the note of a pressure or an expression by number alone, and passes on uninitialized memory if
    /// it finds none. Many hosts give all notes the number −1, so each of these gets a number of its own: a note that
    /// is struck again while the previous one still sounds survives the end of the previous one.
    fn give(&mut self, event: &mut Event) -> bool {
        // SAFETY: the type identifies the field that the host has filled, and all of them are plain numbers.
        unsafe {
            match event.r#type {
                ON => {
                    let note = &mut event.__field0.noteOn;
                    if note.noteId < 0 {
                        note.noteId = self.next;
                        self.next = self.next.checked_add(1).unwrap_or(UNNAMED);
                    }
                    if let Some(place) = place(note.channel, note.pitch) {
                        self.newest[place] = note.noteId;
                    }
                    self.started[note.noteId as usize % STARTED] = note.noteId;
                    true
                }
                OFF => {
                    // Without the number of a started note, channel and key select the notes that end: all of that key,
                    // numbered by the host or here. The newest number of the key would leave older notes of it
                    // sounding, and an unknown number would leave all of them sounding.
                    let note = &mut event.__field0.noteOff;
                    if !self.is_started(note.noteId) {
                        note.noteId = -1;
                    }
                    true
                }
                PRESSURE => {
                    let note = &mut event.__field0.polyPressure;
                    if let (true, Some(place)) = (note.noteId < 0, place(note.channel, note.pitch))
                    {
                        note.noteId = self.newest[place];
                    }
                    self.is_started(note.noteId)
                }
                EXPRESSION => self.is_started(event.__field0.noteExpressionValue.noteId),
                _ => false,
            }
        }
    }

    /// Returns true if a note of this number was started and is still remembered.
    fn is_started(&self, number: i32) -> bool {
        usize::try_from(number).is_ok_and(|place| self.started[place % STARTED] == number)
    }
}

impl IEventListTrait for NoteEvents {
    unsafe fn getEventCount(&self) -> int32 {
        let (from, to) = self.shown.get();
        (to - from) as int32
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        let list = self.list.borrow();
        let (from, to) = self.shown.get();
        let Some((_, found)) = list[from..to].get(index.max(0) as usize) else {
            return kInvalidArgument;
        };
        if event.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: not null, and the wrapper's to be filled.
        unsafe {
            *event = *found;
            (*event).sampleOffset -= self.start.get();
        }
        kResultOk
    }

    unsafe fn addEvent(&self, _event: *mut Event) -> tresult {
        kNotImplemented
    }
}
