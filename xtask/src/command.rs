//! The commands, one file each.

pub mod bench;
pub mod bundle;
pub mod fuzz;
pub mod install;
pub mod measure;
pub mod mutants;
mod platform;
pub mod prose;
pub mod run;
pub mod sanitize;
pub mod test;
pub mod uninstall;
pub mod validate;
