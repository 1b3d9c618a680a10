//! The host's list for outgoing events, as nice-plug gets it: always there, and with times counted from the start of
//! the piece that is played.

use std::cell::Cell;

use clap_sys::events::*;
use tidepool_dsp::Parameter;

use super::host_events::parameter;

/// Values that the editor has set within one call, as many as there are parameters at the most.
pub(super) struct Edits {
    values: Box<[Cell<Option<f64>>]>,
    any: Cell<bool>,
}

impl Default for Edits {
    /// No values. Allocates. `[gui]`
    fn default() -> Self {
        Self {
            values: (0..Parameter::COUNT).map(|_| Cell::new(None)).collect(),
            any: Cell::new(false),
        }
    }
}

impl Edits {
    /// Hands each value out once. `[audio]`
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

/// Stands in front of the host's list.
pub(super) struct OutputEvents<'a> {
    real: *const clap_output_events,
    /// Where values that pass are noted.
    edits: &'a Edits,
    /// First sample of the piece in the host's block.
    pub(super) start: u32,
}

impl<'a> OutputEvents<'a> {
    /// In front of `real`, which may be null.
    ///
    /// # Safety
    /// `real` is null or valid while this is used.
    pub(super) unsafe fn new(real: *const clap_output_events, edits: &'a Edits) -> Self {
        Self {
            real,
            edits,
            start: 0,
        }
    }

    /// The list, in the form in which nice-plug takes it. Valid while this is not moved. `[audio]`
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
    }
    // SAFETY: null or valid, as `new` demands.
    let Some(push) = (unsafe { events.real.as_ref() }).and_then(|real| real.try_push) else {
        return false;
    };
    /// A copy of the event with its time in the host's block, for `push`.
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
            // Tidepool sends nothing else.
            _ => false,
        }
    }
}
