//! Presets on the command line: listed, shown, played, measured, with a one-line error for an unknown name.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tidepool_tests::{bundles, song};

/// Runs the program with `arguments`, in `folder`, which is the user's home too.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(bundles::standalone());
    for home in [
        "HOME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "USERPROFILE",
        "APPDATA",
    ] {
        command.env(home, folder);
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("DISPLAY")
        .output()
        .expect("the program starts")
}

fn folder() -> TempDir {
    TempDir::new().expect("a folder is made")
}

/// Returns the standard output of a successful run, for a user without presets.
fn printed(arguments: &[&str]) -> String {
    printed_in(folder().path(), arguments)
}

fn printed_in(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("it prints text")
}

/// Returns all presets, as the program lists them.
fn listed() -> Vec<Value> {
    let json = printed(&["presets", "list", "--json"]);
    serde_json::from_str(&json).expect("the list is JSON")
}

fn name(preset: &Value) -> &str {
    preset["name"].as_str().expect("it has a name")
}

/// Renders a short song and returns its report.
fn report(folder: &Path, more: &[&str]) -> Value {
    fs::write(folder.join("song.mid"), song::small(2)).expect("the song is written");
    let mut arguments = vec!["render", "song.mid", "--out", "song.wav"];
    arguments.extend(["--report", "report.json"]);
    arguments.extend(more);
    let output = run(folder, &arguments);
    assert!(
        output.status.success(),
        "{more:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = fs::read(folder.join("report.json")).expect("there is a report");
    serde_json::from_slice(&text).expect("the report is JSON")
}

/// Returns the plugin's value of `parameter` in `report`.
fn value<'a>(report: &'a Value, parameter: &str) -> &'a Value {
    let parameters = report["metrics"]["parameters"].as_array();
    let parameters = parameters.expect("the report has parameters");
    let entry = parameters.iter().find(|entry| entry["id"] == parameter);
    &entry.unwrap_or_else(|| panic!("no `{parameter}` in {report:#}"))["value"]
}

#[test]
fn every_preset_is_listed_and_shown() {
    let table = printed(&["presets", "list"]);
    let presets = listed();
    assert_eq!(table.lines().count(), 1 + presets.len());
    for preset in &presets {
        let line = table.lines().find(|line| line.starts_with(name(preset)));
        let line = line.unwrap_or_else(|| panic!("{} is not in {table}", name(preset)));
        assert!(line.ends_with(preset["description"].as_str().expect("it has one")));
        assert!(line.contains(preset["category"].as_str().expect("it has one")));
    }
    let bass = printed(&["presets", "list", "--category", "bass"]);
    let basses = presets.iter().filter(|preset| preset["category"] == "Bass");
    assert_eq!(bass.lines().count(), 1 + basses.count());

    let shown = printed(&["presets", "show", name(&presets[0])]);
    assert!(shown.contains(&format!("name = \"{}\"", name(&presets[0]))));
    assert!(shown.contains("[parameters]"));
}

#[test]
fn a_preset_sounds_as_its_file_and_as_its_values_do() {
    let folder = folder();
    let preset = &listed()[0];
    let plain = report(folder.path(), &[]);
    let loaded = report(folder.path(), &["--preset", &name(preset).to_uppercase()]);
    assert_ne!(loaded["hash"], plain["hash"], "the preset does nothing");
    assert_eq!(loaded["settings"]["preset"], preset["name"]);

    let parameters = preset["parameters"].as_object().expect("it sets some");
    let wishes: Vec<String> = parameters
        .iter()
        .map(|(id, text)| format!("{id}={}", text.as_str().expect("values are text")))
        .collect();
    let set: Vec<&str> = wishes.iter().flat_map(|wish| ["--set", wish]).collect();
    assert_eq!(report(folder.path(), &set)["hash"], loaded["hash"]);

    fs::write(
        folder.path().join("mine.toml"),
        printed(&["presets", "show", name(preset)]),
    )
    .expect("the preset is written");
    let file = report(folder.path(), &["--preset-file", "mine.toml"]);
    assert_eq!(file["hash"], loaded["hash"]);
}

#[test]
fn settings_come_after_the_preset_and_what_is_no_sound_stays() {
    let folder = folder();
    let preset = &listed()[0];
    let plain = report(folder.path(), &[]);
    let arguments = ["--preset", name(preset), "--set", "sustain=37 %"];
    let report = report(folder.path(), &arguments);
    assert_eq!(value(&report, "sustain"), "37 %");
    for kept in ["volume", "voices", "bend_range", "mpe_zone", "external"] {
        assert_eq!(value(&report, kept), value(&plain, kept), "{kept}");
    }
}

