//! Tests of saving, renaming, deleting, importing and exporting.

use std::fs;
use std::path::Path;
use std::thread;

use tempfile::TempDir;
use tidepool_dsp::Parameter;

use super::super::exchange::{export, import};
use super::super::store::{
    self, PresetFile, StoreError, TRASH, duplicate, overwrite, rename, save_new,
};
use super::super::trash::{delete, restore};
use super::super::{Category, Preset, all};
use super::user;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder is made")
}

/// Returns the places of the files below `folder`, without hidden ones, in order.
fn listing(folder: &Path) -> Vec<String> {
    let mut places = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            let place = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if !place.starts_with('.') {
                places.push(place.replace('\\', "/"));
            }
        }
    }
    places.sort();
    places
}

fn loaded(origin: &PresetFile) -> Preset {
    store::open(&origin.path).expect("it is a preset").0
}

#[test]
fn a_saved_preset_is_read_as_it_was() {
    let place = folder();
    let folder = place.path().join("not/there yet");
    let mut preset = user("Ünder wäter 深海");
    preset.category = Category::Pads;
    preset.author = "Å".to_owned();
    preset.tags = vec!["dark".to_owned()];
    preset.macros[2] = "Öpen".to_owned();
    preset.patch.set(Parameter::Cutoff, 433.7);
    let origin = save_new(&folder, &preset).unwrap();
    assert_eq!(loaded(&origin), preset);
    assert_eq!(store::open(&origin.path).unwrap().1, origin);
    assert_eq!(listing(&folder), ["Ünder wäter 深海.toml"]);
}

#[test]
fn a_name_is_there_once_in_any_case_and_the_factorys_are_taken() {
    let place = folder();
    let folder = place.path();
    save_new(folder, &user("Deep")).unwrap();
    fs::create_dir(folder.join("Bass")).unwrap();
    fs::write(folder.join("Bass/Été.TOML"), user("Été").to_toml()).unwrap();
    let factory = &all()[0].name;
    let long = "é".repeat(40);
    save_new(folder, &user(&long)).unwrap();
    for (name, free) in [
        ("Deep", "Deep 2"),
        ("dEEP", "dEEP 2"),
        ("E\u{301}t\u{e9}", "E\u{301}t\u{e9} 2"),
        (factory.as_str(), &format!("{factory} 2")),
        (&long, &format!("{} 2", "é".repeat(38))),
    ] {
        let error = save_new(folder, &user(name)).unwrap_err();
        let StoreError::Exists { free: found, .. } = &error else {
            panic!("{name}: {error}");
        };
        assert_eq!(found, free);
        let sentence = error.to_string();
        assert!(
            sentence.contains(&format!("such as \"{free}\"")),
            "{sentence}"
        );
        assert_eq!(store::free_name(folder, name), *free);
    }
    assert_eq!(store::free_name(folder, "Deeper"), "Deeper");
    let two = duplicate(folder, &user("Deep")).unwrap();
    assert_eq!(loaded(&two).name, "Deep 2");
    let three = duplicate(folder, &loaded(&two)).unwrap();
    assert_eq!(loaded(&three).name, "Deep 3");
    let copy = duplicate(folder, &all()[0]).unwrap();
    assert_eq!(loaded(&copy).patch, all()[0].patch);
}

#[test]
fn unusable_names_are_refused_and_nothing_is_written() {
    let place = folder();
    for name in ["", ".", "..", "a/b", "CON", "lpt1.x", &"x".repeat(41)] {
        let error = save_new(place.path(), &user(name)).unwrap_err();
        assert!(matches!(error, StoreError::Text(_)), "{name}: {error}");
    }
    assert_eq!(listing(place.path()), [""; 0]);
}

