//! Loading a state is a function of the state alone: nothing of the instance's previous settings remains.

use std::process::Command;
use std::{env, fs};

use fastrand::Rng;
use serde_json::{Value, json};
use tidepool_tests::{Rig, bundles};

use crate::state::{change, framed, listen, unframed};

/// Scale and keyboard map in the form in which states keep them.
const TUNING: &str =
    r#"{"scale":"fifths\n 2\n 3/2\n 2/1\n","map":"0\n0\n127\n60\n69\n415.0\n0\n"}"#;

/// Texts of a sound in the form in which states keep them.
const SOUND: &str = r#"{"id":"user:Deep/Öl.toml","name":"Öl","category":"Bass","author":"Ann","tags":["dark"],"description":"A test.","macros":["Grit","","","","","","","Äther"]}"#;

/// A comparison in the form in which states keep it.
const COMPARISON: &str = r#"{"played":"B","other":{"values":{"cutoff":800.0,"filter_mode":2.0,"pan":-0.1},"info":{"id":"","name":"","category":"","author":"","tags":[],"description":"","macros":["","","","","","","",""]},"initial":true}}"#;

/// Assignments of MIDI controllers in the form in which states keep them.
const MIDI_MAP: &str = r#"[{"parameter":"cutoff","controller":"CC 74","from":0.25,"to":1.0},{"parameter":"volume","controller":"CC 1+33","from":1.0,"to":0.0},{"parameter":"pan","controller":"Pressure","from":0.0,"to":1.0}]"#;

/// Returns the state of the instance.
fn saved(rig: &mut Rig) -> Vec<u8> {
    rig.instance.save().expect("the state is saved")
}

fn load(rig: &mut Rig, state: &[u8]) {
    rig.instance.load(state).expect("a valid state loads");
}

/// Returns the state of an instance with random parameter values, some of them at an end of their range, and a
/// tuning, texts and another sound to compare in half of the cases.
pub fn random_state(random: &mut Rng) -> Vec<u8> {
    let mut rig = Rig::new();
    rig.deactivate();
    for param in rig.instance.params() {
        let place = match random.u8(..10) {
            0 => 0.0,
            1 => 1.0,
            _ => random.f64(),
        };
        let value = param.min + place * (param.max - param.min);
        let value = if param.stepped { value.round() } else { value };
        let set = rig.instance.set_value(param.id, value);
        set.expect("an inactive plugin takes values");
    }
    let mut state = saved(&mut rig);
    if random.bool() {
        let mut tuned = unframed(&state);
        tuned["fields"]["tuning"] = json!(TUNING);
        tuned["fields"]["sound"] = json!(SOUND);
        tuned["fields"]["compare"] = json!(COMPARISON);
        tuned["fields"]["midi_map"] = json!(MIDI_MAP);
        load(&mut rig, &framed(&tuned));
        state = saved(&mut rig);
        assert_eq!(unframed(&state), tuned);
    }
    state
}

/// Returns a third of the parameter ids in `state`.
fn a_third(random: &mut Rng, state: &Value) -> Vec<String> {
    let params = state["params"].as_object().expect("there are parameters");
    let mut ids: Vec<String> = params.keys().cloned().collect();
    random.shuffle(&mut ids);
    ids.truncate(ids.len() / 3);
    ids
}

#[test]
fn macros_carry_the_names_of_the_sound_that_a_state_holds() {
    let mut rig = Rig::new();
    let names = |rig: &mut Rig| -> Vec<String> {
        let params = rig.instance.params();
        let macros = params.into_iter().map(|param| param.name);
        macros.filter(|name| name.starts_with("Macro ")).collect()
    };
    let unnamed = names(&mut rig);
    assert_eq!(unnamed[0], "Macro 1");
    let plain = saved(&mut rig);
    let mut named = unframed(&plain);
    named["fields"]["sound"] = json!(SOUND);
    load(&mut rig, &framed(&named));
    let shown = names(&mut rig);
    assert_eq!((&*shown[0], &*shown[1]), ("Macro 1: Grit", "Macro 2"));
    assert_eq!(shown[7], "Macro 8: Äther");
    // A state without texts has none.
    load(&mut rig, &plain);
    assert_eq!(names(&mut rig), unnamed);
    // Texts that no preset can have are left out.
    named["fields"]["sound"] = json!(SOUND.replace("Grit", &"x".repeat(5_000)));
    load(&mut rig, &framed(&named));
    assert_eq!(names(&mut rig), unnamed);
}

