//! `cargo xtask bench`: measures the cost of engine and plugin, beside other implementations and another revision.
//!
//! The bench target `measure` takes the measurements, so that no other command has to build the measured code, and so
//! that it is built as the plugin is. The group `plugin` measures a release bundle.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::Message;
use clap::ValueEnum;

use crate::command::bundle::{self, VARIABLE};
use crate::process;
use crate::replace;
use crate::report::{Group, Measurement, Report};
use crate::revision::Revision;
use crate::workspace::Workspace;

/// Name of the measuring program.
const MEASURE: &str = "measure";
/// Number of runs of each program when two revisions are compared.
const TURNS: usize = 3;

/// Options of `cargo xtask bench`.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub struct Benchmark {
    /// Groups to measure; all if none is named
    pub groups: Vec<Group>,
    /// Measure this git revision in turns with the sources as they are, and print both
    #[arg(long, value_name = "REVISION")]
    pub against: Option<String>,
    /// Also write the report to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Measures the given groups, or all, prints the table and, if asked, writes the report to a file.
///
/// # Errors
/// When the revision is unknown, when the measuring program or a bundle cannot be built or fails, or when the file
/// cannot be written.
pub fn bench(benchmark: &Benchmark) -> Result<()> {
    let workspace = Workspace::locate()?;
    let revision = (benchmark.against.as_deref())
        .map(|name| Revision::find(&workspace, name))
        .transpose()?;
    let groups = match &benchmark.groups[..] {
        [] => Group::value_variants(),
        groups => groups,
    };
    let (of_bundle, of_parts): (Vec<_>, Vec<_>) =
        groups.iter().partition(|group| **group == Group::Plugin);

    let program = built(workspace.cargo())?;
    let mut now = Vec::new();
    if !of_parts.is_empty() {
        now.push(run(&program, &of_parts));
    }
    if !of_bundle.is_empty() {
        let mut measure = run(&program, &of_bundle);
        measure.env(VARIABLE, bundle::release(&workspace)?);
        now.push(measure);
    }
    let report = match revision {
        None => Report::of(measured(&mut now)?),
        Some(revision) => {
            revision.check_out()?;
            let mut before = Vec::new();
            if !of_parts.is_empty() {
                before.push(run(&built(revision.cargo())?, &of_parts));
            }
            if !of_bundle.is_empty() {
                // With the current program, so that only the measured bundle differs.
                let mut measure = run(&program, &of_bundle);
                measure.env(VARIABLE, revision.bundle()?);
                before.push(measure);
            }
            let mut runs = [Vec::new(), Vec::new()];
            for turn in 1..=TURNS {
                eprintln!("Turn {turn} of {TURNS}");
                runs[0].push(measured(&mut before)?);
                runs[1].push(measured(&mut now)?);
            }
            let [before, now] = runs.map(Measurement::median);
            Report::of(now.beside(&before))
        }
    };
    print!("{}", report.to_table());
    if let Some(file) = &benchmark.json {
        replace::replace_with_content(&report.to_json(), file)?;
        println!("\nWritten to {}", file.display());
    }
    Ok(())
}

/// Builds the measuring program from the sources that `cargo` runs in, and returns its path.
fn built(mut cargo: Command) -> Result<PathBuf> {
    cargo
        .args(["bench", "--quiet", "--package", "xtask"])
        .args(["--bench", MEASURE, "--no-run"])
        .args(["--message-format", "json-render-diagnostics"]);
    let output = process::output("Building the measuring program", &mut cargo)?;
    // Cargo also builds the program of the commands, and reports both.
    let program = Message::parse_stream(&output[..])
        .find_map(|message| match message {
            Ok(Message::CompilerArtifact(artifact)) if artifact.target.name == MEASURE => {
                artifact.executable
            }
            _ => None,
        })
        .context("Cargo has not said where the measuring program is")?;
    Ok(program.into())
}

fn run(program: &Path, groups: &[&Group]) -> Command {
    let mut command = Command::new(program);
    command.args(groups.iter().map(|group| group.name()));
    command
}

/// Runs the programs and combines their measurements.
fn measured(programs: &mut [Command]) -> Result<Measurement> {
    let mut whole: Option<Measurement> = None;
    for program in programs {
        let output = process::output("Measuring", program)?;
        let part: Measurement = serde_json::from_slice(&output)
            .context("the measuring program has not said what it measured")?;
        match &mut whole {
            None => whole = Some(part),
            Some(whole) => whole.rows.extend(part.rows),
        }
    }
    match whole {
        Some(whole) => Ok(whole),
        None => bail!("there is nothing to measure"),
    }
}