#[test]
fn a_file_that_has_changed_or_gone_is_not_written_over() {
    let place = folder();
    let folder = place.path();
    let mut preset = user("Deep");
    let first = save_new(folder, &preset).unwrap();
    preset.patch.set(Parameter::Cutoff, 300.0);
    let second = overwrite(folder, &first, &preset).unwrap();
    assert_eq!(loaded(&second), preset);
    let error = overwrite(folder, &first, &user("Deep")).unwrap_err();
    assert!(matches!(error, StoreError::Changed(_)), "{error}");
    assert!(
        error
            .to_string()
            .contains("load it again, or save under another name")
    );
    assert_eq!(loaded(&second), preset);
    let error = rename(folder, &first, "Other").unwrap_err();
    assert!(matches!(error, StoreError::Changed(_)), "{error}");
    fs::write(&second.path, "damaged").unwrap();
    let error = overwrite(folder, &second, &preset).unwrap_err();
    assert!(matches!(error, StoreError::Changed(_)), "{error}");
    assert_eq!(fs::read_to_string(&second.path).unwrap(), "damaged");
    fs::remove_file(&second.path).unwrap();
    let error = overwrite(folder, &second, &preset).unwrap_err();
    assert!(
        error.to_string().contains("is gone; save under a new name"),
        "{error}"
    );
    let error = rename(folder, &second, "Other").unwrap_err();
    assert!(matches!(error, StoreError::Gone(_)), "{error}");
    assert_eq!(listing(folder), [""; 0]);
}

#[test]
fn a_renamed_preset_keeps_its_sound_and_takes_no_name_of_others() {
    let place = folder();
    let folder = place.path();
    let mut preset = user("Deep");
    preset.patch.set(Parameter::Cutoff, 300.0);
    save_new(folder, &user("Other")).unwrap();
    let origin = save_new(folder, &preset).unwrap();
    let error = rename(folder, &origin, "OTHER").unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    let error = rename(folder, &origin, "a/b").unwrap_err();
    assert!(matches!(error, StoreError::Text(_)), "{error}");
    assert_eq!(listing(folder), ["Deep.toml", "Other.toml"]);
    let origin = rename(folder, &origin, "Deeper").unwrap();
    assert_eq!(listing(folder), ["Deeper.toml", "Other.toml"]);
    let origin = rename(folder, &origin, "DEEPER").unwrap();
    assert_eq!(listing(folder), ["DEEPER.toml", "Other.toml"]);
    let renamed = loaded(&origin);
    assert_eq!(
        (renamed.name.as_str(), renamed.patch),
        ("DEEPER", preset.patch)
    );
}

#[test]
fn deleted_presets_come_back() {
    let place = folder();
    let folder = place.path();
    let origin = save_new(folder, &user("Deep")).unwrap();
    let trashed = delete(folder, &origin.path).unwrap();
    assert_eq!(listing(folder), ["Trash/Deep.toml"]);
    // The name is free again, and is taken in the trash.
    let again = save_new(folder, &user("Deep")).unwrap();
    let twice = delete(folder, &again.path).unwrap();
    assert_eq!(listing(folder), ["Trash/Deep (2).toml", "Trash/Deep.toml"]);
    assert_eq!(restore(folder, &twice).unwrap(), origin.path);
    let other = restore(folder, &trashed).unwrap();
    assert_eq!(store::open(&other).unwrap().0.name, "Deep 2");
    assert_eq!(listing(folder), ["Deep 2.toml", "Deep.toml"]);
    let error = restore(folder, &trashed).unwrap_err();
    assert!(error.to_string().contains("cannot be restored"), "{error}");
    // A damaged file, and a file in a subfolder.
    fs::create_dir(folder.join("Bass")).unwrap();
    let damaged = folder.join("Bass/damaged.toml");
    fs::write(&damaged, "?").unwrap();
    let trashed = delete(folder, &damaged).unwrap();
    assert!(listing(folder).contains(&"Trash/Bass/damaged.toml".to_owned()));
    assert_eq!(restore(folder, &trashed).unwrap(), damaged);
    let error = delete(folder, Path::new("/elsewhere.toml")).unwrap_err();
    assert!(
        error.to_string().contains("not in the folder of presets"),
        "{error}"
    );
    let error = delete(folder, &folder.join("none.toml")).unwrap_err();
    assert!(matches!(error, StoreError::Gone(_)), "{error}");
}

