//! States saved by the CLAP of every version: their values and their sound must not change.
//!
//! `tests/states` has a folder for each version with the states and `table.toml`, which holds the text of every value
//! and the hash of [`phrase`] played by a new instance. An intended change of the sound changes the hash and gives its
//! reason in the `note` beside it, or at the top for a change of all. `cargo test -p tidepool-tests -- --ignored
//! write_state_fixtures` creates the folder of the present version, once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tidepool::params::param_id;
use tidepool::presets::{self, Preset};
use tidepool_host::{Event, Expression, Instance, Note};
use tidepool_tests::{Rig, Score, Sound, bundles};
use xxhash_rust::xxh3::Xxh3;

use crate::state::{framed, unframed};

/// Length of the phrase in samples: half a second at 48 kHz.
const FRAMES: usize = 24_000;
/// Scale of seven degrees, and a map that assigns it to the white keys.
const SCALE: &str = "Ptolemy's intense diatonic\n 7\n 9/8\n 5/4\n 4/3\n 3/2\n 5/3\n 15/8\n 2/1\n";
const MAP: &str =
    "! white keys, A at 432 Hz\n12\n0\n127\n60\n69\n432.0\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6\n";

/// Parameters with an end at which nothing is audible in the first half second; extremes leave them at their defaults.
const AUDIBLE: [&str; 7] = [
    "volume",
    "level",
    "delay",
    "attack",
    "sustain",
    "osc_a_level",
    "osc_b_level",
];

/// Returns notes on three channels with their own bends and pressures, so that the presence and absence of MPE are
/// audible. The phrase avoids events that a later version may interpret differently: no RPN, no All Sound Off, no dense
/// events.
fn phrase() -> Score {
    let note = |channel, key: u8| Note::new(channel, key).with_id(u32::from(key));
    let on = |channel, key, velocity| Event::NoteOn {
        note: note(channel, key),
        velocity,
    };
    let off = |channel, key| Event::NoteOff {
        note: note(channel, key),
        velocity: 0.5,
    };
    Score::new(FRAMES)
        .at(0, on(0, 48, 0.9))
        .at(1_000, on(1, 64, 0.4))
        .at(2_501, Event::Midi([0xB0, 1, 64]))
        .at(3_000, on(2, 71, 0.7))
        .at(5_000, Event::Midi([0xE1, 0, 0x50]))
        .at(6_003, Event::Midi([0xD2, 80, 0]))
        .at(7_000, Event::Midi([0xE0, 0, 0x48]))
        .at(9_000, off(0, 48))
        .at(10_000, on(0, 81, 1.0))
        .at(
            11_000,
            Event::Expression {
                kind: Expression::Brightness,
                note: note(0, 81),
                value: 0.8,
            },
        )
        .at(14_000, off(1, 64))
        .at(16_000, off(2, 71))
        .at(18_000, off(0, 81))
}

/// Returns the XXH3 of the samples, left and right interleaved.
fn hash(sound: &Sound) -> String {
    let mut hash = Xxh3::new();
    for (left, right) in sound.left.iter().zip(&sound.right) {
        hash.update(&left.to_le_bytes());
        hash.update(&right.to_le_bytes());
    }
    format!("{:016x}", hash.digest())
}

/// Loads a state into a new instance; returns the text of every value by id, and the hash of the phrase in real-time
/// quality.
fn loaded(state: &[u8]) -> (BTreeMap<String, String>, String) {
    let mut rig = Rig::new();
    rig.instance.load(state).expect("the state loads");
    let saved = unframed(&rig.instance.save().expect("the state is saved"));
    let params = saved["params"].as_object().expect("there are parameters");
    let shown = |key: &String| {
        let id = param_id(key);
        let value = rig.instance.value(id);
        let text = value.and_then(|value| rig.instance.value_to_text(id, value));
        let text = text.unwrap_or_else(|| panic!("{key} has no text"));
        (key.clone(), text)
    };
    let texts = params.keys().map(shown).collect();
    let sound = rig.play(&phrase(), &[512]);
    (texts, hash(&sound))
}

/// Returns the folder that contains one folder for each version.
fn folder() -> PathBuf {
    bundles::workspace().root.join("tests/states")
}

/// Checks every state of the version in `folder`, and returns their number.
fn check(folder: &Path, faults: &mut Vec<String>) -> usize {
    let table = fs::read_to_string(folder.join("table.toml")).expect("each version has a table");
    let table: toml::Table = table.parse().expect("the table is TOML");
    let new = Rig::new().instance.save().expect("the state is saved");
    let (now, _) = loaded(&new);
    let version = folder.file_name().and_then(|name| name.to_str());
    let version = version.expect("the folder has a version's name");
    let states = table["states"].as_table().expect("the table has states");
    for (name, entry) in states {
        let name = format!("{version}/{name}");
        let bytes = fs::read(folder.with_file_name(&name).with_extension("state"));
        let bytes = bytes.unwrap_or_else(|error| panic!("{name}: {error}"));
        // The text in the table, or else the one common to all states of the version, or else the default of a
        // parameter added since.
        let text = |id: &str| {
            let values = entry.get("values").and_then(|values| values.get(id));
            let text = values.or_else(|| table["defaults"].get(id));
            text.map_or(now.get(id).map(String::as_str), toml::Value::as_str)
        };
        let (texts, hash) = loaded(&bytes);
        for (id, found) in texts {
            if text(&id) != Some(&found) {
                faults.push(format!("{name}: {id} is {found}, not {:?}", text(&id)));
            }
        }
        if entry["hash"].as_str() != Some(&hash) {
            faults.push(format!("{name}: the hash is {hash}, not {}", entry["hash"]));
        }
    }
    let files = fs::read_dir(folder).expect("the folder is readable");
    assert_eq!(
        files.count(),
        states.len() + 1,
        "{version}: files and table differ"
    );
    states.len()
}

