//! Decoding of text files that do not declare their encoding.

/// Windows-1252 characters of the bytes 0x80 to 0x9f; its five undefined bytes stay control characters, as in
/// ISO 8859-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Decodes `bytes` as UTF-8 if they are valid UTF-8, as UTF-16 if they begin with its byte order mark, and otherwise as
/// Windows-1252, which has the letters of ISO 8859-1 and also the quotes and dashes that Windows programs write.
/// A byte order mark is not part of the text. Never fails: each byte is a character of Windows-1252.
pub fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => bytes.iter().map(|byte| letter(*byte)).collect(),
            }
        }
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let letters = char::decode_utf16(units);
    letters
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn letter(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_keeps_its_letters() {
        for (bytes, text) in [
            (&b"plain"[..], "plain"),
            (b"", ""),
            ("Für Elise".as_bytes(), "Für Elise"),
            (b"F\xfcr Elise", "Für Elise"),
            (b"l\x92\xe9t\xe9 \x96 \x80", "l’été – €"),
            (b"\xef\xbb\xbffran\xc3\xa7ais", "français"),
            (b"\xef\xbb\xbffran\xe7ais", "français"),
            (b"\xff\xfef\x00\xfc\x00", "fü"),
            (b"\xfe\xff\x00f\x00\xfc", "fü"),
            (b"\xff\xfe\x3d\xd8\x00", "\u{fffd}"),
        ] {
            assert_eq!(decode(bytes), text, "{bytes:x?}");
        }
    }

    #[test]
    fn every_byte_of_windows_1252_is_a_letter_of_its_own() {
        let all: Vec<u8> = (0x80..=0xff).collect();
        let mut letters: Vec<char> = decode(&all).chars().collect();
        assert_eq!(letters.len(), 128);
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), 128);
    }
}
