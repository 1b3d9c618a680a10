//! `cargo xtask fuzz`: a hostile host plays random scripts on the release CLAP, each in a process of its own.

use anyhow::Result;

use crate::command::bundle;
use crate::process;
use crate::workspace::{Profile, Workspace};

/// Variable with the length of the search in minutes, for the host tests.
pub const MINUTES: &str = "TIDEPOOL_FUZZ_MINUTES";
/// Variable with the first seed, for the host tests.
pub const SEED: &str = "TIDEPOOL_FUZZ_SEED";
/// Variable that makes the host tests play the first seed only.
pub const ONE: &str = "TIDEPOOL_FUZZ_ONE";

/// Searches for `minutes` minutes from a random seed on, or plays the one script of `seed`.
///
/// # Errors
/// When the bundles cannot be built, or when a script fails; its seed and last steps are printed.
pub fn fuzz(minutes: u64, seed: Option<u64>) -> Result<()> {
    let workspace = Workspace::locate()?;
    let bundles = bundle::bundled(&workspace);
    bundle::make(&workspace, Profile::Release, &bundles)?;
    let mut cargo = workspace.cargo();
    cargo
        .args(["test", "--package", "tidepool-tests", "--test", "suite"])
        .args(["hostile::scripts::random_seeds", "--"])
        .args(["--exact", "--ignored", "--nocapture"])
        .env(bundle::VARIABLE, &bundles)
        .env(MINUTES, minutes.to_string());
    if let Some(seed) = seed {
        cargo.env(SEED, seed.to_string()).env(ONE, "1");
    }
    process::succeed("fuzzing", &mut cargo)
}