#[test]
fn a_name_that_is_none_gets_one_clear_line() {
    let folder = folder();
    let presets = listed();
    let near = name(&presets[0]);
    let typo = format!("{near}x");
    fs::write(folder.path().join("song.mid"), song::small(1)).expect("the song is written");
    let bad = "name = \"A\"\ndescription = \"B.\"\n[parameters]\ncutof = \"1 kHz\"\n";
    fs::write(folder.path().join("bad.toml"), bad).expect("a preset is written");
    let render = ["render", "song.mid", "--out", "out.wav"];
    let with = |more: &[&'static str]| [&render[..], more].concat();
    let cases: [(Vec<&str>, &[&str]); 7] = [
        (vec!["presets", "show", &typo], &[&typo, near]),
        (vec!["presets", "level", &typo], &[&typo, near]),
        (
            vec!["demo", "--out", "out.wav", "--preset", &typo],
            &[&typo, near],
        ),
        (
            vec!["presets", "list", "--category", "Noises"],
            &["Noises", "Effects"],
        ),
        (
            with(&["--preset-file", "bad.toml"]),
            &["bad.toml, line 4", "cutof", "cutoff"],
        ),
        (with(&["--preset-file", "no.toml"]), &["no.toml"]),
        (
            with(&["--preset-file", "bad.toml", "--preset", "A"]),
            &["--preset-file", "--preset"],
        ),
    ];
    for (arguments, words) in cases {
        let output = run(folder.path(), &arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
        for word in words {
            assert!(errors.contains(word), "`{word}` is not in: {errors}");
        }
        assert!(!folder.path().join("out.wav").exists(), "{arguments:?}");
    }
}

#[test]
fn a_users_presets_are_imported_listed_shown_played_and_exported() {
    let home = folder();
    let home = home.path();
    let path = printed_in(home, &["presets", "path"]);
    let users = Path::new(path.trim_end());
    assert!(
        users.starts_with(home) && users.ends_with("presets"),
        "{path}"
    );

    fs::create_dir(home.join("Bells")).expect("a folder is made");
    let ding = "name = \"Ding\"\nauthor = \"Å\"\ntags = [\"dark\"]\n[macros]\n2 = \"Room\"\n\
        [parameters]\ncutoff = \"500 Hz\"\n";
    fs::write(home.join("Bells/Ding.toml"), ding).expect("a preset is written");
    fs::write(home.join("Bells/bad.toml"), "name = \"A\"\n").expect("a file is written");
    let output = run(home, &["presets", "import", "~/Bells"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("1 preset imported, 1 refused: "),
        "{errors}"
    );
    assert!(
        errors.contains("bad.toml: has no parameters; add"),
        "{errors}"
    );
    let copy = users.join("Ding.toml");
    let paths = String::from_utf8_lossy(&output.stdout);
    assert_eq!(Path::new(paths.trim_end()), copy);
    fs::write(users.join("broken.toml"), "?").expect("a file is written");

    let table = printed_in(home, &["presets", "list", "--from", "user"]);
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert_eq!(lines[1], "Ding  Bells     user");
    assert!(
        lines[2].starts_with("damaged: ") && lines[2].contains("broken.toml, line 1"),
        "{table}"
    );
    let json = printed_in(home, &["presets", "list", "--category", "bells", "--json"]);
    let bells: Vec<Value> = serde_json::from_str(&json).expect("the list is JSON");
    let listed = bells.last().expect("there are bells");
    assert_eq!(
        (name(listed), &listed["macros"]["2"]),
        ("Ding", &"Room".into())
    );
    assert_eq!(listed["path"].as_str().map(Path::new), Some(copy.as_path()));
    assert!(bells.len() > 1 && bells[0].get("path").is_none());

    let shown = printed_in(home, &["presets", "show", "ding"]);
    assert_eq!(shown, fs::read_to_string(&copy).expect("the copy is read"));
    let by_name = report(home, &["--preset", "DING"]);
    let by_file = report(home, &["--preset-file", "Bells/Ding.toml"]);
    assert_eq!(by_name["hash"], by_file["hash"]);

    let exported = printed_in(home, &["presets", "export", "Ding", "mine"]);
    assert_eq!(exported.trim_end(), "mine.toml");
    assert_eq!(
        fs::read_to_string(home.join("mine.toml")).expect("it is read"),
        shown
    );
    for (arguments, part) in [
        (
            ["export", "Ding", "mine.toml"],
            "mine.toml: cannot be written: there is a file",
        ),
        (["export", "Dingg", "other.toml"], "the nearest: Ding"),
        (["show", "broken", ""], "broken.toml, line 1"),
    ] {
        let arguments = arguments.iter().filter(|argument| !argument.is_empty());
        let arguments: Vec<_> = ["presets"].iter().chain(arguments).copied().collect();
        let output = run(home, &arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
        assert!(errors.contains(part), "{errors}");
    }
}

/// Returns the lines that `presets level` prints, one per preset, and its exit code.
fn levels(arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let all = [&["presets", "level"][..], arguments].concat();
    let output = run(folder().path(), &all);
    let table = String::from_utf8_lossy(&output.stdout);
    let lines = table.lines().skip(1).map(str::to_owned).collect();
    (lines, output.status.code())
}

#[test]
fn levels_are_told_and_wrong_ones_fail() {
    let folder = folder();
    let file = folder.path().join("silent.toml");
    let silent = "name = \"Silent\"\ndescription = \"Nothing.\"\n[parameters]\nsustain = \"0 %\"\nattack = \"10 s\"\n";
    fs::write(&file, silent).expect("a preset is written");
    let (lines, code) = levels(&["--file", file.to_str().expect("the path is text")]);
    assert_eq!(code, Some(1), "{lines:?}");
    assert!(lines[0].starts_with("Silent  User "), "{lines:?}");
    assert!(lines[0].contains("raise"), "{lines:?}");
}

#[test]
fn all_presets_are_equally_loud() {
    let (lines, code) = levels(&[]);
    assert_eq!(lines.len(), listed().len());
    assert_eq!(code, Some(0), "{lines:#?}");
}
