//! What tests of the engine play with.

use tidepool_dsp::{Event, EventKind, Note, NotePort};

/// A list of events at absolute samples, handed out block by block.
pub struct Score {
    events: Vec<(u64, EventKind)>,
    next: usize,
    /// The samples of the block that is played.
    pub from: u64,
    pub to: u64,
    pub ended: Vec<(u64, Note)>,
}

impl Score {
    /// `events` in order of time.
    pub fn new(events: Vec<(u64, EventKind)>) -> Self {
        Self {
            // A host does not allocate in its callbacks either.
            ended: Vec::with_capacity(events.len()),
            events,
            next: 0,
            from: 0,
            to: 0,
        }
    }
}

impl NotePort for Score {
    fn next_event(&mut self) -> Option<Event> {
        let (at, kind) = *self.events.get(self.next).filter(|(at, _)| *at < self.to)?;
        self.next += 1;
        Some(Event {
            at: (at - self.from) as u32,
            kind,
        })
    }

    fn note_ended(&mut self, at: u32, note: Note) {
        self.ended.push((self.from + u64::from(at), note));
    }
}
