//! The browser's page: search, filters, listening, saving, renaming, deleting.

use std::fs;

use egui::Key;

use super::*;
use crate::editor::preset_list::PresetPlaces;
use crate::presets::search::Shelf;

/// A page of the browser with the user's presets in `folder`.
fn shelves(folder: &std::path::Path) -> Harness<'static, Table> {
    let mut table = Table::of(Patch::default());
    table.sound.origin = Origin::Initial;
    let marks = folder.join("library.toml");
    table.browser = Browser::new(PresetPlaces {
        folder: Some(folder.join("presets")),
        marks: Some(marks),
        programs: Some(folder.join("programs.toml")),
    });
    page(Tab::Browser, table, 1.0)
}

/// Runs frames until the scan has ended.
fn scanned(harness: &mut Harness<'_, Table>) {
    let end = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        harness.step();
        if !harness.state().browser.list.is_scanning() {
            break;
        }
        assert!(std::time::Instant::now() < end, "the scan does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    harness.run_steps(8);
}

fn write(harness: &mut Harness<'_, Table>, label: &str, text: &str) {
    let field = |harness: &Harness<'_, Table>| {
        let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, label);
        field.focus();
    };
    field(harness);
    harness.run_steps(8);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Text(text.to_owned()));
    harness.run_steps(8);
}

fn click(harness: &mut Harness<'_, Table>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(8);
}

fn origin(harness: &Harness<'_, Table>) -> String {
    harness.state().sound.origin.name().to_owned()
}

#[test]
fn a_sound_is_saved_found_renamed_deleted_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = shelves(folder.path());
    scanned(&mut harness);
    let (cutoff, edited) = (Parameter::Cutoff, 555.0);
    harness.state_mut().sound.patch.set(cutoff, edited);
    click(&mut harness, "Save as…");
    write(&mut harness, "Name", "Öl & Salt");
    write(&mut harness, "Tags, separated by commas", "dark, mono");
    write(&mut harness, "Macro 1", "Grit");
    click(&mut harness, "Save as new");
    scanned(&mut harness);
    let file = folder.path().join("presets").join("Öl & Salt.toml");
    let saved = fs::read_to_string(&file).unwrap();
    assert!(
        saved.contains("Grit") && saved.contains("555 Hz"),
        "{saved}"
    );
    assert_eq!(origin(&harness), "Öl & Salt");
    assert_eq!(harness.state().sound.origin.macro_name(0), Some("Grit"));

    // An edit is saved over it, and another one reverted.
    harness.state_mut().sound.patch.set(cutoff, 777.0);
    click(&mut harness, "Save");
    scanned(&mut harness);
    let saved = fs::read_to_string(&file).unwrap();
    assert!(saved.contains("777 Hz"), "{saved}");
    let (state, now) = (harness.state_mut(), Duration::from_secs(5));
    state.sound.patch.set(cutoff, 99.0);
    for now in [now, 2 * now] {
        let Table { browser, sound, .. } = harness.state_mut();
        browser.follow(&sound.patch, &mut sound.origin, now);
    }
    harness.run_steps(8);
    click(&mut harness, "Revert");
    assert_eq!(harness.state().sound.patch.get(cutoff), 777.0);

    write(&mut harness, "Search", "oel mono");
    assert_eq!(harness.state().browser.list.count(), 0);
    write(&mut harness, "Search", "ol & mono");
    assert_eq!(harness.state().browser.list.count(), 1);

    click(&mut harness, "Rename…");
    write(&mut harness, "New name", "Tar");
    click(&mut harness, "Rename");
    scanned(&mut harness);
    assert!(!file.exists() && folder.path().join("presets/Tar.toml").exists());
    assert_eq!(origin(&harness), "Tar");

    write(&mut harness, "Search", "tar");
    click(&mut harness, "Delete");
    scanned(&mut harness);
    assert!(!folder.path().join("presets/Tar.toml").exists());
    click(&mut harness, "Restore Tar");
    scanned(&mut harness);
    assert!(folder.path().join("presets/Tar.toml").exists());
}

#[test]
fn a_file_that_changed_meanwhile_is_not_saved_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = shelves(folder.path());
    scanned(&mut harness);
    click(&mut harness, "Save as…");
    write(&mut harness, "Name", "Mine");
    click(&mut harness, "Save as new");
    scanned(&mut harness);
    let file = folder.path().join("presets/Mine.toml");
    let other = fs::read_to_string(&file).unwrap() + "# from elsewhere\n";
    fs::write(&file, &other).unwrap();
    click(&mut harness, "Save");
    harness.get_by_label_contains("another program has changed it");
    assert_eq!(fs::read_to_string(&file).unwrap(), other);
}

