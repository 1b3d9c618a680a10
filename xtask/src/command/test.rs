//! `cargo xtask test`: everything that has to hold, from a clean checkout.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::bite::Mutant;
use crate::command::{bundle, sanitize};
use crate::process;
use crate::suites::{Suites, Verdict};
use crate::venv;
use crate::workspace::{Profile, Workspace};

/// A General MIDI song of twelve tracks and more than three minutes, from the package `openttd-openmsx`.
const SONG: &str = "/usr/share/games/openttd/baseset/openmsx/keep_on_rolling.mid";

/// Runs all suites, or those that suit the edit loop, and ends with a line that counts them.
///
/// # Errors
/// When the workspace cannot be read; what fails in a suite is counted instead.
pub fn test(quick: bool) -> Result<ExitCode> {
    let mut tests = Tests {
        workspace: Workspace::locate()?,
        suites: Suites::default(),
        python: None,
    };
    tests.prepare();
    tests.check_source(quick);
    tests.unit();
    if quick {
        tests.hosts(Profile::Debug, Effort::Quick);
    } else {
        tests.models();
        tests.sanitizers();
        tests.minute();
        tests.hosts(Profile::Debug, Effort::Debug);
        tests.hosts(Profile::Release, Effort::Release);
        tests.allocations();
        tests.dependencies();
    }
    Ok(tests.suites.close())
}

/// How much audio the soak of the host tests plays.
#[derive(Clone, Copy)]
enum Effort {
    Quick,
    Debug,
    Release,
}

impl Effort {
    fn soak_seconds(self) -> &'static str {
        match self {
            Self::Quick => "2",
            Self::Debug => "20",
            Self::Release => "120",
        }
    }
}

struct Tests {
    workspace: Workspace,
    suites: Suites,
    /// The interpreter with the VST3 host in it.
    python: Option<PathBuf>,
}

impl Tests {
    /// What the suites need that is not in the checkout.
    fn prepare(&mut self) {
        let Self {
            workspace,
            suites,
            python,
        } = self;
        suites.run("python", || {
            *python = Some(venv::ensure(workspace)?);
            Ok(Verdict::Passed)
        });
    }

    fn check_source(&mut self, quick: bool) {
        self.cargo("fmt", "fmt --all --check", |workspace, _| {
            component(workspace, "fmt", "rustfmt")
        });
        // After the dashes it holds for our code only, and what is built already stays valid.
        let clippy = "clippy --workspace --all-targets -- -D warnings";
        self.cargo("clippy", clippy, |workspace, _| {
            component(workspace, "clippy", "clippy")
        });
        if !quick {
            // Private items too: the house explains itself to those who work in it.
            let doc = "doc --workspace --no-deps --document-private-items";
            self.cargo("docs", doc, |_, cargo| {
                let flags = "-D warnings -A rustdoc::private-intra-doc-links";
                cargo.env("RUSTDOCFLAGS", flags);
                Ok(())
            });
        }
    }

    fn unit(&mut self) {
        let test = "test --no-fail-fast --package tidepool-dsp --package tidepool --package xtask";
        self.cargo("unit", test, |_, _| Ok(()));
    }

    /// The protocols between threads, in every order in which the threads could take their steps.
    fn models(&mut self) {
        let test = "test --release --package tidepool-dsp --lib models";
        self.cargo("loom", test, |workspace, cargo| {
            // Apart from everything else, which the flag would make Cargo build anew each time.
            cargo.env("RUSTFLAGS", "--cfg loom");
            cargo.env("CARGO_TARGET_DIR", workspace.target.join("loom"));
            Ok(())
        });
    }

    /// The same protocols as they run, and the engine as it plays, under the sanitizers.
    fn sanitizers(&mut self) {
        let workspace = &self.workspace;
        self.suites.run("sanitize", || sanitize::check(workspace));
    }

    /// The bridge for a minute at the pace of 192 kHz, as it is meant to be played.
    fn minute(&mut self) {
        let test = "test --release --package tidepool-dsp --lib -- --ignored a_minute_at_192_khz";
        self.cargo("minute", test, |_, _| Ok(()));
    }

