//! The choice of a tuning, from a folder of files to what the engine gets.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::TempDir;
use tidepool_dsp::synth::Tuning;

use super::*;

/// The files that the pictures show. Tests run in the folder of the crate.
const FILES: &str = "tests/tunings";

const FIFTHS: &str = "Fifths\n 2\n 3/2\n 2/1\n";
const MAP: &str = "0\n0\n127\n60\n69\n432.0\n0\n";

fn over(table: Table, folder: impl Into<PathBuf>) -> Table {
    Table {
        pages: with_folder(Some(folder.into())),
        ..table
    }
}

/// Makes the play page over a folder with a scale, a map, and files that are neither.
fn open() -> (TempDir, Harness<'static, Table>) {
    let folder = tempfile::tempdir().unwrap();
    let large = "!\n".repeat(600_000);
    for (name, text) in [
        ("fifths.scl", FIFTHS),
        ("baroque.kbm", MAP),
        ("broken.scl", "A broken one\n 2\n three halves\n 2/1\n"),
        ("broken.kbm", "12\n0\n"),
        ("large.scl", &large),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let table = over(Table::of(Patch::default()), folder.path());
    let mut harness = page(Tab::Play, table, 1.0);
    harness.run();
    (folder, harness)
}

/// Opens the menu and clicks an item of it.
fn choose(harness: &mut Harness<'_, Table>, item: &str) {
    harness.get_by_label("Tuning").click();
    harness.run();
    harness.get_by_label(item).click();
    harness.run();
}

fn name(harness: &Harness<'_, Table>) -> String {
    let node = harness.get_by_label("Tuning");
    node.accesskit_node().value().unwrap_or_default().to_owned()
}

fn files(scale: Option<&str>, map: Option<&str>) -> ScalaFiles {
    ScalaFiles {
        scale: scale.map(str::to_owned),
        map: map.map(str::to_owned),
    }
}

fn taken(harness: &Harness<'_, Table>) -> Option<Tuning> {
    harness.state().sound.tuning.take()
}

#[test]
fn a_scale_and_a_map_are_chosen_and_taken_back() {
    let (_folder, mut harness) = open();
    assert_eq!(name(&harness), "Twelve equal steps");
    choose(&mut harness, "fifths");
    assert!(harness.query_by_label("fifths").is_none(), "the menu stays");
    assert_eq!(taken(&harness), files(Some(FIFTHS), None).tuning().ok());
    assert_eq!(name(&harness), "Fifths");
    choose(&mut harness, "baroque");
    let both = files(Some(FIFTHS), Some(MAP));
    assert_eq!(harness.state().sound.tuning.files(), both);
    assert_eq!(taken(&harness), both.tuning().ok());
    assert_eq!(name(&harness), "Fifths \u{b7} baroque");
    choose(&mut harness, "None");
    assert_eq!(taken(&harness), files(Some(FIFTHS), None).tuning().ok());
    choose(&mut harness, "baroque");
    choose(&mut harness, "Twelve equal steps");
    assert_eq!(taken(&harness), Some(Tuning::default()));
    assert_eq!(name(&harness), "Twelve equal steps");
}

#[test]
fn the_menu_marks_what_is_chosen() {
    let (_folder, mut harness) = open();
    let marked = |harness: &Harness<'_, Table>, item: &str| {
        let node = harness.get_by_label(item);
        node.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
    };
    harness.get_by_label("Tuning").click();
    harness.run();
    assert!(marked(&harness, "Twelve equal steps") && marked(&harness, "None"));
    harness.get_by_label("fifths").click();
    harness.run();
    harness.get_by_label("Tuning").click();
    harness.run();
    assert!(marked(&harness, "fifths") && marked(&harness, "None"));
    assert!(!marked(&harness, "Twelve equal steps") && !marked(&harness, "large"));
}

#[test]
fn what_cannot_be_used_is_said_and_changes_nothing() {
    let (folder, mut harness) = open();
    choose(&mut harness, "fifths");
    taken(&harness);
    let before = harness.state().sound.tuning.files();
    harness.get_by_label("Tuning").click();
    harness.run();
    // The file is deleted while its name is still listed.
    fs::remove_file(folder.path().join("baroque.kbm")).unwrap();
    for (item, sentence) in [
        (
            "broken",
            "broken.scl: line 3: \"three halves\" is not an interval",
        ),
        ("large", "large.scl: larger than 1 MiB"),
        ("baroque", "baroque.kbm: "),
    ] {
        let nodes: Vec<_> = harness.get_all_by_label(item).collect();
        nodes[0].click();
        drop(nodes);
        harness.run();
        harness.get_by_label_contains(sentence);
        assert_eq!(harness.state().sound.tuning.files(), before);
        assert_eq!(taken(&harness), None, "{item}");
    }
    let map = harness.get_all_by_label("broken").nth(1).unwrap();
    map.click();
    harness.run();
    harness.get_by_label_contains("broken.kbm: line 2: ");
    assert_eq!(taken(&harness), None);
    assert_eq!(name(&harness), "Fifths");
    // A choice that works removes the message.
    harness.get_by_label("Twelve equal steps").click();
    harness.run();
    assert!(harness.query_by_label_contains("broken.kbm: ").is_none());
    harness.get_by_label("Tuning").click();
    harness.run();
    assert!(harness.query_by_label_contains("broken.kbm: ").is_none());
}

