//! What is played to the plugin: events at absolute samples, and how long to listen.

use tidepool_host::{Event, Note, Timed};

/// Events in any order, and the length of the piece in samples.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Length in samples.
    pub frames: usize,
    /// Events with the sample they happen at, counted from the start of the piece.
    pub events: Vec<(usize, Event)>,
}

impl Score {
    /// A piece of `frames` samples in which nothing happens yet.
    pub fn new(frames: usize) -> Self {
        Self {
            frames,
            events: Vec::new(),
        }
    }

    /// The same piece with one event more.
    #[must_use]
    pub fn at(mut self, sample: usize, event: Event) -> Self {
        self.events.push((sample, event));
        self
    }

    /// The same piece with a note of velocity 0.8 on channel 0 from one sample to another, under the
    /// key's own number as id.
    #[must_use]
    pub fn note(self, key: u8, from: usize, to: usize) -> Self {
        self.at(from, on(key)).at(to, off(key))
    }

    /// One A of 440 Hz, held for two thirds of `frames`.
    pub fn a440(frames: usize) -> Self {
        Self::new(frames).note(69, 0, frames * 2 / 3)
    }

    /// A few overlapping notes, a bend and the wheel: something of everything that needs no parameter.
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

    /// The events of the block that starts at `start`, with their samples counted from there.
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

/// Note-on of `key` on channel 0 with velocity 0.8, under the key's number as id.
pub fn on(key: u8) -> Event {
    Event::NoteOn {
        note: note(key),
        velocity: 0.8,
    }
}

/// Note-off for [`on`].
pub fn off(key: u8) -> Event {
    Event::NoteOff {
        note: note(key),
        velocity: 0.0,
    }
}

/// The note that [`on`] and [`off`] speak of.
pub fn note(key: u8) -> Note {
    Note::new(0, key).with_id(u32::from(key))
}
