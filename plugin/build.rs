//! Tells cargo that the factory presets are part of the program: a macro that embeds a folder cannot tell when a
//! file is added to it.

fn main() {
    println!("cargo::rerun-if-changed=presets");
}
