//! `cargo xtask install`: puts the release bundles where the hosts of this user look for them.

use std::env;
use std::path::Path;

use anyhow::Result;

use crate::command::bundle;
use crate::install_paths::{Place, places};
use crate::platform::Platform;
use crate::replace;
use crate::workspace::{Profile, Workspace};

/// Builds the release bundles and installs them for the current user.
///
/// # Errors
/// When the build fails, when there is no home, or when a bundle cannot be put in its place.
pub fn install() -> Result<()> {
    let places = places(Platform::CURRENT, |name| env::var_os(name))?;
    let workspace = Workspace::locate()?;
    let bundled = bundle::bundled(&workspace);
    bundle::make(&workspace, Profile::Release, &bundled)?;
    install_from(&bundled, &places)
}

fn install_from(bundled: &Path, places: &[Place]) -> Result<()> {
    for place in places {
        replace::replace_with_copy(&bundled.join(place.bundle), &place.path)?;
        println!("Installed {}", place.path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::command::uninstall;

    #[test]
    fn what_is_installed_is_there_and_what_is_uninstalled_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let bundled = home.path().join("bundled");
        fs::create_dir_all(bundled.join("Tidepool.vst3/Contents")).unwrap();
        fs::write(bundled.join("Tidepool.vst3/Contents/code"), "vst3").unwrap();
        fs::write(bundled.join("Tidepool.clap"), "clap").unwrap();
        fs::write(bundled.join("Tidepool"), "program").unwrap();
        let places = places(Platform::Linux, |_| Some(home.path().into())).unwrap();
        let foreign = home.path().join(".clap/Other.clap");
        fs::create_dir_all(foreign.parent().unwrap()).unwrap();
        fs::write(&foreign, "other").unwrap();

        // Twice, because the second time an earlier bundle is replaced.
        for _ in 0..2 {
            install_from(&bundled, &places).unwrap();
            let read = |path: &str| fs::read_to_string(home.path().join(path)).unwrap();
            assert_eq!(read(".clap/Tidepool.clap"), "clap");
            assert_eq!(read(".vst3/Tidepool.vst3/Contents/code"), "vst3");
            assert_eq!(read(".local/bin/tidepool"), "program");
        }

        assert_eq!(uninstall::uninstall_from(&places).unwrap(), 3);
        assert!(places.iter().all(|place| !place.path.exists()));
        assert!(foreign.exists(), "what others put there stays");
        assert_eq!(uninstall::uninstall_from(&places).unwrap(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn the_program_stays_executable() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().unwrap();
        let bundled = home.path().join("Tidepool");
        fs::write(&bundled, "program").unwrap();
        fs::set_permissions(&bundled, fs::Permissions::from_mode(0o755)).unwrap();
        let place = Place {
            bundle: "Tidepool",
            path: home.path().join(".local/bin/tidepool"),
        };

        install_from(home.path(), std::slice::from_ref(&place)).unwrap();

        assert_eq!(
            fs::metadata(&place.path).unwrap().permissions().mode() & 0o777,
            0o755
        );
    }
}
