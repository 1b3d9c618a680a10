//! Scores: events at absolute positions, and the length of the piece.

use tidepool_host::{Event, Note, Timed};

/// Events in any order, and the length of the piece.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Length in samples.
    pub frames: usize,
    /// Events with their positions in samples since the start of the piece.
    pub events: Vec<(usize, Event)>,
}

impl Score {
    /// Returns an empty score of `frames` samples.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            events: Vec::new(),
        }
    }

    /// Adds an event.
    #[must_use]
    pub fn at(mut self, sample: usize, event: Event) -> Self {
        self.events.push((sample, event));
        self
    }

    /// Adds a note of velocity 0.8 on channel 0, between two positions, with the key's number as note id.
    #[must_use]
    pub fn note(self, key: u8, from: usize, to: usize) -> Self {
        self.at(from, on(key)).at(to, off(key))
    }

    /// Returns a score with an A of 440 Hz, held for two thirds of `frames`.
    pub fn a440(frames: usize) -> Self {
        Self::new(frames).note(69, 0, frames * 2 / 3)
    }

    /// Returns a score with a few overlapping notes, a pitch bend and the modulation wheel: all kinds of events that
    /// need no parameter.
    pub fn phrase(frames: usize) -> Self {
        let at = |part: usize| frames * part / 16;
        Self::new(frames)
            .note(57, at(0), at(6))
            .note(64, at(1), at(7))
            .note(69, at(2) + 13, at(5) + 1)
            .at(at(3) + 7, Event::Midi([0xE0, 0, 0x60]))
            .at(at(4) + 1, Event::Midi([0xB0, 1, 90]))
            .note(45, at(8) + 3, at(12))
            .at(at(9), Event::Midi([0xE0, 0, 0x40]))
    }

    /// Returns the events of the block that starts at `start`, with times relative to the block.
    pub fn block(&self, start: usize, frames: usize) -> Vec<Timed> {
        let inside = self
            .events
            .iter()
            .filter(|(sample, _)| (start..start + frames).contains(sample));
        inside
            .map(|&(sample, event)| event.at((sample - start) as u32))
            .collect()
    }
}

/// Returns a note on of `key` on channel 0 with velocity 0.8 and the key's number as note id.
pub fn on(key: u8) -> Event {
    Event::NoteOn {
        note: note(key),
        velocity: 0.8,
    }
}

/// Returns the note off for [`on`].
pub fn off(key: u8) -> Event {
    Event::NoteOff {
        note: note(key),
        velocity: 0.0,
    }
}

/// Returns the note of [`on`] and [`off`].
pub fn note(key: u8) -> Note {
    Note::new(0, key).with_id(u32::from(key))
}
