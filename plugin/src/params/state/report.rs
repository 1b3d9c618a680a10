//! Report of the parts of a loaded state that were not taken over, as one line for the log.

use crate::quote;

/// Most names in a sentence; the others are counted.
const NAMED: usize = 5;
/// Most characters of a name.
const LONGEST_NAME: usize = 32;

/// Names of the parts of a state that were replaced by their defaults or left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Version that wrote the state.
    pub version: String,
    /// Parameters and fields whose content was invalid, so that they got their defaults.
    pub defaulted: Vec<String>,
    /// Parameters and fields that this version does not have.
    pub unknown: Vec<String>,
}

impl LoadReport {
    /// Returns one line of at most 500 characters; `None` if everything in the state was taken over.
    pub fn sentence(&self) -> Option<String> {
        let mut parts = Vec::new();
        if !self.defaulted.is_empty() {
            let names = names(&self.defaulted);
            let what = match self.defaulted.len() {
                1 => "was not understood and took its default",
                _ => "were not understood and took their defaults",
            };
            parts.push(format!("{names} {what}"));
        }
        if !self.unknown.is_empty() {
            let names = names(&self.unknown);
            let what = match self.unknown.len() {
                1 => "is unknown to this version and was left out",
                _ => "are unknown to this version and were left out",
            };
            parts.push(format!("{names} {what}"));
        }
        let version = quote::shorten(&self.version, LONGEST_NAME);
        (!parts.is_empty()).then(|| format!("state of version {version}: {}", parts.join("; ")))
    }
}

/// Formats the number of names and the first of them.
fn names(all: &[String]) -> String {
    let first = all.iter().take(NAMED);
    let mut list: Vec<_> = first
        .map(|name| quote::shorten(name, LONGEST_NAME))
        .collect();
    if all.len() > NAMED {
        list.push("…".into());
    }
    let things = if all.len() == 1 { "part" } else { "parts" };
    format!("{} {things} ({})", all.len(), list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_counts_and_names_the_parts() {
        let mut report = LoadReport {
            version: "0.1.0".into(),
            ..LoadReport::default()
        };
        assert_eq!(report.sentence(), None);
        report.defaulted = ["cutoff", "pan"].map(String::from).into();
        report.unknown = vec!["grain_size".into()];
        assert_eq!(
            report.sentence().unwrap(),
            "state of version 0.1.0: 2 parts (cutoff, pan) were not understood and took their defaults; \
             1 part (grain_size) is unknown to this version and was left out"
        );
    }

    #[test]
    fn thousands_of_long_names_make_one_bounded_line() {
        let long = || vec!["line\nfeed ".repeat(1_000); 3_000];
        let report = LoadReport {
            version: "9".repeat(1_000_000),
            defaulted: long(),
            unknown: vec!["ab".repeat(500); 343],
        };
        let sentence = report.sentence().unwrap();
        assert!(sentence.contains("3000 parts (line…, "), "{sentence}");
        assert!(sentence.chars().count() <= 500, "{sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
    }
}
