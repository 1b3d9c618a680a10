//! `cargo xtask measure`: measures the instrument's promised figures through the release bundles.
//!
//! The program `measure` of the package `tidepool-tests`, which hosts the bundles, takes the measurements.

use std::path::{self, Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::bundle::{self, VARIABLE};
use crate::process;
use crate::workspace::Workspace;

/// Options of `cargo xtask measure`.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub struct Measures {
    /// Only promises whose id starts with this, for instance `aliases` or `reverb-first`
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Only this preset: a name, or a `.toml` file, which need not be part of the build
    #[arg(long, value_name = "PRESET", conflicts_with = "write")]
    preset: Vec<String>,
    /// Write the table into docs/internals/engine.md
    #[arg(long, conflicts_with = "only")]
    write: bool,
    /// Render every preset into this folder instead: a note and a chord, live at 48 kHz
    #[arg(long, value_name = "DIR", conflicts_with_all = ["only", "write"])]
    presets: Option<PathBuf>,
    /// Compare every preset with its render in this folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["only", "write"])]
    against: Option<PathBuf>,
}

/// Builds the release bundles, unless `TIDEPOOL_BUNDLES` names their folder, and measures them.
///
/// # Errors
/// When the bundles or the measuring program cannot be built, or when the program fails.
pub fn measure(measures: &Measures) -> Result<()> {
    // Bundling changes the current folder.
    let absolute = |folder: &Option<PathBuf>| {
        let absolute = folder.as_deref().map(path::absolute).transpose();
        absolute.context("the folder has no absolute path")
    };
    let chosen = measures.preset.iter().map(|preset| {
        if preset.ends_with(".toml") {
            path::absolute(preset).map(PathBuf::into_os_string)
        } else {
            Ok(preset.into())
        }
    });
    let chosen: Vec<_> = chosen
        .collect::<Result<_, _>>()
        .context("a preset's file has no absolute path")?;
    let (presets, against) = (absolute(&measures.presets)?, absolute(&measures.against)?);
    let workspace = Workspace::locate()?;
    let bundles = bundle::release(&workspace)?;
    let mut program = workspace.cargo();
    program
        .args(["run", "--quiet", "--package", "tidepool-tests"])
        .args(["--bin", "measure", "--"])
        .env(VARIABLE, bundles);
    for id in &measures.only {
        program.arg("--only").arg(id);
    }
    for preset in chosen {
        program.arg("--preset").arg(preset);
    }
    if measures.write {
        program.arg("--write");
    }
    let mut folder = |option: &str, folder: Option<&Path>| {
        if let Some(folder) = folder {
            program.arg(option).arg(folder);
        }
    };
    folder("--presets", presets.as_deref());
    folder("--against", against.as_deref());
    process::succeed("Measuring", &mut program)
}
