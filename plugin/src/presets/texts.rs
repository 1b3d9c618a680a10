//! Limits of the texts of a preset, which the reader of files and the store of the user's presets share.
//!
//! Each function returns a sentence about the mistake and its remedy, without a full stop, as the error.

use unicode_normalization::UnicodeNormalization;

/// Most characters of a name.
pub const LONGEST_NAME: usize = 40;
/// Most characters of an author's name.
pub const LONGEST_AUTHOR: usize = 60;
/// Most characters of a description.
pub const LONGEST_DESCRIPTION: usize = 1000;
/// Most characters of a tag.
pub const LONGEST_TAG: usize = 24;
/// Most tags of a preset.
pub const MOST_TAGS: usize = 12;
/// Most characters of the name of a macro.
pub const LONGEST_MACRO: usize = 24;

/// Characters that some file systems do not allow in a name.
const NO_NAME: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];
/// Names of devices, which Windows allows for no file, whatever the extension; a digit follows the last two.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];

/// Checks the name of a preset, which is also the name of its file on every system.
///
/// # Errors
/// If it is empty, too long, or not the name of a file on some system.
pub fn name(text: &str) -> Result<(), String> {
    line("name", text, LONGEST_NAME)?;
    if text.trim().is_empty() {
        return Err("the name is empty; write at least one letter".to_owned());
    }
    if let Some(letter) = text.chars().find(|letter| NO_NAME.contains(letter)) {
        return Err(format!(
            "the name has a \"{letter}\", which no file's name can have everywhere; leave it out"
        ));
    }
    if text.starts_with('.') || text.ends_with('.') {
        return Err(
            "the name begins or ends with a dot, which a file's name cannot everywhere; leave it out"
                .to_owned(),
        );
    }
    if text != text.trim() {
        return Err("the name begins or ends with a blank; leave it out".to_owned());
    }
    if is_device(text) {
        return Err(format!(
            "\"{text}\" is the name of a device in Windows; choose another name"
        ));
    }
    Ok(())
}

/// Checks the name of an author, which may be empty.
///
/// # Errors
/// If it is too long or has several lines.
pub fn author(text: &str) -> Result<(), String> {
    line("author", text, LONGEST_AUTHOR)
}

/// Checks a description, which may be empty.
///
/// # Errors
/// If it is too long or has several lines.
pub fn description(text: &str) -> Result<(), String> {
    line("description", text, LONGEST_DESCRIPTION)
}

/// Checks one tag.
///
/// # Errors
/// If it is empty, too long, has several lines or a comma, which separates tags in the editor.
pub fn tag(text: &str) -> Result<(), String> {
    line("tag", text, LONGEST_TAG)?;
    if text.trim().is_empty() {
        return Err("a tag is empty; leave it out".to_owned());
    }
    if text.contains(',') {
        return Err("a tag has a comma; write two tags".to_owned());
    }
    Ok(())
}

/// Checks all tags of a preset.
///
/// # Errors
/// If one is wrong, two differ in case only, or there are too many.
pub fn tags<S: AsRef<str>>(tags: &[S]) -> Result<(), String> {
    if tags.len() > MOST_TAGS {
        let count = tags.len();
        return Err(format!("there are {count} tags; {MOST_TAGS} is the most"));
    }
    for (number, text) in tags.iter().enumerate() {
        let text = text.as_ref();
        tag(text)?;
        let before = tags.iter().take(number);
        if before.into_iter().any(|it| key(it.as_ref()) == key(text)) {
            return Err(format!("the tag \"{text}\" is there twice; leave one out"));
        }
    }
    Ok(())
}

/// Checks the name of a macro; empty means that it has none.
///
/// # Errors
/// If it is too long or has several lines.
pub fn macro_name(text: &str) -> Result<(), String> {
    line("name of the macro", text, LONGEST_MACRO)
}

