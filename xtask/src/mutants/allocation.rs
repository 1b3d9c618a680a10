//! Proves that the allocation checks of the plugin find an allocation in `process()`.

use std::io::Write;
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};

use super::{Check, Mutant, table};
use crate::command::bundle;
use crate::process;
use crate::replace;
use crate::source_copy::SourceCopy;
use crate::workspace::{APP, Profile, Workspace};

/// Requires that the allocation test of a release build fails because of the allocation.
///
/// # Errors
/// When it passes, or fails for another reason.
pub fn fails_in_release(workspace: &Workspace) -> Result<()> {
    let (mutant, copy) = planted(workspace)?;
    let file = mutant.file;
    let test = || {
        let mut cargo = copy.cargo();
        cargo.args(["test", "--release", "--package", "tidepool-tests"]);
        cargo.env(bundle::VARIABLE, bundle::bundled(workspace));
        cargo
    };
    // Built separately first, so that a later failure cannot be the compiler's.
    process::succeed(
        "Building the tests with the allocation in it",
        test().args(["--no-run", "alloc"]),
    )?;

    println!("The allocation test, which now has to fail:");
    let output = test().arg("alloc").output().context("cannot start Cargo")?;
    let said = [output.stdout, output.stderr].concat();
    std::io::stdout().write_all(&quoted(&said))?;
    if output.status.success() {
        bail!("the allocation test passes although {file} allocates in every block");
    }
    if !blames_allocation(&String::from_utf8_lossy(&said)) {
        bail!("the allocation test fails, but says nothing about an allocation");
    }
    Ok(())
}

/// Requires that a debug build aborts at the allocation, and that the same build without it does not.
///
/// # Errors
/// When the mutant survives or the original aborts.
pub fn aborts_in_debug(workspace: &Workspace) -> Result<()> {
    let (mutant, copy) = planted(workspace)?;
    let file = mutant.file;
    let program = workspace.program(Profile::Debug);
    let build = |mut cargo: Command| {
        cargo.args(["build", "--package", APP]);
        process::succeed("Building the standalone program", &mut cargo)
    };
    let wav = workspace.target.join("mutant.wav");
    let play = || {
        let mut program = Command::new(&program);
        program.arg("demo").arg("--out").arg(&wav).output()
    };

    build(copy.cargo())?;
    let planted = play();
    // Both are built in the same place, so the original is built last.
    build(workspace.cargo())?;
    let original = play()?;
    replace::remove(&wav)?;

    let planted = planted?;
    let said = String::from_utf8_lossy(&planted.stderr);
    let reason = said
        .lines()
        .find(|line| line.to_lowercase().contains("allocat"));
    match (aborted(planted.status), reason) {
        (true, Some(reason)) => println!("With the allocation it says: {reason}"),
        (true, None) => bail!("the debug build aborts, but says nothing about an allocation"),
        (false, _) => bail!(
            "a debug build should abort when {file} allocates, but it ended with {}",
            planted.status
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

/// Returns the row of the table, and a copy with its mistake. The copy keeps its path, so that the second check can
/// reuse most of the build.
fn planted(workspace: &Workspace) -> Result<(&'static Mutant, SourceCopy)> {
    let mutant = table()
        .find(|row| row.check == Check::Allocation)
        .context("the table has no row for the allocation checks")?;
    Ok((mutant, mutant.copy(workspace, "mutants/allocation")?))
}

/// Returns true if the output of a failed test run reports a failed test and an allocation as the cause.
fn blames_allocation(output: &str) -> bool {
    output.contains("test result: FAILED")
        && output
            .lines()
            .any(|line| !line.starts_with("test ") && line.to_lowercase().contains("allocat"))
}

/// Prefixes each line, so that the expected failure is not taken for a real one.
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
    const STATUS_STACK_BUFFER_OVERRUN: u32 = 0xC000_0409; // abort on Windows
    status.code() == Some(STATUS_STACK_BUFFER_OVERRUN.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn quoted_lines_are_no_closing_lines() {
        assert_eq!(quoted(b"one\ntwo"), b"  | one\n  | two");
    }
}
