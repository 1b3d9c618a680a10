//! The ground rule of the house: the sound knows nothing of what it is played in.

use std::collections::BTreeSet;

use tidepool_tests::bundles;

/// Parts of the names of crates that belong to plugin APIs, windows, hosts and devices.
const STRANGERS: [&str; 16] = [
    "plug", "clap", "clack", "vst", "lv2", "auv2", "egui", "baseview", "winit", "x11", "glow",
    "wgpu", "cpal", "jack", "midir", "alsa",
];

#[test]
fn dsp_depends_on_no_plugin_api_window_host_or_device() {
    let output = bundles::workspace()
        .cargo()
        .args([
            "tree",
            "--package",
            "tidepool-dsp",
            "--edges",
            "normal,build",
        ])
        .args(["--target", "all", "--prefix", "none", "--format", "{lib}"])
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let crates: BTreeSet<_> = tree.lines().map(str::trim).collect();
    assert!(crates.contains("tidepool_dsp"), "{crates:?}");
    let strangers: Vec<_> = crates
        .iter()
        .filter(|name| STRANGERS.iter().any(|stranger| name.contains(stranger)))
        .collect();
    assert!(strangers.is_empty(), "dsp depends on {strangers:?}");
}
