//! MIDI program changes load the presets of the user's banks, without a window.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tidepool::presets;
use tidepool_host::Event;
use tidepool_tests::raw_host::{Child, isolated};
use tidepool_tests::{Rig, Score};

/// User's preset.
const MINE: &str = "name = \"Mine\"\ncategory = \"Bass\"\n[parameters]\ncutoff = \"500 Hz\"\n";

/// Runs the ignored test of this name in a child process whose user has the preset [`MINE`] and these programs.
fn with_programs(test: &str, programs: &str) {
    let home = TempDir::new().expect("a folder is made");
    let data = home.path().join("data");
    let folder = data.join("tidepool/presets");
    fs::create_dir_all(&folder).expect("it is made");
    fs::write(folder.join("Mine.toml"), MINE).expect("a preset is written");
    let file = data.join("tidepool/programs.toml");
    fs::write(file, programs).expect("the programs are written");
    let text = |path: &Path| path.to_str().expect("the path is text").to_owned();
    let variables = [
        ("XDG_DATA_HOME", text(&data)),
        ("XDG_CONFIG_HOME", text(&home.path().join("config"))),
    ];
    let child = Child::run(&format!("program_change::{test}"), &variables);
    assert!(child.is_done(), "{:?}\n{}", child.ending, child.end(25));
}

fn programs(on: bool) -> String {
    let factory = &presets::all()[3].name;
    format!(
        "on = {on}\n[banks.0]\n1 = \"user:Mine.toml\"\n128 = \"user:Gone.toml\"\n[banks.257]\n5 = \"factory:{factory}\"\n"
    )
}

/// Plays messages and lets the main thread work.
fn send(rig: &mut Rig, messages: &[[u8; 3]]) {
    let score = (messages.iter()).fold(Score::new(256), |score, message| {
        score.at(10, Event::Midi(*message))
    });
    rig.play(&score, &[64]);
    rig.instance.idle();
    rig.play(&Score::new(64), &[64]);
}

fn cutoff(rig: &mut Rig) -> String {
    let id = rig.param("cutoff").id;
    let value = rig.instance.value(id).expect("it has a value");
    rig.instance
        .value_to_text(id, value)
        .expect("it has a text")
}

#[test]
fn programs_load_presets_of_the_user_and_of_the_factory() {
    with_programs("loads", &programs(true));
}

#[test]
#[ignore = "run in a process of its own"]
fn loads() {
    isolated(|| {
        let mut rig = Rig::new();
        let volume = rig.set("volume", "-20 dB");
        rig.play(&Score::new(64).at(0, volume), &[64]);
        let before = rig.values();
        // A program without a preset, and one whose file is gone, change nothing.
        send(&mut rig, &[[0xC0, 7, 0]]);
        send(&mut rig, &[[0xC0, 127, 0]]);
        assert_eq!(rig.values(), before);
        send(&mut rig, &[[0xC0, 0, 0]]);
        assert_eq!(cutoff(&mut rig), "500 Hz");
        assert!(rig.instance.take_dirty(), "the host knows of the change");
        // Bank 257, program 5, on another channel.
        send(&mut rig, &[[0xB4, 0, 2], [0xB4, 32, 1], [0xC4, 4, 0]]);
        let preset = &presets::all()[3];
        let expected = preset.patch.get(tidepool_dsp::Parameter::Cutoff);
        let text = tidepool::params::text::format(tidepool_dsp::Parameter::Cutoff.spec(), expected);
        assert_eq!(cutoff(&mut rig), text);
        // The bank is that of its channel.
        send(&mut rig, &[[0xC0, 0, 0]]);
        assert_eq!(cutoff(&mut rig), "500 Hz");
        // The settings of the player stay.
        let id = rig.param("volume").id;
        let volume = rig.instance.value(id).expect("it has a value");
        assert_eq!(
            rig.instance.value_to_text(id, volume).as_deref(),
            Some("-20 dB")
        );
        // Of many in a block the last one counts.
        let many: Vec<_> = (0..1000).map(|n| [0xC0, [9, 0][n % 2], 0]).collect();
        send(&mut rig, &many);
        assert_eq!(cutoff(&mut rig), "500 Hz");
    });
}

#[test]
fn programs_load_nothing_while_they_are_off() {
    with_programs("off", &programs(false));
}

#[test]
#[ignore = "run in a process of its own"]
fn off() {
    isolated(|| {
        let mut rig = Rig::new();
        let before = rig.values();
        send(&mut rig, &[[0xC0, 0, 0]]);
        assert_eq!(rig.values(), before);
    });
}
