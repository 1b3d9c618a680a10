//! The computer's keyboard as a musical one: two rows of letters are white and black keys.

use egui::{Event, Key, Modifiers};

use super::pressed_keys::PressedKeys;
use crate::editor::outbox::Outbox;

/// Computer keys in the order of the notes: the middle row of letters plays white keys, the row above it black keys.
pub const KEYS: [(Key, &str); 16] = [
    (Key::A, "A"),
    (Key::W, "W"),
    (Key::S, "S"),
    (Key::E, "E"),
    (Key::D, "D"),
    (Key::F, "F"),
    (Key::T, "T"),
    (Key::G, "G"),
    (Key::Y, "Y"),
    (Key::H, "H"),
    (Key::U, "U"),
    (Key::J, "J"),
    (Key::K, "K"),
    (Key::O, "O"),
    (Key::L, "L"),
    (Key::P, "P"),
];

/// Step that a computer key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Z and the left arrow: an octave down.
    OctaveDown,
    /// X and the right arrow: an octave up.
    OctaveUp,
}

/// Computer keys that are down, with the notes that they play. `[gui]`
#[derive(Debug, Default)]
pub struct ComputerKeys {
    down: Vec<(Key, u8)>,
    /// Notes that began and ended within a frame, which sound until the next one, and whether Shift was down.
    ending: Vec<(u8, bool)>,
}

impl ComputerKeys {
    /// Plays the key events of one frame: the lowest key plays the note `base`, with `velocity` from 0 to 1. Returns the
    /// steps asked for.
    ///
    /// X11 repeats a held key as a release and a press at the same time, which are left out here; another system marks
    /// repeated presses.
    pub fn follow(
        &mut self,
        events: &[Event],
        base: u8,
        velocity: f32,
        keys: &mut PressedKeys,
        outbox: &mut Outbox,
    ) -> Vec<Step> {
        for (note, shift) in self.ending.drain(..) {
            keys.release(note, shift, outbox);
        }
        // Keys before this place were down before this frame.
        let mut known = self.down.len();
        let mut steps = Vec::new();
        for (index, event) in events.iter().enumerate() {
            let &Event::Key {
                key,
                pressed,
                repeat,
                modifiers,
                ..
            } = event
            else {
                continue;
            };
            let is_repeat = repeat || is_repeated(events, index, key, pressed);
            if is_repeat || (pressed && is_shortcut(modifiers)) {
                continue;
            }
            if !pressed {
                let place = self.down.iter().position(|(down, _)| *down == key);
                if let Some(place) = place {
                    let (_, note) = self.down.remove(place);
                    if place < known {
                        known -= 1;
                        keys.release(note, modifiers.shift, outbox);
                    } else {
                        self.ending.push((note, modifiers.shift));
                    }
                }
                continue;
            }
            match key {
                Key::Z | Key::ArrowLeft => steps.push(Step::OctaveDown),
                Key::X | Key::ArrowRight => steps.push(Step::OctaveUp),
                _ => {
                    let number = KEYS.iter().position(|(known, _)| *known == key);
                    let note = number.map(|number| base + number as u8);
                    if let Some(note) = note.filter(|note| *note < 128) {
                        self.down.push((key, note));
                        keys.press(note, velocity, outbox);
                    }
                }
            }
        }
        steps
    }

    /// Returns true if a note has to end in the next frame.
    pub fn is_ending(&self) -> bool {
        !self.ending.is_empty()
    }

    /// Releases all computer keys, for instance because the window lost the keyboard.
    pub fn release_all(&mut self, keys: &mut PressedKeys, outbox: &mut Outbox) {
        let ending = self.ending.drain(..).map(|(note, _)| note);
        for note in self.down.drain(..).map(|(_, note)| note).chain(ending) {
            keys.release(note, false, outbox);
        }
    }
}

