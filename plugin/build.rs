//! Tells cargo that the factory presets are part of the plugin, because a macro that embeds a folder cannot tell when a
//! file is added to it, and the linker of the plugin which function stands in for `fprintf` (`src/vst3/quiet.rs`).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=presets");
    // Apple's and Microsoft's linkers have no such option.
    let gnu = ["linux", "windows"].contains(&variable("CARGO_CFG_TARGET_OS").as_str())
        && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    if gnu {
        for function in ["fprintf", "__fprintf_chk"] {
            println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap={function}");
        }
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
