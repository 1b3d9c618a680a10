//! The proof that the checks bite: copies of the workspace with one mistake in each, an allocation in
//! `process()` above all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};

use crate::command::bundle;
use crate::process;
use crate::replace;
use crate::workspace::{PLUGIN, Profile, Workspace};

/// What differs in a copy: in which file, and how.
type Mutation = (&'static str, fn(&str) -> Option<String>);
const WITH_ALLOCATION: Mutation = (ENGINE, with_allocation);
const WITH_RACE: Mutation = (MAILBOX, with_race);
const WITH_OWN_VERSION: Mutation = ("Cargo.toml", with_own_version);

const ENGINE: &str = "dsp/src/engine.rs";
/// Where in the engine the allocation goes.
const PROCESS: &str = "pub fn process";
/// The compiler must not see that nobody needs it.
const ALLOCATION: &str = "drop(std::hint::black_box(vec![0_u8; 64]));";

/// Where the bridge hands its messages over, and what makes that safe.
const MAILBOX: &str = "dsp/src/rt/bridge/mailbox.rs";
const HANDED_OVER: &str = "letter.number.store(self.sent, Ordering::Release)";

/// A copy of the sources with one mistake in it.
#[derive(Debug)]
pub struct Mutant {
    original: Workspace,
    root: PathBuf,
}

impl Mutant {
    /// A copy whose engine allocates in every block.
    ///
    /// # Errors
    /// When git cannot list the sources, when one cannot be copied, or when `process()` is not where it was.
    pub fn of(workspace: &Workspace) -> Result<Self> {
        Self::with(workspace, "bite", WITH_ALLOCATION)
    }

    /// A copy whose bridge hands over its messages without seeing to it that they arrive whole.
    ///
    /// # Errors
    /// When git cannot list the sources, when one cannot be copied, or when the mailbox is not what it was.
    pub fn racing(workspace: &Workspace) -> Result<Self> {
        Self::with(workspace, "bite-race", WITH_RACE)
    }

    /// The folder of the copy.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the copy under the target folder, or brings the one that is there up to date.
    fn with(workspace: &Workspace, folder: &str, mistake: Mutation) -> Result<Self> {
        let mutations = [mistake, WITH_OWN_VERSION];
        let root = workspace.target.join(folder);
        let sources = sources(&workspace.root)?;
        for source in &sources {
            let path = workspace.root.join(source);
            let mut content =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            if let Some((_, mutation)) =
                mutations.iter().find(|(file, _)| source == Path::new(file))
            {
                let text = String::from_utf8_lossy(&content);
                content = mutation(&text)
                    .with_context(|| format!("{} has no place to change", path.display()))?
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

    /// Requires that the allocation test of a release build fails, and that the allocation is why.
    ///
    /// # Errors
    /// When it passes, or fails for another reason.
    pub fn fails_in_release(&self) -> Result<()> {
        let test = || {
            let mut cargo = self.cargo();
            cargo.args(["test", "--release", "--package", "tidepool-tests"]);
            cargo.env(bundle::VARIABLE, bundle::bundled(&self.original));
            cargo
        };
        // Built by itself first, so that what fails afterwards is not the compiler.
        process::succeed(
            "Building the tests with the allocation in it",
            test().args(["--no-run", "alloc"]),
        )?;

        println!("The allocation test, which now has to fail:");
        let output = test().arg("alloc").output().context("cannot start Cargo")?;
        let said = [output.stdout, output.stderr].concat();
        std::io::stdout().write_all(&quoted(&said))?;
        if output.status.success() {
            bail!("the allocation test passes although {ENGINE} allocates in every block");
        }
        if !blames_allocation(&String::from_utf8_lossy(&said)) {
            bail!("the allocation test fails, but says nothing about an allocation");
        }
        Ok(())
    }

    /// Requires that a debug build dies of the allocation, and that without it the same build lives.
    ///
    /// # Errors
    /// When the one survives or the other does not.
    pub fn aborts_in_debug(&self) -> Result<()> {
        let program = self.original.program(Profile::Debug);
        let build = |mut cargo: Command| {
            cargo.args(["build", "--package", PLUGIN, "--bin", PLUGIN]);
            process::succeed("Building the standalone program", &mut cargo)
        };
        let wav = self.original.target.join("bite.wav");
        let play = || {
            let mut program = Command::new(&program);
            program.arg("demo").arg("--out").arg(&wav).output()
        };

        build(self.cargo())?;
        let mutant = play();
        // Both are built to the same place, and what is left there should be the real one.
        build(self.original.cargo())?;
        let original = play()?;
        replace::remove(&wav)?;

        let mutant = mutant?;
        let said = String::from_utf8_lossy(&mutant.stderr);
        let reason = said
            .lines()
            .find(|line| line.to_lowercase().contains("allocat"));
        match (aborted(mutant.status), reason) {
            (true, Some(reason)) => println!("With the allocation it says: {reason}"),
            (true, None) => bail!("the debug build aborts, but says nothing about an allocation"),
            (false, _) => bail!(
                "a debug build should abort when {ENGINE} allocates, but it ended with {}",
                mutant.status
            ),
        }
        if !original.status.success() {
            std::io::stdout().write_all(&quoted(&original.stderr))?;
            bail!(
                "the debug build fails even without an allocation ({})",
                original.status
            );
        }
        println!("Without it, it plays to the end.");
        Ok(())
    }

    /// Cargo in the copy. What it shares with the original is built already.
    fn cargo(&self) -> Command {
        let mut cargo = self.original.cargo();
        cargo
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.original.target);
        cargo
    }
}

/// The sources that a checkout has, or would have once everything in it is committed.
fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    // A checkout that belongs to somebody else is a matter for those who run its hooks; this lists files.
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

/// Leaves a file alone that is as it should be, because Cargo goes by its time.
fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    let folder = path.parent().context("a source lies in no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes from `folder`, at or below `root`, what is no source any more.
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

/// The source with an allocation as the first thing in the body of `process`.
fn with_allocation(engine: &str) -> Option<String> {
    let mut from = 0;
    let signature = loop {
        let name_end = from + engine[from..].find(PROCESS)? + PROCESS.len();
        // Not `process_something`.
        if engine[name_end..].starts_with(['(', '<']) {
            break name_end;
        }
        from = name_end;
    };
    // The body opens with the first brace that no parenthesis or bracket of the signature encloses.
    let mut depth = 0;
    let body = engine[signature..]
        .char_indices()
        .find_map(|(at, character)| {
            match character {
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                '{' if depth == 0 => return Some(signature + at + 1),
                _ => {}
            }
            None
        })?;
    Some(format!(
        "{}\n        {ALLOCATION}{}",
        &engine[..body],
        &engine[body..]
    ))
}

/// The root manifest with a version that only the copy has. Cargo goes by names, versions and relative
/// paths, and would otherwise take what it built of the copy for what it had built of the original.
fn with_own_version(manifest: &str) -> Option<String> {
    let package = manifest.find("[workspace.package]")?;
    let version = package + manifest[package..].find("\nversion = \"")?;
    let opening = version + manifest[version..].find('"')? + 1;
    let closing = opening + manifest[opening..].find('"')?;
    Some(format!(
        "{}-bite{}",
        &manifest[..closing],
        &manifest[closing..]
    ))
}

/// The source in which nothing orders the message before the word that says it is there.
fn with_race(mailbox: &str) -> Option<String> {
    let relaxed = HANDED_OVER.replace("Release", "Relaxed");
    let mutated = mailbox.replacen(HANDED_OVER, &relaxed, 1);
    (mutated != mailbox).then_some(mutated)
}

/// Whether a failed test run says that a test failed, and that an allocation is why.
fn blames_allocation(output: &str) -> bool {
    output.contains("test result: FAILED")
        && output
            .lines()
            .any(|line| !line.starts_with("test ") && line.to_lowercase().contains("allocat"))
}

/// Marks the lines, so that nobody takes the failure in them for one of ours.
fn quoted(output: &[u8]) -> Vec<u8> {
    let lines = output.split_inclusive(|&byte| byte == b'\n');
    lines.flat_map(|line| [b"  | ", line].concat()).collect()
}

#[cfg(unix)]
fn aborted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const SIGABRT: i32 = 6;
    status.signal() == Some(SIGABRT)
}

#[cfg(windows)]
fn aborted(status: ExitStatus) -> bool {
    const STATUS_STACK_BUFFER_OVERRUN: u32 = 0xC000_0409; // what Windows calls an abort
    status.code() == Some(STATUS_STACK_BUFFER_OVERRUN.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allocation_comes_first_in_the_body() {
        let engine = "fn a() {}\n    pub fn process(&mut self, b: &mut [f32; { N }]) -> Status {\n        self.go();\n    }\n";
        let expected = format!(
            "fn a() {{}}\n    pub fn process(&mut self, b: &mut [f32; {{ N }}]) -> Status {{\n        {ALLOCATION}\n        self.go();\n    }}\n"
        );
        assert_eq!(with_allocation(engine).unwrap(), expected);
    }

    #[test]
    fn only_process_itself_is_meant() {
        assert_eq!(with_allocation("pub fn process_events() {}"), None);
        let engine = "pub fn process_events() {}\npub fn process<const N: usize>() {}";
        let mutated = with_allocation(engine).unwrap();
        assert!(mutated.starts_with("pub fn process_events() {}\n"));
        assert!(mutated.contains(ALLOCATION));
    }

    #[test]
    fn the_version_of_the_workspace_is_the_one_that_changes() {
        let manifest =
            "[x]\nversion = \"9\"\n[workspace.package]\nedition = \"2024\"\nversion = \"0.1.0\"\n";
        assert_eq!(
            with_own_version(manifest).unwrap(),
            manifest.replace("0.1.0", "0.1.0-bite")
        );
        assert_eq!(with_own_version("[package]\nversion = \"1\"\n"), None);
    }

    #[test]
    fn the_real_sources_can_be_mutated() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (file, mutation) in [WITH_ALLOCATION, WITH_RACE, WITH_OWN_VERSION] {
            let source = fs::read_to_string(root.join(file)).unwrap();
            assert_ne!(mutation(&source).unwrap(), source);
        }
    }

    #[test]
    fn a_failure_counts_only_with_its_reason() {
        let failed = "test alloc_free ... FAILED\npanicked: 3 allocations in process()\ntest result: FAILED.";
        assert!(blames_allocation(failed));
        assert!(!blames_allocation(
            "error[E0425]: cannot find allocator\ncould not compile"
        ));
        assert!(!blames_allocation(
            "test allocates ... FAILED\npanicked: other\ntest result: FAILED."
        ));
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

    #[test]
    fn quoted_lines_are_no_closing_lines() {
        assert_eq!(quoted(b"one\ntwo"), b"  | one\n  | two");
    }
}
