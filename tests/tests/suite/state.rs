//! State: saving and loading in a project, and invalid data in its place.

use serde_json::{Value, json};
use tidepool::params::param_id;
use tidepool_host::{Event, Instance};
use tidepool_tests::score::on;
use tidepool_tests::{Rig, Score, Sound, bundles};

/// Sound that differs from the default in every group of parameters.
const OTHER: [(&str, &str); 8] = [
    ("volume", "-12 dB"),
    ("cutoff", "3 kHz"),
    ("resonance", "55 %"),
    ("attack", "20 ms"),
    ("sustain", "25 %"),
    ("voices", "5"),
    ("tune", "-5 st"),
    ("vibrato_rate", "1/16"),
];

/// Sets the other sound through the audio thread, as automation does.
pub fn change(rig: &mut Rig) {
    let mut score = Score::new(64);
    for (key, text) in OTHER {
        score = score.at(0, rig.set(key, text));
    }
    rig.play(&score, &[64]);
}

/// Returns the rig's sound after a reset.
pub fn listen(rig: &mut Rig) -> Sound {
    rig.processor().reset();
    rig.play(&Score::phrase(24_000), &[512])
}

/// Returns a state in nice-plug's framing: the length of the text as eight bytes, then JSON.
pub fn framed(state: &Value) -> Vec<u8> {
    let text = serde_json::to_vec(state).expect("JSON is written");
    [&(text.len() as u64).to_le_bytes(), text.as_slice()].concat()
}

/// Returns the JSON of a state.
pub fn unframed(state: &[u8]) -> Value {
    serde_json::from_slice(&state[8..]).expect("a saved state is JSON")
}

#[test]
fn a_saved_sound_comes_back() {
    let mut rig = Rig::new();
    let default_sound = listen(&mut rig);
    let default_state = rig.instance.save().expect("the state is saved");
    let default_values = rig.values();

    change(&mut rig);
    let other_sound = listen(&mut rig);
    assert!(
        other_sound.first_difference(&default_sound).is_some(),
        "the other sound is the same"
    );
    let other_state = rig.instance.save().expect("the state is saved");
    let other_values = rig.values();

    rig.instance
        .load(&default_state)
        .expect("a saved state loads");
    assert_eq!(rig.values(), default_values);
    assert_eq!(listen(&mut rig).first_difference(&default_sound), None);

    // Loads into another instance that is not active yet, as when a project opens.
    let mut fresh = Rig::new();
    fresh.deactivate();
    fresh
        .instance
        .load(&other_state)
        .expect("a saved state loads");
    fresh.activate(48_000.0, 1..=512);
    assert_eq!(fresh.values(), other_values);
    assert_eq!(listen(&mut fresh).first_difference(&other_sound), None);
    assert_eq!(
        fresh.instance.save().expect("the state is saved"),
        other_state
    );
}

#[test]
fn the_same_sound_is_saved_as_the_same_bytes() {
    let state = || Rig::new().instance.save().expect("the state is saved");
    assert_eq!(state(), state());
}

#[test]
fn damaged_states_are_refused_and_the_sound_stays() {
    let mut rig = Rig::new();
    change(&mut rig);
    let sound = listen(&mut rig);
    let values = rig.values();
    let whole = rig.instance.save().expect("the state is saved");
    let padded = [&(whole.len() as u64).to_le_bytes(), &whole[8..]].concat();

    let mut damaged: Vec<Vec<u8>> = vec![
        vec![],
        vec![0; 7],
        vec![0; 8],
        vec![0xFF; 64],
        b"RIFF____WAVEfmt nothing of ours".to_vec(),
        [&u64::MAX.to_le_bytes(), b"{}".as_slice()].concat(),
        [&(1_u64 << 40).to_le_bytes(), b"{}".as_slice()].concat(),
        framed(&json!([])),
        framed(&json!("volume")),
        framed(&json!({ "params": {} })),
        framed(&json!({ "version": 1, "params": {}, "fields": {} })),
        framed(&json!({ "version": "0.1.0", "params": [1, 2], "fields": {} })),
        // Complete JSON, but shorter than its length says.
        padded,
        [&200_000_000_u64.to_le_bytes(), &whole[8..]].concat(),
    ];
    damaged.extend(
        (1..whole.len())
            .step_by(whole.len() / 24)
            .map(|length| whole[..length].to_vec()),
    );
    for bytes in &damaged {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]);
        assert!(
            rig.instance.load(bytes).is_err(),
            "{shown:?} is taken for a state"
        );
        assert_eq!(rig.values(), values, "{shown:?} changes values");
        let after = rig.instance.save().expect("the state is saved");
        assert_eq!(after, whole, "{shown:?} changes the state");
    }
    assert_eq!(listen(&mut rig).first_difference(&sound), None);
}

