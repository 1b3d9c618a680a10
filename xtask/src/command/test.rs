//! `cargo xtask test`: runs all checks of the project, from a clean checkout.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::command::{bundle, mutants, platform, sanitize};
use crate::cross::{self, Foreign};
use crate::mutants::{allocation, under_loom};
use crate::process;
use crate::source_copy;
use crate::suite::{HOSTILE, Runs, SONG, Setting, Suite, default, suite};
use crate::suites::{self, Suites, Verdict};
use crate::venv;
use crate::workspace::{Profile, Workspace};

/// Folder under the target folder with the output of every suite.
const LOGS: &str = "test-logs";

/// Themes of the host tests that `--quick` runs: those that take seconds in a debug build.
const QUICK_THEMES: [&str; 14] = [
    "automation::",
    "expressions::",
    "house::",
    "lifecycle::",
    "linking::",
    "loading::",
    "modulation::",
    "mpe::",
    "notes::",
    "parameters::",
    "ports::",
    "side_chain::",
    "state::",
    "tuning::",
];

/// Unit tests that `--quick` leaves out: together they take more than half of the total time.
const SLOW_TESTS: [&str; 18] = [
    "a_slot_moves_each_of_them_as_far_as_its_text_says",
    "every_decibel_cent_and_semitone_is_one",
    "factory_sounds_are_alike_live_and_offline_within_1_db_per_octave",
    "a_scale_that_is_loaded_tunes_the_keys_that_are_pressed_from_then_on",
    "aliases_are_80_db_under_saw_and_pulse_and_60_under_hard_sync",
    "an_lfo_has_the_rate_that_it_is_set_to_alone_and_in_sync",
    "another_sound_does_not_click",
    "choices_do_not_click",
    "every_destination_is_heard",
    "every_key_is_in_tune_within_a_tenth_of_a_cent",
    "neither_blocks_nor_batches_can_be_heard",
    "no_block_size_can_be_heard",
    "no_mark_of_another_thread_is_lost",
    "nothing_is_allocated_while_a_listener_is_attached_and_the_sound_is_the_same",
    "one_voice_plays_the_key_that_comes_first",
    "the_end_of_every_note_is_told_once",
    "the_tail_lasts_until_the_instrument_is_silent",
    "wild_scripts",
];

/// Theme of measurements: the bits are the same in a release, which takes a fraction of the time.
const MEASURED: [&str; 2] = ["--skip", "promises::"];

/// All suites, in the order in which they run.
const SUITES: &[Suite] = &[
    suite("python", Runs::Both, None, python),
    suite("fmt", Runs::Both, None, fmt),
    suite("clippy", Runs::Both, None, clippy),
    suite("docs", Runs::Full, None, docs),
    suite("clippy-windows", Runs::Full, None, clippy_windows),
    suite("clippy-macos", Runs::Full, None, clippy_macos),
    suite("unit", Runs::Both, None, unit),
    suite("loom", Runs::Full, None, loom),
    suite("mutants", Runs::Full, Some("loom"), |the| {
        mutants::quick(&the.workspace)
    }),
    suite("sanitize", Runs::Full, None, |the| {
        sanitize::check(&the.workspace)
    }),
    suite("minute", Runs::Full, None, minute),
    suite("bundle-debug", Runs::Both, None, |the| {
        bundles(the, Profile::Debug)
    }),
    suite("hosts-debug", Runs::Both, Some("bundle-debug"), |the| {
        hosts(the, Profile::Debug)
    }),
    suite("bundle-release", Runs::Full, None, |the| {
        bundles(the, Profile::Release)
    }),
    suite("hosts-release", Runs::Full, Some("bundle-release"), |the| {
        hosts(the, Profile::Release)
    }),
    suite(
        "allocation-release",
        Runs::Full,
        Some("bundle-release"),
        |the| allocation::fails_in_release(&the.workspace).map(|()| Verdict::Passed),
    ),
    suite("allocation-debug", Runs::Full, None, |the| {
        allocation::aborts_in_debug(&the.workspace).map(|()| Verdict::Passed)
    }),
    suite("deny", Runs::Full, None, deny),
];

/// Runs all suites, or the quick ones, or those of a foreign platform, each with its output in a log file, and ends
/// with a line that counts them.
///
/// # Errors
/// When the workspace cannot be read or no log can be written; faults found by a suite are counted instead.
pub fn test(quick: bool, platform: Option<Foreign>) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let logs = workspace.target.join(LOGS);
    println!(
        "The output of each suite goes to {}",
        workspace.short(&logs).display()
    );
    let this = env::current_exe().context("cannot find the program of `cargo xtask`")?;
    let runtime = logs.join("runtime");
    let mut suites = Suites::new(logs)?;
    fs::create_dir_all(&runtime)
        .with_context(|| format!("cannot create the folder {}", runtime.display()))?;
    let mut passed = Vec::new();
    let all = match platform {
        None => SUITES,
        Some(Foreign::Windows) => platform::WINDOWS,
        Some(Foreign::Arm) => platform::ARM,
    };
    let chosen = all
        .iter()
        .filter(|suite| !quick || suite.runs == Runs::Both);
    for Suite { name, needs, .. } in chosen {
        if let Some(needed) = needs.filter(|needed| !passed.contains(needed)) {
            suites.skip(name, needed);
            continue;
        }
        let mut command = Command::new(&this);
        command.args(["test", "--suite", name]);
        command.args(quick.then_some("--quick"));
        // The logs are read by people and by `suite_log`, in plain text.
        command.env("CARGO_TERM_COLOR", "never");
        // Without it the graphics libraries print an error for each window.
        default(
            &mut command,
            "XDG_RUNTIME_DIR",
            Some(runtime.clone().into()),
        );
        if suites.run(name, &mut command) {
            passed.push(*name);
        }
    }
    Ok(suites.close())
}

