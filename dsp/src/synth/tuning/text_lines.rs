//! Lines of a Scala file: numbered, without comments, with the line ends of any system.

use super::TuningError;

/// Maximum number of characters of a line that an error quotes.
const QUOTED: usize = 24;

/// Lines of a file that have not been read yet.
pub(super) struct TextLines<'a> {
    rest: &'a [u8],
    last: usize,
}

/// A line that is not a comment.
pub(super) struct TextLine {
    pub(super) number: usize,
    pub(super) text: String,
}

impl<'a> TextLines<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        let rest = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        // DOS text ends with a ^Z.
        let end = rest.iter().position(|byte| *byte == 0x1a);
        Self {
            rest: &rest[..end.unwrap_or(rest.len())],
            last: 0,
        }
    }

    /// Returns the next line, which should be `what`.
    pub(super) fn expect(&mut self, what: &str) -> Result<TextLine, TuningError> {
        self.next().ok_or_else(|| self.ended_before(what))
    }

    /// Returns the next line that is not blank, which should be `what`.
    pub(super) fn expect_filled(&mut self, what: &str) -> Result<TextLine, TuningError> {
        let line = self.filled().next();
        line.ok_or_else(|| self.ended_before(what))
    }

    /// Iterates over the lines that are not blank.
    pub(super) fn filled(&mut self) -> impl Iterator<Item = TextLine> {
        self.filter(|line| !line.text.trim().is_empty())
    }

    fn ended_before(&self, what: &str) -> TuningError {
        let problem = format!("the file ends before {what}: add it, or get the file again");
        TuningError::at(self.last.max(1), problem)
    }
}

impl Iterator for TextLines<'_> {
    type Item = TextLine;

    fn next(&mut self) -> Option<TextLine> {
        while !self.rest.is_empty() {
            let end = self
                .rest
                .iter()
                .position(|byte| matches!(byte, b'\n' | b'\r'));
            let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            self.rest = match rest {
                [b'\r', b'\n', rest @ ..] | [_, rest @ ..] | rest => rest,
            };
            self.last += 1;
            if !line.starts_with(b"!") {
                return Some(TextLine {
                    number: self.last,
                    text: decode(line),
                });
            }
        }
        None
    }
}

impl TextLine {
    /// Parses the first word as a whole number from `least` to `most`. Text after the word is a remark.
    pub(super) fn whole(&self, what: &str, least: i64, most: i64) -> Result<i64, TuningError> {
        let number = self
            .word()
            .parse()
            .ok()
            .filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            let wanted = format!("write {what} as a whole number from {least} to {most}");
            self.is_not(what, &wanted)
        })
    }

    /// Returns the text up to the first blank or `!`, without a comma or semicolon at its end.
    pub(super) fn word(&self) -> &str {
        let word = self.text.split_whitespace().next().unwrap_or_default();
        let word = word.split('!').next().unwrap_or_default();
        word.trim_end_matches([',', ';'])
    }

    /// Returns the error that the line is not `what` it should be; `wanted` is the remedy.
    pub(super) fn is_not(&self, what: &str, wanted: &str) -> TuningError {
        let text = self.text.trim();
        let mut quoted: String = text.chars().take(QUOTED).collect();
        if quoted.len() < text.len() {
            quoted.push('…');
        }
        TuningError::at(self.number, format!("{quoted:?} is not {what}: {wanted}"))
    }
}

/// Decodes UTF-8, or else ISO 8859-1, which Scala itself writes.
fn decode(line: &[u8]) -> String {
    match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        Err(_) => line.iter().map(|byte| char::from(*byte)).collect(),
    }
}
