//! MIDI controllers that are assigned to parameters: what they play is what automation plays, to the bit, and the host
//! is told.

use serde_json::json;
use tidepool_host::Event;
#[cfg(target_os = "linux")]
use tidepool_tests::raw_host::{Child, isolated};
#[cfg(unix)]
use tidepool_tests::raw_host::{Events, Flow, Host, Library, Manners, Outgoing, midi};
use tidepool_tests::score::on;
use tidepool_tests::vst3_host::{self, Plugin};
use tidepool_tests::{Rig, Score, Sound};

use crate::state::{framed, unframed};

const FRAMES: usize = 24_000;
/// Block lengths, each a cycle.
const BLOCKS: [&[usize]; 3] = [&[512], &[64, 1, 333], &[8192]];

/// Cutoff by one controller, the reverse of the resonance by the same one, the volume by a pair, and the filter's mode by
/// channel pressure.
const MAP: &str = r#"[
    {"parameter":"cutoff","controller":"CC 20","from":0.2,"to":0.9},
    {"parameter":"resonance","controller":"CC 20","from":1.0,"to":0.0},
    {"parameter":"volume","controller":"CC 1+33","from":0.5,"to":1.0},
    {"parameter":"filter_mode","controller":"Pressure","from":0.0,"to":1.0}
]"#;

/// Returns the state of a new instance with the assignments `map`.
fn state(map: &str) -> Vec<u8> {
    let mut state = unframed(&Rig::new().instance.save().expect("the state is saved"));
    state["fields"]["midi_map"] = json!(map);
    framed(&state)
}

/// Returns a new instance with the assignments `map`.
fn rig(map: &str) -> Rig {
    let mut rig = Rig::new();
    rig.instance.load(&state(map)).expect("the state loads");
    rig
}

/// Returns the value of the parameter `key`, from 0 to 1.
fn value(rig: &mut Rig, key: &str) -> f64 {
    let param = rig.param(key);
    let value = rig.instance.value(param.id).expect("it has a value");
    (value - param.min) / (param.max - param.min)
}

fn cc(number: u8, value: u8) -> Event {
    Event::Midi([0xB5, number, value])
}

/// Returns a change of the parameter `key` to a value from 0 to 1.
fn automation(rig: &mut Rig, key: &str, value: f64) -> Event {
    let param = rig.param(key);
    let value = param.min + value * (param.max - param.min);
    let value = if param.stepped { value.round() } else { value };
    Event::Param {
        id: param.id,
        value,
    }
}

/// Returns moves of controllers, and the same moves as automation.
fn moves(rig: &mut Rig) -> [Score; 2] {
    let mut scores = [0; 2].map(|_| Score::new(FRAMES).at(0, on(45)).at(100, on(64)));
    let mut add = |at: usize, midi: Event, automation: &[Event]| {
        let [controllers, host] = std::mem::take(&mut scores);
        let host = (automation.iter()).fold(host, |host, event| host.at(at, *event));
        scores = [controllers.at(at, midi), host];
    };
    for step in 0..=127_u8 {
        let at = usize::from(step) * 150 + 7;
        let position = f32::from(step) / 127.0;
        let between = |from: f32, to: f32| f64::from((1.0 - position) * from + position * to);
        let both = [
            automation(rig, "cutoff", between(0.2, 0.9)),
            automation(rig, "resonance", between(1.0, 0.0)),
        ];
        add(at, cc(20, step), &both);
        let mode = automation(rig, "filter_mode", f64::from(position));
        add(at + 3, Event::Midi([0xD2, step, 0]), &[mode]);
    }
    let fine = (f32::from(64_u8) * 128.0 + 37.0) / 16_383.0;
    let fine = f64::from((1.0 - fine) * 0.5 + fine * 1.0);
    let fine = automation(rig, "volume", fine);
    add(20_000, cc(1, 64), &[]);
    add(20_000, cc(33, 37), &[fine]);
    scores
}

