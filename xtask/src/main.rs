//! `cargo xtask`: parses the command line, runs the command, and prints one sentence on failure.

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
