//! `cargo xtask prose`: counts vague words in the comments of the workspace.
//!
//! A *doc line* is a line of a `///` or `//!` comment that is neither blank, nor a heading, nor part of a code example. An
//! *opening* is the first doc line of a comment, a *paragraph* is a later doc line that follows a blank line or a heading.
//! An opening or a paragraph is *vague* if it begins with one of [`OPENERS`], which there has no noun to stand for.
//! The percentage is the vague openings and paragraphs over all doc lines. A line that goes on with a sentence is never
//! vague: where a sentence wraps says nothing about the sentence.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::source_copy;
use crate::workspace::Workspace;

/// Pronouns, question words and phrases that cannot open a comment, in lower case.
const OPENERS: [&str; 32] = [
    "what",
    "whatever",
    "whether",
    "which",
    "whichever",
    "who",
    "whoever",
    "whom",
    "whose",
    "how",
    "where",
    "wherever",
    "of",
    "that",
    "those",
    "these",
    "it",
    "its",
    "they",
    "their",
    "theirs",
    "them",
    "this is",
    "this has",
    "this does",
    "this can",
    "this may",
    "this one",
    "all of",
    "all that",
    "so many",
    "so much",
];

/// Words that personify code, or that have a technical term, in lower case.
const WORDS: [&str; 7] = [
    "nobody",
    "somebody",
    "anybody",
    "whoever",
    "whomever",
    "no number",
    "no numbers",
];

/// Nouns of persons, which the pronoun of persons may follow.
const PERSONS: [&str; 10] = [
    "person",
    "people",
    "those",
    "user",
    "users",
    "musician",
    "listener",
    "player",
    "developer",
    "developers",
];

/// Options of `cargo xtask prose`.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub struct Prose {
    /// Print every vague line, as FILE:LINE: TEXT
    #[arg(long)]
    list: bool,
    /// Fail if more than this percentage of all doc lines is vague
    #[arg(long, value_name = "PERCENT")]
    limit: Option<f64>,
}