#[test]
fn an_import_takes_presets_and_names_the_rest() {
    let (from, to) = (folder(), folder());
    let (from, folder) = (from.path(), to.path());
    fs::create_dir_all(from.join("Bells/old")).unwrap();
    let bell = "name = \"Ding\"\n[parameters]\ncutoff = \"500 Hz\"\n";
    fs::write(from.join("Bells/Ding.toml"), bell).unwrap();
    fs::write(from.join("Bells/old/Deep.toml"), user("Deep").to_toml()).unwrap();
    fs::write(
        from.join("bad.toml"),
        "name = \"A\"\n[parameters]\ncutof = \"1\"\n",
    )
    .unwrap();
    fs::write(from.join("none.txt"), "").unwrap();
    let mut other = user("deep");
    other.patch.set(Parameter::Cutoff, 300.0);
    save_new(folder, &other).unwrap();

    let imported = import(folder, from.to_str().unwrap()).unwrap();
    assert_eq!((imported.added.len(), imported.known), (2, 0));
    let sentence = imported.to_string();
    assert!(
        sentence.starts_with("2 presets imported, 1 refused: "),
        "{sentence}"
    );
    assert!(
        sentence.contains("bad.toml, line 3: there is no parameter"),
        "{sentence}"
    );
    assert_eq!(listing(folder), ["Deep 2.toml", "Ding.toml", "deep.toml"]);
    let ding = store::open(&folder.join("Ding.toml")).unwrap().0;
    assert_eq!(ding.category, Category::Bells);
    // The same again adds only the preset whose name is taken by another.
    let file = from.join("Bells/Ding.toml");
    let imported = import(folder, &format!(" {} ", file.display())).unwrap();
    assert_eq!(imported.to_string(), "0 presets imported, 1 there already");
    let error = import(folder, from.join("gone").to_str().unwrap()).unwrap_err();
    assert!(
        error.to_string().contains("cannot be imported: the file"),
        "{error}"
    );
}

#[test]
fn an_export_writes_a_new_file_only() {
    let place = folder();
    let folder = place.path();
    let preset = &all()[0];
    let path = export(preset, folder.to_str().unwrap()).unwrap();
    assert_eq!(path, folder.join(format!("{}.toml", preset.name)));
    assert_eq!(super::super::open(&path).as_ref(), Ok(preset));
    let error = export(preset, folder.to_str().unwrap()).unwrap_err();
    assert!(
        error.to_string().contains("of that name already"),
        "{error}"
    );
    let path = export(preset, folder.join("mine").to_str().unwrap()).unwrap();
    assert_eq!(path, folder.join("mine.toml"));
    for (name, part) in [
        ("mine.wav", "ends in .toml"),
        ("no/folder.toml", "its folder does not exist"),
    ] {
        let error = export(preset, folder.join(name).to_str().unwrap()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(
        export(preset, " ")
            .unwrap_err()
            .to_string()
            .contains("no path")
    );
}

#[test]
fn stores_that_save_at_once_lose_nothing() {
    let place = folder();
    let folder = place.path();
    let saved: usize = thread::scope(|scope| {
        let save = |number: usize| {
            let mut preset = user("Same");
            preset.patch.set(Parameter::Cutoff, 100.0 + number as f32);
            let mut saved = usize::from(save_new(folder, &preset).is_ok());
            for _ in 0..10 {
                duplicate(folder, &preset).unwrap();
            }
            let own = save_new(folder, &user(&format!("Own {number}"))).unwrap();
            assert_eq!(loaded(&own).name, format!("Own {number}"));
            saved += 11;
            saved
        };
        let threads: Vec<_> = (0..4)
            .map(|number| scope.spawn(move || save(number)))
            .collect();
        let saved = threads.into_iter().map(|thread| thread.join().unwrap());
        saved.sum()
    });
    // Of those that take the name itself, the first one has it.
    assert!((45..=45).contains(&saved), "{saved}");
    assert_eq!(listing(folder).len(), saved);
}

#[test]
fn of_two_that_overwrite_at_once_one_is_told() {
    let place = folder();
    let folder = place.path();
    let origin = save_new(folder, &user("Deep")).unwrap();
    let results: Vec<_> = thread::scope(|scope| {
        let origin = &origin;
        let write = |number: u8| {
            let mut preset = user("Deep");
            preset
                .patch
                .set(Parameter::Cutoff, 300.0 + f32::from(number));
            overwrite(folder, origin, &preset)
        };
        let threads: Vec<_> = (0..2)
            .map(|number| scope.spawn(move || write(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let done = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(done, 1, "{results:?}");
    assert!(
        results
            .iter()
            .any(|result| matches!(result, Err(StoreError::Changed(_))))
    );
}

#[test]
fn a_file_in_the_place_of_the_folder_is_told() {
    let place = folder();
    let folder = place.path().join("presets");
    fs::write(&folder, "").unwrap();
    let sentence = save_new(&folder, &user("Deep")).unwrap_err().to_string();
    assert!(sentence.contains("presets: cannot be made: "), "{sentence}");
    assert!(!TRASH.is_empty() && sentence.contains("; "), "{sentence}");
}
