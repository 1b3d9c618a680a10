//! A git revision of the sources, built beside the working copy.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Commit, and the folders for its sources and its build, below the target folder.
#[derive(Clone, Debug)]
pub struct Revision {
    commit: String,
    workspace: Workspace,
    folder: PathBuf,
}

impl Revision {
    /// Finds the commit that git calls `name`.
    ///
    /// # Errors
    /// When git knows no such commit or cannot be started.
    pub fn find(workspace: &Workspace, name: &str) -> Result<Self> {
        let commit = git(workspace)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{name}^{{commit}}"))
            .output()
            .context("cannot start git to look for the revision")?;
        if !commit.status.success() {
            bail!(
                "git knows no revision `{name}`: name a commit, a branch or a tag of this repository"
            );
        }
        Ok(Self {
            commit: String::from_utf8_lossy(&commit.stdout).trim().to_owned(),
            workspace: workspace.clone(),
            folder: workspace.target.join("against"),
        })
    }

    /// Updates the copy of the sources to this commit. Unchanged files keep their time, so that Cargo builds only the
    /// rest.
    ///
    /// # Errors
    /// When git cannot write the sources.
    pub fn check_out(&self) -> Result<()> {
        let sources = self.sources();
        fs::create_dir_all(&sources)
            .with_context(|| format!("cannot create {}", sources.display()))?;
        let mut git = git(&self.workspace);
        git.arg("--work-tree")
            .arg(&sources)
            .args(["read-tree", "--reset", "-u", &self.commit])
            // A separate index: that of the repository stays unchanged.
            .env("GIT_INDEX_FILE", self.folder.join("index"));
        process::succeed("Writing the sources of the revision", &mut git)
    }

    /// Returns Cargo for the sources of the revision, with a target folder of their own: Cargo names plugin libraries
    /// after the package alone, so one folder holds those of only one revision.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut cargo = self.workspace.cargo();
        cargo
            .current_dir(self.sources())
            .env("CARGO_TARGET_DIR", self.target());
        cargo
    }

    /// Builds the release bundles of the revision, and returns their folder.
    ///
    /// # Errors
    /// When they cannot be built.
    pub fn bundle(&self) -> Result<PathBuf> {
        let mut bundle = self.cargo();
        bundle.args(["xtask", "bundle", "--release"]);
        process::succeed("Bundling the revision", &mut bundle)?;
        Ok(self.target().join("bundled"))
    }

    fn sources(&self) -> PathBuf {
        self.folder.join("sources")
    }

    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }
}

/// Returns git for the workspace.
fn git(workspace: &Workspace) -> Command {
    let mut git = Command::new("git");
    // Git's check of the checkout's owner protects against its hooks; only files are read here.
    git.args(["-c", "safe.directory=*"])
        .current_dir(&workspace.root);
    git
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Creates a repository with two commits, the first of which has a file that the second one does not have.
    fn repository(root: &Path) -> Workspace {
        let workspace = Workspace {
            root: root.into(),
            target: root.join("target"),
            version: String::new(),
        };
        let git = |line: &str| {
            let mut git = git(&workspace);
            git.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]);
            process::succeed_quietly("git", git.args(line.split(' '))).unwrap();
        };
        git("init --quiet");
        for (file, other) in [("a.txt", "b.txt"), ("b.txt", "a.txt")] {
            let _ = fs::remove_file(root.join(other));
            fs::write(root.join(file), file).unwrap();
            fs::write(root.join("both.txt"), "both").unwrap();
            git("add --all");
            git("commit --quiet --message=m");
        }
        workspace
    }

    #[test]
    fn the_copy_is_that_of_the_revision_and_the_checkout_stays() {
        let root = tempfile::tempdir().unwrap();
        let workspace = repository(root.path());
        let copy = workspace.target.join("against/sources");
        let files =
            |folder: &Path| ["a.txt", "b.txt", "both.txt"].map(|file| folder.join(file).exists());
        // Returns the time at which the file that both commits have was written.
        let check_out = |name: &str| {
            let revision = Revision::find(&workspace, name).unwrap();
            revision.check_out().unwrap();
            fs::metadata(copy.join("both.txt"))
                .unwrap()
                .modified()
                .unwrap()
        };
        let written = check_out("HEAD^");
        assert_eq!(files(&copy), [true, false, true]);
        assert_eq!(check_out("HEAD"), written);
        assert_eq!(files(&copy), [false, true, true]);
        assert_eq!(files(root.path()), [false, true, true]);
        let status = git(&workspace)
            .args(["status", "--porcelain", "--untracked-files=no"])
            .output();
        assert_eq!(status.unwrap().stdout, b"");
    }

    #[test]
    fn an_unknown_revision_is_named_in_one_sentence() {
        let root = tempfile::tempdir().unwrap();
        let workspace = repository(root.path());
        for name in ["nowhere", "HEAD^^^^", "--all", ""] {
            let error = Revision::find(&workspace, name).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("git knows no revision `{name}`:")),
                "{error}"
            );
        }
    }
}
