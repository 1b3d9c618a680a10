//! A suite of `cargo xtask test`: its name, the runs that it is part of and the function that runs it.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use anyhow::Result;

use crate::suites::Verdict;
use crate::workspace::Workspace;

/// General MIDI song of twelve tracks and more than three minutes, from the package `openttd-openmsx`.
pub(crate) const SONG: &str = "/usr/share/games/openttd/baseset/openmsx/keep_on_rolling.mid";

/// Leaves out the host tests of hosts that misbehave, which take minutes. Their modules are named like those of other themes.
pub(crate) const HOSTILE: [&str; 2] = ["--skip", "hostile::"];

/// Suite of `cargo xtask test`, run as `cargo xtask test --suite NAME` in a process of its own.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) runs: Runs,
    /// Suite that has to pass before this one.
    pub(crate) needs: Option<&'static str>,
    pub(crate) run: fn(&Setting) -> Result<Verdict>,
}

/// Runs that a suite is part of.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Runs {
    /// `cargo xtask test` and `cargo xtask test --quick`.
    Both,
    /// `cargo xtask test` alone.
    Full,
}

/// Returns a suite of a table.
pub(crate) const fn suite(
    name: &'static str,
    runs: Runs,
    needs: Option<&'static str>,
    run: fn(&Setting) -> Result<Verdict>,
) -> Suite {
    Suite {
        name,
        runs,
        needs,
        run,
    }
}

/// Inputs of a suite.
pub(crate) struct Setting {
    pub(crate) workspace: Workspace,
    pub(crate) quick: bool,
}

impl Setting {
    /// Returns Cargo with these arguments.
    pub(crate) fn cargo(&self, words: &str) -> Command {
        let mut cargo = self.workspace.cargo();
        cargo.args(words.split(' '));
        if self.quick {
            default(&mut cargo, "PROPTEST_CASES", Some("32".into()));
        }
        cargo
    }
}

/// Sets an environment variable unless the user has set it.
pub(crate) fn default(command: &mut Command, variable: &str, value: Option<OsString>) {
    if let (None, Some(value)) = (env::var_os(variable), value) {
        command.env(variable, value);
    }
}