/// Returns `name` in the form in which names that differ only in case, or in the way accents are encoded, are equal.
pub fn key(name: &str) -> String {
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// Returns `text` as one line: control characters and line separators become blanks, and blanks at the ends go.
pub fn one_line(text: &str) -> String {
    let blank = |letter| if breaks_line(letter) { ' ' } else { letter };
    text.chars()
        .map(blank)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Returns true for control characters and for separators of lines and paragraphs.
pub fn breaks_line(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')
}

fn line(what: &str, text: &str, most: usize) -> Result<(), String> {
    if text.contains(breaks_line) {
        return Err(format!(
            "the {what} is not one line of text; leave out line ends and control characters"
        ));
    }
    let letters = text.chars().count();
    if letters > most {
        return Err(format!(
            "the {what} has {letters} letters; {most} is the most"
        ));
    }
    Ok(())
}

fn is_device(name: &str) -> bool {
    // Windows ignores an extension and blanks before it.
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_uppercase();
    let is_numbered = |device: &&str| {
        let number = stem.strip_prefix(*device).unwrap_or_default();
        let is_digit = |letter: char| letter.is_ascii_digit() || "¹²³".contains(letter);
        number.chars().count() == 1 && number.chars().all(is_digit)
    };
    DEVICES.contains(&stem.as_str()) || NUMBERED_DEVICES.iter().any(is_numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_language_and_sign_can_be_a_name() {
        for text in [
            "Deep",
            "Ünder wäter",
            "深海",
            "أعماق",
            "🐙 & 🐠",
            "a",
            "v1.2",
            "Common",
            "COM",
            "COM10",
            "Console",
            "nul-l",
            "LPTX",
            "(it's)",
            "100 %",
            &"é".repeat(LONGEST_NAME),
        ] {
            assert_eq!(name(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn unusable_names_are_refused_with_their_reason() {
        let long = "é".repeat(LONGEST_NAME + 1);
        for (text, part) in [
            ("", "is empty"),
            (" ", "is empty"),
            (".", "a dot"),
            ("..", "a dot"),
            (".hidden", "a dot"),
            ("end.", "a dot"),
            (" a", "a blank"),
            ("a ", "a blank"),
            ("a/b", "\"/\""),
            ("a\\b", "\"\\\""),
            ("../a", "\"/\""),
            ("a:b", "\":\""),
            ("a\nb", "not one line"),
            ("a\u{0}b", "not one line"),
            ("a\u{2028}b", "not one line"),
            ("CON", "device in Windows"),
            ("nul", "device in Windows"),
            ("Com1", "device in Windows"),
            ("COM¹", "device in Windows"),
            ("lpt9.old", "device in Windows"),
            ("aux .x", "device in Windows"),
            ("conin$", "device in Windows"),
            (&long, "41 letters; 40 is the most"),
        ] {
            let sentence = name(text).expect_err(text);
            assert!(sentence.contains(part), "{text}: {sentence}");
            assert!(!sentence.contains('\n'), "{sentence}");
        }
    }

    #[test]
    fn tags_are_short_and_different() {
        assert_eq!(tags(&["dark", "Mono", "übel"]), Ok(()));
        assert_eq!(tags::<&str>(&[]), Ok(()));
        for (list, part) in [
            (vec!["a", ""], "empty"),
            (vec!["a,b"], "comma"),
            (vec!["Dark", "dark"], "twice"),
            (vec!["abcdefghijklmnopqrstuvwxyz"], "26 letters"),
            (vec!["a"; 13], "13 tags; 12 is the most"),
        ] {
            let sentence = tags(&list).expect_err(part);
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn names_are_compared_without_case_and_encoding_of_accents() {
        assert_eq!(key("Été"), key("e\u{301}T\u{c9}"));
        assert_ne!(key("Été"), key("Ete"));
        assert_eq!(one_line(" a\tb\r\nc\u{2028} "), "a b  c");
    }
}
