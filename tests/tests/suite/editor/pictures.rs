//! The pictures of the documentation, taken from the built editor while it plays a preset.

use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::json;
use tidepool::presets;
use tidepool_tests::Score;
use tidepool_tests::display::{Pointer, in_own_process};
use tidepool_tests::score::on;

use super::{ENGINE, Opened, PLAY, click, close, opened};
use crate::state::{framed, unframed};
use crate::state_fixtures::preset_state;

/// Preset that is played.
const PRESET: &str = "Aurora Drift";
/// Pictures, with the place of their tab.
const PICTURES: [(&str, u32); 7] = [
    ("editor", PLAY.0),
    ("oscillators", 104),
    ("fm", 172),
    ("filter", 260),
    ("modulation", 373),
    ("browser", 527),
    ("engine", ENGINE.0),
];

#[test]
#[ignore = "writes docs/images; release bundles have figures that mean something"]
fn pictures_of_the_documentation() {
    if !in_own_process("editor::pictures::pictures_of_the_documentation") {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let preset = presets::find(PRESET).expect("a factory preset");
    let mut state = unframed(&preset_state(preset));
    let texts = json!({
        "id": format!("factory:{PRESET}"),
        "name": preset.name,
        "category": preset.category.name(),
        "author": preset.author,
        "tags": preset.tags,
        "description": preset.description,
        "macros": preset.macros,
    });
    state["fields"]["sound"] = json!(texts.to_string());
    rig.instance.load(&framed(&state)).expect("a valid state");
    let chord = [45, 52, 57, 60, 64].into_iter();
    let chord = chord.fold(Score::new(480), |score, key| score.at(0, on(key)));
    rig.play(&chord, &[480]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
    for (name, x) in PICTURES {
        click(&screen, window, (x, PLAY.1));
        // Away from the tab, and long enough for meters and statistics.
        screen.point(window, Pointer::Move, (700, 40));
        for _ in 0..300 {
            rig.play(&Score::new(480), &[480]);
            rig.instance.idle();
            thread::sleep(Duration::from_millis(10));
        }
        let picture = screen.picture(parent);
        let file = folder.join(format!("{name}.png"));
        picture.save(&file).expect("the picture is written");
    }
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}
