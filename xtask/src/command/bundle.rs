//! `cargo xtask bundle`: builds the plugin bundles that hosts load, and the standalone program.

use std::env;
use std::fs;
use std::path::{self, Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::component;
use crate::platform::Platform;
use crate::replace;
use crate::workspace::{APP, PLUGIN, Profile, Workspace};

/// Variable that tells the host tests the folder of the bundles; without it they build their own.
pub const VARIABLE: &str = "TIDEPOOL_BUNDLES";

/// Builds everything into `target/bundled` and lists the results.
///
/// # Errors
/// When the build fails or a bundle cannot be written.
pub fn bundle(release: bool) -> Result<()> {
    let workspace = Workspace::locate()?;
    let profile = if release {
        Profile::Release
    } else {
        Profile::Debug
    };
    let destination = bundled(&workspace);
    make(&workspace, profile, &destination)?;

    println!(
        "\nBundles of Tidepool {} ({}):",
        workspace.version,
        profile.folder()
    );
    for name in Platform::CURRENT.bundles() {
        let path = destination.join(name);
        let megabytes = size(&path)? as f64 / 1e6;
        println!("{megabytes:7.1} MB  {}", workspace.short(&path).display());
    }
    Ok(())
}

/// Returns the folder of the bundles.
#[must_use]
pub fn bundled(workspace: &Workspace) -> PathBuf {
    workspace.target.join("bundled")
}

/// Returns the folder of the release bundles: the one that [`VARIABLE`] names, or `target/bundled` after building them.
///
/// # Errors
/// When they cannot be built.
pub fn release(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(given) = env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        return path::absolute(given).with_context(|| format!("{VARIABLE} names no folder"));
    }
    let folder = bundled(workspace);
    make(workspace, Profile::Release, &folder)?;
    Ok(folder)
}

/// Builds all bundles and puts each of them, complete or not at all, into `destination`.
///
/// # Errors
/// When the build fails or a bundle cannot be written.
pub fn make(workspace: &Workspace, profile: Profile, destination: &Path) -> Result<()> {
    let flags: Vec<_> = profile
        .flags()
        .iter()
        .map(|&flag| flag.to_owned())
        .collect();
    // The bundler works in the root, where its `bundler.toml` is.
    env::set_current_dir(&workspace.root).context("cannot enter the root of the workspace")?;
    nice_plug_xtask::build(&[PLUGIN.to_owned(), APP.to_owned()], &flags)?;

    // The bundler writes in place, so it gets a folder of its own that looks like a target folder.
    let stage = tempfile::Builder::new()
        .prefix("bundling-")
        .tempdir_in(&workspace.target)
        .context("cannot create a folder in the target folder")?;
    let built = stage.path().join(profile.folder());
    fs::create_dir(&built)?;
    for file in [library(), format!("{PLUGIN}{}", env::consts::EXE_SUFFIX)] {
        let from = workspace.target.join(profile.folder()).join(&file);
        // A hard link suffices, and debug builds are large.
        fs::hard_link(&from, built.join(&file))
            .or_else(|_| fs::copy(&from, built.join(&file)).map(drop))
            .with_context(|| format!("cannot copy {}", from.display()))?;
    }
    nice_plug_xtask::bundle(stage.path(), PLUGIN, &flags, false)?;

    let staged = stage.path().join("bundled");
    if Platform::CURRENT == Platform::MacOs {
        component::finish_bundles(&staged, &workspace.version)?;
    }
    let names = Platform::CURRENT.bundles();
    if let Some(absent) = names.iter().find(|name| !staged.join(name).exists()) {
        bail!(
            "the bundler made no {absent}: does the plugin's library still export its entry point?"
        );
    }
    fs::create_dir_all(destination)
        .with_context(|| format!("cannot create {}", destination.display()))?;
    for name in names {
        replace::replace(&staged.join(name), &destination.join(name))?;
    }
    Ok(())
}

/// Returns the file name of the plugin's shared library.
fn library() -> String {
    format!(
        "{}{PLUGIN}{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    )
}

/// Returns the size in bytes of a file, or of everything in a folder.
fn size(path: &Path) -> Result<u64> {
    let context = || format!("cannot read {}", path.display());
    if !path.is_dir() {
        return Ok(fs::metadata(path).with_context(context)?.len());
    }
    fs::read_dir(path)
        .with_context(context)?
        .map(|entry| size(&entry.with_context(context)?.path()))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_folder_is_that_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("Contents")).unwrap();
        fs::write(folder.path().join("PkgInfo"), [0; 8]).unwrap();
        fs::write(folder.path().join("Contents/code"), [0; 1000]).unwrap();
        assert_eq!(size(folder.path()).unwrap(), 1008);
        assert_eq!(size(&folder.path().join("PkgInfo")).unwrap(), 8);
        assert!(size(&folder.path().join("missing")).is_err());
    }
}
