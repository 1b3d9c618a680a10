//! The host's list of outgoing events as nice-plug gets it: never null, and with times counted from the start of
//! the current piece. The values that MIDI controllers have set are sent among them, so that the host shows and records
//! them.

use std::cell::Cell;

use clap_sys::events::*;
use tidepool_dsp::Parameter;

use super::host_events::parameter;
use super::parameter_events::ParameterEvents;

/// Values that the editor has set within one call, at most one per parameter.
pub(super) struct Edits {
    values: Box<[Cell<Option<f64>>]>,
    any: Cell<bool>,
}

impl Default for Edits {
    /// Creates an empty set. Allocates. `[gui]`
    fn default() -> Self {
        Self {
            values: (0..Parameter::COUNT).map(|_| Cell::new(None)).collect(),
            any: Cell::new(false),
        }
    }
}

impl Edits {
    /// Calls `each` with every value and removes it. `[audio]`
    pub(super) fn take(&self, mut each: impl FnMut(Parameter, f64)) {
        if !self.any.take() {
            return;
        }
        for (parameter, value) in Parameter::all().zip(&self.values) {
            if let Some(value) = value.take() {
                each(parameter, value);
            }
        }
    }

    fn note(&self, id: u32, value: f64) {
        if let Some(parameter) = parameter(id) {
            self.values[parameter.index()].set(Some(value));
            self.any.set(true);
        }
    }
}

/// Output list in front of the host's.
pub(super) struct OutputEvents<'a> {
    real: *const clap_output_events,
    /// Values that pass through the list are recorded here.
    edits: &'a Edits,
    /// The list of the piece, with the values that MIDI controllers have set.
    values: &'a ParameterEvents,
    /// Index in `values` of the next one to send.
    next: Cell<usize>,
    /// First sample of the piece within the host's block.
    start: u32,
}

impl<'a> OutputEvents<'a> {
    /// Creates a list in front of `real`, which may be null, for the piece of the host's block that begins at sample
    /// `start` and plays `values`.
    ///
    /// # Safety
    /// `real` is null or valid while this is used.
    pub(super) unsafe fn new(
        real: *const clap_output_events,
        values: &'a ParameterEvents,
        edits: &'a Edits,
        start: u32,
    ) -> Self {
        Self {
            real,
            edits,
            values,
            next: Cell::new(0),
            start,
        }
    }

    /// Sends the values of MIDI controllers that have not been sent. `[audio]`
    pub(super) fn finish(&self) {
        self.send_values(u32::MAX);
    }

    /// Sends the values of MIDI controllers up to sample `time` of the piece: a host's list is in order of time.
    fn send_values(&self, time: u32) {
        // SAFETY: null or valid, as `new` requires.
        let Some(push) = (unsafe { self.real.as_ref() }).and_then(|real| real.try_push) else {
            return;
        };
        while let Some((mut event, next)) = self.values.midi_value(self.next.get()) {
            if event.header.time > time {
                return;
            }
            event.header.time = event.header.time.saturating_add(self.start);
            // SAFETY: the host's own function, called with its list and a whole event. A refused value is shown with the
            // next one.
            unsafe { push(self.real, &raw const event.header) };
            self.next.set(next);
        }
        self.next.set(usize::MAX);
    }

    /// Returns the list in CLAP's format for nice-plug. Valid while this is not moved. `[audio]`
    pub(super) fn list(&self) -> clap_output_events {
        clap_output_events {
            ctx: (&raw const *self).cast_mut().cast(),
            try_push: Some(try_push),
        }
    }
}

unsafe extern "C" fn try_push(
    list: *const clap_output_events,
    event: *const clap_event_header,
) -> bool {
    // SAFETY: nice-plug calls it with the list from `OutputEvents::list`, while that is valid.
    let events = unsafe { &*(*list).ctx.cast::<OutputEvents<'_>>() };
    // SAFETY: nice-plug sends whole events, each of the type in its header.
    unsafe {
        if (*event).type_ == CLAP_EVENT_PARAM_VALUE {
            let value = event.cast::<clap_event_param_value>();
            events.edits.note((*value).param_id, (*value).value);
        }
        events.send_values((*event).time);
    }
    // SAFETY: null or valid, as `new` requires.
    let Some(push) = (unsafe { events.real.as_ref() }).and_then(|real| real.try_push) else {
        return false;
    };
    /// Calls `push` with a copy of the event, at its time in the host's block.
    ///
    /// # Safety
    /// `event` is a `T`, which begins with its header.
    unsafe fn later<T: Copy>(
        event: *const clap_event_header,
        start: u32,
        push: impl FnOnce(*const clap_event_header) -> bool,
    ) -> bool {
        // SAFETY: as the caller promises.
        let mut event = unsafe { *event.cast::<T>() };
        let header = (&raw mut event).cast::<clap_event_header>();
        // SAFETY: the header is the first field of each event.
        unsafe { (*header).time = (*header).time.saturating_add(start) };
        push(header)
    }
    // SAFETY: the host's own function, called with its list.
    let push = |event| unsafe { push(events.real, event) };
    // SAFETY: nice-plug sends whole events, each of the type in its header.
    unsafe {
        match (*event).type_ {
            CLAP_EVENT_PARAM_VALUE => later::<clap_event_param_value>(event, events.start, push),
            CLAP_EVENT_PARAM_GESTURE_BEGIN | CLAP_EVENT_PARAM_GESTURE_END => {
                later::<clap_event_param_gesture>(event, events.start, push)
            }
            CLAP_EVENT_NOTE_END => later::<clap_event_note>(event, events.start, push),
            // Tidepool sends no other events.
            _ => false,
        }
    }
}
