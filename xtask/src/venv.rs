//! The Python environment of the tests: a virtual environment with a third-party VST3 host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::replace;
use crate::workspace::Workspace;

/// Installed packages, pinned so that the host does not change under a test.
const PINS: [&str; 2] = ["pedalboard==0.9.26", "numpy==2.3.5"];

/// Returns the interpreter of the environment, if it exists.
#[must_use]
pub fn installed(workspace: &Workspace) -> Option<PathBuf> {
    Some(interpreter(&folder(workspace))).filter(|python| python.exists())
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("venv")
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    })
}

/// Creates the environment under the target folder, unless it exists, and returns its interpreter.
///
/// # Errors
/// When there is no Python 3, or when a package cannot be installed.
pub fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let folder = folder(workspace);
    let python = interpreter(&folder);
    // The list of pins is written last, so that it marks a complete environment.
    let stamp = folder.join("pins.txt");
    let pins = PINS.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|written| written == pins) {
        return Ok(python);
    }

    replace::remove(&folder)?;
    let system_python = if cfg!(windows) { "python" } else { "python3" };
    let mut create = Command::new(system_python);
    create.args(["-m", "venv"]).arg(&folder);
    process::succeed("Creating a Python environment", &mut create)?;

    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--only-binary", ":all:"])
        .args(PINS);
    process::succeed("Installing the Python packages", &mut install)?;
    fs::write(&stamp, &pins).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}
