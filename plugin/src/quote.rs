//! Quotes of refused text in messages: one line and a bounded length, however long the text is.

/// Most characters of a quote.
const LONGEST: usize = 60;

/// Returns the first line of `text` that is not blank, with control characters replaced by blanks, cut after 60
/// characters. An ellipsis stands for everything that is left out.
pub fn quote(text: &str) -> String {
    shorten(text, LONGEST)
}

/// Returns the same as [`quote`], but with at most `most` characters before the ellipsis.
pub fn shorten(text: &str, most: usize) -> String {
    let text = text.trim();
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let line = &text[..end];
    let end = line.char_indices().nth(most).map_or(end, |(end, _)| end);
    let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
    let mut quote: String = line[..end].chars().map(blank).collect();
    if end < text.len() {
        quote.push('…');
    }
    quote
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_quoted_whole() {
        for text in ["", "440 Hz", "fünf Ämter", &"x".repeat(LONGEST)] {
            assert_eq!(quote(text), text);
        }
        assert_eq!(quote("  a\tb\u{85}c \n"), "a b c");
    }

    #[test]
    fn long_text_is_cut_to_one_line_of_sixty_characters() {
        assert_eq!(quote("\n\none\ntwo"), "one…");
        assert_eq!(quote("one\rtwo"), "one…");
        let long = "é".repeat(10_000_000);
        assert_eq!(quote(&long), "é".repeat(LONGEST) + "…");
        assert_eq!(shorten("abcdef", 3), "abc…");
    }
}
