//! Copies of the workspace's sources with changes in them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::replace;
use crate::workspace::Workspace;

/// Copy of the sources below the target folder.
#[derive(Clone, Debug)]
pub struct SourceCopy {
    original: Workspace,
    root: PathBuf,
}

impl SourceCopy {
    /// Makes the copy in `target/folder`, or updates an existing one. The files named in `changed`, from the root of
    /// the workspace, get the content beside them; they may be new files.
    ///
    /// # Errors
    /// When git cannot list the sources, or one cannot be copied.
    pub fn new(
        workspace: &Workspace,
        folder: &str,
        changed: &[(impl AsRef<Path>, String)],
    ) -> Result<Self> {
        let root = workspace.target.join(folder);
        let mut sources = sources(&workspace.root)?;
        let known: HashSet<_> = sources.iter().cloned().collect();
        let changed: HashMap<_, _> = changed
            .iter()
            .map(|(file, content)| (file.as_ref(), content))
            .collect();
        let added = changed.keys().filter(|file| !known.contains(**file));
        sources.extend(added.map(|file| file.to_path_buf()));
        for source in &sources {
            let path = workspace.root.join(source);
            let mut content = match changed.get(&**source) {
                Some(content) => content.as_bytes().to_vec(),
                None => {
                    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?
                }
            };
            if source == Path::new("Cargo.toml") {
                content = with_own_version(&String::from_utf8_lossy(&content))
                    .context("the root manifest has no version to change")?
                    .into_bytes();
            }
            write_if_changed(&root.join(source), &content)?;
        }
        remove_others(&root, &root, &sources)?;
        Ok(Self {
            original: workspace.clone(),
            root,
        })
    }

    /// Returns the folder of the copy.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns Cargo for the copy, with the target folder of the original, so that shared dependencies are already
    /// built.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut cargo = self.original.cargo();
        cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.original.target);
        cargo
    }
}

/// Returns the sources that a checkout has, or would have if everything in it were committed.
pub(crate) fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    // Git's check of the checkout's owner protects against its hooks; files are only listed here.
    let listing = Command::new("git")
        .args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .context("cannot start git to list the sources")?;
    if !listing.status.success() {
        let why = String::from_utf8_lossy(&listing.stderr);
        bail!("git cannot list the sources: {}", why.trim());
    }
    let names =
        String::from_utf8(listing.stdout).context("a source has a name that is not UTF-8")?;
    let sources = names.split_terminator('\0').map(PathBuf::from);
    Ok(sources
        .filter(|source| root.join(source).is_file())
        .collect())
}

/// Writes a file unless its content is already there, because Cargo compares file times.
fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    let folder = path.parent().context("a source lies in no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes everything from `folder`, at or below `root`, that is not a source.
fn remove_others(root: &Path, folder: &Path, sources: &[PathBuf]) -> Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        let relative = path.strip_prefix(root).unwrap_or(&path);
        if path.is_dir() {
            remove_others(root, &path, sources)?;
        } else if !sources.iter().any(|source| source == relative) {
            replace::remove(&path)?;
        }
    }
    Ok(())
}

/// Returns the root manifest with a version that only the copy has. Cargo identifies packages by names, versions and
/// relative paths, and would otherwise take the build of the copy for that of the original.
fn with_own_version(manifest: &str) -> Option<String> {
    let package = manifest.find("[workspace.package]")?;
    let version = package + manifest[package..].find("\nversion = \"")?;
    let opening = version + manifest[version..].find('"')? + 1;
    let closing = opening + manifest[opening..].find('"')?;
    Some(format!(
        "{}-mutant{}",
        &manifest[..closing],
        &manifest[closing..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_workspace_is_the_one_that_changes() {
        let manifest =
            "[x]\nversion = \"9\"\n[workspace.package]\nedition = \"2024\"\nversion = \"0.1.0\"\n";
        assert_eq!(
            with_own_version(manifest).unwrap(),
            manifest.replace("0.1.0", "0.1.0-mutant")
        );
        assert_eq!(with_own_version("[package]\nversion = \"1\"\n"), None);
    }

    #[test]
    fn the_copy_follows_its_sources() {
        let copy = tempfile::tempdir().unwrap();
        let [kept, gone] = ["dsp/src/kept.rs", "dsp/src/gone.rs"].map(PathBuf::from);
        for source in [&kept, &gone] {
            write_if_changed(&copy.path().join(source), b"//").unwrap();
        }
        remove_others(copy.path(), copy.path(), std::slice::from_ref(&kept)).unwrap();
        assert!(copy.path().join(&kept).exists());
        assert!(!copy.path().join(&gone).exists());
    }

    #[test]
    fn an_unchanged_source_keeps_its_time() {
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join("lib.rs");
        write_if_changed(&path, b"1").unwrap();
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        write_if_changed(&path, b"1").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
        write_if_changed(&path, b"2").unwrap();
        assert_ne!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
    }
}