#[test]
fn what_is_loaded_into_any_instance_is_saved_again_to_the_byte() {
    let mut random = Rng::with_seed(12);
    let mut rig = Rig::new();
    for round in 0..12 {
        let state = random_state(&mut random);
        load(&mut rig, &state);
        assert!(saved(&mut rig) == state, "round {round}");
        let mut fresh = Rig::new();
        load(&mut fresh, &state);
        assert!(
            saved(&mut fresh) == state,
            "round {round}, into a new instance"
        );
        assert_eq!(rig.values(), fresh.values(), "round {round}");
        if round % 4 == 0 {
            let (sound, expected) = (listen(&mut rig), listen(&mut fresh));
            assert_eq!(sound.first_difference(&expected), None, "round {round}");
        }
    }
}

#[test]
fn parts_that_a_state_lacks_or_damages_are_at_their_defaults() {
    let mut random = Rng::with_seed(13);
    let default = unframed(&saved(&mut Rig::new()));
    let mut rig = Rig::new();
    for round in 0..12 {
        let whole = unframed(&random_state(&mut random));
        let ids = a_third(&mut random, &whole);
        let (mut state, mut expected) = (whole.clone(), whole);
        for (number, id) in ids.iter().enumerate() {
            expected["params"][id] = default["params"][id].clone();
            let params = state["params"].as_object_mut();
            let params = params.expect("parameters are an object");
            if round % 2 == 0 {
                params.remove(id);
                continue;
            }
            let wrong = [
                json!(null),
                json!(0.5),
                json!([]),
                json!({}),
                json!({ "f32": null }),
                json!({ "i32": 0.5 }),
                json!({ "f64": 0.5 }),
                json!({ "f32": "0.5" }),
                json!({ "bool": true }),
                json!({ "string": "no such choice" }),
                json!({ "f32": 0.5, "i32": 0 }),
            ];
            params[id] = wrong[(number + round) % wrong.len()].clone();
        }
        // Loads from another sound with another tuning.
        let other = random_state(&mut random);
        load(&mut rig, &other);
        load(&mut rig, &framed(&state));
        assert_eq!(unframed(&saved(&mut rig)), expected, "round {round}");
    }
}

#[test]
fn a_state_without_a_usable_tuning_has_the_usual_one() {
    let mut rig = Rig::new();
    let usual = saved(&mut rig);
    let sound = listen(&mut rig);
    let mut tuned = unframed(&usual);
    tuned["fields"]["tuning"] = json!(TUNING);
    let tuned = framed(&tuned);
    let large = "x".repeat((1 << 20) + 1);
    let damages = [
        json!(null),
        json!({}),
        json!([1]),
        json!({ "loaded": "null" }),
        json!({ "tuning": null }),
        json!({ "tuning": { "scale": null, "map": null } }),
        json!({ "tuning": "" }),
        json!({ "tuning": "null" }),
        json!({ "tuning": "{\"scale\": 7, \"map\": null}" }),
        json!({ "tuning": "{\"scale\": \"no scale\", \"map\": null}" }),
        json!({ "tuning": "{\"scale\": null, \"map\": \"no map\"}" }),
        json!({ "tuning": json!({ "scale": large, "map": null }).to_string() }),
    ];
    for fields in damages {
        load(&mut rig, &tuned);
        assert!(listen(&mut rig).first_difference(&sound).is_some());
        let mut state = unframed(&usual);
        state["fields"] = fields.clone();
        load(&mut rig, &framed(&state));
        assert!(saved(&mut rig) == usual, "{fields:.80}");
        assert_eq!(
            listen(&mut rig).first_difference(&sound),
            None,
            "{fields:.80}"
        );
    }
    let mut state = unframed(&usual);
    load(&mut rig, &tuned);
    state
        .as_object_mut()
        .expect("a state is an object")
        .remove("fields");
    load(&mut rig, &framed(&state));
    assert!(saved(&mut rig) == usual, "without fields");
}

