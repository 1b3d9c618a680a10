//! Mutants: copies of the sources with one mistake in each, which the checks of the project have to find.
//!
//! A check that cannot fail proves nothing. The table names for every ordering and every guard of `dsp/src/rt` the
//! check that fails without it, and for every sanitizer and the allocation checks the mistake that they find. `cargo
//! xtask mutants` runs the models and unit tests of the table, `cargo xtask sanitize` the sanitizers, `cargo xtask
//! test` the allocation checks and the rows marked as quick.

pub mod allocation;
mod audio_thread;
mod bridge;
mod check;
mod ground;
mod other;
mod pool;

use std::fs;

use anyhow::{Context, Result, bail};

pub use check::{Killed, Program, kill_in_suite, under_loom};

use crate::source_copy::SourceCopy;
use crate::workspace::Workspace;

/// Mistake, and the check that has to find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// Source file, from the root of the workspace.
    pub file: &'static str,
    /// Text that occurs exactly once in the file.
    pub text: &'static str,
    /// Text that replaces it.
    pub replacement: &'static str,
    /// Check that must fail.
    pub check: Check,
    /// Consequence of the mistake.
    pub why: &'static str,
    /// True if the row is part of every `cargo xtask test`.
    pub quick: bool,
}

/// Check that has to fail on a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Loom models of `dsp::rt`, by a part of their names.
    Model(&'static str),
    /// Unit tests of `dsp::rt`, by a part of their names.
    Unit(&'static str),
    /// Command of Cargo, run in a copy of the whole workspace, and a text that its output must then contain.
    Suite {
        /// Arguments, separated by spaces, as in `test --package tidepool-dsp --test alloc`.
        words: &'static str,
        /// Text in the output when the check fails for the right reason.
        finding: &'static str,
    },
    /// Tests under a sanitizer, run by `cargo xtask sanitize`.
    Sanitizer {
        /// Name of the sanitizer.
        name: &'static str,
        /// Arguments of `cargo test` that select the tests, separated by spaces.
        words: &'static str,
        /// Text in the output when the sanitizer finds the mistake.
        finding: &'static str,
    },
    /// The allocation checks of the plugin, run by `cargo xtask test`: see [`allocation`].
    Allocation,
}

impl Mutant {
    const fn new(
        file: &'static str,
        text: &'static str,
        replacement: &'static str,
        check: Check,
        why: &'static str,
    ) -> Self {
        Self {
            file,
            text,
            replacement,
            check,
            why,
            quick: false,
        }
    }

    /// Makes the row part of every `cargo xtask test`.
    const fn quick(mut self) -> Self {
        self.quick = true;
        self
    }

    /// Returns the content of the file with the mistake in it.
    ///
    /// # Errors
    /// When the file cannot be read, or the text does not occur in it exactly once.
    pub fn mutated(&self, workspace: &Workspace) -> Result<String> {
        let path = workspace.root.join(self.file);
        let source =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", self.file))?;
        match source.matches(self.text).count() {
            1 => Ok(source.replacen(self.text, self.replacement, 1)),
            count => bail!(
                "does not apply: the text occurs {count} times in {}",
                self.file
            ),
        }
    }

    /// Makes a copy of the whole workspace with the mistake in it, in `target/folder`.
    ///
    /// # Errors
    /// When the mutant does not apply, or the sources cannot be copied.
    pub fn copy(&self, workspace: &Workspace, folder: &str) -> Result<SourceCopy> {
        let mutated = self.mutated(workspace)?;
        SourceCopy::new(workspace, folder, &[(self.file, mutated)])
    }

    /// Makes a copy whose crate `dsp` contains only `rt`, which builds in seconds.
    ///
    /// # Errors
    /// As for [`copy`](Self::copy).
    pub fn copy_of_rt(&self, workspace: &Workspace, folder: &str) -> Result<SourceCopy> {
        let mutated = self.mutated(workspace)?;
        copy_of_rt(workspace, folder, Some((self.file, mutated)))
    }

    /// Returns one line for a report: the file and the mistake.
    #[must_use]
    pub fn title(&self) -> String {
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!(
            "{}: «{}» → «{}»",
            self.file,
            line(self.text),
            line(self.replacement)
        )
    }
}

/// Makes a copy whose crate `dsp` is `rt` alone: it depends on nothing else of the crate.
pub(crate) fn copy_of_rt(
    workspace: &Workspace,
    folder: &str,
    changed: Option<(&str, String)>,
) -> Result<SourceCopy> {
    const ROOT: &str = "dsp/src/lib.rs";
    let rt_alone = "//! `rt` alone.\n#![allow(dead_code, unused_imports)]\npub mod rt;\n";
    let mut all = vec![(ROOT, rt_alone.to_owned())];
    all.extend(changed);
    SourceCopy::new(workspace, folder, &all)
}

/// Returns all rows.
pub fn table() -> impl Iterator<Item = &'static Mutant> {
    [
        pool::ROWS,
        bridge::ROWS,
        ground::ROWS,
        audio_thread::ROWS,
        other::ROWS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_applies() {
        let workspace = Workspace::locate().unwrap();
        let stale: Vec<_> = table()
            .filter(|row| row.mutated(&workspace).is_err())
            .map(Mutant::title)
            .collect();
        assert!(stale.is_empty(), "{stale:#?}");
    }

    #[test]
    fn every_row_changes_something_and_says_why() {
        for row in table() {
            assert_ne!(row.text, row.replacement, "{row:?}");
            assert!(row.why.ends_with('.'), "{row:?}");
        }
    }

    #[test]
    fn a_text_that_is_not_there_or_twice_does_not_apply() {
        let workspace = Workspace::locate().unwrap();
        for (text, count) in [("no such text anywhere", "0 times"), ("fn ", "times")] {
            let row = Mutant::new("xtask/src/lib.rs", text, "", Check::Unit(""), "");
            let row = if count == "times" {
                Mutant {
                    text: "pub mod",
                    ..row
                }
            } else {
                row
            };
            let error = row.mutated(&workspace).unwrap_err().to_string();
            assert!(error.contains(count), "{error}");
        }
    }
}
