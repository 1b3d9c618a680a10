//! Layout of the keyboard: the key that each keycode has in egui.

use egui::Key;
use x11rb::connection::Connection;
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::xkb::{ConnectionExt as _, ID};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Rows of letters on a keyboard of the United States, with the keycode of the first one.
const ROWS: [(u8, &str); 3] = [(24, "QWERTYUIOP"), (38, "ASDFGHJKL"), (52, "ZXCVBNM")];

/// Keysyms, without modifiers, of the keys that are no letters.
const NAMED: [(u32, Key); 17] = [
    (0x0020, Key::Space),
    (0xff08, Key::Backspace),
    (0xff09, Key::Tab),
    (0xff0d, Key::Enter),
    (0xff8d, Key::Enter),
    (0xff1b, Key::Escape),
    (0xffff, Key::Delete),
    (0xff50, Key::Home),
    (0xff57, Key::End),
    (0xff51, Key::ArrowLeft),
    (0xff52, Key::ArrowUp),
    (0xff53, Key::ArrowRight),
    (0xff54, Key::ArrowDown),
    (0xff55, Key::PageUp),
    (0xff56, Key::PageDown),
    (0xff9a, Key::PageUp),
    (0xff9b, Key::PageDown),
];

/// Keys by their keycodes.
#[derive(Debug, Default)]
pub struct Layout {
    keys: Vec<Option<Key>>,
    /// True if the layout has Latin letters; others keep the shortcuts where they are in the United States.
    is_latin: bool,
}

impl Layout {
    /// Reads the present layout from the server.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn read(connection: &RustConnection) -> Result<Self, ReplyError> {
        let setup = connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = connection.get_keyboard_mapping(first, last - first + 1)?;
        let map = map.reply()?;
        let per_key = usize::from(map.keysyms_per_keycode).max(1);
        let group = group(connection).unwrap_or(0);
        let keysym = |keysyms: &[u32]| {
            // Two keysyms per group, of which the first is that without modifiers.
            let of_group = keysyms.get(2 * group).filter(|keysym| **keysym != 0);
            *of_group.unwrap_or(&keysyms[0])
        };
        let keysyms = map.keysyms.chunks_exact(per_key).map(keysym);
        Ok(Self::new(first, keysyms))
    }

    fn new(first: u8, keysyms: impl Iterator<Item = u32>) -> Self {
        let mut keys = vec![None; usize::from(first)];
        keys.extend(keysyms.map(key));
        let mut layout = Self {
            keys,
            is_latin: true,
        };
        layout.is_latin = places().any(|(code, _)| layout.key(code).is_some_and(is_letter));
        layout
    }

    /// Returns the key with this keycode.
    pub fn key(&self, code: u8) -> Option<Key> {
        self.keys.get(usize::from(code)).copied().flatten()
    }

    /// Returns the letter in the place that `key` has in the United States, if it has one; other keys are returned as
    /// they are.
    pub fn letter(&self, key: Key) -> Option<Key> {
        match places().find(|(_, letter)| *letter == key) {
            Some((code, _)) if self.is_latin => self.key(code).filter(|key| is_letter(*key)),
            _ => Some(key),
        }
    }

    /// Returns the letter with this keycode, if the key has no letter in the United States.
    pub fn letter_elsewhere(&self, code: u8) -> Option<Key> {
        let is_usual = places().any(|(place, _)| place == code);
        self.key(code).filter(|key| !is_usual && is_letter(*key))
    }
}

/// Returns the keycodes that have a letter in the United States.
fn places() -> impl Iterator<Item = (u8, Key)> {
    ROWS.into_iter().flat_map(|(first, letters)| {
        let keys = letters.chars().filter_map(letter);
        (first..).zip(keys)
    })
}

fn letter(letter: char) -> Option<Key> {
    Key::from_name(letter.encode_utf8(&mut [0; 4]))
}

fn is_letter(key: Key) -> bool {
    (Key::A..=Key::Z).contains(&key)
}

fn key(keysym: u32) -> Option<Key> {
    let character = char::from_u32(keysym).filter(char::is_ascii_lowercase);
    let named = || NAMED.into_iter().find(|(named, _)| *named == keysym);
    match character {
        Some(character) => letter(character.to_ascii_uppercase()),
        None => Some(named()?.1),
    }
}

/// Returns the number of the layout that is chosen among several.
fn group(connection: &RustConnection) -> Result<usize, ReplyError> {
    let supported = connection.xkb_use_extension(1, 0)?.reply()?.supported;
    if !supported {
        return Err(ConnectionError::UnsupportedExtension.into());
    }
    let core = u16::from(ID::USE_CORE_KBD);
    let state = connection.xkb_get_state(core)?.reply()?;
    Ok(usize::from(u8::from(state.group)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a layout whose keys, from the keycode 24 on, have the characters of `rows`.
    fn layout(rows: [(u8, &str); 3]) -> Layout {
        let mut keysyms = [0; 70];
        for (first, row) in rows {
            for (place, character) in (usize::from(first)..).zip(row.chars()) {
                keysyms[place] = u32::from(character);
            }
        }
        Layout::new(0, keysyms.into_iter())
    }

    #[test]
    fn shortcuts_follow_the_letters() {
        let german = layout([(24, "qwertzuiop"), (38, "asdfghjkl"), (52, "yxcvbnm")]);
        let places = [Key::Z, Key::Y, Key::A, Key::Space];
        let letters = places.map(|key| german.letter(key));
        assert_eq!(letters, [Key::Y, Key::Z, Key::A, Key::Space].map(Some));
        assert_eq!(german.key(29), Some(Key::Z));

        let french = layout([(24, "azertyuiop"), (38, "qsdfghjklm"), (52, "wxcvbn,")]);
        assert_eq!(
            [Key::W, Key::M].map(|key| french.letter(key)),
            [Some(Key::Z), None]
        );
        assert_eq!(french.letter_elsewhere(47), Some(Key::M));
        assert_eq!(french.letter_elsewhere(24), None);
    }

    #[test]
    fn a_layout_without_latin_letters_keeps_the_places() {
        let greek = layout([(24, ";\u{3c2}"), (38, "\u{3b1}"), (52, "\u{3b6}")]);
        assert_eq!(greek.letter(Key::Z), Some(Key::Z));
        assert_eq!(greek.key(52), None);
    }
}
