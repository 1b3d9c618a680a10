//! `cargo xtask`: parses the command line, runs the command, and prints one sentence on failure.

use std::process::ExitCode;

use clap::Parser;
use xtask::command_line::CommandLine;

fn main() -> ExitCode {
    match CommandLine::parse().execute() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
