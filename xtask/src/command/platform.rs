//! `cargo xtask test --platform`: runs suites on a foreign platform, in an emulator.
//!
//! Each compares with this machine: the sound has to be the same, bit for bit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::bundle;
use crate::cross::{self, Foreign};
use crate::process;
use crate::replace;
use crate::suite::{HOSTILE, Runs, SONG, Setting, Suite, suite};
use crate::suites::Verdict;
use crate::workspace::{PLUGIN, Profile, Workspace};

use Foreign::{Arm, Windows};

/// Suites for Windows.
pub(super) const WINDOWS: &[Suite] = &[
    suite("std-windows", Runs::Both, None, |_| std(Windows)),
    suite("hash-windows", Runs::Both, Some("std-windows"), |the| {
        hash(the, Windows)
    }),
    suite("dsp-windows", Runs::Both, Some("std-windows"), |the| {
        dsp(the, Windows)
    }),
    suite(
        "bundle-windows",
        Runs::Both,
        Some("std-windows"),
        bundle_windows,
    ),
    suite(
        "hosts-windows",
        Runs::Both,
        Some("bundle-windows"),
        hosts_windows,
    ),
    suite(
        "songs-windows",
        Runs::Both,
        Some("bundle-windows"),
        songs_windows,
    ),
];

/// Suites for ARM. The plugin itself is left out, because its libraries are not available for static linking.
pub(super) const ARM: &[Suite] = &[
    suite("std-arm", Runs::Both, None, |_| std(Arm)),
    suite("hash-arm", Runs::Both, Some("std-arm"), |the| {
        hash(the, Arm)
    }),
    suite("dsp-arm", Runs::Both, Some("std-arm"), |the| dsp(the, Arm)),
];

/// Themes of the host tests that run on Windows: those that need no display, no Python and no counting allocator.
const THEMES: [&str; 9] = [
    "automation::",
    "determinism::",
    "expressions::",
    "loading::",
    "modulation::",
    "mpe::",
    "notes::",
    "ports::",
    "state::",
];

/// Song of the package `openttd-openmsx`, in addition to the General MIDI song of the tests.
const OTHER_SONG: &str = "/usr/share/games/openttd/baseset/openmsx/flying_scotsman.mid";

fn std(foreign: Foreign) -> Result<Verdict> {
    cross::ensure_std(foreign.target())?;
    Ok(Verdict::Passed)
}

/// Runs the tests of the crate `dsp`.
fn dsp(the: &Setting, foreign: Foreign) -> Result<Verdict> {
    let mut test = the.cargo("test --no-fail-fast --package tidepool-dsp --lib --tests");
    foreign.set_up(&the.workspace, &mut test)?;
    process::succeed("The tests of dsp", &mut test)?;
    Ok(Verdict::Passed)
}

/// Compares the hashes that the example `render_hash` prints on this machine and on the foreign platform.
fn hash(the: &Setting, foreign: Foreign) -> Result<Verdict> {
    let words = "run --quiet --release --package tidepool-dsp --example render_hash";
    let here = output(&mut the.cargo(words))?;
    let mut there = the.cargo(words);
    foreign.set_up(&the.workspace, &mut there)?;
    let there = output(&mut there)?;
    same("the fixed score", &here, &there)
}

/// Builds the release for Windows and lays it out as `cargo xtask bundle` does there.
fn bundle_windows(the: &Setting) -> Result<Verdict> {
    let workspace = &the.workspace;
    let mut build = the.cargo("build --release --package tidepool --package tidepool-app");
    Windows.set_up(workspace, &mut build)?;
    process::succeed("The build for Windows", &mut build)?;

    let built = workspace.target.join(Windows.target()).join("release");
    let library = built.join(format!("{PLUGIN}.dll"));
    let folder = folder(workspace);
    let vst3 = "Tidepool.vst3/Contents/x86_64-win/Tidepool.vst3";
    for (from, to) in [
        (&library, "Tidepool.clap"),
        (&library, vst3),
        (&built.join(format!("{PLUGIN}.exe")), "Tidepool.exe"),
    ] {
        let to = folder.join(to);
        let parent = to.parent().context("a bundle lies in no folder")?;
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
        replace::replace_with_copy(from, &to)?;
    }
    Ok(Verdict::Passed)
}

/// Plays the CLAP for Windows in the host of the tests.
fn hosts_windows(the: &Setting) -> Result<Verdict> {
    let mut test = the.cargo("test --no-fail-fast --package tidepool-tests --test suite");
    Windows.set_up(&the.workspace, &mut test)?;
    test.env(bundle::VARIABLE, Windows.spelled(&folder(&the.workspace)));
    test.arg("--").args(THEMES).args(HOSTILE);
    process::succeed("The host tests", &mut test)?;
    Ok(Verdict::Passed)
}

/// Compares three songs rendered by the program of this machine and by the one for Windows.
fn songs_windows(the: &Setting) -> Result<Verdict> {
    let workspace = &the.workspace;
    let mut build = the.cargo("build --release --package tidepool-app");
    process::succeed("The build of the program", &mut build)?;
    let here = || Command::new(workspace.program(Profile::Release));
    let there = || Windows.run(workspace, &folder(workspace).join("Tidepool.exe"));
    for song in [None, Some(SONG), Some(OTHER_SONG)] {
        let name = song.unwrap_or("the demo");
        if song.is_some_and(|song| !Path::new(song).exists()) {
            return Ok(Verdict::Skipped(format!("there is no song {name}")));
        }
        let here = rendered_hash(workspace, here(), song, &|path| path.into())?;
        let there = rendered_hash(workspace, there()?, song, &|path| Windows.spelled(path))?;
        same(name, &here, &there)?;
    }
    Ok(Verdict::Passed)
}

/// Renders `song`, or the demo, with `program`, and returns the hash in its report.
fn rendered_hash(
    workspace: &Workspace,
    mut program: Command,
    song: Option<&str>,
    spelled: &dyn Fn(&Path) -> std::ffi::OsString,
) -> Result<String> {
    let folder = tempfile::tempdir_in(&workspace.target).context("cannot create a folder")?;
    let report = folder.path().join("report.json");
    match song {
        Some(song) => program.arg("render").arg(spelled(Path::new(song))),
        None => program.arg("demo"),
    };
    program
        .arg("--out")
        .arg(spelled(&folder.path().join("song.wav")))
        .arg("--report")
        .arg(spelled(&report));
    process::succeed("The render", &mut program)?;
    let text = fs::read(&report).context("the render has written no report")?;
    let report: serde_json::Value = serde_json::from_slice(&text)?;
    let hash = report["hash"].as_str().context("the report has no hash")?;
    Ok(hash.to_owned())
}

/// Runs a program that has to succeed, and returns its output.
fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start Cargo")?;
    if !output.status.success() {
        bail!("the renderer failed ({})", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}

fn same(what: &str, here: &str, there: &str) -> Result<Verdict> {
    println!("{what}, here: {}", here.trim_end());
    println!("{what}, there: {}", there.trim_end());
    if here.is_empty() || here != there {
        bail!("{what} does not sound as it does on this machine");
    }
    Ok(Verdict::Passed)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bundled-windows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_sound_is_a_failure() {
        assert_eq!(same("a", "1", "1").unwrap(), Verdict::Passed);
        assert!(same("a", "1", "2").is_err());
        assert!(same("a", "", "").is_err());
    }
}
