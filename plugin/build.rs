//! Makes cargo rebuild the plugin when the factory presets change, because the macro that embeds the folder does not
//! notice added files, and tells the linker which function replaces `fprintf` (`src/vst3/quiet.rs`).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=presets");
    // The linkers of Apple and Microsoft have no such option.
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