    /// Builds the bundles and plays them in hosts.
    fn hosts(&mut self, profile: Profile, effort: Effort) {
        let label = profile.folder();
        let folder = match profile {
            // Not in the way of the bundles that a person plays.
            Profile::Debug => self.workspace.target.join("bundled-debug"),
            Profile::Release => bundle::bundled(&self.workspace),
        };
        let workspace = &self.workspace;
        let bundled = self.suites.run(&format!("bundle ({label})"), || {
            bundle::make(workspace, profile, &folder)?;
            Ok(Verdict::Passed)
        });
        let name = format!("hosts ({label})");
        if !bundled {
            let why = "there are no bundles".into();
            self.suites.run(&name, || Ok(Verdict::Skipped(why)));
            return;
        }
        let python = self.python.clone().map(PathBuf::into_os_string);
        self.cargo(
            &name,
            "test --no-fail-fast --package tidepool-tests",
            |_, cargo| {
                let seconds = effort.soak_seconds().into();
                let song = Path::new(SONG).exists().then(|| SONG.into());
                cargo.env(bundle::VARIABLE, &folder);
                default(cargo, "TIDEPOOL_SOAK_SECONDS", Some(seconds));
                default(cargo, "TIDEPOOL_PYTHON", python);
                default(cargo, "TIDEPOOL_GM_SONG", song);
                Ok(())
            },
        );
    }

    /// The allocation check, and the proof that it bites.
    fn allocations(&mut self) {
        let alloc = "test --release --package tidepool-tests alloc";
        self.cargo("alloc", alloc, |workspace, cargo| {
            cargo.env(bundle::VARIABLE, bundle::bundled(workspace));
            Ok(())
        });
        let workspace = &self.workspace;
        self.suites.run("bite (release)", || {
            Mutant::of(workspace)?.fails_in_release()?;
            Ok(Verdict::Passed)
        });
        self.suites.run("bite (debug)", || {
            Mutant::of(workspace)?.aborts_in_debug()?;
            Ok(Verdict::Passed)
        });
    }

    /// Who may depend on whom, and under which licence.
    fn dependencies(&mut self) {
        if process::on_path("cargo-deny").is_none() {
            let why = "cargo-deny is not on the PATH (`cargo install cargo-deny` brings it)";
            self.suites.run("deny", || Ok(Verdict::Skipped(why.into())));
            return;
        }
        self.cargo("deny", "deny check bans licenses sources", |_, _| Ok(()));
    }

    /// A suite that is one run of Cargo with these words, after what `set_up` does.
    fn cargo(
        &mut self,
        name: &str,
        words: &str,
        set_up: impl FnOnce(&Workspace, &mut Command) -> Result<()>,
    ) {
        let workspace = &self.workspace;
        self.suites.run(name, || {
            let mut cargo = workspace.cargo();
            cargo.args(words.split(' '));
            set_up(workspace, &mut cargo)?;
            process::succeed(name, &mut cargo)?;
            Ok(Verdict::Passed)
        });
    }
}

/// Sees to it that Cargo has a subcommand that comes with the toolchain, but not with the least of them.
fn component(workspace: &Workspace, subcommand: &str, name: &str) -> Result<()> {
    let version = workspace.cargo().args([subcommand, "--version"]).output()?;
    if version.status.success() {
        return Ok(());
    }
    if process::on_path("rustup").is_none() {
        bail!(
            "`cargo {subcommand}` is not installed; it comes with the toolchain's component {name}"
        );
    }
    println!("Installing the toolchain's component {name}");
    let mut rustup = Command::new("rustup");
    process::succeed(
        "rustup",
        rustup
            .args(["component", "add", name])
            .current_dir(&workspace.root),
    )
}

/// Sets a variable that the person has not set.
fn default(command: &mut Command, variable: &str, value: Option<OsString>) {
    if let (None, Some(value)) = (env::var_os(variable), value) {
        command.env(variable, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_person_has_set_stays() {
        let mut command = Command::new("cargo");
        default(&mut command, "PATH", Some("mine".into()));
        default(&mut command, "TIDEPOOL_TEST_UNSET", Some("value".into()));
        default(&mut command, "TIDEPOOL_TEST_UNKNOWN", None);
        let set: Vec<_> = command
            .get_envs()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(set, ["TIDEPOOL_TEST_UNSET"]);
    }

    #[test]
    fn efforts_grow() {
        let seconds = [Effort::Quick, Effort::Debug, Effort::Release]
            .map(|effort| effort.soak_seconds().parse::<u32>().unwrap());
        assert!(seconds.is_sorted());
    }
}
