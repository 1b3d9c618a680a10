//! A compact notation for one voice of a score.
//!
//! Words are separated by spaces: a note is a letter, an optional `#` or `b`, and an octave (`C4` is middle C); `r` is
//! a rest. A number is the length of the following notes, as a fraction of a whole note with an optional dot: `4` for
//! quarters, `8.` for dotted eighths.

/// Ticks in a quarter note, so that a thirty-second has 60.
pub const BEAT: u32 = 480;

/// Note with its position in the voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// Ticks since the start of the voice.
    pub start: u32,
    /// Notated length in ticks.
    pub length: u32,
    /// MIDI key.
    pub key: u8,
}

/// Parses a voice; returns its notes and its whole length, closing rests included.
///
/// # Panics
/// If a word is not part of the notation: scores are part of the program.
pub fn read(voice: &str) -> (Vec<Note>, u32) {
    let mut notes = Vec::new();
    let (mut start, mut length) = (0, BEAT);
    for word in voice.split_whitespace() {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            length = duration(word).unwrap_or_else(|| panic!("\"{word}\" is no length"));
            continue;
        }
        if word != "r" {
            let key = pitch(word).unwrap_or_else(|| panic!("\"{word}\" is no note"));
            notes.push(Note { start, length, key });
        }
        start += length;
    }
    (notes, start)
}

/// Returns the MIDI key of `word`, such as 69 for `A4`.
pub fn pitch(word: &str) -> Option<u8> {
    let semitone = match word.chars().next()? {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let (accidental, octave) = match word.as_bytes().get(1)? {
        b'#' => (1, &word[2..]),
        b'b' => (-1, &word[2..]),
        _ => (0, &word[1..]),
    };
    let octave: i32 = octave.parse().ok()?;
    u8::try_from(12 * (octave + 1) + semitone + accidental)
        .ok()
        .filter(|&key| key < 128)
}

fn duration(word: &str) -> Option<u32> {
    let plain = word.trim_end_matches('.');
    let length = 4 * BEAT / plain.parse::<u32>().ok().filter(|&n| n > 0)?;
    match word.len() - plain.len() {
        0 => Some(length),
        1 => Some(length * 3 / 2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_read_note_by_note() {
        let (notes, length) = read("C4 8 r C#4 8. Bb3 16 A4");
        let note = |start, length, key| Note { start, length, key };
        assert_eq!(
            notes,
            [
                note(0, 480, 60),
                note(720, 240, 61),
                note(960, 360, 58),
                note(1320, 120, 69)
            ]
        );
        assert_eq!(length, 1440);
    }

    #[test]
    fn what_is_no_note_is_none() {
        assert_eq!(pitch("A4"), Some(69));
        assert_eq!(pitch("C-1"), Some(0));
        assert_eq!(pitch("G9"), Some(127));
        for word in ["H4", "A", "A#", "A#x", "G#9", "Cb-1", "", "4"] {
            assert_eq!(pitch(word), None, "{word}");
        }
    }
}
