//! Keys that are down, for the modes in which they share a voice.

use super::per_note::PerNote;
use crate::event::{Note, NoteFilter};

/// Maximum number of held keys; beyond it the oldest one is dropped.
const MOST: usize = 128;

/// Priority by which one of several held keys is chosen to sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotePriority {
    /// The key that was pressed last.
    Last,
    /// The lowest key.
    Low,
    /// The highest key.
    High,
}

/// A held key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Note of the key.
    pub note: Note,
    /// Velocity, 0 to 1.
    pub velocity: f32,
    /// Pitch that the tuning gave the key when it was pressed; a later tuning may not map the key.
    pub pitch: f32,
    /// True if the end of the note has to be reported when the key goes up: the key has no voice, or lost it to another
    /// key.
    pub end_pending: bool,
    /// True if the sostenuto pedal caught the key.
    pub sostenuto: bool,
    /// The host's per-note values, kept for the time when the key gets a voice, or gets one again.
    pub per_note: PerNote,
}

/// Held keys in the order in which they were pressed. `[audio]`
#[derive(Clone, Debug)]
pub struct HeldKeys {
    /// Twice the maximum, so that dropping the oldest key moves the others only once in [`MOST`] times.
    keys: [Key; 2 * MOST],
    /// Index of the oldest held key, and the number of held keys.
    first: usize,
    count: usize,
}

impl Default for HeldKeys {
    fn default() -> Self {
        let empty = Key {
            note: Note {
                id: None,
                channel: 0,
                key: 0,
            },
            velocity: 0.0,
            pitch: 0.0,
            end_pending: false,
            sostenuto: false,
            per_note: PerNote::default(),
        };
        Self {
            keys: [empty; 2 * MOST],
            first: 0,
            count: 0,
        }
    }
}

impl HeldKeys {
    /// Adds a key. Returns the key that was dropped to make room for it.
    pub fn press(&mut self, key: Key) -> Option<Key> {
        let forgotten = (self.count == MOST).then(|| self.keys[self.first]);
        if forgotten.is_some() {
            self.first += 1;
            self.count -= 1;
        }
        if self.first + self.count == self.keys.len() {
            self.keys.copy_within(self.first.., 0);
            self.first = 0;
        }
        self.keys[self.first + self.count] = key;
        self.count += 1;
        forgotten
    }

    /// Iterates over the held keys in the order in which they were pressed.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.down().iter()
    }

    fn down(&self) -> &[Key] {
        &self.keys[self.first..][..self.count]
    }

    fn down_mut(&mut self) -> &mut [Key] {
        &mut self.keys[self.first..][..self.count]
    }

    /// Removes the keys that `target` matches and passes each of them to `each`.
    pub fn release(&mut self, target: NoteFilter, mut each: impl FnMut(Key)) {
        let mut kept = 0;
        let down = self.down_mut();
        for place in 0..down.len() {
            if target.matches(&down[place].note) {
                each(down[place]);
            } else {
                if kept < place {
                    down[kept] = down[place];
                }
                kept += 1;
            }
        }
        self.count = kept;
    }

    /// Returns the per-note values of the keys that `target` matches.
    pub fn per_note_mut(&mut self, target: NoteFilter) -> impl Iterator<Item = &mut PerNote> {
        let down = self.down_mut().iter_mut();
        down.filter(move |key| target.matches(&key.note))
            .map(|key| &mut key.per_note)
    }

    /// Sets the sostenuto mark of the held keys on the channels for which `reached` holds: true if the pedal goes `down`.
    pub fn hold_sostenuto(&mut self, down: bool, reached: impl Fn(u8) -> bool) {
        for key in self.down_mut() {
            if reached(key.note.channel) {
                key.sostenuto = down;
            }
        }
    }

    /// Returns the key that sounds, if any is down.
    pub fn chosen(&self, priority: NotePriority) -> Option<Key> {
        let down = self.down().iter();
        match priority {
            NotePriority::Last => down.last(),
            // Among equal keys the last one pressed.
            NotePriority::Low => down.rev().min_by_key(|key| key.note.key),
            NotePriority::High => down.max_by_key(|key| key.note.key),
        }
        .copied()
    }

    /// Makes the key of `note` report the note's end, if that key is down and has no end pending. Returns true if so.
    pub fn mark_end_pending(&mut self, note: Note) -> bool {
        let mut down = self.down_mut().iter_mut();
        let key = down.find(|key| key.note == note && !key.end_pending);
        key.map(|key| key.end_pending = true).is_some()
    }

    /// Clears the pending end of `key`, which is down and has got a voice that reports the end. Returns true if the end was
    /// pending.
    pub fn take_end_pending(&mut self, key: Key) -> bool {
        let mut down = self.down_mut().iter_mut().rev();
        let found = down.find(|other| (other.note, other.velocity) == (key.note, key.velocity));
        found.is_some_and(|key| std::mem::take(&mut key.end_pending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: u8) -> Key {
        Key {
            note: Note {
                id: None,
                channel: 0,
                key,
            },
            velocity: 0.5,
            pitch: f32::from(key),
            end_pending: false,
            sostenuto: false,
            per_note: PerNote::default(),
        }
    }

    #[test]
    fn each_priority_chooses_its_key_and_falls_back_on_what_is_still_down() {
        let mut keys = HeldKeys::default();
        for number in [60, 72, 48, 64] {
            assert_eq!(keys.press(key(number)), None);
        }
        let chosen = |keys: &HeldKeys| {
            [NotePriority::Last, NotePriority::Low, NotePriority::High]
                .map(|priority| keys.chosen(priority).map(|key| key.note.key))
        };
        assert_eq!(chosen(&keys), [Some(64), Some(48), Some(72)]);
        let up = |number| NoteFilter {
            key: Some(number),
            ..NoteFilter::default()
        };
        let mut heard = Vec::new();
        for number in [64, 48, 1] {
            keys.release(up(number), |key| heard.push(key.note.key));
        }
        assert_eq!(heard, [64, 48]);
        assert_eq!(chosen(&keys), [Some(72), Some(60), Some(72)]);
        keys.release(NoteFilter::default(), |_| ());
        assert_eq!(chosen(&keys), [None; 3]);
    }

    #[test]
    fn an_end_is_owed_to_one_key_at_a_time() {
        let mut keys = HeldKeys::default();
        let twice = Key {
            end_pending: true,
            ..key(60)
        };
        keys.press(twice);
        assert!(keys.take_end_pending(twice));
        keys.press(twice);
        assert!(keys.take_end_pending(twice) && !keys.take_end_pending(key(60)));
        assert!(keys.mark_end_pending(twice.note) && !keys.mark_end_pending(key(61).note));
        let mut end_pending = Vec::new();
        keys.release(NoteFilter::default(), |key| {
            end_pending.push(key.end_pending)
        });
        assert_eq!(end_pending, [true, false]);
    }

    #[test]
    fn of_too_many_keys_the_oldest_is_forgotten() {
        let mut keys = HeldKeys::default();
        for number in 0..MOST as u8 {
            assert_eq!(keys.press(key(number)), None);
        }
        assert_eq!(keys.press(key(7)), Some(key(0)));
        assert_eq!(keys.chosen(NotePriority::Low), Some(key(1)));
    }
}