/// Prints the figures of each folder and of the workspace; fails only above [`Prose::limit`].
///
/// # Errors
/// When the workspace or a source file cannot be read.
pub fn prose(options: &Prose) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let mut folders: BTreeMap<PathBuf, Figures> = BTreeMap::new();
    let mut total = Figures::default();
    for file in source_copy::sources(&workspace.root)? {
        if file.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let text = fs::read_to_string(workspace.root.join(&file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        let (figures, findings) = examine(&text);
        if options.list {
            for finding in findings {
                println!("{}:{}: {}", file.display(), finding.line, finding.text);
            }
        }
        folders.entry(folder(&file)).or_default().add(&figures);
        total.add(&figures);
    }
    println!("doc lines  openings: vague  paragraphs: vague  of doc lines  words  folder");
    for (folder, figures) in &folders {
        println!("{} {}", figures.row(), folder.display());
    }
    println!("{} all", total.row());
    let exceeded = options.limit.is_some_and(|limit| total.percent() > limit);
    Ok(if exceeded {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Counts of a file, a folder or the workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Figures {
    doc_lines: usize,
    openings: usize,
    vague_openings: usize,
    paragraphs: usize,
    vague_paragraphs: usize,
    /// Comment lines, documentation or not, that contain one of [`WORDS`], or the pronoun of persons for a thing.
    words: usize,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.doc_lines += other.doc_lines;
        self.openings += other.openings;
        self.vague_openings += other.vague_openings;
        self.paragraphs += other.paragraphs;
        self.vague_paragraphs += other.vague_paragraphs;
        self.words += other.words;
    }

    /// Vague openings and paragraphs in percent of the doc lines, 0 to 100.
    fn percent(&self) -> f64 {
        let vague = self.vague_openings + self.vague_paragraphs;
        100.0 * vague as f64 / self.doc_lines.max(1) as f64
    }

    fn row(&self) -> String {
        format!(
            "{:9}  {:8}  {:5}  {:10}  {:5}  {:10.1} %  {:5} ",
            self.doc_lines,
            self.openings,
            self.vague_openings,
            self.paragraphs,
            self.vague_paragraphs,
            self.percent(),
            self.words,
        )
    }
}

/// A line that is vague or contains one of [`WORDS`].
#[derive(Debug, PartialEq)]
struct Finding<'a> {
    /// Number in the file, from 1.
    line: usize,
    text: &'a str,
}

/// Counts the comments of one source file.
fn examine(source: &str) -> (Figures, Vec<Finding<'_>>) {
    let mut figures = Figures::default();
    let mut findings = Vec::new();
    let mut last = Last::Code;
    let mut marker = "";
    let mut example = false;
    for (number, line) in source.lines().enumerate() {
        let text = line.trim();
        let Some(comment) = text.strip_prefix("//") else {
            (last, example) = (Last::Code, false);
            continue;
        };
        let mut found = has_word(comment);
        figures.words += usize::from(found);
        if let Some((kind, words)) = doc(text) {
            if kind != marker {
                (last, example) = (Last::Code, false);
            }
            marker = kind;
            let fence = words.starts_with("```");
            if fence || example {
                example ^= fence;
                last = Last::Text;
            } else if words.is_empty() || words.starts_with('#') {
                if last == Last::Text {
                    last = Last::Break;
                }
            } else {
                let vague = is_vague(words);
                figures.doc_lines += 1;
                match last {
                    Last::Code => {
                        figures.openings += 1;
                        figures.vague_openings += usize::from(vague);
                        found |= vague;
                    }
                    Last::Break => {
                        figures.paragraphs += 1;
                        figures.vague_paragraphs += usize::from(vague);
                        found |= vague;
                    }
                    Last::Text => {}
                }
                last = Last::Text;
            }
        } else {
            (last, example) = (Last::Code, false);
        }
        if found {
            findings.push(Finding {
                line: number + 1,
                text,
            });
        }
    }
    (figures, findings)
}

/// Kind of the line before a doc line.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// No line of the same comment.
    Code,
    /// A blank doc line or a heading.
    Break,
    /// A doc line, or a line of a code example.
    Text,
}

/// Returns marker and words of a doc line; `None` for any other comment.
fn doc(text: &str) -> Option<(&str, &str)> {
    let (marker, words) = text.split_at_checked(3)?;
    let is_doc = marker == "//!" || (marker == "///" && !words.starts_with('/'));
    is_doc.then(|| (marker, words.trim()))
}

/// Returns true if `words` begin with one of [`OPENERS`].
fn is_vague(words: &str) -> bool {
    let words = normal(words);
    OPENERS
        .iter()
        .any(|opener| words.starts_with(&format!(" {opener} ")))
}

/// Returns true if `comment` contains one of [`WORDS`], or the pronoun of persons behind any word but one of
/// [`PERSONS`].
fn has_word(comment: &str) -> bool {
    let comment = normal(comment);
    let mut words = comment.split(' ').collect::<Vec<_>>();
    words.retain(|word| !word.is_empty());
    let who = (words.windows(2)).any(|pair| pair[1] == "who" && !PERSONS.contains(&pair[0]))
        || words.first() == Some(&"who");
    let mut vague = WORDS.iter();
    who || vague.any(|word| comment.contains(&format!(" {word} ")))
}

/// Returns `text` in lower case with a space in place of every character that is not a letter or digit, and around it.
fn normal(text: &str) -> String {
    let letters = text
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' });
    let spaced: String = letters.collect::<String>().to_lowercase();
    let words: Vec<_> = spaced.split_whitespace().collect();
    format!(" {} ", words.join(" "))
}

/// Returns the folder of a source file, cut to its first three parts, as in `dsp/src/rt`.
fn folder(file: &Path) -> PathBuf {
    let parent = file.parent().unwrap_or(file);
    parent.components().take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(lines: &[&str]) -> Figures {
        examine(&lines.join("\n")).0
    }

    #[test]
    fn openings_and_paragraphs_are_counted_and_wrapped_lines_are_not() {
        let source = [
            "//! What the module",
            "//! that is here does.",
            "",
            "/// Cutoff in Hz.",
            "///",
            "/// It is clamped.",
            "/// # Errors",
            "/// Whatever the file system reports.",
            "fn cutoff() {}",
            "    /// Whether it is on.",
            "    on: bool, // what is not at the start of a line is code",
        ];
        let expected = Figures {
            doc_lines: 6,
            openings: 3,
            vague_openings: 2,
            paragraphs: 2,
            vague_paragraphs: 2,
            words: 0,
        };
        assert_eq!(figures(&source), expected);
        let found: Vec<_> = examine(&source.join("\n"))
            .1
            .iter()
            .map(|finding| finding.line)
            .collect();
        assert_eq!(found, [1, 6, 8, 10]);
        assert!((expected.percent() - 400.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn a_marker_of_another_kind_begins_another_comment() {
        let module_then_item = ["//! The clock.", "/// Of the clock."];
        assert_eq!(figures(&module_then_item).vague_openings, 1);
        assert_eq!(figures(&["/// Time.", "// Of time."]).openings, 1);
        assert_eq!(figures(&["//// What is no documentation"]).doc_lines, 0);
    }

    #[test]
    fn examples_and_headings_are_no_doc_lines() {
        let example = ["/// An example:", "/// ```", "/// it.play();", "/// ```"];
        assert_eq!(figures(&example).doc_lines, 1);
        assert_eq!(figures(&["/// # What it does"]), Figures::default());
        let heading = figures(&["/// # Errors", "/// It fails."]);
        assert_eq!((heading.openings, heading.vague_openings), (1, 1));
    }

    #[test]
    fn only_pronouns_and_questions_are_vague() {
        for vague in [
            "What moves",
            "`It` moves",
            "This is it",
            "So many of",
            "All of",
        ] {
            assert!(is_vague(vague), "{vague}");
        }
        for plain in [
            "This filter",
            "Items",
            "Whatness",
            "All voices",
            "So the",
            "Hz",
        ] {
            assert!(!is_vague(plain), "{plain}");
        }
    }

    #[test]
    fn words_are_found_in_every_comment() {
        let source = [
            "// Nobody waits.",
            "/// Finite: no number is lost, no-number.",
            "let nobody = \"somebody\";",
            "// the thread who waits",
            "// the user who waits",
            "//! Busybody, anybodys, whole, number.",
        ];
        assert_eq!(figures(&source).words, 3);
    }

    #[test]
    fn a_folder_has_three_parts_at_most() {
        let of = |file: &str| folder(Path::new(file));
        assert_eq!(
            of("dsp/src/rt/metrics/snapshot.rs"),
            Path::new("dsp/src/rt")
        );
        assert_eq!(of("dsp/src/rt.rs"), Path::new("dsp/src"));
        assert_eq!(of("plugin/build.rs"), Path::new("plugin"));
    }
}
