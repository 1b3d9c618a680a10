//! `cargo xtask bench`: what the engine costs, beside what others cost.
//!
//! The measuring itself is the bench target `measure`, so that no other command has to build what is
//! measured, and so that it is built as the plugin is.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::replace;
use crate::report::{Group, Measurement, Report};
use crate::workspace::Workspace;

/// Measures the given groups, or all, prints the table and, if asked, writes the report to a file.
///
/// # Errors
/// When the measuring program cannot be built or fails, or when the file cannot be written.
pub fn bench(groups: &[Group], json: Option<&Path>) -> Result<()> {
    let workspace = Workspace::locate()?;
    let mut measure = workspace.cargo();
    measure
        .args([
            "bench",
            "--quiet",
            "--package",
            "xtask",
            "--bench",
            "measure",
            "--",
        ])
        .args(groups.iter().map(|group| group.name()))
        .stderr(Stdio::inherit());
    let output = measure.output().context("cannot start Cargo")?;
    if !output.status.success() {
        bail!(
            "measuring failed ({}); its own messages are above",
            output.status
        );
    }
    let measurement: Measurement = serde_json::from_slice(&output.stdout)
        .context("the measuring program has not said what it measured")?;

    let report = Report::of(measurement);
    print!("{}", report.to_table());
    if let Some(file) = json {
        replace::replace_with_content(&report.to_json(), file)?;
        println!("\nWritten to {}", file.display());
    }
    Ok(())
}