#[test]
fn a_controller_plays_what_automation_plays_in_blocks_of_every_length() {
    let [controllers, automation] = moves(&mut Rig::new());
    let expected = rig("[]").play(&automation, &[512]);
    assert!(
        rig("[]")
            .play(&controllers, &[512])
            .first_difference(&expected)
            .is_some(),
        "nothing is moved"
    );
    for blocks in BLOCKS {
        let mut rig = rig(MAP);
        let sound = rig.play(&controllers, blocks);
        assert_eq!(sound.first_difference(&expected), None, "{blocks:?}");
        let last = [0.9, 0.0, 1.0].map(|value: f64| value);
        let found = ["cutoff", "resonance", "filter_mode"].map(|key| value(&mut rig, key));
        for (found, last) in found.into_iter().zip(last) {
            assert!((found - last).abs() < 1e-6, "{found} instead of {last}");
        }
    }
}

#[test]
fn the_host_gets_each_value_at_its_sample_in_order() {
    let [controllers, automation] = moves(&mut Rig::new());
    let mut rig = rig(MAP);
    rig.play(&controllers, &[500]);
    let values = |events: &[(usize, Event)]| -> Vec<(usize, u32, f64)> {
        let values = events.iter().filter_map(|&(at, event)| match event {
            Event::Param { id, value } => Some((at, id, value)),
            _ => None,
        });
        values.collect()
    };
    let told = values(&rig.received);
    let mut expected = values(&automation.events);
    expected.sort_by_key(|&(at, ..)| at);
    let is_near = |(told, expected): (&(usize, u32, f64), &(usize, u32, f64))| {
        (told.0, told.1) == (expected.0, expected.1) && (told.2 - expected.2).abs() < 1e-6
    };
    assert_eq!(told.len(), expected.len());
    assert!(told.iter().zip(&expected).all(is_near), "{told:?}");
    // The host's own automation is not sent back.
    rig.play(&automation, &[500]);
    assert_eq!(values(&rig.received), []);
}

#[test]
fn an_assigned_controller_loses_its_own_effect_and_gets_it_back() {
    let wheel = |score: Score| score.at(4_000, Event::Midi([0xB0, 1, 127]));
    let plain = Score::new(FRAMES).at(0, on(57));
    let still = rig("[]").play(&plain, &[256]);
    let moved = rig("[]").play(&wheel(plain.clone()), &[256]);
    assert!(moved.first_difference(&still).is_some(), "vibrato is heard");
    // Nothing sounds of the parameter that the wheel moves here.
    let map = r#"[{"parameter":"delay_time","controller":"CC 1"}]"#;
    let mut rig = rig(map);
    assert_eq!(
        rig.play(&wheel(plain.clone()), &[256])
            .first_difference(&still),
        None
    );
    assert_eq!(value(&mut rig, "delay_time"), 1.0);
    rig.instance.load(&state("[]")).expect("the state loads");
    rig.processor().reset();
    let again = rig.play(&wheel(plain), &[256]);
    assert_eq!(again.first_difference(&moved), None);
}

#[test]
fn a_state_without_a_map_or_with_a_damaged_one_has_none() {
    let mut rig = rig(MAP);
    let kept = |rig: &mut Rig| {
        let state = unframed(&rig.instance.save().expect("the state is saved"));
        state["fields"]["midi_map"].as_str().map(str::to_owned)
    };
    assert!(kept(&mut rig).is_some_and(|map| map.contains("CC 1+33")));
    for damaged in ["", "7", r#"[{"parameter":"cutoff","controller":"CC 500"}]"#] {
        rig.instance.load(&state(MAP)).expect("the state loads");
        rig.instance.load(&state(damaged)).expect("the state loads");
        assert_eq!(kept(&mut rig).as_deref(), Some("[]"), "{damaged}");
    }
    rig.instance.load(&state(MAP)).expect("the state loads");
    let mut without = unframed(&state(MAP));
    let fields = without["fields"].as_object_mut().expect("there are fields");
    fields.remove("midi_map");
    rig.instance
        .load(&framed(&without))
        .expect("the state loads");
    assert_eq!(kept(&mut rig).as_deref(), Some("[]"));
}