#[test]
fn a_state_without_a_usable_comparison_has_none() {
    let mut rig = Rig::new();
    let usual = saved(&mut rig);
    let mut compared = unframed(&usual);
    compared["fields"]["compare"] = json!(COMPARISON);
    for damaged in [
        json!({}),
        json!({ "compare": 7 }),
        json!({ "compare": "" }),
        json!({ "compare": "{\"played\":\"C\",\"other\":null}" }),
        json!({ "compare": COMPARISON.replace("800.0", "null") }),
    ] {
        load(&mut rig, &framed(&compared));
        assert_eq!(unframed(&saved(&mut rig)), compared);
        let mut state = unframed(&usual);
        state["fields"] = damaged.clone();
        load(&mut rig, &framed(&state));
        assert!(saved(&mut rig) == usual, "{damaged}");
    }
}

#[test]
fn the_largest_tuning_comes_back() {
    // Comments of control characters, each of which takes seven bytes after escaping twice.
    let text = |start: &str| format!("{start}!{}", "\u{1}".repeat((1 << 20) - start.len() - 1));
    let files = json!({ "scale": text("fifths\n 2\n 3/2\n 2/1\n"), "map": text("0\n0\n127\n60\n69\n415.0\n0\n") });
    let mut rig = Rig::new();
    let mut state = unframed(&saved(&mut rig));
    state["fields"]["tuning"] = json!(files.to_string());
    load(&mut rig, &framed(&state));
    let large = saved(&mut rig);
    assert!(large.len() > 14 << 20, "{} bytes", large.len());
    let mut fresh = Rig::new();
    load(&mut fresh, &large);
    assert!(saved(&mut fresh) == large);
}

/// Runs in the process that [`a_damaged_state_is_one_line_of_the_log`] starts.
#[test]
#[ignore = "another test runs it"]
fn loads_damaged_states() {
    let mut rig = Rig::new();
    change(&mut rig);
    let mut state = unframed(&saved(&mut rig));
    let params = state["params"].as_object_mut();
    for (_, value) in params.expect("parameters are an object") {
        *value = json!({ "bool": true });
    }
    state["fields"] = json!({ "tuning": "{\"scale\": \"no scale\", \"map\": null}" });
    load(&mut rig, &framed(&state));

    let mut state = unframed(&saved(&mut rig));
    for number in 0..500 {
        state["params"][format!("grain{number}")] = json!({ "f32": 0.5 });
    }
    state["version"] = json!("99.7.0");
    load(&mut rig, &framed(&state));

    let whole = saved(&mut rig);
    assert!(rig.instance.load(&whole[..whole.len() / 2]).is_err());
    assert!(rig.instance.load(&framed(&json!([]))).is_err());
}

#[test]
fn a_damaged_state_is_one_line_of_the_log() {
    let folder = tempfile::tempdir().expect("a folder is made");
    let log = folder.path().join("log.txt");
    let output = Command::new(env::current_exe().expect("the tests are a program"))
        .args([
            "--exact",
            "state_defaults::loads_damaged_states",
            "--ignored",
        ])
        .env("NICE_LOG", &log)
        .env("TIDEPOOL_BUNDLES", bundles::folder())
        .output()
        .expect("the tests start");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    let log = fs::read_to_string(&log).expect("there is a log");
    let lines: Vec<_> = (log.lines())
        .filter(|line| line.contains("state"))
        .collect();
    let expected = [
        "351 parts (voices, mode, note_priority, glide, glide_mode, …)",
        "state of version 99.7.0: 500 parts (grain0, grain1, ",
        "The state is refused and nothing of it is loaded: it ends after ",
        "The state is refused and nothing of it is loaded: it has no version and parameters",
    ];
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(expected), "{line}");
        assert!(line.len() < 600, "{line}");
    }
    assert!(log.lines().count() < 20, "{log}");
}
