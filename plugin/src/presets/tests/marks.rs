//! Tests of favourites and of the presets loaded last.

use std::fs;
use std::thread;

use super::super::entry::PresetId;
use super::super::marks::{MOST_RECENT, Marks};

fn id(number: usize) -> PresetId {
    PresetId::factory(&format!("Preset {number}"))
}

#[test]
fn marks_are_remembered_by_the_next_instance() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("tidepool/library.toml");
    let mut marks = Marks::open(Some(path.clone()));
    assert_eq!((marks.recents(), marks.notice()), (&[][..], None));
    assert!(!path.exists(), "reading made it");
    for number in 0..MOST_RECENT + 5 {
        marks.loaded(&id(number)).unwrap();
    }
    marks.loaded(&id(20)).unwrap();
    marks.set_favourite(&id(1), true).unwrap();
    marks.set_favourite(&id(2), true).unwrap();
    marks.set_favourite(&id(1), false).unwrap();
    marks.renamed(&id(2), &id(3)).unwrap();
    marks.renamed(&id(20), &id(21)).unwrap();
    let marks = Marks::open(Some(path));
    assert_eq!(marks.recents().len(), MOST_RECENT);
    assert_eq!(marks.recents()[..2], [id(21), id(MOST_RECENT + 4)]);
    let favourites = (0..5).filter(|number| marks.is_favourite(&id(*number)));
    assert_eq!(favourites.collect::<Vec<_>>(), [3]);
}

#[test]
fn instances_that_mark_at_once_lose_nothing() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("library.toml");
    thread::scope(|scope| {
        for instance in 0..4 {
            let path = path.clone();
            scope.spawn(move || {
                let mut marks = Marks::open(Some(path));
                for number in 0..20 {
                    marks
                        .set_favourite(&id(instance * 100 + number), true)
                        .unwrap();
                }
            });
        }
    });
    let marks = Marks::open(Some(path));
    for instance in 0..4 {
        assert!((0..20).all(|number| marks.is_favourite(&id(instance * 100 + number))));
    }
}

#[test]
fn a_damaged_file_is_kept_aside_and_named() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("library.toml");
    for (number, text) in [(1, "favourites = 3"), (2, "\u{0}"), (3, "recent = [1]")] {
        fs::write(&path, text).unwrap();
        let mut marks = Marks::open(Some(path.clone()));
        let aside = format!("library.damaged-{number}.toml");
        let notice = marks.notice().expect("it is told");
        assert!(
            notice.ends_with(&format!("the file is kept as {aside}")),
            "{notice}"
        );
        assert_eq!(fs::read_to_string(place.path().join(aside)).unwrap(), text);
        marks.dismiss_notice();
        assert_eq!(marks.notice(), None);
        marks.set_favourite(&id(1), true).unwrap();
        assert!(Marks::open(Some(path.clone())).is_favourite(&id(1)));
    }
}

#[test]
fn entries_of_a_later_version_stay() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("library.toml");
    fs::write(
        &path,
        "hidden = [\"a\"]\nfavourites = [\"later:b\"]\n[bank]\n1 = \"c\"\n",
    )
    .unwrap();
    let mut marks = Marks::open(Some(path.clone()));
    marks.set_favourite(&id(1), true).unwrap();
    let text = fs::read_to_string(path).unwrap();
    for part in [
        "hidden = [\"a\"]",
        "later:b",
        "factory:Preset 1",
        "[bank]\n1 = \"c\"",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn without_a_file_marks_last_as_long_as_the_window() {
    let mut marks = Marks::open(None);
    marks.set_favourite(&id(1), true).unwrap();
    assert!(marks.is_favourite(&id(1)));
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    let mut marks = Marks::open(Some(place.path().join("file/library.toml")));
    let sentence = marks.set_favourite(&id(1), true).unwrap_err().to_string();
    assert!(sentence.contains("file: cannot be made: "), "{sentence}");
    assert!(marks.is_favourite(&id(1)));
}