/// Plays a block with `count` messages that move 64 parameters; returns the sound.
fn flood(count: usize, frames: usize) -> Sound {
    let mut rig = Rig::new();
    let ids = rig.instance.params();
    assert!(ids.len() > 64);
    let entry = |key: &str| format!(r#"{{"parameter":"{key}","controller":"CC 20"}}"#);
    let keys = tidepool_dsp::Parameter::all().map(|it| it.spec().id);
    let entries: Vec<_> = keys.take(64).map(entry).collect();
    let map = format!("[{}]", entries.join(","));
    let mut rig = self::rig(&map);
    let mut score = Score::new(frames).at(0, on(57));
    for n in 0..count {
        score = score.at(n * frames / count, cc(20, (n * 37 % 128) as u8));
    }
    let sound = rig.play(&score, &[frames]);
    // Each value that is told is a change that is played.
    assert!(rig.received.len() < 40_000, "{}", rig.received.len());
    let last = ((count - 1) * 37 % 128) as f64 / 127.0;
    rig.play(&Score::new(64), &[64]);
    assert!((value(&mut rig, "cutoff") - last).abs() < 1e-6);
    sound
}

#[test]
fn ten_thousand_messages_in_a_block_are_survived_and_the_last_one_counts() {
    flood(10_000, 8_192).assert_sane("a flood");
    flood(10_000, 64).assert_sane("a flood in a short block");
}

#[cfg(unix)]
#[test]
fn a_controller_moves_its_parameters_in_a_flush_too() {
    let plugin = Library::bundled().create(Host::new(Manners::GOOD));
    assert!(plugin.init() && plugin.load(&state(MAP), Flow::Whole));
    let mut events = Events::new();
    events.push(midi(0, [0xB5, 20, 127]));
    plugin.flush(Some(&events), Outgoing::Taken);
    let near = |key: &str, expected: f64| {
        let value = plugin.param_value(tidepool::params::param_id(key));
        let value = value.expect("the parameter is there");
        assert!((value - expected).abs() < 1e-6, "{key} is at {value}");
    };
    near("cutoff", 0.9);
    near("resonance", 0.0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_new_instance_begins_with_the_assignments_of_the_user() {
    let home = tempfile::TempDir::new().expect("a folder is made");
    let folder = home.path().join("tidepool");
    std::fs::create_dir_all(&folder).expect("it is made");
    let map = "[[midi_map]]\nparameter = \"cutoff\"\ncontroller = \"CC 21\"\nfrom = 0.5\n";
    std::fs::write(folder.join("settings.toml"), map).expect("the settings are written");
    let home = home.path().to_str().expect("the path is text").to_owned();
    let child = Child::run("midi_map::begins", &[("XDG_CONFIG_HOME", home)]);
    assert!(child.is_done(), "{:?}\n{}", child.ending, child.end(25));
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "run in a process of its own"]
fn begins() {
    isolated(|| {
        let mut rig = Rig::new();
        let state = rig.instance.save().expect("the state is saved");
        let expected = r#"[{"parameter":"cutoff","controller":"CC 21","from":0.5,"to":1.0}]"#;
        assert_eq!(unframed(&state)["fields"]["midi_map"], expected);
        rig.instance.idle();
        assert!(!rig.instance.take_dirty(), "nothing has changed");
        rig.play(&Score::new(64).at(0, cc(21, 0)), &[64]);
        assert!((value(&mut rig, "cutoff") - 0.5).abs() < 1e-6);
        // A project has its own.
        rig.instance
            .load(&self::state(MAP))
            .expect("the state loads");
        rig.play(&Score::new(64).at(0, cc(21, 127)), &[64]);
        assert!(value(&mut rig, "cutoff") < 0.99);
    });
}

#[test]
fn vst3_hosts_reach_every_controller() {
    let plugin = Plugin::playing(512);
    assert_eq!(plugin.load(&state(MAP), i32::MAX), 0);
    let cutoff = plugin.parameter("Cutoff").id;
    let id = plugin.assignment(7, 20).expect("CC 20 is there");
    let block = vst3_host::Block::new(512).points(id, &[(0, 0.0), (100, 1.0)]);
    plugin.play(&block);
    assert!((plugin.value(cutoff) - 0.9).abs() < 1e-6);
}
