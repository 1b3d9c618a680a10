//! Events that wait for the next block.

use std::collections::VecDeque;

use crate::event::{Event, EventKind, Note, NotePort};

/// Events that wait for the next block: events of its first sample, and the rest of a flood. `[audio]`, except
/// [`new`](Self::new).
pub(super) struct CarriedEvents {
    /// Never longer than `room`.
    events: VecDeque<EventKind>,
    room: usize,
}

impl CarriedEvents {
    /// Creates an empty queue of `room` events. Allocates. `[gui]`
    pub(super) fn new(room: usize) -> Self {
        Self {
            events: VecDeque::with_capacity(room),
            room,
        }
    }

    /// Discards all events.
    pub(super) fn clear(&mut self) {
        self.events.clear();
    }

    /// Returns the event to its place before all others. There is room for it, because it was taken from there, or the
    /// queue is empty.
    pub(super) fn put_back(&mut self, event: EventKind) {
        self.events.push_front(event);
    }

    /// Adds an event after all others. If there is no room, returns the first one instead of keeping it: events keep
    /// their order; otherwise a note could miss its own end.
    pub(super) fn push(&mut self, event: EventKind) -> Option<EventKind> {
        let first = if self.events.len() >= self.room {
            self.events.pop_front()
        } else {
            None
        };
        self.events.push_back(event);
        first
    }
}

/// Port of a block: the carried events come before those of the host's `port`.
pub(super) struct CarryingPort<'a, P> {
    pub(super) carried: &'a mut CarriedEvents,
    pub(super) port: &'a mut P,
}

impl<P: NotePort> NotePort for CarryingPort<'_, P> {
    fn next_event(&mut self) -> Option<Event> {
        match self.carried.events.pop_front() {
            Some(kind) => Some(Event { at: 0, kind }),
            None => self.port.next_event(),
        }
    }

    fn note_ended(&mut self, at: u32, note: Note) {
        self.port.note_ended(at, note);
    }
}
