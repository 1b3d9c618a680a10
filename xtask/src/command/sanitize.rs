//! `cargo xtask sanitize`: the real-time code under the sanitizers of a nightly compiler.
//!
//! ThreadSanitizer and AddressSanitizer (with LeakSanitizer) check the tests of `dsp::rt`, RealtimeSanitizer the tests
//! of the engine, whose `process` is marked for it. Each is also run on the mutants that the table has for it, and has
//! to find them: a check that cannot fail proves nothing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::mutants::{self, Check, Mutant};
use crate::process;
use crate::suites::Verdict;
use crate::workspace::Workspace;

/// Sanitizer and the tests that run under it.
struct Sanitizer {
    /// Name in the table of mutants.
    name: &'static str,
    flags: &'static str,
    /// Cargo's arguments that select the tests.
    tests: &'static str,
    /// True if `rt` is built alone, without the rest of the crate `dsp`.
    rt_alone: bool,
}

const SANITIZERS: [Sanitizer; 3] = [
    Sanitizer {
        name: "thread",
        // The standard library is not instrumented, which Rust requires to be allowed explicitly. `thread.suppressions`
        // lists the resulting blind spots.
        flags: "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer",
        tests: "--lib rt::",
        rt_alone: true,
    },
    Sanitizer {
        name: "address",
        flags: "-Zsanitizer=address",
        tests: "--lib rt::",
        rt_alone: true,
    },
    Sanitizer {
        name: "realtime",
        flags: "-Zsanitizer=realtime --cfg rtsan",
        tests: "--test engine",
        rt_alone: false,
    },
];

/// Runs all sanitizers, or prints why it cannot.
///
/// # Errors
/// When a sanitizer finds a fault, or does not find a mutant.
pub fn sanitize() -> Result<()> {
    match check(&Workspace::locate()?)? {
        Verdict::Passed => println!("The sanitizers find nothing but what they should."),
        Verdict::Skipped(why) => println!("Skipped: {why}."),
    }
    Ok(())
}

/// Runs all sanitizers as a suite. Ends with a line for each sanitizer: its result, and the mutants that it has found.
///
/// # Errors
/// As for [`sanitize`].
pub fn check(workspace: &Workspace) -> Result<Verdict> {
    if cfg!(windows) {
        return Ok(Verdict::Skipped(
            "the sanitizers are not for Windows".into(),
        ));
    }
    let Some(host) = nightly_host() else {
        let why = "there is no nightly toolchain (`rustup toolchain install nightly` brings it)";
        return Ok(Verdict::Skipped(why.into()));
    };
    let mut summary = Vec::new();
    for sanitizer in &SANITIZERS {
        let name = sanitizer.name;
        sanitizer.finds_nothing(workspace, &host)?;
        let mut proved = Vec::new();
        for mutant in sanitizer.mutants() {
            sanitizer.finds(mutant, workspace, &host)?;
            proved.push(format!("\n  it finds {}", mutant.title()));
        }
        if proved.is_empty() {
            proved.push("\n  it was shown no mistake, so nothing proves that it finds any".into());
        }
        summary.push(format!("{name}: ran, finds nothing{}", proved.concat()));
    }
    println!("\n{}", summary.join("\n"));
    Ok(Verdict::Passed)
}

impl Sanitizer {
    /// Returns the rows of the table that this sanitizer has to find.
    fn mutants(&self) -> impl Iterator<Item = &'static Mutant> {
        let own = self.name;
        mutants::table()
            .filter(move |row| matches!(row.check, Check::Sanitizer { name, .. } if name == own))
    }

    fn finds_nothing(&self, workspace: &Workspace, host: &str) -> Result<()> {
        println!("\nThe sanitizer {}:", self.name);
        let what = format!("The run under the sanitizer {}", self.name);
        let copy;
        let root = if self.rt_alone {
            copy = mutants::copy_of_rt(workspace, &self.folder(), None)?;
            copy.root()
        } else {
            &workspace.root
        };
        process::succeed(&what, &mut self.test(workspace, root, host, self.tests))
    }

    fn finds(&self, mutant: &Mutant, workspace: &Workspace, host: &str) -> Result<()> {
        let Check::Sanitizer { words, finding, .. } = mutant.check else {
            return Ok(());
        };
        let copy = if self.rt_alone {
            mutant.copy_of_rt(workspace, &self.folder())?
        } else {
            mutant.copy(workspace, &self.folder())?
        };
        let mut test = self.test(workspace, copy.root(), host, words);
        let output = test.output().context("cannot start rustup")?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        match said.lines().find(|line| line.contains(finding)) {
            Some(line) if !output.status.success() => {
                println!("With a mistake planted it says: {}", line.trim());
                Ok(())
            }
            _ => bail!(
                "the sanitizer {} does not find the mistake {}",
                self.name,
                mutant.title()
            ),
        }
    }

    /// Returns the folder of its source copies.
    fn folder(&self) -> String {
        format!("mutants/{}", self.name)
    }

    /// Returns Cargo's test run in the workspace at `root`. Each sanitizer compiles everything with its own flags, so
    /// each has a target folder of its own.
    fn test(&self, workspace: &Workspace, root: &Path, host: &str, tests: &str) -> Command {
        let suppressions = workspace.root.join("xtask/thread.suppressions");
        let mut test = Command::new("rustup");
        test.args(["run", "nightly", "cargo", "test"])
            .args(["--package", "tidepool-dsp"])
            // With an explicit target, build scripts and macros are not instrumented.
            .args(["--target", host])
            .args(tests.split_whitespace())
            .current_dir(root)
            .env(
                "CARGO_TARGET_DIR",
                workspace.target.join("sanitize").join(self.name),
            )
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", self.flags)
            .env(
                "TSAN_OPTIONS",
                format!("suppressions=\"{}\"", suppressions.display()),
            );
        test
    }
}

/// Returns the host platform of the nightly compiler, if one is installed.
fn nightly_host() -> Option<String> {
    let rustc = Command::new("rustup")
        .args(["run", "nightly", "rustc", "-vV"])
        .output()
        .ok()
        .filter(|rustc| rustc.status.success())?;
    host(&String::from_utf8_lossy(&rustc.stdout)).map(str::to_owned)
}

fn host(version: &str) -> Option<&str> {
    version.lines().find_map(|line| line.strip_prefix("host: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_read_from_what_the_compiler_says() {
        let version =
            "rustc 1.99.0-nightly (abc 2026-01-01)\nbinary: rustc\nhost: some-machine\nrelease: 1";
        assert_eq!(host(version), Some("some-machine"));
        assert_eq!(host("error: toolchain 'nightly' is not installed"), None);
    }

    #[test]
    fn every_sanitizer_is_shown_a_mistake_and_every_mistake_has_its_sanitizer() {
        for sanitizer in &SANITIZERS {
            assert!(sanitizer.mutants().next().is_some(), "{}", sanitizer.name);
        }
        for row in mutants::table() {
            if let Check::Sanitizer { name, .. } = row.check {
                assert!(SANITIZERS.iter().any(|sanitizer| sanitizer.name == name));
            }
        }
    }

    #[test]
    fn every_suppression_stands_below_its_reason() {
        let mut reason = "";
        for line in include_str!("../../thread.suppressions").lines() {
            match line.strip_prefix('#') {
                Some(words) => reason = words,
                None if line.is_empty() => reason = "",
                None => assert!(!reason.is_empty(), "no reason for `{line}`"),
            }
        }
    }
}