/// Returns true if the event at `index` is half of a repetition: a release whose next event of the same key is a press,
/// or that press.
fn is_repeated(events: &[Event], index: usize, key: Key, pressed: bool) -> bool {
    let of_key = |event: &Event| match event {
        Event::Key {
            key: other,
            pressed,
            ..
        } if *other == key => Some(*pressed),
        _ => None,
    };
    if pressed {
        let before = events[..index].iter().rev().find_map(of_key);
        before == Some(false)
    } else {
        let after = events[index + 1..].iter().find_map(of_key);
        after == Some(true)
    }
}

fn is_shortcut(modifiers: Modifiers) -> bool {
    modifiers.ctrl || modifiers.alt || modifiers.command || modifiers.mac_cmd
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::outbox::tests::{Glass, down, up};
    use tidepool_dsp::Command;

    fn event(key: Key, pressed: bool, modifiers: Modifiers) -> Event {
        Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        }
    }

    /// Returns the commands and the steps for `frames` of key events.
    fn played(frames: &[&[Event]]) -> (Vec<Command>, Vec<Step>) {
        let (mut outbox, queue) = Glass::of(64);
        let (mut typed, mut keys) = (ComputerKeys::default(), PressedKeys::default());
        let mut steps = Vec::new();
        for events in frames {
            steps.extend(typed.follow(events, 60, 0.5, &mut keys, &mut outbox));
        }
        (queue.drain(), steps)
    }

    const NONE: Modifiers = Modifiers::NONE;

    #[test]
    fn rows_of_letters_are_keys_of_a_piano_and_several_sound_at_once() {
        let press = |key| event(key, true, NONE);
        let chord = [press(Key::A), press(Key::D), press(Key::G)];
        let release = [event(Key::D, false, NONE)];
        let (commands, _) = played(&[&chord, &release, &[press(Key::W), press(Key::P)]]);
        let expected = [down(60), down(64), down(67), up(64), down(61), down(75)];
        assert_eq!(commands, expected);
    }

    #[test]
    fn repeated_keys_and_shortcuts_play_nothing() {
        let (press, release) = (event(Key::A, true, NONE), event(Key::A, false, NONE));
        let repeats = [release.clone(), press.clone()];
        let marked = Event::Key {
            key: Key::A,
            physical_key: None,
            pressed: true,
            repeat: true,
            modifiers: NONE,
        };
        let frames: [&[Event]; 4] = [&[press], &repeats, &[marked], &[release]];
        assert_eq!(played(&frames).0, [down(60), up(60)]);
        let shortcut = event(Key::S, true, Modifiers::CTRL);
        assert_eq!(played(&[&[shortcut]]).0, []);
    }

    #[test]
    fn a_tap_within_a_frame_sounds_until_the_next() {
        let tap = [event(Key::A, true, NONE), event(Key::A, false, NONE)];
        assert_eq!(played(&[&tap]).0, [down(60)]);
        assert_eq!(played(&[&tap, &[]]).0, [down(60), up(60)]);
    }

    #[test]
    fn a_key_goes_up_as_the_note_that_it_played() {
        let (mut outbox, queue) = Glass::of(64);
        let (mut typed, mut keys) = (ComputerKeys::default(), PressedKeys::default());
        let press = [event(Key::A, true, NONE), event(Key::X, true, NONE)];
        let steps = typed.follow(&press, 60, 0.5, &mut keys, &mut outbox);
        assert_eq!(steps, [Step::OctaveUp]);
        let release = [event(Key::A, false, NONE)];
        typed.follow(&release, 72, 0.5, &mut keys, &mut outbox);
        assert_eq!(queue.drain(), [down(60), up(60)]);
        // Above key 127 there is none.
        typed.follow(
            &[event(Key::K, true, NONE)],
            120,
            0.5,
            &mut keys,
            &mut outbox,
        );
        assert_eq!(queue.drain(), []);
        typed.release_all(&mut keys, &mut outbox);
    }
}
