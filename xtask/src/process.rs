//! Other programs: running one to its end, and finding one on the `PATH`.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a command to its end, with inherited output.
///
/// # Errors
/// When the program cannot be started.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    let program = command.get_program().display().to_string();
    command
        .status()
        .with_context(|| format!("cannot start `{program}`: is it installed and on the PATH?"))
}

/// Runs a command to its end; anything but success is an error of `what`.
///
/// # Errors
/// When the program cannot be started or does not succeed.
pub fn succeed(what: &str, command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("{what} failed ({status}); its own messages are above");
    }
    Ok(())
}

/// Runs a command as [`succeed`] does, and returns its standard output.
///
/// # Errors
/// When the program cannot be started or does not succeed.
pub fn output(what: &str, command: &mut Command) -> Result<Vec<u8>> {
    let program = command.get_program().display().to_string();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{program}`: is it installed and on the PATH?"))?;
    if !output.status.success() {
        bail!(
            "{what} failed ({}); its own messages are above",
            output.status
        );
    }
    Ok(output.stdout)
}

/// Runs a command as [`succeed`] does, but silently: the last 30 lines of its output are printed if it fails.
///
/// # Errors
/// When the program cannot be started or does not succeed.
pub fn succeed_quietly(what: &str, command: &mut Command) -> Result<()> {
    const LINES: usize = 30;
    let program = command.get_program().display().to_string();
    let output = command
        .stdin(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{program}`: is it installed and on the PATH?"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<_> = said.lines().collect();
        for line in &lines[lines.len().saturating_sub(LINES)..] {
            eprintln!("{line}");
        }
        bail!(
            "{what} failed ({}); its own messages are above",
            output.status
        );
    }
    Ok(())
}

/// Returns the full path of a program, if it is on the `PATH`.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    find(program, &env::var_os("PATH")?)
}

fn find(program: &str, path: &OsStr) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(path)
        .map(|folder| folder.join(&file))
        .find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_in_the_first_folder_that_has_it() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let path = env::join_paths(folders.iter().map(tempfile::TempDir::path)).unwrap();
        assert_eq!(find("validator", &path), None);

        let name = format!("validator{}", env::consts::EXE_SUFFIX);
        let second = folders[1].path().join(&name);
        std::fs::write(&second, "").unwrap();
        assert_eq!(find("validator", &path), Some(second));

        let first = folders[0].path().join(&name);
        std::fs::write(&first, "").unwrap();
        assert_eq!(find("validator", &path), Some(first));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = succeed("Checking", &mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-program-anywhere"));
    }
}
