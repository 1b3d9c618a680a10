//! The program's error type: one sentence to print, and an exit code.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// Error for the user of the command line.
///
/// Each variant carries one sentence that says what is wrong, where, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Mistake in the input: a file, a path, an option. Exit code 2.
    Input(String),
    /// Failure inside the program: the plugin or its host. Exit code 1.
    Inside(String),
    /// The user stopped the run. Exit code 130, as shells expect after Ctrl-C.
    Interrupted,
}

impl Failure {
    /// Returns an input error with one sentence.
    pub fn input(sentence: impl Into<String>) -> Self {
        Self::Input(sentence.into())
    }

    /// Returns an internal error with one sentence.
    pub fn inside(sentence: impl fmt::Display) -> Self {
        Self::Inside(sentence.to_string())
    }

    /// Returns an input error about a file, whose path begins the sentence.
    pub fn at(path: &Path, sentence: impl fmt::Display) -> Self {
        let path = path.display().to_string();
        Self::Input(format!(
            "{}: {sentence}",
            path.replace(char::is_control, " ")
        ))
    }

    /// Returns the exit code of the process.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Inside(_) => 1,
            Self::Input(_) => 2,
            Self::Interrupted => 130,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(sentence) | Self::Inside(sentence) => f.write_str(sentence),
            Self::Interrupted => f.write_str("stopped before the end, nothing was written"),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_line_and_whole() {
        let path = format!("a\nb/{}", "x".repeat(100));
        let sentence = Failure::at(Path::new(&path), "is absent").to_string();
        assert_eq!(sentence, format!("a b/{}: is absent", "x".repeat(100)));
    }
}
