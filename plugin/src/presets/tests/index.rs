//! Tests of the list of presets, of its worker and of the search.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::super::entry::PresetId;
use super::super::index::{INTERVAL, Index};
use super::super::marks::Marks;
use super::super::search::{Query, Shelf, Sort};
use super::super::store::{StoreError, overwrite, save_new};
use super::super::{Category, all};
use super::user;

/// Longest time to wait for the worker.
const PATIENCE: Duration = Duration::from_secs(60);

/// Scans and waits for the end. Returns the number of entries after the first batch.
fn scan(index: &mut Index) -> usize {
    index.rescan();
    let begin = Instant::now();
    let mut first = None;
    while index.is_scanning() {
        assert!(begin.elapsed() < PATIENCE, "the scan does not end");
        if index.poll() {
            first.get_or_insert(index.entries().len());
        }
        thread::sleep(Duration::from_millis(1));
    }
    first.unwrap_or(index.entries().len())
}

fn users(index: &Index) -> Vec<&str> {
    let users = index.entries().iter().filter(|entry| entry.is_user());
    users.map(|entry| entry.name.as_str()).collect()
}

fn write(folder: &Path, place: &str, text: &str) {
    let path = folder.join(place);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn the_factory_is_there_at_once_and_the_user_after_a_scan() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let mut index = Index::new(Some(folder.join("none")));
    assert_eq!(index.entries().len(), all().len());
    scan(&mut index);
    assert_eq!(
        (index.entries().len(), index.problem()),
        (all().len(), None)
    );
    let mut index = Index::new(None);
    index.keep_fresh(Duration::ZERO);
    assert!(!index.is_scanning() && !index.poll());

    write(folder, "b.toml", &user("b").to_toml());
    write(folder, "Bells/A.toml", "name = \"A\"\n[parameters]\n");
    write(folder, "x/y/C.TOML", &user("C").to_toml());
    write(folder, "damaged.toml", "name = \"X\"\n");
    write(folder, "Trash/gone.toml", &user("gone").to_toml());
    write(folder, ".hidden.toml", &user("hidden").to_toml());
    write(folder, "notes.txt", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.join("link.toml")).unwrap();
    let mut index = Index::new(Some(folder.into()));
    scan(&mut index);
    let mut names = vec!["A", "b", "C", "damaged"];
    names.extend(cfg!(unix).then_some("link"));
    assert_eq!(users(&index), names);
    let damaged = PresetId::user(folder, &folder.join("damaged.toml"));
    let damaged = index.get(&damaged).expect("it is listed");
    let error = damaged.error.as_ref().expect("it has an error").to_string();
    assert!(error.contains("has no parameters; add"), "{error}");
    assert!(damaged.load().is_err());
    let bell = index.get(&PresetId::user(folder, &folder.join("Bells/A.toml")));
    let bell = bell.expect("it is listed");
    assert_eq!(bell.category, Category::Bells);
    assert_eq!(bell.id.to_string(), "user:Bells/A.toml");
    let (preset, origin) = bell.load().unwrap();
    assert_eq!(preset.name, "A");
    assert_eq!(origin.unwrap().path, folder.join("Bells/A.toml"));
    let (preset, origin) = index
        .get(&PresetId::factory("Tideline"))
        .unwrap()
        .load()
        .unwrap();
    assert_eq!((preset.name.as_str(), origin), ("Tideline", None));
}

