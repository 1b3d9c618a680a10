//! `cargo xtask run`: installs, builds and starts the synth on a fresh machine.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::platform::Platform;
use crate::process;
use crate::workspace::{APP, Profile, Workspace};

/// Builds the standalone program and starts it with the given arguments; renders the demo song instead if there is no
/// display for the window.
///
/// # Errors
/// When the build fails, or when arguments for the window are given and there is no display to open it on.
pub fn run(args: &[OsString]) -> Result<ExitCode> {
    let playback = Playback::choose(args, has_display())?;
    let workspace = Workspace::locate()?;
    let mut build = workspace.cargo();
    build.args(["build", "--release", "--package", APP]);
    process::succeed("Building the standalone program", &mut build)?;

    let mut program = Command::new(workspace.program(Profile::Release));
    match playback {
        Playback::AsAsked => {
            program.args(args);
        }
        Playback::DemoSong => {
            let song = shortened(workspace.target.join("tidepool-demo.wav"));
            println!(
                "There is no display for the window (DISPLAY is not set): rendering the demo song instead."
            );
            program.arg("demo").arg("--out").arg(song);
        }
    }
    let status = process::status(&mut program)?;

    // The program has already printed its error; only its exit code is passed on.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Mode in which the program is started.
#[derive(Debug, PartialEq)]
enum Playback {
    /// The arguments are passed on unchanged.
    AsAsked,
    /// A window was requested without arguments, and there is no display for it.
    DemoSong,
}

impl Playback {
    /// Decides before anything is built.
    ///
    /// # Errors
    /// When the arguments are for the window and there is no display: they would have no effect on a rendered song.
    fn choose(args: &[OsString], has_display: bool) -> Result<Self> {
        if has_display || !opens_a_window(args) {
            return Ok(Self::AsAsked);
        }
        if args.is_empty() {
            return Ok(Self::DemoSong);
        }
        let args = args.join(OsStr::new(" "));
        bail!(
            "`{}` is for the window, which needs a display, and there is none (DISPLAY is not set); run it in a \
             desktop session or under `xvfb-run`, or render a song instead: `cargo xtask run demo --help`",
            args.display()
        )
    }
}

/// Returns true if the program would open its window: without a subcommand, with options only or no arguments.
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

/// Returns the path relative to the current folder, if it is below.
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
        // The editor uses X11, which Wayland sessions offer under DISPLAY too.
        assert!(!display(Platform::Linux, |name| (name
            == "WAYLAND_DISPLAY")
            .then(|| "wayland-0".into())));
        assert!(!display(Platform::Linux, |_| Some(OsString::new())));
    }

    fn args(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn arguments_for_the_window_are_refused_without_a_display() {
        let error = Playback::choose(&args(&["--midi-input", "Keys"]), false).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("`--midi-input Keys` is for the window"));
        assert!(
            said.contains("DISPLAY") && said.contains("xvfb-run"),
            "{said}"
        );
    }

    #[test]
    fn the_demo_song_takes_the_place_of_a_window_without_arguments() {
        let choose = |words: &[&str], display| Playback::choose(&args(words), display).unwrap();
        assert_eq!(choose(&[], false), Playback::DemoSong);
        assert_eq!(choose(&["render", "song.mid"], false), Playback::AsAsked);
        assert_eq!(choose(&["--help"], false), Playback::AsAsked);
        for words in [&[][..], &["--midi-input", "Keys"]] {
            assert_eq!(choose(words, true), Playback::AsAsked);
        }
    }

    #[test]
    fn subcommands_need_no_window() {
        assert!(opens_a_window(&[]));
        assert!(opens_a_window(&args(&["--backend", "jack"])));
        assert!(!opens_a_window(&args(&["render", "song.mid"])));
        assert!(!opens_a_window(&args(&["--help"])));
    }
}
