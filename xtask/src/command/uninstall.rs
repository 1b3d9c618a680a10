//! `cargo xtask uninstall`: removes the bundles that `cargo xtask install` has installed, and nothing else.

use std::env;

use anyhow::Result;

use crate::install_paths::{Place, places};
use crate::platform::Platform;
use crate::replace;

/// Removes the bundles of the current user.
///
/// # Errors
/// When there is no home, or when something cannot be removed.
pub fn uninstall() -> Result<()> {
    let places = places(Platform::CURRENT, |name| env::var_os(name))?;
    if uninstall_from(&places)? == 0 {
        println!("Tidepool is not installed for this user.");
    }
    Ok(())
}

/// Removes the installed bundles and returns their number.
pub(super) fn uninstall_from(places: &[Place]) -> Result<usize> {
    let installed: Vec<_> = places.iter().filter(|place| place.path.exists()).collect();
    for place in &installed {
        replace::remove(&place.path)?;
        println!("Removed {}", place.path.display());
    }
    Ok(installed.len())
}
