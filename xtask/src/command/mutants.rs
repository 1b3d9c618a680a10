//! `cargo xtask mutants`: breaks every ordering and guard of `dsp/src/rt`, one at a time, and runs the check that finds
//! it.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::mutants::{Check, Killed, Mutant, Program, kill_in_suite, table};
use crate::suites::Verdict;
use crate::workspace::Workspace;

/// Runs the rows of the table whose titles or checks contain one of `filters`, or all of them. Rows of the sanitizers
/// and of the allocation checks are only listed; other commands run them.
///
/// # Errors
/// When a mutant survives, or the workspace cannot be read.
pub fn mutants(filters: &[String]) -> Result<ExitCode> {
    let chosen = |row: &&Mutant| {
        let text = format!("{} {:?}", row.title(), row.check);
        filters.is_empty() || filters.iter().any(|filter| text.contains(filter))
    };
    let rows: Vec<_> = table().filter(chosen).collect();
    if rows.is_empty() {
        bail!("no row of the table contains {filters:?}");
    }
    check(&Workspace::locate()?, &rows)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the rows that are part of every `cargo xtask test`, as a suite.
///
/// # Errors
/// As for [`mutants`].
pub fn quick(workspace: &Workspace) -> Result<Verdict> {
    let rows: Vec<_> = table().filter(|row| row.quick).collect();
    check(workspace, &rows)?;
    Ok(Verdict::Passed)
}

fn check(workspace: &Workspace, rows: &[&Mutant]) -> Result<()> {
    let mut tally = Tally::default();
    for loom in [true, false] {
        let own = rows.iter().copied().filter(|row| match row.check {
            Check::Model(_) => loom,
            Check::Unit(_) => !loom,
            _ => false,
        });
        let own: Vec<_> = own.collect();
        if own.is_empty() {
            continue;
        }
        let program = Program::build(workspace, &own, loom)?;
        program.original_passes(workspace, &own)?;
        for (n, row) in own.iter().enumerate() {
            tally.note(row, || program.kill(workspace, n, row));
        }
    }
    for row in rows {
        match row.check {
            Check::Suite { words, finding } => {
                tally.note(row, || kill_in_suite(workspace, row, words, finding));
            }
            Check::Sanitizer { .. } => {
                println!("elsewhere  {}: `cargo xtask sanitize`", row.title())
            }
            Check::Allocation => println!("elsewhere  {}: `cargo xtask test`", row.title()),
            Check::Model(_) | Check::Unit(_) => {}
        }
    }
    let Tally { killed, alive } = tally;
    println!("{killed} mutants killed, {alive} not");
    if alive > 0 {
        bail!("{alive} mutants are not killed");
    }
    Ok(())
}

/// Number of mutants killed and alive.
#[derive(Default)]
struct Tally {
    killed: usize,
    alive: usize,
}

impl Tally {
    fn note(&mut self, row: &Mutant, kill: impl FnOnce() -> Result<Killed>) {
        let began = Instant::now();
        let outcome = kill();
        let seconds = began.elapsed().as_secs_f64();
        match outcome {
            Ok(by) => {
                self.killed += 1;
                println!("killed     {} by {by} in {seconds:.1} s", row.title());
            }
            Err(error) => {
                self.alive += 1;
                println!(
                    "NOT KILLED {}: {error:#}\n           {}",
                    row.title(),
                    row.why
                );
            }
        }
    }
}
