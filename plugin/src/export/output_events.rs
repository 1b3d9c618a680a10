//! The host's list for outgoing events, as nice-plug gets it: always there, and with times counted from the start of
//! the piece that is played.

use clap_sys::events::*;

/// Stands in front of the host's list.
pub(super) struct OutputEvents {
    real: *const clap_output_events,
    /// First sample of the piece in the host's block.
    pub(super) start: u32,
}

impl OutputEvents {
    /// In front of `real`, which may be null.
    ///
    /// # Safety
    /// `real` is null or valid while this is used.
    pub(super) unsafe fn new(real: *const clap_output_events) -> Self {
        Self { real, start: 0 }
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
    let events = unsafe { &*(*list).ctx.cast::<OutputEvents>() };
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
