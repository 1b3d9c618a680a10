//! `cargo xtask fuzz`: a hostile host plays random scripts on the release CLAP, each in a process of its own.

use anyhow::Result;

use crate::command::bundle;
use crate::process;
use crate::workspace::{Profile, Workspace};

/// Tells the host tests how many minutes to search.
pub const MINUTES: &str = "TIDEPOOL_FUZZ_MINUTES";
/// Tells the host tests the first seed.
pub const SEED: &str = "TIDEPOOL_FUZZ_SEED";
/// Tells the host tests to play the first seed only.
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
