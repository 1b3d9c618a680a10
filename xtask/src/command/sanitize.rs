//! `cargo xtask sanitize`: the real-time code under the sanitizers that a nightly compiler brings.
//!
//! ThreadSanitizer and AddressSanitizer watch the tests of `dsp::rt`, RealtimeSanitizer the tests of the
//! engine, whose `process` is marked for it. The first and the last are also shown a mistake, which they have to
//! find: a check that cannot fail proves nothing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::bite::Mutant;
use crate::process;
use crate::suites::Verdict;
use crate::workspace::Workspace;

/// A sanitizer and what runs under it.
struct Sanitizer {
    name: &'static str,
    flags: &'static str,
    /// What Cargo is to test.
    tests: &'static [&'static str],
    bite: Option<Bite>,
}

/// A mistake that it is shown.
struct Bite {
    /// Makes the copy with the mistake in it.
    mutant: fn(&Workspace) -> Result<Mutant>,
    /// What the sanitizer calls it.
    finding: &'static str,
}

const SANITIZERS: [Sanitizer; 3] = [
    Sanitizer {
        name: "thread",
        // The standard library comes without it, which Rust wants to be told is meant. What it is then
        // blind to, `thread.suppressions` lists.
        flags: "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer",
        tests: &["--lib", "rt::"],
        bite: Some(Bite {
            mutant: Mutant::racing,
            finding: "ThreadSanitizer: data race",
        }),
    },
    Sanitizer {
        name: "address",
        flags: "-Zsanitizer=address",
        tests: &["--lib", "rt::"],
        bite: None,
    },
    Sanitizer {
        name: "realtime",
        flags: "-Zsanitizer=realtime --cfg rtsan",
        tests: &["--test", "engine"],
        bite: Some(Bite {
            mutant: Mutant::of,
            finding: "RealtimeSanitizer: unsafe-library-call",
        }),
    },
];

/// Runs all sanitizers, or says why it cannot.
///
/// # Errors
/// When one finds something, or does not find what it should.
pub fn sanitize() -> Result<()> {
    match check(&Workspace::locate()?)? {
        Verdict::Passed => println!("The sanitizers find nothing but what they should."),
        Verdict::Skipped(why) => println!("Skipped: {why}."),
    }
    Ok(())
}

/// The same as a suite.
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
    for sanitizer in &SANITIZERS {
        sanitizer.finds_nothing(workspace, &host)?;
        sanitizer.bites(workspace, &host)?;
    }
    Ok(Verdict::Passed)
}

impl Sanitizer {
    fn finds_nothing(&self, workspace: &Workspace, host: &str) -> Result<()> {
        println!("\nThe {} sanitizer:", self.name);
        let what = format!("The run under the {} sanitizer", self.name);
        process::succeed(&what, &mut self.test(workspace, &workspace.root, host))
    }

    fn bites(&self, workspace: &Workspace, host: &str) -> Result<()> {
        let Some(Bite { mutant, finding }) = self.bite else {
            return Ok(());
        };
        let mutant = mutant(workspace)?;
        let mut test = self.test(workspace, mutant.root(), host);
        let output = test.output().context("cannot start rustup")?;
        let said = String::from_utf8_lossy(&output.stderr);
        match said.lines().find(|line| line.contains(finding)) {
            Some(line) if !output.status.success() => {
                println!("With a mistake planted it says: {line}");
                Ok(())
            }
            _ => bail!(
                "the {} sanitizer does not find the mistake planted in {}",
                self.name,
                workspace.short(mutant.root()).display()
            ),
        }
    }

    /// Cargo's run of the tests in the workspace at `root`. Each sanitizer builds everything its own way, so
    /// each has a folder of its own to do so.
    fn test(&self, workspace: &Workspace, root: &Path, host: &str) -> Command {
        let suppressions = workspace.root.join("xtask/thread.suppressions");
        let mut test = Command::new("rustup");
        test.args([
            "run",
            "nightly",
            "cargo",
            "test",
            "--package",
            "tidepool-dsp",
        ])
        // With a target named, what runs while building is spared.
        .args(["--target", host])
        .args(self.tests)
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

/// The platform that the nightly compiler is for, if there is one.
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
}