/// Runs the suite `name` in this process, with its inherited output.
///
/// # Errors
/// When there is no such suite, with the names of all suites, or when the workspace cannot be read.
pub fn run_suite(name: &str, quick: bool) -> Result<ExitCode> {
    let all = || SUITES.iter().chain(platform::WINDOWS).chain(platform::ARM);
    let Some(suite) = all().find(|suite| suite.name == name) else {
        let names: Vec<_> = all().map(|suite| suite.name).collect();
        bail!(
            "there is no suite `{name}`; the suites are {}",
            names.join(", ")
        );
    };
    let setting = Setting {
        workspace: Workspace::locate()?,
        quick,
    };
    Ok(suites::run_here(name, || (suite.run)(&setting)))
}

/// Runs Cargo to its end; the suite passes if it succeeds.
fn passes(what: &str, cargo: &mut Command) -> Result<Verdict> {
    process::succeed(what, cargo)?;
    Ok(Verdict::Passed)
}

/// Creates the Python environment with the VST3 host, which the host tests start.
fn python(the: &Setting) -> Result<Verdict> {
    venv::ensure(&the.workspace)?;
    Ok(Verdict::Passed)
}

/// Checks every source file by name: rustfmt does not find modules that a macro declares.
fn fmt(the: &Setting) -> Result<Verdict> {
    component(&the.workspace, "fmt", "rustfmt")?;
    let mut fmt = the.cargo("fmt --all --check --");
    let sources = source_copy::sources(&the.workspace.root)?.into_iter();
    fmt.args(sources.filter(|source| source.extension() == Some("rs".as_ref())));
    passes("cargo fmt", &mut fmt)
}

fn clippy(the: &Setting) -> Result<Verdict> {
    component(&the.workspace, "clippy", "clippy")?;
    // Arguments after the dashes apply to workspace code only, and dependencies that are built stay valid.
    passes(
        "clippy",
        &mut the.cargo("clippy --workspace --all-targets -- -D warnings"),
    )?;
    // Some host tests are for release builds only; changed for one package, the profile shares all dependencies.
    let release = "profile.dev.package.tidepool-tests.debug-assertions=false";
    let clippy = "clippy --package tidepool-tests --all-targets --config";
    passes(
        "clippy of the release's host tests",
        &mut the.cargo(&format!("{clippy} {release} -- -D warnings")),
    )
}

/// Runs the lints of code that only Windows compiles. Nothing is linked, so only Rust's tools are needed.
fn clippy_windows(the: &Setting) -> Result<Verdict> {
    clippy_for(the, Foreign::Windows.target(), "--workspace --all-targets")
}

/// Runs the lints for macOS, except on crates with clap-wrapper, which compiles against Apple's headers.
fn clippy_macos(the: &Setting) -> Result<Verdict> {
    clippy_for(
        the,
        "aarch64-apple-darwin",
        "--package tidepool-dsp --all-targets",
    )
}

fn clippy_for(the: &Setting, target: &str, crates: &str) -> Result<Verdict> {
    if cfg!(windows) {
        let why = "this is done on Linux and macOS, whose shell the stub of a compiler needs";
        return Ok(Verdict::Skipped(why.into()));
    }
    if let Err(error) = cross::ensure_std(target) {
        return Ok(Verdict::Skipped(format!("{error:#}")));
    }
    let mut clippy = the.cargo(&format!("clippy --target {target} {crates}"));
    clippy.args(["--", "-D", "warnings"]);
    cross::stub_compilers(&the.workspace, target, &mut clippy)?;
    passes("clippy", &mut clippy)
}

/// Builds the documentation, private items included, because contributors read them. The program's has a folder of its
/// own, because the plugin has the same name.
fn docs(the: &Setting) -> Result<Verdict> {
    let target = &the.workspace.target;
    for (crates, folder) in [
        ("--workspace", target.clone()),
        (
            "--package tidepool-app --bin tidepool",
            target.join("program"),
        ),
    ] {
        let mut doc = the.cargo(&format!("doc {crates} --no-deps --document-private-items"));
        doc.env("CARGO_TARGET_DIR", folder)
            .env("CARGO_BUILD_BUILD_DIR", target)
            .env(
                "RUSTDOCFLAGS",
                "-D warnings -A rustdoc::private-intra-doc-links",
            );
        process::succeed("rustdoc", &mut doc)?;
    }
    Ok(Verdict::Passed)
}

