//! CLAP `state-context`: the state of a preset holds the sound and leaves the settings of the instance alone.

use clap_sys::ext::state_context::{
    CLAP_STATE_CONTEXT_FOR_DUPLICATE, CLAP_STATE_CONTEXT_FOR_PRESET, CLAP_STATE_CONTEXT_FOR_PROJECT,
};
use serde_json::{Value, json};
use tidepool::presets::NOT_IN_PRESETS;
use tidepool_tests::raw_host::{Flow, Host, Library, Manners, Plugin};

/// Scale of three steps, as the state holds it.
const SCALE: &str = "three\n 3\n 400.0\n 800.0\n 2/1\n";

fn instance() -> Plugin {
    let plugin = Library::bundled().create(Host::new(Manners::GOOD));
    assert!(plugin.init(), "the plugin initialises");
    plugin
}

/// Returns a state with these values and this scale, in the format of the plugin's streams.
fn state(cutoff: f32, voices: i32, scale: Option<&str>) -> Vec<u8> {
    let tuning = json!({ "scale": scale, "map": null }).to_string();
    let state = json!({
        "version": "0.1.0",
        "params": { "cutoff": { "f32": cutoff }, "voices": { "i32": voices } },
        "fields": { "tuning": tuning },
    });
    let text = state.to_string();
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn json_of(state: &[u8]) -> Value {
    serde_json::from_slice(&state[8..]).expect("the state is JSON")
}

/// Returns cutoff, voices and scale of the instance.
fn held(plugin: &Plugin) -> (f64, i64, Option<String>) {
    let state = json_of(&plugin.save(Flow::Whole).expect("the state is saved"));
    let tuning = state["fields"]["tuning"]
        .as_str()
        .expect("there is a tuning");
    let tuning: Value = serde_json::from_str(tuning).expect("the tuning is JSON");
    (
        state["params"]["cutoff"]["f32"].as_f64().expect("a number"),
        state["params"]["voices"]["i32"].as_i64().expect("a number"),
        tuning["scale"].as_str().map(str::to_owned),
    )
}

#[test]
fn a_preset_is_saved_without_the_settings() {
    let plugin = instance();
    assert!(plugin.load(&state(500.0, 3, Some(SCALE)), Flow::Whole));
    let saved = plugin.save_in(CLAP_STATE_CONTEXT_FOR_PRESET, Flow::Whole);
    let preset = json_of(&saved.expect("the preset is saved"));
    assert_eq!(preset["params"]["cutoff"]["f32"], 500.0);
    for parameter in NOT_IN_PRESETS {
        let id = parameter.spec().id;
        assert_eq!(preset["params"][id], Value::Null, "{id}");
    }
    assert_eq!(preset["fields"]["tuning"], Value::Null);
    let whole = plugin.save(Flow::Whole);
    for context in [
        CLAP_STATE_CONTEXT_FOR_DUPLICATE,
        CLAP_STATE_CONTEXT_FOR_PROJECT,
    ] {
        assert_eq!(plugin.save_in(context, Flow::Whole), whole);
    }
}

#[test]
fn a_preset_is_loaded_beside_the_settings() {
    let plugin = instance();
    let own = state(500.0, 3, Some(SCALE));
    assert!(plugin.load(&own, Flow::Whole));
    let preset = plugin.save_in(CLAP_STATE_CONTEXT_FOR_PRESET, Flow::Whole);
    let preset = preset.expect("the preset is saved");

    let other = instance();
    assert!(other.load(&state(9_000.0, 7, None), Flow::Whole));
    // A host may also take a whole state for a preset.
    for state in [&preset, &own] {
        assert!(other.load_in(CLAP_STATE_CONTEXT_FOR_PRESET, state, Flow::Whole));
        assert_eq!(held(&other), (500.0, 7, None));
    }
    assert!(other.load_in(CLAP_STATE_CONTEXT_FOR_DUPLICATE, &own, Flow::Whole));
    assert_eq!(held(&other), (500.0, 3, Some(SCALE.to_owned())));
    // The scale of the instance survives a preset, too.
    let preset = state(800.0, 1, None);
    assert!(other.load_in(CLAP_STATE_CONTEXT_FOR_PRESET, &preset, Flow::Whole));
    assert_eq!(held(&other), (800.0, 3, Some(SCALE.to_owned())));
}
