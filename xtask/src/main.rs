//! `cargo xtask`: reads the command line, does the command, and says in one sentence what went wrong.

use std::process::ExitCode;

use xtask::command_line::CommandLine;

fn main() -> ExitCode {
    match CommandLine::read().and_then(CommandLine::execute) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