#[test]
fn arrows_listen_and_escape_goes_back() {
    let mut harness = page(Tab::Browser, Table::of(Patch::default()), 1.0);
    harness.run_steps(8);
    harness.key_press(Key::ArrowDown);
    harness.run_steps(8);
    harness.key_press(Key::ArrowDown);
    harness.run_steps(8);
    let second = harness.state().browser.list.at(1).unwrap().name.clone();
    assert_eq!(origin(&harness), second);
    harness.key_press(Key::Escape);
    harness.run_steps(8);
    assert_eq!(harness.state().sound.patch, Patch::default());
    harness.key_press(Key::ArrowDown);
    harness.run_steps(8);
    harness.key_press(Key::Enter);
    harness.key_press(Key::Escape);
    harness.run_steps(8);
    assert_ne!(
        harness.state().sound.patch,
        Patch::default(),
        "Enter keeps it"
    );
}

#[test]
fn favourites_and_filters_narrow_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = shelves(folder.path());
    scanned(&mut harness);
    let all = harness.state().browser.list.count();
    assert_eq!(all, shelf::all().len());
    click(&mut harness, "Bells");
    let bells = harness.state().browser.list.count();
    assert!(bells > 0 && bells < all);
    let name = harness.state().browser.list.at(0).unwrap().name.clone();
    click(&mut harness, &format!("Favourite: {name}"));
    click(&mut harness, "Favourites");
    assert_eq!(harness.state().browser.list.query.shelf, Shelf::Favourites);
    assert_eq!(harness.state().browser.list.count(), 1);
    assert!(folder.path().join("library.toml").exists());
}

#[test]
fn damaged_files_are_listed_with_their_error_and_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let presets = folder.path().join("presets");
    fs::create_dir(&presets).unwrap();
    fs::write(presets.join("Broken.toml"), "name = 7").unwrap();
    let mut harness = shelves(folder.path());
    scanned(&mut harness);
    click(&mut harness, "My presets");
    click(&mut harness, "Broken");
    assert_eq!(harness.state().sound.done, []);
    assert!(harness.query_all_by_label_contains("Broken.toml").count() > 0);
}

#[test]
fn the_origin_is_found_again_by_the_texts_of_a_state() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let mut preset = shelf::all()[0].clone();
    preset.name = "Öl".to_owned();
    preset.macros[2] = "Grit".to_owned();
    let file = shelf::store::save_new(place, &preset).unwrap();
    let id = shelf::entry::PresetId::user(place, &file.path);
    let user = Origin::of(preset, id, Some(file.clone()));
    for origin in [user.clone(), Origin::factory(3)] {
        assert_eq!(Origin::find(origin.info(), Some(place)), origin);
    }
    assert_eq!(
        Origin::find(Origin::Initial.info(), Some(place)),
        Origin::Unknown
    );
    fs::remove_file(&file.path).unwrap();
    let missing = Origin::find(user.info(), Some(place));
    assert_eq!(
        (missing.name(), missing.macro_name(2)),
        ("Öl", Some("Grit"))
    );
    assert_eq!(missing.info(), user.info());
    // Renamed macros come back with the state, with and without a preset.
    let renamed = Origin::factory(3).with_macro_name(1, "Rust");
    let found = Origin::find(renamed.info(), None);
    assert_eq!(found, renamed);
    assert!(found.preset().is_some_and(|loaded| loaded.renamed));
    assert_eq!(found.without_renames(), Origin::factory(3));
    let initial = Origin::Initial.with_macro_name(7, "Air");
    assert_eq!(
        (initial.name(), initial.macro_name(7)),
        ("Init", Some("Air"))
    );
    assert_eq!(Origin::find(initial.info(), None), initial);
    assert!(initial.info().is_valid());
    // A state cannot name a file outside the folder.
    for id in ["user:../x.toml", "user:/etc/x.toml", "user:a/../../x.toml"] {
        let info = crate::params::SoundInfo {
            id: id.to_owned(),
            ..Default::default()
        };
        assert!(
            matches!(Origin::find(info, Some(place)), Origin::Missing(_)),
            "{id}"
        );
    }
}

fn chosen() -> Table {
    let number = shelf::all()
        .iter()
        .position(|preset| preset.name == "Tideline");
    let mut table = Table::of(Patch::default());
    table.sound.origin = Origin::factory(number.unwrap());
    table
}

#[test]
fn browser_page() {
    compare(page(Tab::Browser, chosen(), 1.0), "browser");
}

#[test]
fn browser_page_by_daylight_on_a_fine_screen() {
    let table = Table {
        theme: Theme::Light,
        ..chosen()
    };
    let mut harness = page(Tab::Browser, table, 2.0);
    harness.run_steps(8);
    click(&mut harness, "Save as…");
    compare(harness, "browser-save-light-2x");
}

#[test]
fn the_play_page_tells_what_the_sound_is() {
    let mut table = chosen();
    let mut preset = table.sound.origin.preset().unwrap().clone();
    preset.preset.macros[0] = "Open".to_owned();
    table.sound.origin = Origin::Preset(std::sync::Arc::new(preset));
    compare(page(Tab::Play, table, 1.0), "play-described");
}
