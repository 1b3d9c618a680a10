//! A player's way through the window, in a host by other people: save a sound, close the window, open it again, browse,
//! load, undo and compare. Every button is found by its text, as a player finds it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use image::RgbImage;
use image::imageops::crop_imm;
use serde_json::Value;
use tidepool_tests::bundles;
use tidepool_tests::display::{KeyButMask, Screen, find_text, in_own_process, read_text};

use super::{KEY_Z, PATIENCE, SOUND_A, SOUND_B, click, eventually, save};
use crate::vst3::python;

/// Height of the window's first line, in which the name of the sound stands.
const HEADER: u32 = 44;

/// `pedalboard` with the VST3, driven by `walk.py`.
struct Pedalboard {
    python: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Pedalboard {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/editor/walk.py");
        let mut python = Command::new(python())
            .arg(script)
            .arg(bundles::vst3())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let commands = python.stdin.take().expect("the input is piped");
        let answers = BufReader::new(python.stdout.take().expect("the output is piped"));
        Self {
            python,
            commands,
            answers,
        }
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").expect("the host reads commands");
    }

    /// Returns the next answer; the plugin's own lines on the output are skipped.
    fn answer(&mut self) -> Value {
        loop {
            let mut line = String::new();
            let read = self.answers.read_line(&mut line);
            assert_ne!(read.expect("the host answers"), 0, "the host has ended");
            if let Ok(value) = serde_json::from_str(&line) {
                return value;
            }
        }
    }

    /// Returns the normalized values of all parameters by name.
    fn values(&mut self) -> BTreeMap<String, f64> {
        self.tell("values");
        let answer = self.answer();
        serde_json::from_value(answer["values"].clone()).expect("values are numbers")
    }

    /// Waits until the values are `wished`, apart from the rounding of 32-bit numbers.
    fn shows(&mut self, wished: &BTreeMap<String, f64>, step: &str) {
        let mut wrong = Vec::new();
        let shown = eventually(|| {
            let values = self.values();
            let far = |(name, value): &(&String, &f64)| (values[*name] - **value).abs() > 1e-5;
            let far = wished.iter().filter(far);
            wrong = far
                .map(|(name, wished)| format!("{name} {} for {wished}", values[name]))
                .collect();
            wrong.is_empty().then_some(())
        });
        assert!(shown.is_some(), "{step}: {wrong:?}");
    }
}

impl Drop for Pedalboard {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

/// Editor on a screen.
struct Editor {
    screen: Screen,
    window: u32,
}

impl Editor {
    fn find() -> Self {
        let screen = Screen::connect(None);
        let window = screen.titled("Tidepool", 3 * PATIENCE);
        let window = window.expect("the editor opens");
        Self { screen, window }
    }

    fn picture(&self) -> RgbImage {
        self.screen.picture(self.window)
    }

    /// Clicks `words` as soon as the window shows them.
    fn click(&self, words: &str) {
        let place = eventually(|| find_text(&self.picture(), words));
        let Some(place) = place else {
            save(&self.picture(), "walk-failed.png");
            panic!("the window does not show `{words}`");
        };
        click(&self.screen, self.window, place);
    }

    /// Waits until the header shows the sound's name.
    fn is_of(&self, sound: &str) {
        let shown = eventually(|| {
            let picture = self.picture();
            let header = crop_imm(&picture, 0, 0, picture.width(), HEADER).to_image();
            read_text(&header).contains(sound).then_some(())
        });
        if shown.is_none() {
            save(&self.picture(), "walk-failed.png");
            panic!("the header does not show `{sound}`");
        }
    }
}

#[test]
#[ignore = "seldom, pedalboard does not learn of every value after undo; the cause is not known yet"]
fn a_sound_is_saved_found_loaded_undone_and_compared_in_pedalboard() {
    const TEST: &str =
        "editor::walk::a_sound_is_saved_found_loaded_undone_and_compared_in_pedalboard";
    if !in_own_process(TEST) {
        return;
    }
    let mut host = Pedalboard::start();
    let editor = Editor::find();

    // Save.
    editor.click("Browser");
    editor.click("Bilge Growl");
    editor.is_of("Bilge Growl");
    editor.click("Save as...");
    editor.click("Save as new");
    let file = saved("Bilge Growl 2.toml");
    editor.is_of("Bilge Growl 2");
    let kept = host.values();

    // Close, and open again.
    host.tell("close");
    assert_eq!(host.answer()["closed"], true);
    host.tell("open");
    let editor = Editor::find();
    editor.is_of("Bilge Growl 2");
    host.shows(&kept, "open");

    // Browse, on the page that was open, and load.
    editor.click("My presets");
    let alone = eventually(|| {
        let text = read_text(&editor.picture());
        (text.contains("Bilge Growl 2") && !text.contains("Gull Cry")).then_some(())
    });
    alone.expect("the list shows the player's presets alone");
    editor.click("Factory");
    editor.click("Gull Cry");
    editor.is_of("Gull Cry");
    assert_ne!(host.values(), kept);

    // Undo.
    let control = KeyButMask::CONTROL;
    editor.screen.press_key(editor.window, KEY_Z, control);
    editor.is_of("Bilge Growl 2");
    host.shows(&kept, "undo");

    // Compare: B begins as a copy of A and gets another sound.
    click(&editor.screen, editor.window, SOUND_B);
    editor.click("Siren Sync");
    editor.is_of("Siren Sync");
    let other = host.values();
    click(&editor.screen, editor.window, SOUND_A);
    editor.is_of("Bilge Growl 2");
    host.shows(&kept, "A");
    click(&editor.screen, editor.window, SOUND_B);
    editor.is_of("Siren Sync");
    host.shows(&other, "B");
    save(&editor.picture(), "walk.png");

    let text = fs::read_to_string(&file).expect("the preset is a file");
    assert!(text.contains("name = \"Bilge Growl 2\""), "{text}");
}

/// Waits for a file of this name in the user's folder of presets.
fn saved(name: &str) -> PathBuf {
    let data = env::var_os("XDG_DATA_HOME").expect("the test has a folder of its own");
    let file = Path::new(&data).join("tidepool/presets").join(name);
    let found = eventually(|| file.is_file().then_some(()));
    assert!(found.is_some(), "there is no {}", file.display());
    file
}
