//! The note events of a host block, passed to the engine without nice-plug, which allocates when there are too
//! many and loses those of blocks without samples.

use tidepool_dsp::{Event, EventKind, NoteFilter};

use super::host_events::{EventReader, HostEvent};
use crate::midi_map::ControllerSet;

/// Most events kept from blocks without samples and from `params.flush`. On overflow every note ends: a hanging
/// note would be worse than a missing one.
const KEPT_EVENTS: usize = 1024;

/// Source of the engine's note events within a host block. `[audio]`
#[derive(Debug)]
pub(crate) struct NoteEvents {
    reader: EventReader,
    /// Controllers that move parameters instead of reaching the engine.
    assigned: ControllerSet,
    /// An event that was read ahead of its time.
    ahead: Option<(u32, EventKind)>,
    /// Events that came without samples, for the start of the next block.
    kept: Vec<EventKind>,
    /// Number of kept events that have been returned.
    given: usize,
    /// True if there were more events to keep than fit.
    overflowed: bool,
    /// First sample of the current piece within the host's block.
    start: u32,
}

impl Default for NoteEvents {
    /// Creates an empty source. Allocates. `[gui]`
    fn default() -> Self {
        Self {
            reader: EventReader::EMPTY,
            assigned: ControllerSet::default(),
            ahead: None,
            kept: Vec::with_capacity(KEPT_EVENTS),
            given: 0,
            overflowed: false,
            start: 0,
        }
    }
}

impl NoteEvents {
    /// Returns the next event of a piece of `length` samples, with its time in the piece; `None` after its last event.
    /// `[audio]`
    pub(crate) fn next_before(&mut self, length: u32) -> Option<Event> {
        if let Some(&kind) = self.kept.get(self.given) {
            self.given += 1;
            return Some(Event { at: 0, kind });
        }
        if std::mem::take(&mut self.overflowed) {
            let kind = EventKind::Choke(NoteFilter::default());
            return Some(Event { at: 0, kind });
        }
        let (time, kind) = (self.ahead.take()).or_else(|| note(&mut self.reader, self.assigned))?;
        let at = time.saturating_sub(self.start);
        if at < length {
            Some(Event { at, kind })
        } else {
            self.ahead = Some((time, kind));
            None
        }
    }

    /// Moves on by a piece of `samples`. `[audio]`
    pub(crate) fn advance(&mut self, samples: u32) {
        self.start = self.start.saturating_add(samples);
    }

    /// Begins a block with the events of `reader`, without the controllers that are `assigned` to parameters. `[audio]`
    pub(super) fn begin(&mut self, reader: EventReader, assigned: ControllerSet) {
        self.reader = reader;
        self.assigned = assigned;
        self.ahead = None;
        self.start = 0;
    }

    /// Ends the block, and with it the use of the host's list. `[audio]`
    pub(super) fn end(&mut self) {
        self.begin(EventReader::EMPTY, self.assigned);
        if self.given > 0 {
            self.kept.drain(..self.given);
            self.given = 0;
        }
    }

    /// Keeps the notes of `reader`, which came without samples, for the next block, without the controllers that are
    /// `assigned` to parameters. `[audio]`, or `[gui]` in `params.flush`
    pub(super) fn keep(&mut self, mut reader: EventReader, assigned: ControllerSet) {
        while let Some((_, kind)) = note(&mut reader, assigned) {
            if self.kept.len() < KEPT_EVENTS {
                self.kept.push(kind);
            } else {
                self.overflowed = true;
            }
        }
    }

    /// Discards the kept events. `[audio]`
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.given = 0;
        self.overflowed = false;
    }
}

/// Returns the next note event that is for the engine.
fn note(reader: &mut EventReader, assigned: ControllerSet) -> Option<(u32, EventKind)> {
    loop {
        if let (time, HostEvent::Note(kind)) = reader.next()?
            && !assigned.has(&kind)
        {
            return Some((time, kind));
        }
    }
}
