//! One file per command.

pub mod bench;
pub mod bundle;
pub mod install;
mod platform;
pub mod run;
pub mod sanitize;
pub mod test;
pub mod uninstall;
pub mod validate;