#[test]
fn states_of_every_version_keep_their_values_and_their_sound() {
    let mut faults = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder()).expect("there are fixtures") {
        count += check(&entry.expect("an entry is readable").path(), &mut faults);
    }
    assert!(
        count >= presets::all().len(),
        "only {count} states are found"
    );
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn no_two_states_of_a_version_sound_alike() {
    // A phrase that is silent, or that does not depend on the tuning, would prove nothing.
    for entry in fs::read_dir(folder()).expect("there are fixtures") {
        let path = entry
            .expect("an entry is readable")
            .path()
            .join("table.toml");
        let table: toml::Table = fs::read_to_string(&path)
            .expect("each version has a table")
            .parse()
            .expect("the table is TOML");
        let states = table["states"].as_table().expect("the table has states");
        let mut hashes: Vec<_> = states
            .values()
            .map(|entry| entry["hash"].as_str())
            .collect();
        let silence = hash(&Sound::silence(FRAMES));
        let silent = hashes.iter().filter(|hash| **hash == Some(&silence));
        assert!(silent.count() <= 1, "{}", path.display());
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), states.len(), "{}", path.display());
    }
}

/// Returns a state with the sound of `preset`.
pub fn preset_state(preset: &Preset) -> Vec<u8> {
    let mut instance = Instance::new(bundles::clap()).expect("an instance is created");
    for (parameter, value) in preset.says() {
        let id = param_id(parameter.spec().id);
        let value = instance.text_to_value(id, &Preset::text(parameter, value));
        let value = value.expect("the plugin understands its own text");
        instance
            .set_value(id, value)
            .expect("an inactive plugin takes values");
    }
    instance.save().expect("the state is saved")
}

/// Returns a state with each parameter at the value from `place`, except those that would silence the phrase.
fn state_at(place: impl Fn(&tidepool_host::Param) -> f64) -> Vec<u8> {
    let mut instance = Instance::new(bundles::clap()).expect("an instance is created");
    let audible = AUDIBLE.map(param_id);
    for param in instance.params() {
        if audible.contains(&param.id) {
            continue;
        }
        let set = instance.set_value(param.id, place(&param));
        set.expect("an inactive plugin takes values");
    }
    instance.save().expect("the state is saved")
}

/// Returns the fixtures of the present version by name.
fn present_states() -> BTreeMap<String, Vec<u8>> {
    let mut states: BTreeMap<_, _> = (presets::all().iter())
        .map(|preset| {
            let name = format!("{} - {}", preset.category.name(), preset.name);
            (name, preset_state(preset))
        })
        .collect();
    let default = state_at(|param| param.default);
    let mut tuned = unframed(&preset_state(&presets::all()[0]));
    tuned["fields"]["tuning"] = json!(json!({ "scale": SCALE, "map": MAP }).to_string());
    let mpe = |param: &tidepool_host::Param| match param.id {
        id if id == param_id("mpe_zone") => 1.0,
        id if id == param_id("mpe_bend_range") => 12.0,
        _ => param.default,
    };
    let random = RefCell::new(fastrand::Rng::with_seed(15));
    let anywhere = |param: &tidepool_host::Param| {
        let value = param.min + random.borrow_mut().f64() * (param.max - param.min);
        if param.stepped { value.round() } else { value }
    };
    states.extend([
        ("Init".to_owned(), default),
        ("Tuning".to_owned(), framed(&tuned)),
        ("MPE".to_owned(), state_at(mpe)),
        ("Lowest".to_owned(), state_at(|param| param.min)),
        ("Highest".to_owned(), state_at(|param| param.max)),
        ("Random".to_owned(), state_at(anywhere)),
    ]);
    states
}

#[test]
#[ignore = "writes the fixtures of the present version, once and for ever"]
fn write_state_fixtures() {
    let version = &bundles::workspace().version;
    let folder = folder().join(version);
    assert!(!folder.exists(), "{version} has its states, and they stay");
    fs::create_dir_all(&folder).expect("the folder is made");
    let states = present_states();
    let (defaults, _) = loaded(&states["Init"]);
    let mut table = format!(
        "# States of Tidepool {version}, for ever. Written by `write_state_fixtures`; see tests/tests/suite/state_fixtures.rs.\n\
         # `hash` is of half a second in real-time quality at 48 kHz; where one changes on purpose, `note` says why.\n\n\
         [defaults]\n"
    );
    let line = |id: &str, text: &str| format!("{id} = {}\n", toml::Value::from(text));
    for (id, text) in &defaults {
        table += &line(id, text);
    }
    for (name, state) in &states {
        let path = folder.join(name).with_extension("state");
        fs::write(path, state).expect("a state is written");
        let key = toml::Value::from(name.as_str());
        let (texts, hash) = loaded(state);
        let _ = write!(table, "\n[states.{key}]\nhash = \"{hash}\"\n");
        let differing: Vec<_> = (texts.into_iter())
            .filter(|(id, text)| defaults[id] != *text)
            .collect();
        if !differing.is_empty() {
            let _ = writeln!(table, "[states.{key}.values]");
            for (id, text) in differing {
                table += &line(&id, &text);
            }
        }
    }
    fs::write(folder.join("table.toml"), table).expect("the table is written");
}
