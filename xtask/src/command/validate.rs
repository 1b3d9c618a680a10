//! `cargo xtask validate`: runs the common validators on the release bundles.

use std::env;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::command::bundle;
use crate::process;
use crate::workspace::{Profile, Workspace};

/// Validator and its arguments.
struct Validator {
    name: &'static str,
    /// Names under which it is installed; the first one found is run.
    programs: &'static [&'static str],
    args: &'static [&'static str],
    bundle: &'static str,
}

const VALIDATORS: [Validator; 4] = [
    Validator {
        name: "clap-validator",
        programs: &["clap-validator"],
        // Version 0.4.1 locks a mutex of its own twice at the second preset of a location, and waits for ever.
        // `suite/preset_discovery.rs` lists and loads all presets instead.
        args: &["validate", "--exclude", "preset-discovery-(crawl|load)"],
        bundle: "Tidepool.clap",
    },
    Validator {
        name: "pluginval",
        programs: &["pluginval"],
        args: &["--strictness-level", "10", "--validate"],
        bundle: "Tidepool.vst3",
    },
    // The order of the tests and the values of the parameters change from run to run; its output has the seed.
    Validator {
        name: "pluginval, randomised",
        programs: &["pluginval"],
        args: &["--randomise", "--strictness-level", "10", "--validate"],
        bundle: "Tidepool.vst3",
    },
    // Steinberg's own build calls it `validator`, the packages of distributions `vst3-validator`.
    Validator {
        name: "Steinberg's validator",
        programs: &["validator", "vst3-validator"],
        args: &[],
        bundle: "Tidepool.vst3",
    },
];

/// Verdict of one validator.
#[derive(Debug, PartialEq)]
struct Judgement {
    passed: bool,
    warnings: Warnings,
}

/// Distinct warning lines, each with its number of occurrences.
#[derive(Debug, Default, PartialEq)]
struct Warnings(Vec<(String, usize)>);

impl Warnings {
    /// Counts a line of a validator's output if it is a warning.
    fn read(&mut self, line: &str) {
        let line = line.trim();
        let lower = line.to_lowercase();
        // The summary at the end of a run mentions warnings in any case.
        let warns = ["warning:", "warning]", "[warning", "(warning)"]
            .iter()
            .any(|mark| lower.contains(mark));
        if !warns {
            return;
        }
        match self.0.iter_mut().find(|(known, _)| known == line) {
            Some((_, times)) => *times += 1,
            None => self.0.push((line.to_owned(), 1)),
        }
    }

    fn count(&self) -> usize {
        self.0.iter().map(|(_, times)| times).sum()
    }
}

/// Builds the release bundles, runs every validator that is on the `PATH`, and lists the missing ones. Warnings are
/// repeated at the end; they do not fail the run.
///
/// # Errors
/// When the bundles cannot be built or a validator cannot be started.
pub fn validate() -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let bundled = bundle::bundled(&workspace);
    bundle::make(&workspace, Profile::Release, &bundled)?;

    let mut judgements = Vec::new();
    for validator in &VALIDATORS {
        let judgement = judge(validator, &bundled.join(validator.bundle))?;
        judgements.push((validator, judgement));
    }

    println!();
    for (validator, judgement) in &judgements {
        print!("{}", summary(validator, judgement.as_ref()));
    }
    let failed = judgements.iter().any(|(_, judgement)| {
        judgement
            .as_ref()
            .is_some_and(|judgement| !judgement.passed)
    });
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Returns the command that starts `program`, under a virtual display if there is none, because pluginval opens the
/// editor.
fn with_display(program: &Path) -> Command {
    let displays = ["DISPLAY", "WAYLAND_DISPLAY"];
    let seen =
        !cfg!(target_os = "linux") || displays.iter().any(|name| env::var_os(name).is_some());
    match process::on_path("xvfb-run") {
        Some(display) if !seen => {
            let mut command = Command::new(display);
            command.arg("-a").arg(program);
            command
        }
        _ => Command::new(program),
    }
}

/// Runs a validator and forwards its output; `None` if it is not installed.
fn judge(validator: &Validator, bundle: &Path) -> Result<Option<Judgement>> {
    let Some(program) = validator
        .programs
        .iter()
        .find_map(|name| process::on_path(name))
    else {
        return Ok(None);
    };
    println!("\n{} {}", validator.name, bundle.display());
    let (output, writer) = io::pipe().context("cannot create a pipe")?;
    let mut command = with_display(&program);
    command
        .args(validator.args)
        .arg(bundle)
        .stdout(writer.try_clone().context("cannot create a pipe")?)
        .stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    // The command keeps the writing end open; the output would never end.
    drop(command);

    let mut warnings = Warnings::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("cannot read a validator's output")?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        warnings.read(&line);
    }
    let status = child.wait().context("cannot wait for a validator")?;
    Ok(Some(Judgement {
        passed: status.success(),
        warnings,
    }))
}

/// Returns a line about the validator, and one for each warning.
fn summary(validator: &Validator, judgement: Option<&Judgement>) -> String {
    let name = validator.name;
    let Some(Judgement { passed, warnings }) = judgement else {
        return format!(
            "{name}: not run, `{}` is not on the PATH\n",
            validator.programs.join("` or `")
        );
    };
    let verdict = if *passed { "passed" } else { "FAILED" };
    let mut summary = match warnings.count() {
        0 => format!("{name}: {verdict}\n"),
        1 => format!("{name}: {verdict}, 1 warning\n"),
        count => format!("{name}: {verdict}, {count} warnings\n"),
    };
    for (line, times) in &warnings.0 {
        summary += &format!("  {times} x {line}\n");
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Platform;

    #[test]
    fn warnings_are_counted_and_repeated_in_the_summary() {
        let mut warnings = Warnings::default();
        for line in [
            "   WARNING: not all points have been read",
            "WARNING: not all points have been read",
            "[Warning] the name is long",
            "21 tests run, 21 passed, 0 failed, 0 skipped, 0 warnings",
            "a plain line",
        ] {
            warnings.read(line);
        }
        let judgement = Judgement {
            passed: true,
            warnings,
        };
        assert_eq!(
            summary(&VALIDATORS[0], Some(&judgement)),
            "clap-validator: passed, 3 warnings\n  2 x WARNING: not all points have been read\n  \
             1 x [Warning] the name is long\n"
        );
    }

    #[test]
    fn an_absent_validator_is_named_with_all_its_names() {
        let said = summary(&VALIDATORS[3], None);
        assert_eq!(
            said,
            "Steinberg's validator: not run, `validator` or `vst3-validator` is not on the PATH\n"
        );
    }

    /// Uses `echo` as a validator that prints its arguments and finds no fault.
    #[cfg(unix)]
    #[test]
    fn output_is_read_to_its_end() {
        let echo = |programs| Validator {
            name: "echo",
            programs,
            args: &["Warning: this one"],
            bundle: "Tidepool.vst3",
        };
        let judgement = judge(&echo(&["no-such-validator", "echo"]), Path::new("bundle"));
        let judgement = judgement.unwrap().unwrap();
        assert!(judgement.passed);
        assert_eq!(judgement.warnings.count(), 1);
        let absent = judge(&echo(&["no-such-validator"]), Path::new("bundle"));
        assert_eq!(absent.unwrap(), None);
    }

    #[test]
    fn what_is_validated_is_what_is_bundled() {
        let bundles = Platform::CURRENT.bundles();
        assert!(
            VALIDATORS
                .iter()
                .all(|validator| bundles.contains(&validator.bundle))
        );
    }
}