/// Runs the unit tests, without a host.
fn unit(the: &Setting) -> Result<Verdict> {
    let test = "test --no-fail-fast --workspace --exclude tidepool-tests";
    let mut test = the.cargo(test);
    if the.quick {
        test.args(["--lib", "--bins", "--tests", "--"]);
        test.args(SLOW_TESTS.iter().flat_map(|name| ["--skip", *name]));
    }
    passes("The unit tests", &mut test)
}

/// Checks the protocols between threads with loom, in every possible order of their steps.
fn loom(the: &Setting) -> Result<Verdict> {
    let mut test = the.cargo("test --release --package tidepool-dsp --lib models");
    under_loom(&the.workspace, &mut test);
    passes("The models", &mut test)
}

/// Plays the bridge for a minute at the pace of 192 kHz, in real time.
fn minute(the: &Setting) -> Result<Verdict> {
    let test = "test --release --package tidepool-dsp --lib -- --ignored a_minute_at_192_khz";
    passes("The minute at 192 kHz", &mut the.cargo(test))
}

/// Returns the folder of the bundles that the host tests load.
fn bundle_folder(workspace: &Workspace, profile: Profile) -> PathBuf {
    match profile {
        // Apart from the release bundles, which users play.
        Profile::Debug => workspace.target.join("bundled-debug"),
        Profile::Release => bundle::bundled(workspace),
    }
}

fn bundles(the: &Setting, profile: Profile) -> Result<Verdict> {
    let folder = bundle_folder(&the.workspace, profile);
    bundle::make(&the.workspace, profile, &folder)?;
    Ok(Verdict::Passed)
}

/// Plays the bundles in hosts.
fn hosts(the: &Setting, profile: Profile) -> Result<Verdict> {
    let workspace = &the.workspace;
    let folder = bundle_folder(workspace, profile);
    if !folder.is_dir() {
        bail!(
            "there are no bundles in {}",
            workspace.short(&folder).display()
        );
    }
    let mut test = the.cargo("test --no-fail-fast --package tidepool-tests");
    test.env(bundle::VARIABLE, &folder);
    let seconds = soak_seconds(profile);
    default(&mut test, "TIDEPOOL_SOAK_SECONDS", Some(seconds.into()));
    let python = venv::installed(workspace).map(PathBuf::into_os_string);
    default(&mut test, "TIDEPOOL_PYTHON", python);
    let song = Path::new(SONG).exists().then(|| SONG.into());
    default(&mut test, "TIDEPOOL_GM_SONG", song);
    test.arg("--");
    if the.quick {
        test.args(QUICK_THEMES).args(HOSTILE);
    }
    if profile == Profile::Debug {
        test.args(MEASURED);
    }
    passes("The host tests", &mut test)
}

/// Returns the seconds of audio that the soak of the host tests plays.
fn soak_seconds(profile: Profile) -> &'static str {
    match profile {
        Profile::Debug => "20",
        Profile::Release => "120",
    }
}

/// Checks the licences of the dependencies, and that no banned crate is used.
fn deny(the: &Setting) -> Result<Verdict> {
    if process::on_path("cargo-deny").is_none() {
        let why = "cargo-deny is not on the PATH (`cargo install cargo-deny` brings it)";
        return Ok(Verdict::Skipped(why.into()));
    }
    passes(
        "cargo deny",
        &mut the.cargo("deny check bans licenses sources"),
    )
}

/// Installs the toolchain component with a Cargo subcommand, which minimal toolchains lack.
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
    fn a_suite_needs_one_that_runs_before_it() {
        for (suites, quick) in [
            (SUITES, true),
            (SUITES, false),
            (platform::WINDOWS, false),
            (platform::ARM, false),
        ] {
            let mut before = Vec::new();
            let chosen = suites
                .iter()
                .filter(|suite| !quick || suite.runs == Runs::Both);
            for Suite { name, needs, .. } in chosen {
                assert!(!before.contains(name), "{name} is there twice");
                assert!(
                    needs.is_none_or(|needed| before.contains(&needed)),
                    "{name}"
                );
                before.push(name);
            }
        }
    }

    /// A renamed test would run in `--quick` again, unnoticed.
    #[test]
    fn slow_tests_exist() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut text = String::new();
        let mut folders = vec![root.join("dsp"), root.join("plugin")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    text += &fs::read_to_string(path).unwrap_or_default();
                }
            }
        }
        for name in SLOW_TESTS {
            assert!(text.contains(&format!("fn {name}(")), "no test `{name}`");
        }
    }

    #[test]
    fn an_unknown_suite_gets_the_list() {
        let error = run_suite("hostz", false).unwrap_err().to_string();
        assert!(error.starts_with("there is no suite `hostz`"));
        assert!(error.contains("hosts-debug"));
    }
}