#[test]
fn random_damage_is_survived() {
    let mut rig = Rig::new();
    let whole = rig.instance.save().expect("the state is saved");
    let mut random = fastrand::Rng::with_seed(3);
    // Each of these writes a line to the log; `params/state/json.rs` tries more of them.
    for _ in 0..40 {
        let mut bytes = whole.clone();
        for _ in 0..random.usize(1..8) {
            let at = random.usize(0..bytes.len());
            bytes[at] = random.u8(..);
        }
        // Some of these are valid states by chance; none may cause harm.
        let _ = rig.instance.load(&bytes);
        assert_values_in_range(&mut rig);
    }
    rig.play(&Score::phrase(9600), &[512])
        .assert_sane("after random damage");
}

#[test]
fn states_of_the_future_load_as_far_as_they_are_understood() {
    let mut rig = Rig::new();
    let mut state = unframed(&rig.instance.save().expect("the state is saved"));
    state["version"] = json!("99.7.0-beta.3");
    state["made_with"] = json!({ "studio": ["a", 1, null] });
    state["params"]["grain_size"] = json!({ "f32": 0.5 });
    state["params"]["wavetable"] = json!({ "string": "tides" });
    state["params"]["cutoff"] = json!({ "f32": 2000.0 });
    state["fields"]["sequence"] = json!("{\"steps\":[1,2,3]}");
    rig.instance
        .load(&framed(&state))
        .expect("a later version's state loads");
    let id = param_id("cutoff");
    let expected = rig
        .instance
        .text_to_value(id, "2 kHz")
        .expect("2 kHz is a cutoff");
    let value = rig.instance.value(id).expect("there is a cutoff");
    assert!(
        (value - expected).abs() < 1e-3,
        "the cutoff is {value}, not {expected}"
    );
    rig.play(&Score::phrase(9600), &[512])
        .assert_sane("a state of the future");
}

#[test]
fn values_out_of_range_are_brought_in() {
    let mut rig = Rig::new();
    let state = unframed(&rig.instance.save().expect("the state is saved"));
    let wild = [
        json!(1e30),
        json!(-1e30),
        json!(1e300),
        json!(-1e300),
        json!(null),
        json!(i32::MAX),
        json!(i32::MIN),
        json!(1e12),
        json!(-7),
        json!("no such choice"),
        json!(""),
    ];
    for value in wild {
        for kind in ["f32", "i32", "bool", "string"] {
            // Tests all parameters at once: each value is checked separately, and each state writes a line to the log.
            let mut state = state.clone();
            let params = state["params"].as_object_mut();
            for (_, param) in params.expect("parameters are an object") {
                *param = json!({ kind: value });
            }
            let loaded = rig.instance.load(&framed(&state));
            loaded.expect("the state loads, whatever its values are");
            assert_values_in_range(&mut rig);
            rig.play(&Score::new(2400).at(0, on(60)), &[480])
                .assert_sane(&format!("{kind} {value}"));
            rig.processor().reset();
        }
    }
}

#[test]
fn a_state_may_load_while_notes_sound() {
    let mut rig = Rig::new();
    let default_state = rig.instance.save().expect("the state is saved");
    change(&mut rig);
    let other_state = rig.instance.save().expect("the state is saved");
    for round in 0..20 {
        let state = if round % 2 == 0 {
            &default_state
        } else {
            &other_state
        };
        let sound = rig.play(&Score::new(4800).at(0, on(40 + round)), &[64, 512]);
        sound.assert_sane("between two states");
        rig.instance.load(state).expect("a saved state loads");
    }
    assert!(
        rig.play(&Score::new(4800), &[512]).rms() > 0.0,
        "loading a state ends the notes"
    );
}

#[test]
fn the_state_of_a_plugin_that_never_was_active_is_complete() {
    let mut instance = Instance::new(bundles::clap()).expect("an instance is created");
    let state = unframed(&instance.save().expect("the state is saved"));
    let saved = state["params"]
        .as_object()
        .expect("parameters are an object");
    assert_eq!(saved.len(), instance.params().len());
    for key in saved.keys() {
        assert!(
            instance.value(param_id(key)).is_some(),
            "`{key}` is no parameter"
        );
    }
}

#[test]
fn modulation_is_not_saved() {
    let mut rig = Rig::new();
    let before = rig.instance.save().expect("the state is saved");
    let modulation = Event::Modulation {
        id: param_id("cutoff"),
        note: tidepool_host::Note::ALL,
        amount: 0.25,
    };
    rig.play(&Score::new(512).at(0, modulation), &[512]);
    assert_eq!(rig.instance.save().expect("the state is saved"), before);
}

fn assert_values_in_range(rig: &mut Rig) {
    for param in rig.instance.params() {
        let inside = (param.min..=param.max).contains(&param.value);
        assert!(inside, "\"{}\" is at {}", param.name, param.value);
    }
}
