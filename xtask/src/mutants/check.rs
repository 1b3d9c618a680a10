//! Runs the checks of the table that need only `dsp::rt` and Cargo.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;

use super::{Check, Mutant};
use crate::source_copy::{self, SourceCopy};
use crate::workspace::Workspace;

/// Timeout of a model; a longer run means that the model or the row is wrong.
const PATIENCE: Duration = Duration::from_secs(300);

/// Name of the check that found a mutant.
pub type Killed = String;

/// Sets up a run of Cargo under loom: in a target folder of its own, because the flag rebuilds everything, with debug
/// assertions, and without link-time optimisation, which only pays off for releases.
pub fn under_loom(workspace: &Workspace, cargo: &mut Command) {
    cargo
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", workspace.target.join("loom"))
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true");
}

/// Test program of the models or unit tests of all rows: the crate `dsp` of the copy has a module for each mutant, with
/// its own `rt` in it, and one without a mistake. One build serves them all.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    tests: Vec<String>,
}

/// Result of a test program.
struct Run {
    status: ExitStatus,
    said: String,
}

/// Returns the name of the module for row `n`; the one after the last row has no mistake.
fn module(n: usize) -> String {
    format!("mutant_{n}")
}

/// Parts of `rt` that take long to build. The rest of `rt` does not depend on them, so a mutant has only those that it
/// is in.
const LEFT_OUT: [&str; 4] = ["smoothing", "ramp", "simd", "metrics"];

impl Program {
    /// Builds the checks of `rows`, which are all models or all unit tests. Rows that do not apply are left out.
    ///
    /// # Errors
    /// When the sources cannot be copied, or a mutant does not build.
    pub fn build(workspace: &Workspace, rows: &[&Mutant], loom: bool) -> Result<Self> {
        const ROOT: &str = "dsp/src/lib.rs";
        let rt = rt_sources(workspace)?;
        let mut root = "//! Mutants of `rt`.\n#![allow(warnings, clippy::all)]\n".to_owned();
        let mut changed = Vec::new();
        let mistakes = rows
            .iter()
            .map(|row| Some((row.file, row.mutated(workspace))));
        for (n, mistake) in mistakes.chain([None]).enumerate() {
            let mutated = match mistake {
                Some((_, Err(_))) => continue,
                Some((file, Ok(text))) => Some((file, text)),
                None => None,
            };
            let module = module(n);
            root.push_str(&format!("pub mod {module} {{ pub mod rt; }}\n"));
            let own = mutated.as_ref().map_or("", |(file, _)| *file);
            for (file, text) in only_what_it_needs(&rt, own) {
                let text = match &mutated {
                    Some((place, mutated)) if *place == file => mutated,
                    _ => &text,
                };
                let text = text.replace("crate::rt", &format!("crate::{module}::rt"));
                let place = file.replace("dsp/src/", &format!("dsp/src/{module}/"));
                changed.push((place, text));
            }
        }
        changed.push((ROOT.to_owned(), root));
        let folder = if loom {
            "mutants/models"
        } else {
            "mutants/units"
        };
        let copy = SourceCopy::new(workspace, folder, &changed)?;

        let mut cargo = copy.cargo();
        cargo.args("test --package tidepool-dsp --lib --no-run".split(' '));
        let profile = if loom {
            under_loom(workspace, &mut cargo);
            cargo.arg("--release");
            "release"
        } else {
            "dev"
        };
        // The checks are short, so the build time dominates.
        let level = format!("profile.{profile}.package.tidepool-dsp.opt-level=0");
        cargo.args(["--config", &level, "--message-format", "json"]);
        let output = cargo.output().context("cannot start Cargo")?;
        if !output.status.success() {
            let errors = compiler_errors(&output.stdout);
            let culprit = (0..rows.len()).find(|n| errors.contains(&format!("/{}/", module(*n))));
            let culprit = culprit.map_or_else(|| "the copy".into(), |n| rows[n].title());
            bail!("{culprit} does not build:\n{errors}");
        }
        let path = Message::parse_stream(&output.stdout[..])
            .filter_map(Result::ok)
            .find_map(|message| match message {
                Message::CompilerArtifact(artifact) if artifact.profile.test => artifact.executable,
                _ => None,
            })
            .map(PathBuf::from)
            .context("Cargo names no test program")?;
        let list = Command::new(&path)
            .args(["--list", "--format", "terse"])
            .output()?;
        let tests = String::from_utf8_lossy(&list.stdout)
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .map(str::to_owned)
            .collect();
        Ok(Self { path, tests })
    }

    /// Requires that the unchanged sources pass the checks of `rows`, the rows that the program was built for.
    ///
    /// # Errors
    /// When they fail.
    pub fn original_passes(&self, workspace: &Workspace, rows: &[&Mutant]) -> Result<()> {
        let mut tests: Vec<_> = rows
            .iter()
            .flat_map(|row| self.tests(rows.len(), row))
            .collect();
        tests.sort_unstable();
        tests.dedup();
        let run = self.run(workspace, &tests)?;
        if !run.status.success() {
            bail!(
                "the sources fail without any mistake planted:\n{}",
                run.said
            );
        }
        Ok(())
    }

