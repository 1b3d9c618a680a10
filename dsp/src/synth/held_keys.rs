//! The keys that are down, for when they share a voice.

use super::per_note::PerNote;
use crate::event::{Note, NoteFilter};

/// Most keys that are remembered; of more the oldest are forgotten.
const MOST: usize = 128;

/// Which of several held keys sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotePriority {
    /// The one that was pressed last.
    Last,
    /// The lowest.
    Low,
    /// The highest.
    High,
}

/// A key that is down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Its note.
    pub note: Note,
    /// How hard it was pressed, 0 to 1.
    pub velocity: f32,
    /// The pitch that it had in the scale when it was pressed: another scale may not even have the key.
    pub pitch: f32,
    /// Whether somebody has to be told of its end when it goes up: it has no voice, or lost it to another key.
    pub end_pending: bool,
    /// Whether the sostenuto pedal caught it.
    pub sostenuto: bool,
    /// What its host wants of it, for when it comes to sound, or does so again.
    pub per_note: PerNote,
}

/// The keys that are down, in the order in which they were pressed. `[audio]`
#[derive(Clone, Debug)]
pub struct HeldKeys {
    /// With room for as many again, so that a forgotten key moves the others once in [`MOST`] times.
    keys: [Key; 2 * MOST],
    /// Where the keys that are down begin, and how many they are.
    first: usize,
    count: usize,
}

impl Default for HeldKeys {
    fn default() -> Self {
        let nobody = Key {
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
            keys: [nobody; 2 * MOST],
            first: 0,
            count: 0,
        }
    }
}

impl HeldKeys {
    /// A key goes down. Answers the one that had to be forgotten for it.
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

    fn down(&self) -> &[Key] {
        &self.keys[self.first..][..self.count]
    }

    fn down_mut(&mut self) -> &mut [Key] {
        &mut self.keys[self.first..][..self.count]
    }

    /// Keys go up; `each` hears of them.
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

    /// What hosts want of the keys that are meant.
    pub fn per_note_mut(&mut self, target: NoteFilter) -> impl Iterator<Item = &mut PerNote> {
        let down = self.down_mut().iter_mut();
        down.filter(move |key| target.matches(&key.note))
            .map(|key| &mut key.per_note)
    }

    /// The sostenuto pedal of the channels that `reached` names goes `down`, and catches the keys there, or up.
    pub fn hold_sostenuto(&mut self, down: bool, reached: impl Fn(u8) -> bool) {
        for key in self.down_mut() {
            if reached(key.note.channel) {
                key.sostenuto = down;
            }
        }
    }

    /// The key that sounds, if any is down.
    pub fn chosen(&self, priority: NotePriority) -> Option<Key> {
        let down = self.down().iter();
        match priority {
            NotePriority::Last => down.last(),
            // Of equal ones the one that was pressed last.
            NotePriority::Low => down.rev().min_by_key(|key| key.note.key),
            NotePriority::High => down.max_by_key(|key| key.note.key),
        }
        .copied()
    }

    /// The end of `note` becomes its key's to tell, if that is down. Answers whether it is.
    pub fn mark_end_pending(&mut self, note: Note) -> bool {
        let mut down = self.down_mut().iter_mut();
        let key = down.find(|key| key.note == note && !key.end_pending);
        key.map(|key| key.end_pending = true).is_some()
    }

    /// `key`, which is down, has found a voice, whose end is that of its note. Answers whether the end was owed.
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
