//! The folders, packages and profiles of the project.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

/// Package of the plugin; its library and the standalone program have this name too.
pub const PLUGIN: &str = "tidepool";

/// Package of the standalone program.
pub const APP: &str = "tidepool-app";

/// Folders and version of the workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// Version that is built, as in `0.1.0`.
    pub version: String,
}

impl Workspace {
    /// Reads the workspace from Cargo.
    ///
    /// # Errors
    /// When Cargo cannot read the workspace.
    pub fn locate() -> Result<Self> {
        // Cargo passes the present folder of this package; the one at compile time is the fallback.
        let package =
            env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
        let metadata = MetadataCommand::new()
            .manifest_path(Path::new(&package).join("Cargo.toml"))
            .no_deps()
            .exec()
            .context("Cargo cannot read the workspace")?;
        let plugin = metadata
            .packages
            .iter()
            .find(|package| package.name.as_str() == PLUGIN)
            .with_context(|| format!("the workspace has no package `{PLUGIN}`"))?;

        Ok(Self {
            version: plugin.version.to_string(),
            root: metadata.workspace_root.into(),
            target: metadata.target_directory.into(),
        })
    }

    /// Returns the Cargo that started this program, in the root of the workspace.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root);
        cargo
    }

    /// Returns a path relative to the root, if it is below.
    #[must_use]
    pub fn short<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// Returns the path of the standalone program that `cargo build` makes.
    #[must_use]
    pub fn program(&self, profile: Profile) -> PathBuf {
        let name = format!("{PLUGIN}{}", env::consts::EXE_SUFFIX);
        self.target.join(profile.folder()).join(name)
    }
}

/// Compilation profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Debug build, with its checks, such as the allocation guard of `process()`.
    Debug,
    /// Release build, for playing.
    Release,
}

impl Profile {
    /// Returns the folder of this profile under the target folder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }

    /// Returns the arguments of `cargo build`.
    #[must_use]
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Debug => &[],
            Self::Release => &["--release"],
        }
    }
}