#[test]
fn the_name_follows_a_state() {
    let (_folder, mut harness) = open();
    let load = |harness: &Harness<'_, Table>, scale, map| {
        let state = files(scale, map);
        nice_plug::params::persist::PersistentField::set(&harness.state().sound.tuning, state);
    };
    load(
        &harness,
        Some("From afar\n 1\n 2/1\n"),
        Some("0\n0\n127\n60\n60\n256\n0\n"),
    );
    harness.run();
    assert_eq!(name(&harness), "From afar \u{b7} keyboard map");
    harness.get_by_label("Tuning").click();
    harness.run();
    // The menu shows a tuning that is not in the folder.
    harness.get_by_label("From afar");
    load(&harness, Some(" \n 1\n 2/1\n"), None);
    harness.run();
    assert_eq!(name(&harness), "Unnamed scale");
    let long = "x".repeat(1000) + "\n 1\n 2/1\n";
    load(&harness, Some(&long), None);
    harness.run();
    assert!(name(&harness).len() < 200);
    load(&harness, Some(FIFTHS), Some(MAP));
    harness.run();
    assert_eq!(name(&harness), "Fifths \u{b7} baroque");
    load(&harness, Some("no scale"), None);
    harness.run();
    assert_eq!(name(&harness), "Twelve equal steps");
}

#[test]
fn the_folder_is_made_opened_and_listed_anew() {
    fn refuse(folder: &Path) -> std::io::Result<()> {
        assert!(folder.is_dir());
        Err(std::io::ErrorKind::Unsupported.into())
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("of mine/tunings");
    let mut table = over(Table::of(Patch::default()), &folder);
    table.pages.play.tuner.open_with(refuse);
    let mut harness = page(Tab::Play, table, 1.0);
    harness.run();
    choose(&mut harness, "Open folder");
    let sentence = "No file manager shows the folder";
    let begin = Instant::now();
    while harness.query_by_label_contains(sentence).is_none() {
        assert!(begin.elapsed() < Duration::from_secs(20), "nothing is said");
        std::thread::sleep(Duration::from_millis(5));
        harness.run();
    }
    fs::write(folder.join("new.scl"), FIFTHS).unwrap();
    assert!(harness.query_by_label("new").is_none());
    harness.get_by_label("Reload").click();
    harness.run();
    harness.get_by_label("new").click();
    harness.run();
    assert_eq!(name(&harness), "Fifths");
    // A folder that cannot be made or read is reported, unlike one without files.
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    harness.get_by_label("Tuning").click();
    harness.run();
    harness.get_by_label_contains("The folder of tunings cannot be read: ");
    harness.get_by_label("Open folder").click();
    harness.run();
    harness.get_by_label_contains("The folder of tunings cannot be made: ");
}

#[test]
fn a_file_of_the_old_days_keeps_its_letters() {
    let table = over(Table::of(Patch::default()), FILES);
    let mut harness = page(Tab::Play, table, 1.0);
    harness.run();
    choose(&mut harness, "Historical/Werckmeister III");
    let said = "Andreas Werckmeister's \u{ab}correct temperament\u{bb}, 1681";
    assert_eq!(name(&harness), said);
    assert!(taken(&harness).is_some());
}

#[test]
fn the_menu_opens_where_what_is_chosen_is_seen() {
    let place = tempfile::tempdir().unwrap();
    for number in 0..100 {
        let file = place.path().join(format!("{number:03}.scl"));
        fs::write(file, format!("Number {number}\n 2\n {number}.0\n 2/1\n")).unwrap();
    }
    let table = over(Table::of(Patch::default()), place.path());
    let state = files(Some("Number 77\n 2\n 77.0\n 2/1\n"), None);
    table.sound.tuning.choose(state).unwrap();
    let mut harness = page(Tab::Play, table, 1.0);
    harness.run();
    harness.get_by_label("Tuning").click();
    harness.run();
    let list = harness.get_by_label("Open folder").rect();
    let item = harness.get_by_label("077").rect();
    let above = (list.top() - item.bottom()) / item.height();
    assert!((0.0..10.0).contains(&above), "{above} lines above the end");
}

/// Makes the menu after choices that worked and one that failed.
fn picture(table: Table, scale: f32) -> Harness<'static, Table> {
    let mut harness = page(Tab::Play, over(table, FILES), scale);
    harness.run();
    choose(&mut harness, "31 equal");
    choose(&mut harness, "White keys");
    choose(&mut harness, "Not a scale");
    harness
}

#[test]
fn menu() {
    compare(picture(busy(), 1.0), "tuning");
}

#[test]
fn menu_by_daylight_on_a_fine_screen() {
    compare(picture(by_daylight(), 2.0), "tuning-light-2x");
}

#[test]
fn the_menu_names_a_master_and_tells_which_tuning_sounds() {
    let (_folder, mut harness) = open();
    let master = |name: &str| {
        Some(std::sync::Arc::new(crate::tuning::MasterTuning {
            name: name.to_owned(),
            tuning: Tuning::from_hertz(&[Some(440.0); 128]),
        }))
    };
    harness.state().sound.tuning.follow(master("Slendro"));
    harness.run();
    assert_eq!(name(&harness), "MTS-ESP: Slendro");
    choose(&mut harness, "fifths");
    assert_eq!(name(&harness), "Fifths");
    harness.get_by_label("Tuning").click();
    harness.run();
    harness.get_by_label_contains("overrides the MTS-ESP master (Slendro)");
    harness.get_by_label("Twelve equal steps").click();
    harness.run();
    assert_eq!(name(&harness), "MTS-ESP: Slendro");
    harness.state().sound.tuning.follow(master(""));
    harness.run();
    assert_eq!(name(&harness), "MTS-ESP: unnamed scale");
    harness.state().sound.tuning.follow(None);
    harness.run();
    assert_eq!(name(&harness), "Twelve equal steps");
}
