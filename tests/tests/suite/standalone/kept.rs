//! Sound and settings that the program keeps from one start to the next.

use std::fs;

use serde_json::Value;
use tidepool_tests::Rig;

use super::{User, eventually};
use crate::state::unframed;

/// Position of the arrow to the next preset.
const NEXT_PRESET: (u32, u32) = (480, 26);
const LAST_SOUND: &str = "last-sound.json";

/// Returns the last sound of `user`.
fn last_sound(user: &User) -> Value {
    let json = fs::read(user.file(LAST_SOUND)).expect("there is a last sound");
    serde_json::from_slice(&json).expect("the last sound is JSON")
}

#[test]
fn the_last_sound_comes_back_unless_the_start_is_fresh() {
    const TEST: &str = "standalone::kept::the_last_sound_comes_back_unless_the_start_is_fresh";
    let Some(user) = User::new(TEST) else { return };
    user.open(&[]).close();
    assert!(
        !user.file(LAST_SOUND).exists(),
        "a sound that nobody has changed is kept"
    );

    // The volume is no part of a preset, so the next preset leaves it as the last sound had it.
    let mut rig = Rig::new();
    let quiet = rig.set("volume", "-17 dB");
    rig.deactivate();
    let tidepool_host::Event::Param { id, value } = quiet else {
        panic!("{quiet:?} sets no parameter");
    };
    rig.instance
        .set_value(id, value)
        .expect("the volume is set");
    let state = unframed(&rig.instance.save().expect("the state is saved"));
    let kept = state["params"]["volume"].clone();
    fs::create_dir_all(user.file("")).expect("the folder is made");
    fs::write(user.file(LAST_SOUND), state.to_string()).expect("the sound is written");

    let running = user.open(&[]);
    running.click_until_changed(NEXT_PRESET);
    running.close();
    let changed = last_sound(&user);
    assert_ne!(changed["params"], state["params"], "the preset is not kept");
    assert_eq!(
        changed["params"]["volume"], kept,
        "the sound did not come back"
    );

    // A fresh start leaves the last sound alone until another one is made.
    user.open(&["--fresh"]).close();
    assert_eq!(last_sound(&user), changed);
    let running = user.open(&["--fresh"]);
    running.click_until_changed(NEXT_PRESET);
    // It is kept without closing, too: a crash of the machine costs seconds.
    assert!(
        eventually(|| last_sound(&user)["params"] != changed["params"]),
        "the changed sound is not kept while the program runs"
    );
    assert_ne!(last_sound(&user)["params"]["volume"], kept);
    running.close();
}

#[test]
fn a_damaged_last_sound_is_kept_aside() {
    let Some(user) = User::new("standalone::kept::a_damaged_last_sound_is_kept_aside") else {
        return;
    };
    fs::create_dir_all(user.file("")).expect("the folder is made");
    fs::write(user.file(LAST_SOUND), "{\"params\": [").expect("the file is written");
    let running = user.open(&[]);
    running.editor();
    running.close();
    let aside = fs::read_to_string(user.file("last-sound.damaged-1.json"));
    assert_eq!(aside.expect("it is kept aside"), "{\"params\": [");
    assert!(!user.file(LAST_SOUND).exists());
}

#[test]
fn a_signal_keeps_the_sound() {
    let Some(user) = User::new("standalone::kept::a_signal_keeps_the_sound") else {
        return;
    };
    let mut running = user.open(&[]);
    running.click_until_changed(NEXT_PRESET);
    // The engine takes the values of the preset at its next block.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let told = std::process::Command::new("sh")
        .args(["-c", &format!("kill -s TERM {}", running.program.id())])
        .status();
    assert!(told.expect("a shell runs").success());
    assert!(eventually(|| !running.is_alive()));
    assert!(last_sound(&user)["params"].is_object());
}

#[test]
fn size_and_theme_come_back_unless_the_start_is_fresh() {
    const TEST: &str = "standalone::kept::size_and_theme_come_back_unless_the_start_is_fresh";
    let Some(user) = User::new(TEST) else { return };
    let running = user.open(&[]);
    running.editor();
    running.screen.resize(running.window, 1200, 800);
    let remembered = || {
        let text = fs::read_to_string(user.file("settings.toml")).unwrap_or_default();
        text.contains("width = 1200") && text.contains("height = 800")
    };
    assert!(eventually(remembered), "the size is not remembered");
    running.close();
    for (flags, size) in [
        (&["--fresh"][..], (1000, 720)),
        (&[], (1200, 800)),
        (&["--dpi-scale", "0.5"], (600, 400)),
    ] {
        let running = user.open(flags);
        running.editor();
        assert_eq!(running.screen.size(running.window), size, "{flags:?}");
        running.close();
        assert!(remembered(), "{flags:?} has changed the settings");
    }
}
