//! Rules of the repository: the engine does not depend on plugin APIs, windows or devices, and the documents match the
//! code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tidepool_tests::bundles;

/// Parts of names of crates for plugin APIs, windows, hosts and devices.
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
    let mut named = 0;
    // The changelog refers to files of earlier versions.
    let documents = documents().into_iter();
    for document in documents.filter(|path| !path.ends_with("CHANGELOG.md")) {
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

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let mut links = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).expect("the document is readable");
        let folder = document.parent().expect("a document is in a folder");
        for target in targets(&text).filter(|target| !target.contains("://")) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let linked = if path.is_empty() {
                document.clone()
            } else {
                folder.join(path)
            };
            let place = format!("{} links to {target}", document.display());
            assert!(linked.exists(), "{place}: no such file");
            if !anchor.is_empty() {
                let text = fs::read_to_string(&linked).expect("the linked document is readable");
                assert!(anchors(&text).contains(anchor), "{place}: no such heading");
            }
            links += 1;
        }
    }
    assert!(links > 50, "only {links} links are found");
}

#[test]
fn links_and_anchors_are_read_as_github_reads_them() {
    let text = "# Floods, and MPE\n```sh\n# no heading\n```\n## `rt`: a_b\n[a](b.md#c) ![d](e.png)";
    assert_eq!(targets(text).collect::<Vec<_>>(), ["b.md#c", "e.png"]);
    let expected = ["floods-and-mpe", "rt-a_b"].map(str::to_owned);
    assert_eq!(anchors(text), BTreeSet::from(expected));
}

/// Returns the targets of the inline links and images in a Markdown document.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// Returns the anchors that GitHub generates for the headings of a Markdown document.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut example = false;
    let headings = text.lines().filter(|line| {
        example ^= line.starts_with("```");
        !example && line.starts_with('#')
    });
    let anchor = |heading: &str| {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// Returns the Markdown documents of the repository, in its root and below `docs`.
fn documents() -> Vec<PathBuf> {
    let root = &bundles::workspace().root;
    let of_root = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root.join(name));
    let mut documents = below(&root.join("docs"));
    documents.retain(|path| path.extension().is_some_and(|end| end == "md"));
    documents.extend(of_root);
    documents
}

/// Returns all files in `folder` and its subfolders.
pub fn below(folder: &Path) -> Vec<PathBuf> {
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
