//! The VST3 in an independent host: `pedalboard` from PyPI, driven by `vst3.py`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use tidepool_tests::bundles;
use xtask::venv;

/// Returns the interpreter of a Python with `pedalboard`, which is set up if need be.
pub fn python() -> PathBuf {
    match env::var_os("TIDEPOOL_PYTHON") {
        Some(path) if !path.is_empty() => PathBuf::from(path),
        _ => venv::ensure(bundles::workspace()).expect("a Python with pedalboard is set up"),
    }
}

#[test]
fn pedalboard_plays_the_vst3() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let status = Command::new(python())
        .arg(suite.join("vst3.py"))
        .arg(bundles::vst3())
        .arg(suite.join("parameters.txt"))
        .status()
        .expect("Python starts");
    assert!(status.success(), "vst3.py failed");
}
