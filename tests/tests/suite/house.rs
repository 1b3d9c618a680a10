//! The ground rules of the house: the sound knows nothing of what it is played in, and the documents know the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

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

#[test]
fn every_source_file_that_the_documents_name_is_there() {
    let root = &bundles::workspace().root;
    let sources: Vec<PathBuf> = ["dsp", "plugin", "tests", "xtask"]
        .iter()
        .flat_map(|member| below(&root.join(member)))
        .collect();
    let documents = below(&root.join("docs")).into_iter();
    let documents = documents.chain([root.join("README.md"), root.join("CONTRIBUTING.md")]);
    let mut named = 0;
    for document in documents.filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(&document).expect("the document is readable");
        let parts = text.split(|c: char| !c.is_alphanumeric() && !"_-/.".contains(c));
        let paths = parts.map(|part| part.trim_start_matches(['.', '/']).trim_end_matches('.'));
        for path in paths.filter(|path| path.ends_with(".rs")) {
            let there = sources.iter().any(|source| source.ends_with(path));
            assert!(there, "{} names {path}", document.display());
            named += 1;
        }
    }
    assert!(named > 100, "only {named} names are found");
}

/// All files in `folder` and in the folders in it.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is readable");
    let entries = entries.map(|entry| entry.expect("an entry is readable").path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