#[test]
fn new_changed_and_removed_files_are_picked_up() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let mut index = Index::new(Some(folder.into()));
    let kept = save_new(folder, &user("kept")).unwrap();
    let gone = save_new(folder, &user("gone")).unwrap();
    scan(&mut index);
    assert_eq!(users(&index), ["gone", "kept"]);
    fs::remove_file(gone.path).unwrap();
    save_new(folder, &user("new")).unwrap();
    // The same size within the same moment.
    let mut changed = user("kept");
    changed.author = "a".to_owned();
    let kept = overwrite(folder, &kept, &changed).unwrap();
    scan(&mut index);
    changed.author = "b".to_owned();
    overwrite(folder, &kept, &changed).unwrap();
    scan(&mut index);
    assert_eq!(users(&index), ["kept", "new"]);
    let entry = index.get(&PresetId::user(folder, &kept.path)).unwrap();
    assert_eq!(entry.author, "b");
    index.rescan();
    let begin = Instant::now();
    while index.is_scanning() {
        assert!(!index.poll(), "nothing has changed");
        assert!(begin.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_list_keeps_fresh_and_a_request_during_a_scan_is_not_lost() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let mut index = Index::new(Some(folder.into()));
    index.keep_fresh(Duration::ZERO);
    assert!(index.is_scanning());
    save_new(folder, &user("late")).unwrap();
    index.rescan();
    let begin = Instant::now();
    while users(&index).is_empty() || index.is_scanning() {
        index.poll();
        assert!(begin.elapsed() < PATIENCE, "it is not found");
    }
    index.keep_fresh(INTERVAL - Duration::from_millis(1));
    assert!(!index.is_scanning());
    index.keep_fresh(INTERVAL);
    assert!(index.is_scanning());
}

#[test]
fn an_unreadable_folder_is_told_and_loses_nothing() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("presets");
    save_new(&folder, &user("kept")).unwrap();
    let mut index = Index::new(Some(folder.clone()));
    scan(&mut index);
    fs::rename(&folder, place.path().join("away")).unwrap();
    fs::write(&folder, "").unwrap();
    scan(&mut index);
    let problem = index.problem().expect("it is told");
    assert!(
        problem.contains("presets: cannot be read: a file is in the place"),
        "{problem}"
    );
    assert_eq!(users(&index), ["kept"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_stop_the_worker() {
    let place = tempfile::tempdir().unwrap();
    let pipe = place.path().join("pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    let mut index = Index::new(Some(place.path().into()));
    scan(&mut index);
    let entry = index.get(&PresetId::user(place.path(), &pipe)).unwrap();
    assert!(
        entry
            .error
            .as_ref()
            .unwrap()
            .to_string()
            .contains("is not a file")
    );
}

/// Fills `folder` with presets, of which every tenth has the word "moon" in its description.
fn fill(folder: &Path, count: usize) {
    for number in 0..count {
        let name = format!("Preset {number:05}");
        let category = Category::ALL[number % Category::ALL.len()];
        let (author, tag) = (number % 7, number % 30);
        let moon = if number % 10 == 0 {
            ", under a Möon"
        } else {
            ""
        };
        let text = format!(
            "name = \"{name}\"\ncategory = \"{category}\"\nauthor = \"Author {author}\"\n\
             tags = [\"dark\", \"tag {tag}\"]\n\
             description = \"A sound that a player might describe in so many words{moon}\"\n\
             [parameters]\ncutoff = \"500 Hz\"\n"
        );
        write(folder, &format!("{}/{name}.toml", number % 20), &text);
    }
}

#[test]
fn ten_thousand_presets_are_listed_in_parts_and_searched() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder, 10_000);
    let mut index = Index::new(Some(folder.into()));
    let begin = Instant::now();
    let first = scan(&mut index);
    println!("first scan: {:?}", begin.elapsed());
    assert!(first < all().len() + 10_000, "all came at once");
    assert_eq!(index.entries().len(), all().len() + 10_000);
    let begin = Instant::now();
    scan(&mut index);
    println!("second scan: {:?}", begin.elapsed());
    assert_eq!(index.entries().len(), all().len() + 10_000);

    let marks = Marks::open(None);
    for (text, count) in [
        ("preset moon", 1000),
        ("0042", 10),
        ("author tag describe", 10_000),
    ] {
        for sort in [Sort::Name, Sort::Category, Sort::Author, Sort::Date] {
            let query = Query {
                text: text.to_owned(),
                sort,
                ..Query::default()
            };
            let begin = Instant::now();
            let found = index.find(&query, &marks);
            println!("{text}, {sort:?}: {:?}", begin.elapsed());
            assert!(found.len() >= count, "{text}: {}", found.len());
        }
    }
    let tag = index.tags().iter().find(|(tag, _)| tag == "dark");
    assert!(tag.is_some_and(|(_, count)| *count >= 10_000));
    // A worker in the midst of a scan ends with its index.
    let mut index = Index::new(Some(folder.into()));
    index.rescan();
    drop(index);
}

#[test]
fn files_that_come_and_go_during_a_scan_do_no_harm() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fill(folder, 500);
    let mut index = Index::new(Some(folder.into()));
    thread::scope(|scope| {
        let changes = scope.spawn(|| {
            for number in 0..200 {
                let path = folder.join(format!("{}/Preset {number:05}.toml", number % 20));
                match number % 4 {
                    0 => fs::remove_file(path).unwrap(),
                    1 => fs::write(path, "name = \"half").unwrap(),
                    2 => fs::write(path, user("Renamed").to_toml()).unwrap(),
                    _ => drop(save_new(folder, &user(&format!("New {number}"))).unwrap()),
                }
            }
        });
        while !changes.is_finished() {
            scan(&mut index);
        }
    });
    scan(&mut index);
    assert_eq!(users(&index).len(), 500 - 50 + 50);
    let count =
        |test: &dyn Fn(&str) -> bool| users(&index).into_iter().filter(|name| test(name)).count();
    assert_eq!(count(&|name| name == "Renamed"), 50);
    assert_eq!(count(&|name| name.starts_with("New ")), 50);
    let damaged = index.entries().iter().filter(|entry| entry.error.is_some());
    assert_eq!(damaged.count(), 50);
}

#[test]
fn a_query_finds_words_in_all_texts_and_keeps_its_order() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let mut preset = user("Ébène");
    preset.category = Category::Keys;
    preset.author = "Zoë".to_owned();
    preset.tags = vec!["Dark".to_owned(), "wood".to_owned()];
    preset.description = "Struck ﬁnely.".to_owned();
    save_new(folder, &preset).unwrap();
    let mut other = user("Other");
    other.tags = vec!["dark".to_owned()];
    save_new(folder, &other).unwrap();
    write(folder, "broken.toml", "?");
    let mut index = Index::new(Some(folder.into()));
    scan(&mut index);
    let mut marks = Marks::open(None);
    let ebony = PresetId::user(folder, &folder.join("Ébène.toml"));
    let line = PresetId::factory("Tideline");
    marks.set_favourite(&ebony, true).unwrap();
    marks.loaded(&ebony).unwrap();
    marks.loaded(&line).unwrap();

    let query = |text: &str, shelf| Query {
        text: text.to_owned(),
        shelf,
        ..Query::default()
    };
    let names = |query: Query| -> Vec<&str> {
        let found = index.find(&query, &marks);
        found
            .into_iter()
            .map(|place| index.entries()[place].name.as_str())
            .collect()
    };
    for text in [
        "ebene",
        "ÉB KEY",
        "zoe wood",
        "dark finely",
        "  struck\tébè ",
    ] {
        assert_eq!(names(query(text, Shelf::User)), ["Ébène"], "{text}");
    }
    assert_eq!(names(query("zoe piano", Shelf::User)), [""; 0]);
    assert_eq!(names(query("", Shelf::User)), ["broken", "Ébène", "Other"]);
    assert_eq!(names(query("", Shelf::Favourites)), ["Ébène"]);
    assert_eq!(names(query("", Shelf::Recent)), ["Tideline", "Ébène"]);
    assert_eq!(names(query("", Shelf::Factory)).len(), all().len());
    assert_eq!(names(query("", Shelf::All)).len(), all().len() + 3);
    let sorted = |sort, reversed| {
        names(Query {
            sort,
            reversed,
            ..query("", Shelf::User)
        })
    };
    assert_eq!(sorted(Sort::Name, true), ["Other", "Ébène", "broken"]);
    assert_eq!(sorted(Sort::Category, false), ["Ébène", "broken", "Other"]);
    assert_eq!(sorted(Sort::Author, false), ["Ébène", "broken", "Other"]);
    assert_eq!(sorted(Sort::Date, false)[0], "broken");
    let tagged = Query {
        tag: Some("DARK".to_owned()),
        category: Some(Category::Keys),
        ..query("", Shelf::User)
    };
    assert_eq!(names(tagged), ["Ébène"]);
    let error = save_new(folder, &user("ÉBÈNE")).unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
}