    /// Runs the check of `row`, the `n`th of the rows that the program was built for, on its mutant, and returns the
    /// name of the test that found it.
    ///
    /// # Errors
    /// When the mutant survives or does not apply, or when its check does not exist or does not end.
    pub fn kill(&self, workspace: &Workspace, n: usize, row: &Mutant) -> Result<Killed> {
        row.mutated(workspace)?;
        let tests = self.tests(n, row);
        if tests.is_empty() {
            bail!("there is no test for {:?}", row.check);
        }
        let run = self.run(workspace, &tests)?;
        if run.status.success() {
            bail!("SURVIVED {:?}", row.check);
        }
        Ok(failed_test(&run.said).unwrap_or_else(|| format!("{} ({})", tests[0], run.status)))
    }

    /// Returns the tests in the module of row `n` that the check of `row` names.
    fn tests(&self, n: usize, row: &Mutant) -> Vec<&str> {
        let (Check::Model(filter) | Check::Unit(filter)) = row.check else {
            return Vec::new();
        };
        let module = format!("{}::", module(n));
        let own = self.tests.iter().filter(|test| test.starts_with(&module));
        own.filter(|test| test.contains(filter))
            .map(String::as_str)
            .collect()
    }

    fn run(&self, workspace: &Workspace, tests: &[&str]) -> Result<Run> {
        let path = workspace.target.join("mutants/output.txt");
        let output = File::create(&path).context("cannot keep the output of a test")?;
        let mut child = Command::new(&self.path)
            .arg("--exact")
            .args(tests)
            .current_dir(&workspace.target)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot start a test program")?;
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if began.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                bail!("UNDECIDED after {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let said = fs::read(&path)?;
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok(Run { status, said })
    }
}

/// Runs the row's suite in a copy of the whole workspace with its mistake, and returns the line that reports it.
///
/// # Errors
/// When the mutant survives, or does not apply or build.
pub fn kill_in_suite(
    workspace: &Workspace,
    row: &Mutant,
    words: &str,
    finding: &str,
) -> Result<Killed> {
    let copy = row.copy(workspace, "mutants/workspace")?;
    let (words, after) = words.split_once(" -- ").unwrap_or((words, ""));
    // A lint is the check itself; a test has to build before it fails.
    if words.starts_with("test ") {
        let mut build = copy.cargo();
        build.args(words.split_whitespace()).arg("--no-run");
        let built = build.output().context("cannot start Cargo")?;
        if !built.status.success() {
            bail!("does not build: {}", String::from_utf8_lossy(&built.stderr));
        }
    }
    let mut test = copy.cargo();
    test.args(words.split_whitespace())
        .arg("--")
        .args(after.split_whitespace());
    let output = test.output().context("cannot start Cargo")?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    match said.lines().find(|line| line.contains(finding)) {
        Some(line) if !output.status.success() => Ok(line.trim().to_owned()),
        _ => bail!("SURVIVED `{words}`"),
    }
}

const RT: &str = "dsp/src/rt/";

/// Returns the path from the root of the workspace and the text of every file in `rt`.
fn rt_sources(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for path in source_copy::sources(&workspace.root)? {
        let name = path.to_string_lossy().replace('\\', "/");
        if name.starts_with(RT) {
            let text = fs::read_to_string(workspace.root.join(&path))
                .with_context(|| format!("cannot read {name}"))?;
            all.push((name, text));
        }
    }
    Ok(all)
}

/// Returns `rt` without the parts in [`LEFT_OUT`]. The metrics stay if `file` is one of theirs, and in the copy without
/// a mistake, which serves every row.
fn only_what_it_needs<'a>(
    rt: &'a [(String, String)],
    file: &str,
) -> impl Iterator<Item = (&'a String, String)> {
    let without: Vec<_> = LEFT_OUT
        .into_iter()
        .filter(|part| *part != "metrics" || !(file.is_empty() || file.contains("metrics")))
        .collect();
    rt.iter().filter_map(move |(name, text)| {
        let own = name.strip_prefix(RT)?;
        if without.iter().any(|part| own.starts_with(part)) {
            return None;
        }
        let kept = |line: &&str| own != "mod.rs" || !without.iter().any(|part| line.contains(part));
        let text: Vec<_> = text.lines().filter(kept).collect();
        Some((name, text.join("\n")))
    })
}

/// Returns the first test that a test program reports as failed.
fn failed_test(said: &str) -> Option<String> {
    let line = said.lines().find(|line| line.ends_with("... FAILED"))?;
    let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(name.to_owned())
}

fn compiler_errors(json: &[u8]) -> String {
    Message::parse_stream(json)
        .filter_map(Result::ok)
        .find_map(|message| match message {
            Message::CompilerMessage(message)
                if message.message.level == DiagnosticLevel::Error =>
            {
                message.message.rendered
            }
            _ => None,
        })
        .unwrap_or_else(|| "the compiler says nothing".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failed_test_is_named() {
        let said = "test rt::a ... ok\ntest rt::b ... FAILED\ntest result: FAILED.";
        assert_eq!(failed_test(said).as_deref(), Some("rt::b"));
        assert_eq!(failed_test("test rt::a ... ok"), None);
    }
}
