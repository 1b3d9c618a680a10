//! CLAP `note-name`: keys have names of their own while the tuning does not repeat every twelve keys, and the host is told
//! of each change.

use serde_json::json;
use tidepool_tests::raw_host::{Flow, Host, Library, Manners, Plugin};

fn instance(manners: Manners) -> Plugin {
    let plugin = Library::bundled().create(Host::new(manners));
    assert!(plugin.init(), "the plugin initialises");
    plugin
}

/// Loads the state with an equal division of the octave.
fn tune(plugin: &Plugin, steps: u32) {
    let mut scale = format!("equal\n {steps}\n");
    for step in 1..=steps {
        scale += &format!(" {:.6}\n", 1200.0 * f64::from(step) / f64::from(steps));
    }
    let tuning = json!({ "scale": scale, "map": null }).to_string();
    let state = json!({ "version": "0.1.0", "params": {}, "fields": { "tuning": tuning } });
    let text = state.to_string();
    let bytes = [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    assert!(plugin.load(&bytes, Flow::Whole));
}

#[test]
fn keys_are_named_while_the_usual_names_do_not_fit() {
    let plugin = instance(Manners::GOOD);
    assert_eq!(plugin.note_names(), 0);
    tune(&plugin, 19);
    assert_eq!(plugin.note_names(), 128);
    let expected = |key, name: &str| Some((key, name.to_owned()));
    assert_eq!(plugin.note_name(60), expected(60, "0, oct 4"));
    assert_eq!(plugin.note_name(127), expected(127, "10, oct 7"));
    assert_eq!(plugin.note_name(128), None);
    tune(&plugin, 12);
    assert_eq!(plugin.note_names(), 0);
}

#[test]
fn the_host_is_told_of_each_change_on_the_main_thread() {
    let plugin = instance(Manners::GOOD);
    plugin.on_main_thread();
    assert_eq!(plugin.host().note_name_changes(), 0);
    let requests = plugin.host().requests();
    tune(&plugin, 19);
    assert!(plugin.host().requests() > requests, "a call is requested");
    assert_eq!(plugin.host().note_name_changes(), 0);
    for _ in 0..3 {
        plugin.on_main_thread();
        assert_eq!(plugin.host().note_name_changes(), 1);
    }
    tune(&plugin, 12);
    plugin.on_main_thread();
    assert_eq!(plugin.host().note_name_changes(), 2);
}

#[test]
fn a_host_that_cannot_be_told_is_not() {
    for manners in [Manners::BARE, Manners::WORST] {
        let plugin = instance(manners);
        tune(&plugin, 19);
        plugin.on_main_thread();
        assert_eq!(plugin.note_names(), 128);
    }
}
