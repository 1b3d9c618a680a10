//! Where the project keeps its things.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

/// The package that holds the plugin; its library and the standalone program have this name too.
pub const PLUGIN: &str = "tidepool";

/// The package that holds the standalone program.
pub const APP: &str = "tidepool-app";

/// The folders and the version of the workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Where Cargo puts what it builds.
    pub target: PathBuf,
    /// The version that is built, as in `0.1.0`.
    pub version: String,
}

impl Workspace {
    /// Asks Cargo.
    ///
    /// # Errors
    /// When Cargo cannot read the workspace.
    pub fn locate() -> Result<Self> {
        // Cargo says where this package is now; where it was when it was compiled is the next best.
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

    /// The Cargo that started us, in the root of the workspace.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root);
        cargo
    }

    /// A path as a person standing in the root would write it.
    #[must_use]
    pub fn short<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// The standalone program that `cargo build` leaves behind.
    #[must_use]
    pub fn program(&self, profile: Profile) -> PathBuf {
        let name = format!("{PLUGIN}{}", env::consts::EXE_SUFFIX);
        self.target.join(profile.folder()).join(name)
    }
}

/// How the code is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// With the checks that debug builds have, the allocation guard of `process()` among them.
    Debug,
    /// As it is meant to be played.
    Release,
}

impl Profile {
    /// The folder of this profile under the target folder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }

    /// What `cargo build` has to be told.
    #[must_use]
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Debug => &[],
            Self::Release => &["--release"],
        }
    }
}
