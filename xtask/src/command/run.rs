//! `cargo xtask run`: from a fresh machine to a synth that can be played.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::packages;
use crate::platform::Platform;
use crate::process;
use crate::workspace::{PLUGIN, Profile, Workspace};

/// Installs what is missing, builds the standalone program and starts it with the given arguments; with no
/// display for its window it renders the demo song instead.
///
/// # Errors
/// When a package is missing and cannot be installed, or when the build fails.
pub fn run(args: &[OsString]) -> Result<ExitCode> {
    packages::ensure(&[packages::BUILD, packages::WINDOW])?;

    let workspace = Workspace::locate()?;
    let mut build = workspace.cargo();
    build.args(["build", "--release", "--package", PLUGIN, "--bin", PLUGIN]);
    process::succeed("Building the standalone program", &mut build)?;

    let mut program = Command::new(workspace.program(Profile::Release));
    if opens_a_window(args) && !has_display() {
        let song = shortened(workspace.target.join("tidepool-demo.wav"));
        println!(
            "There is no display for the window (DISPLAY is not set): rendering the demo song instead."
        );
        program.arg("demo").arg("--out").arg(song);
    } else {
        program.args(args);
    }
    let status = process::status(&mut program)?;

    // The program has already said what went wrong; all there is to add is its exit code.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Without a subcommand, so with nothing or with options only, the program opens its window.
fn opens_a_window(args: &[OsString]) -> bool {
    let asks = |arg: &OsString| {
        ["-h", "--help", "-V", "--version"]
            .iter()
            .any(|ask| arg == ask)
    };
    let subcommand = |arg: &OsString| !arg.as_encoded_bytes().starts_with(b"-");
    !args.iter().any(asks) && !args.first().is_some_and(subcommand)
}

fn has_display() -> bool {
    display(Platform::CURRENT, |name| env::var_os(name))
}

fn display(platform: Platform, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name| variable(name).is_some_and(|value| !OsStr::is_empty(&value));
    platform != Platform::Linux || set("DISPLAY")
}

/// The path from where the person stands, if it is below.
fn shortened(path: PathBuf) -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(here).map(PathBuf::from).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_is_looked_for_on_linux_only() {
        let no_display = |_: &str| None;
        assert!(!display(Platform::Linux, no_display));
        assert!(display(Platform::MacOs, no_display));
        assert!(display(Platform::Windows, no_display));
        assert!(display(Platform::Linux, |name| (name == "DISPLAY")
            .then(|| ":0".into())));
        // The editor speaks X11, which Wayland sessions offer under DISPLAY too.
        assert!(!display(Platform::Linux, |name| (name
            == "WAYLAND_DISPLAY")
            .then(|| "wayland-0".into())));
        assert!(!display(Platform::Linux, |_| Some(OsString::new())));
    }

    #[test]
    fn subcommands_need_no_window() {
        let args = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert!(opens_a_window(&[]));
        assert!(opens_a_window(&args(&["--backend", "jack"])));
        assert!(!opens_a_window(&args(&["render", "song.mid"])));
        assert!(!opens_a_window(&args(&["--help"])));
    }
}
