//! The commands of the project, run as `cargo xtask`: one file in [`command`] for each, and the modules that they
//! share.

pub mod command;
pub mod command_line;
pub mod component;
pub mod cross;
pub mod install_paths;
pub mod mutants;
pub mod packages;
pub mod platform;
pub mod process;
pub mod replace;
pub mod report;
pub mod revision;
pub mod source_copy;
mod suite;
pub mod suite_log;
pub mod suites;
pub mod venv;
pub mod workspace;
