//! Editor window: it opens inside a host's window, shows text, and leaves no window or thread behind.

mod first_frame;
mod idle;
mod keys;
mod pictures;
mod sizes;
mod vst3;
mod walk;

use std::env;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use clack_extensions::gui::{GuiApiType, GuiConfiguration, PluginGui, Window as GuiWindow};
use image::RgbImage;
use tidepool::params::param_id;
use tidepool_host::{Event, Instance};
use tidepool_tests::display::{KeyButMask, Pointer, Screen, in_own_process, read_text};
use tidepool_tests::rig::RATE;
use tidepool_tests::score::{off, on};
use tidepool_tests::{Rig, Score, Sound, bundles};

use crate::state::unframed;

/// X11 window embedded in the host's window.
const EMBEDDED: GuiConfiguration<'static> = GuiConfiguration {
    api_type: GuiApiType::X11,
    is_floating: false,
};

/// Time limit for a window to paint or to close; a software renderer on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn the_window_opens_shows_text_and_closes_twenty_times() {
    if !in_own_process("editor::the_window_opens_shows_text_and_closes_twenty_times") {
        return;
    }
    let screen = Screen::connect(None);
    let mut rig = Rig::new();
    let at_rest = Rest::now(&screen);
    for round in 0..20 {
        let parent = open(&mut rig.instance, &screen, 0);
        let first = painted(&mut rig.instance, &screen, parent);
        // The synth continues to play while its window is open.
        assert!(!rig.play(&Score::a440(4800), &[512]).is_silent());

        // Text recognition takes a second, so that only the first and the last picture are read.
        if round == 0 || round == 19 {
            let picture = settled(&mut rig.instance, &screen, parent, first);
            save(&picture, "editor.png");
            assert_shows(&mut rig.instance, &read_text(&picture), round);
        }

        close(&mut rig.instance);
        let gone = eventually(|| screen.children(parent).is_empty().then_some(()));
        assert!(gone.is_some(), "opening {round}: the plugin's window stays");
        screen.close(parent);
    }
    at_rest.assert_again(&screen);
}

#[test]
fn two_windows_are_open_at_once() {
    if !in_own_process("editor::two_windows_are_open_at_once") {
        return;
    }
    let screen = Screen::connect(None);
    let (mut first, mut second) = (Rig::new(), Rig::new());
    let at_rest = Rest::now(&screen);
    let left = open(&mut first.instance, &screen, 0);
    let right = open(&mut second.instance, &screen, 1280);
    painted(&mut first.instance, &screen, left);
    painted(&mut second.instance, &screen, right);

    // The remaining editor has to keep working.
    close(&mut first.instance);
    thread::sleep(Duration::from_millis(200));
    painted(&mut second.instance, &screen, right);
    close(&mut second.instance);
    screen.close(left);
    screen.close(right);
    at_rest.assert_again(&screen);
}

#[test]
fn an_instance_may_go_right_after_its_window() {
    if !in_own_process("editor::an_instance_may_go_right_after_its_window") {
        return;
    }
    let screen = Screen::connect(None);
    // The first instance creates what nice-plug shares between all instances, which stays.
    let _first = Rig::new();
    let at_rest = Rest::now(&screen);
    for _ in 0..3 {
        let mut rig = Rig::new();
        let parent = open(&mut rig.instance, &screen, 0);
        painted(&mut rig.instance, &screen, parent);
        close(&mut rig.instance);
        drop(rig);
        screen.close(parent);
    }
    at_rest.assert_again(&screen);
}

#[test]
fn the_meter_shows_what_is_played() {
    if !in_own_process("editor::the_meter_shows_what_is_played") {
        return;
    }
    let screen = Screen::connect(None);
    let mut rig = Rig::new();
    let at_rest = Rest::now(&screen);
    let parent = open(&mut rig.instance, &screen, 0);
    let first = painted(&mut rig.instance, &screen, parent);
    let silent = settled(&mut rig.instance, &screen, parent, first);

    // Plays a chord in real time, so that audio reaches the editor's worker over the bridge.
    let chord = [45, 57, 64, 69, 73].into_iter();
    let chord = chord.fold(Score::new(480), |score, key| score.at(0, on(key)));
    rig.play(&chord, &[480]);
    let held = Score::new(480);
    let mut playing = silent.clone();
    let shown = eventually(|| {
        for _ in 0..150 {
            rig.play(&held, &[480]);
            thread::sleep(Duration::from_millis(10));
        }
        rig.instance.idle();
        playing = screen.picture(parent);
        (changed_in_meter(&silent, &playing) > 500).then_some(())
    });
    save(&playing, "editor-playing.png");
    assert!(shown.is_some(), "the meter does not move");
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn the_engine_page_shows_figures_and_has_no_keys() {
    const TEST: &str = "editor::the_engine_page_shows_figures_and_has_no_keys";
    if !in_own_process(TEST) {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();

    click(&screen, window, ENGINE);
    let mut text = String::new();
    let shown = eventually(|| {
        let picture = settled_on(&mut rig, &screen, parent);
        save(&picture, "editor-engine.png");
        text = read_text(&picture);
        let words = ["Processor time", "Overruns", "Bridge"];
        words.iter().all(|word| text.contains(word)).then_some(())
    });
    assert!(shown.is_some(), "the page does not show: {text:?}");
    // A click where the keys were plays no note.
    press(&screen, window, key(&screen, parent, 21));
    assert!(rig.play(&Score::new(24_000), &[480]).is_silent());
    screen.point(window, Pointer::Release, key(&screen, parent, 21));

    click(&screen, window, PLAY);
    press(&screen, window, key(&screen, parent, 21));
    hears(&mut rig, true).expect("the pressed key is not heard");
    close(&mut rig.instance);
    hears(&mut rig, false).expect("the key sounds on when the window closes");
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn every_page_of_the_sound_opens() {
    if !in_own_process("editor::every_page_of_the_sound_opens") {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let pages = [
        ("oscillators", 104),
        ("fm", 172),
        ("filter", 260),
        ("modulation", 373),
        ("effects", 455),
        ("browser", 527),
    ];
    let mut before = settled_on(&mut rig, &screen, parent);
    for (name, x) in pages {
        click(&screen, window, (x, PLAY.1));
        // The tests of the panels check the page's contents.
        let shown = eventually(|| {
            let picture = settled_on(&mut rig, &screen, parent);
            let pairs = before.pixels().zip(picture.pixels());
            let changed = pairs.filter(|(a, b)| a != b).count();
            (changed > 20_000).then_some(picture)
        });
        before = shown.unwrap_or_else(|| panic!("{name} does not open"));
        save(&before, &format!("editor-{name}.png"));
    }
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn the_keyboard_plays_until_it_is_let_go() {
    if !in_own_process("editor::the_keyboard_plays_until_it_is_let_go") {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    assert!(rig.play(&Score::new(4_800), &[480]).is_silent());
    let untouched = settled_on(&mut rig, &screen, parent);

    // C4, with a chord from the host added for the picture.
    let (middle_c, next) = (key(&screen, parent, 21), key(&screen, parent, 24));
    press(&screen, window, middle_c);
    let heard = hears(&mut rig, true).expect("the pressed key is not heard");
    let pitch = heard.pitch(RATE);
    assert!((pitch - 261.63).abs() < 3.0, "C4 sounds at {pitch} Hz");
    let chord = |event: fn(u8) -> Event| {
        let keys = [48, 64, 67, 71].into_iter();
        keys.fold(Score::new(480), |score, key| score.at(0, event(key)))
    };
    rig.play(&chord(on), &[480]);
    let pressed = settled_on(&mut rig, &screen, parent);
    save(&pressed, "editor-keyboard.png");
    let colour = |picture: &RgbImage| picture.get_pixel(middle_c.0 - 7, middle_c.1).0;
    assert_ne!(
        colour(&untouched),
        colour(&pressed),
        "the key does not show"
    );
    rig.play(&chord(off), &[480]);
    screen.point(window, Pointer::Release, middle_c);
    hears(&mut rig, false).expect("the key sounds on when it is let go");

    // Drags from key to key and out of the window, and returns after the button was released outside, which sends no
    // event.
    press(&screen, window, middle_c);
    hears(&mut rig, true).expect("the key is not heard again");
    screen.point(window, Pointer::Move, next);
    let heard = hears_pitch(&mut rig, 349.23);
    heard.expect("the sound does not follow to F4");
    screen.point(window, Pointer::Leave, next);
    hears(&mut rig, false).expect("the key sounds on when the pointer leaves");
    screen.point(window, Pointer::Move, middle_c);
    assert!(rig.play(&Score::new(24_000), &[480]).is_silent());
    screen.point(window, Pointer::Release, middle_c);

    // Closes the window with the pointer on a pressed key.
    press(&screen, window, middle_c);
    hears(&mut rig, true).expect("the key is not heard after the pointer's return");
    close(&mut rig.instance);
    hears(&mut rig, false).expect("the key sounds on when the window closes");
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn panic_ends_a_note_that_is_held_and_init_goes_back_to_the_first_sound() {
    const TEST: &str =
        "editor::panic_ends_a_note_that_is_held_and_init_goes_back_to_the_first_sound";
    if !in_own_process(TEST) {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();

    rig.play(&Score::new(4_800).at(0, on(60)), &[480]);
    assert!(!rig.play(&Score::new(24_000), &[480]).is_silent());
    click(&screen, window, PANIC);
    hears(&mut rig, false).expect("the note is still heard after Panic");
    rig.play(&Score::new(4_800).at(0, off(60)), &[480]);

    let defaults = rig.values();
    let (cutoff, zone) = (rig.set("cutoff", "300 Hz"), rig.set("mpe_zone", "Lower"));
    rig.play(&Score::new(4_800).at(0, cutoff).at(0, zone), &[480]);
    assert_ne!(rig.values(), defaults);
    click(&screen, window, INIT);
    // Parameters that are at their defaults already receive no event.
    let mut told = Vec::new();
    let back = eventually(|| {
        rig.play(&Score::new(480), &[480]);
        told.extend(rig.received.iter().filter_map(|(_, event)| match event {
            Event::Param { id, .. } => Some(*id),
            _ => None,
        }));
        (rig.values() == defaults).then_some(())
    });
    assert!(back.is_some(), "{:?} are not {defaults:?}", rig.values());
    assert_eq!(told, ["mpe_zone", "cutoff"].map(param_id));
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn the_computers_keys_play_only_while_they_are_switched_on() {
    if !in_own_process("editor::the_computers_keys_play_only_while_they_are_switched_on") {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    // The letter A has the keycode 38 on every X server of evdev.
    let tap = || screen.press_key(window, 38, KeyButMask::default());
    settled_on(&mut rig, &screen, parent);
    tap();
    thread::sleep(Duration::from_millis(200));
    assert!(rig.play(&Score::new(24_000), &[480]).is_silent());
    let height = screen.picture(parent).height();
    click(&screen, window, (230, height - 12 - 14));
    let heard = eventually(|| {
        tap();
        thread::sleep(Duration::from_millis(100));
        let sound = rig.play(&Score::new(12_000), &[480]);
        (!sound.is_silent()).then_some(sound)
    });
    heard.expect("the letter plays nothing");
    save(&screen.picture(parent), "editor-computer-keys.png");
    hears(&mut rig, false).expect("the note does not end");
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn undo_goes_through_the_host_and_outlives_the_window() {
    const TEST: &str = "editor::undo_goes_through_the_host_and_outlives_the_window";
    if !in_own_process(TEST) {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let first = sound_of(&mut rig);
    click(&screen, window, NEXT_PRESET);
    let loaded = eventually(|| {
        rig.play(&Score::new(4_800), &[480]);
        Some(sound_of(&mut rig)).filter(|sound| !alike(sound, &first))
    });
    let preset = loaded.expect("no preset is loaded");
    // The host automates a parameter that no preset has, which undo leaves alone.
    let automated = rig.set("volume", "-20 dB");
    rig.play(&Score::new(480).at(0, automated), &[480]);
    let volume = rig.param("volume").value;
    let shows = |rig: &mut Rig, sound: &[(u32, f64)]| {
        let shown = eventually(|| {
            rig.play(&Score::new(480), &[480]);
            thread::sleep(Duration::from_millis(5));
            alike(&sound_of(rig), sound).then_some(())
        });
        shown.expect("the values do not come back");
        assert_eq!(rig.param("volume").value, volume);
    };
    let control = KeyButMask::CONTROL;
    for (key, modifiers, values) in [
        (KEY_Z, control, &first),
        (KEY_Z, control | KeyButMask::SHIFT, &preset),
        (KEY_Z, control, &first),
        (KEY_Y, control, &preset),
    ] {
        screen.press_key(window, key, modifiers);
        shows(&mut rig, values);
    }
    click(&screen, window, UNDO);
    shows(&mut rig, &first);
    save(&settled_on(&mut rig, &screen, parent), "editor-undo.png");
    close(&mut rig.instance);
    screen.close(parent);

    let parent = open(&mut rig.instance, &screen, 0);
    painted(&mut rig.instance, &screen, parent);
    let window = plugins_own(&screen, parent);
    click(&screen, window, REDO);
    shows(&mut rig, &preset);
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn keys_without_audio_are_refused_with_a_message_and_none_of_them_hangs() {
    const TEST: &str =
        "editor::keys_without_audio_are_refused_with_a_message_and_none_of_them_hangs";
    if !in_own_process(TEST) {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();

    let refused = eventually(|| {
        for place in 0..36 {
            let at = key(&screen, parent, place);
            for pointer in [Pointer::Move, Pointer::Press, Pointer::Release] {
                screen.point(window, pointer, at);
                thread::sleep(Duration::from_millis(40));
            }
        }
        let picture = screen.picture(parent);
        save(&picture, "editor-refused.png");
        let read = read_text(&picture);
        read.contains("Commands refused").then_some(())
    });
    refused.expect("the window does not tell what was refused");
    // Presses a key, whose command finds no room in the queue either.
    press(&screen, window, key(&screen, parent, 21));
    thread::sleep(Duration::from_millis(200));
    close(&mut rig.instance);
    hears(&mut rig, false).expect("a key hangs");
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn theme_and_page_come_back_in_the_next_instance() {
    if !in_own_process("editor::theme_and_page_come_back_in_the_next_instance") {
        return;
    }
    let folder = env::var_os("XDG_CONFIG_HOME").expect("the test has settings of its own");
    let folder = Path::new(&folder).join("tidepool");
    let file = folder.join("settings.toml");
    let is_bright = |picture: &RgbImage| picture.get_pixel(4, 4).0[0] > 128;
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    assert!(!is_bright(&settled_on(&mut rig, &screen, parent)));
    assert!(!folder.exists(), "opening the window has written settings");
    click(&screen, window, THEME);
    click(&screen, window, (455, PLAY.1));
    let shown = settled_on(&mut rig, &screen, parent);
    assert!(is_bright(&shown), "the theme does not change");
    close(&mut rig.instance);
    let text = fs::read_to_string(&file).expect("the settings are written");
    for line in ["theme = \"Light\"", "page = \"Effects\""] {
        assert!(text.contains(line), "`{line}` is not in {text:?}");
    }

    let mut next = Rig::new();
    let second = open(&mut next.instance, &screen, 1280);
    painted(&mut next.instance, &screen, second);
    let again = settled_on(&mut next, &screen, second);
    assert!(is_bright(&again), "the theme is forgotten");
    let pairs = shown.pixels().zip(again.pixels());
    let changed = pairs.filter(|(a, b)| a != b).count();
    assert!(
        changed < 20_000,
        "another page opens: {changed} pixels differ"
    );
    close(&mut next.instance);

    // A damaged file is kept, and the window opens with defaults and a notice.
    fs::write(&file, "theme = [").expect("the file is damaged");
    painted_again(&mut next.instance, &screen, second);
    let damaged = settled_on(&mut next, &screen, second);
    save(&damaged, "editor-settings.png");
    assert!(!is_bright(&damaged));
    let read = read_text(&damaged);
    assert!(read.contains("Settings"), "there is no notice in {read:?}");
    let aside = fs::read_to_string(folder.join("settings.damaged-1.toml"));
    assert_eq!(aside.expect("the damaged file is kept"), "theme = [");
    close(&mut next.instance);
    screen.close(parent);
    screen.close(second);
    drop(next);
    at_rest.assert_again(&screen);
}

#[test]
fn a_and_b_are_switched_and_the_host_learns_of_a_copy() {
    const TEST: &str = "editor::a_and_b_are_switched_and_the_host_learns_of_a_copy";
    if !in_own_process(TEST) {
        return;
    }
    let Opened {
        screen,
        mut rig,
        at_rest,
        parent,
        window,
    } = opened();
    let dirty = |rig: &mut Rig| {
        let told = eventually(|| {
            rig.play(&Score::new(480), &[480]);
            rig.instance.idle();
            rig.instance.take_dirty().then_some(())
        });
        told.expect("the host is not told that the state has changed");
    };
    let shows = |rig: &mut Rig, sound: &[(u32, f64)]| {
        let shown = eventually(|| {
            rig.play(&Score::new(480), &[480]);
            alike(&sound_of(rig), sound).then_some(())
        });
        shown.expect("the values do not come back");
    };
    let first = sound_of(&mut rig);
    let state = |rig: &mut Rig| unframed(&rig.instance.save().expect("the state is saved"));
    assert_eq!(
        state(&mut rig)["fields"]["compare"],
        r#"{"played":"A","other":null}"#
    );
    click(&screen, window, SOUND_B);
    dirty(&mut rig);
    click(&screen, window, NEXT_PRESET);
    let loaded = eventually(|| {
        rig.play(&Score::new(4_800), &[480]);
        Some(sound_of(&mut rig)).filter(|sound| !alike(sound, &first))
    });
    let preset = loaded.expect("no preset is loaded");
    click(&screen, window, SOUND_A);
    shows(&mut rig, &first);
    dirty(&mut rig);
    save(&settled_on(&mut rig, &screen, parent), "editor-compare.png");

    // The other sound comes back with the project, in another instance.
    let project = rig.instance.save().expect("the state is saved");
    close(&mut rig.instance);
    screen.close(parent);
    let mut next = Rig::new();
    next.instance.load(&project).expect("the state loads");
    let parent = open(&mut next.instance, &screen, 0);
    painted(&mut next.instance, &screen, parent);
    let window = plugins_own(&screen, parent);
    click(&screen, window, SOUND_B);
    shows(&mut next, &preset);
    screen.press_key(window, KEY_Z, KeyButMask::CONTROL);
    shows(&mut next, &first);
    close(&mut next.instance);
    drop(next);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

/// Returns the values of all parameters but the volume.
fn sound_of(rig: &mut Rig) -> Vec<(u32, f64)> {
    let volume = param_id("volume");
    let values = rig.values().into_iter();
    values.filter(|(id, _)| *id != volume).collect()
}

/// Returns true if the values are equal, apart from the rounding of normalized values.
fn alike(a: &[(u32, f64)], b: &[(u32, f64)]) -> bool {
    let same = |a: f64, b: f64| (a - b).abs() <= 1e-5 * a.abs().max(1.0);
    let pairs = a.iter().zip(b);
    a.len() == b.len() && pairs.into_iter().all(|(a, b)| a.0 == b.0 && same(a.1, b.1))
}

/// Open, painted editor with the state before it was opened.
struct Opened {
    screen: Screen,
    rig: Rig,
    at_rest: Rest,
    /// Parent window of the editor, and the editor's own window.
    parent: u32,
    window: u32,
}

fn opened() -> Opened {
    let screen = Screen::connect(None);
    let mut rig = Rig::new();
    let at_rest = Rest::now(&screen);
    let parent = open(&mut rig.instance, &screen, 0);
    painted(&mut rig.instance, &screen, parent);
    let window = plugins_own(&screen, parent);
    Opened {
        screen,
        rig,
        at_rest,
        parent,
        window,
    }
}

/// Saves `picture` in `target/screens` for inspection.
fn save(picture: &RgbImage, name: &str) {
    let folder = bundles::workspace().target.join("screens");
    fs::create_dir_all(&folder).expect("the folder for pictures is made");
    let saved = picture.save(folder.join(name));
    saved.expect("the picture is saved");
}

/// Positions of the tabs and the buttons, in pixels.
const PLAY: (u32, u32) = (34, 59);
const ENGINE: (u32, u32) = (600, 59);
const NEXT_PRESET: (u32, u32) = (480, 26);
const UNDO: (u32, u32) = (517, 26);
const REDO: (u32, u32) = (547, 26);
const SOUND_A: (u32, u32) = (585, 26);
const SOUND_B: (u32, u32) = (611, 26);
const INIT: (u32, u32) = (854, 26);
const PANIC: (u32, u32) = (902, 26);
const THEME: (u32, u32) = (968, 26);

/// Keycodes of a keyboard under X11.
const KEY_Z: u8 = 52;
const KEY_Y: u8 = 29;

/// Returns the position of the front of a white key, `place` white keys right of the lowest one, on the keyboard at the
/// bottom.
fn key(screen: &Screen, window: u32, place: u32) -> (u32, u32) {
    let picture = screen.picture(window);
    let (margin, controls, keys) = (12, 266, 36);
    let width = picture.width() - 2 * margin - controls;
    let x = margin + controls + (2 * place + 1) * width / (2 * keys);
    (x, picture.height() - margin - 16)
}

/// Returns the plugin's window inside the test's window.
fn plugins_own(screen: &Screen, parent: u32) -> u32 {
    let inside = screen.children(parent);
    *inside.first().expect("the plugin has a window in ours")
}

fn press(screen: &Screen, window: u32, at: (u32, u32)) {
    screen.point(window, Pointer::Move, at);
    screen.point(window, Pointer::Press, at);
}

/// Clicks at a position, with a pause before the press in which the window can process the pointer's move.
fn click(screen: &Screen, window: u32, at: (u32, u32)) {
    for pointer in [Pointer::Move, Pointer::Press, Pointer::Release] {
        screen.point(window, pointer, at);
        thread::sleep(Duration::from_millis(200));
    }
}

/// Plays roughly in real time until a fifth of a second contains only sound, or only silence.
fn hears(rig: &mut Rig, sound: bool) -> Option<Sound> {
    hears_that(rig, |heard| {
        let block = |part: &[f32]| part.iter().any(|sample| sample.abs() > 1e-4);
        heard.left.chunks(960).all(|part| block(part) == sound)
    })
}

/// Plays roughly in real time until the sound is a tone of this frequency.
fn hears_pitch(rig: &mut Rig, hertz: f64) -> Option<Sound> {
    hears_that(rig, |heard| {
        !heard.is_silent() && (heard.pitch(RATE) - hertz).abs() < 4.0
    })
}

fn hears_that(rig: &mut Rig, enough: impl Fn(&Sound) -> bool) -> Option<Sound> {
    eventually(|| {
        let heard = rig.play(&Score::new(9_600), &[480]);
        rig.instance.idle();
        thread::sleep(Duration::from_millis(100));
        enough(&heard).then_some(heard)
    })
}

/// Returns a picture of the window after a second in which blocks are played.
fn settled_on(rig: &mut Rig, screen: &Screen, window: u32) -> RgbImage {
    for _ in 0..100 {
        rig.play(&Score::new(480), &[480]);
        rig.instance.idle();
        thread::sleep(Duration::from_millis(10));
    }
    screen.picture(window)
}

/// Counts the pixels of the output meter, at the right edge, that differ clearly.
fn changed_in_meter(before: &RgbImage, after: &RgbImage) -> usize {
    let left = before.width() * 88 / 100;
    let (top, bottom) = (before.height() / 8, before.height() * 3 / 4);
    let meter = (left..before.width()).flat_map(|x| (top..bottom).map(move |y| (x, y)));
    meter
        .filter(|(x, y)| {
            let (a, b) = (before.get_pixel(*x, *y).0, after.get_pixel(*x, *y).0);
            a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > 60)
        })
        .count()
}

/// Windows and threads that exist while no editor is open.
struct Rest {
    windows: usize,
    threads: usize,
}

impl Rest {
    fn now(screen: &Screen) -> Self {
        let threads = fs::read_dir("/proc/self/task").expect("the threads are listed");
        Self {
            windows: screen.windows().len(),
            threads: threads.count(),
        }
    }

    /// Checks that all windows and threads of the editors end. The wait also keeps the process from exiting while a
    /// thread releases OpenGL, which may crash.
    fn assert_again(&self, screen: &Screen) {
        let gone = eventually(|| {
            let now = Self::now(screen);
            (now.windows <= self.windows && now.threads <= self.threads).then_some(())
        });
        let now = Self::now(screen);
        assert!(
            gone.is_some(),
            "{} windows and {} threads were there before, {} and {} are left",
            self.windows,
            self.threads,
            now.windows,
            now.threads
        );
    }
}

/// Opens the editor in a window of the test, `left` pixels from the screen's edge, and returns that window.
fn open(instance: &mut Instance, screen: &Screen, left: u32) -> u32 {
    let parent = attach(instance, screen, left);
    show(instance);
    parent
}

/// Creates the editor in a window of its own, and returns that window. The editor is not shown yet.
fn attach(instance: &mut Instance, screen: &Screen, left: u32) -> u32 {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    assert!(
        gui.is_api_supported(&handle, EMBEDDED),
        "the editor does not embed under X11"
    );
    gui.create(&handle, EMBEDDED)
        .expect("the editor is created");
    let size = gui.get_size(&handle).expect("the editor has a size");
    let parent = screen.open(left, size.width, size.height);
    // SAFETY: the window stays open until the editor is destroyed.
    unsafe { gui.set_parent(&handle, GuiWindow::from_x11_handle(parent.into())) }
        .expect("the editor moves in");
    parent
}

fn show(instance: &mut Instance) {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    // Optional in CLAP for embedded windows; some plugins return false.
    let _ = gui.show(&handle);
}

/// Opens the editor of an instance once more in `parent`, and waits until it is painted.
fn painted_again(instance: &mut Instance, screen: &Screen, parent: u32) {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    gui.create(&handle, EMBEDDED)
        .expect("the editor is created");
    // SAFETY: the window stays open until the editor is destroyed.
    unsafe { gui.set_parent(&handle, GuiWindow::from_x11_handle(parent.into())) }
        .expect("the editor moves in");
    let _ = gui.show(&handle);
    painted(instance, screen, parent);
}

fn close(instance: &mut Instance) {
    let handle = instance.handle();
    let gui: PluginGui = handle.get_extension().expect("there is an editor");
    gui.destroy(&handle);
}

/// Calls `look` until it returns a value, or the time limit is over.
fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let found = look();
        if found.is_some() || start.elapsed() > PATIENCE {
            return found;
        }
        thread::sleep(Duration::from_millis(30));
    }
}

/// Runs the host's main loop until `window` is painted, and returns its picture.
fn painted(instance: &mut Instance, screen: &Screen, window: u32) -> RgbImage {
    let picture = eventually(|| {
        instance.idle();
        Some(screen.picture(window)).filter(is_painted)
    });
    picture.expect("nothing is painted")
}

/// Returns a picture of the window a second later, after its first frames are complete.
fn settled(instance: &mut Instance, screen: &Screen, window: u32, first: RgbImage) -> RgbImage {
    let start = Instant::now();
    let mut picture = first;
    while start.elapsed() < Duration::from_secs(1) {
        instance.idle();
        thread::sleep(Duration::from_millis(50));
        picture = screen.picture(window);
    }
    picture
}

/// Returns true if the picture shows more than an empty window: antialiased text has many colours.
fn is_painted(picture: &RgbImage) -> bool {
    let mut colours = Vec::new();
    for pixel in picture.pixels() {
        if !colours.contains(pixel) {
            colours.push(*pixel);
            if colours.len() > 8 {
                return true;
            }
        }
    }
    false
}

/// Returns true if the drawing reaches the lower right corner of the picture, where the highest key is.
fn fills(picture: &RgbImage) -> bool {
    let (width, height) = picture.dimensions();
    let corner = (height * 15 / 16..height)
        .flat_map(|y| (width * 31 / 32..width).map(move |x| picture.get_pixel(x, y)));
    corner.filter(|pixel| pixel.0[0] > 100).count() > 20
}

fn assert_shows(instance: &mut Instance, text: &str, round: usize) {
    let plain = |text: &str| text.to_lowercase().replace(char::is_whitespace, "");
    let shown = plain(text);
    assert!(
        shown.contains("tidepool"),
        "opening {round}: \"Tidepool\" is not in {text:?}"
    );
    let params = instance.params();
    let named: Vec<_> = params
        .iter()
        .filter(|param| shown.contains(&plain(&param.name)))
        .collect();
    assert!(
        named.len() >= 2,
        "opening {round}: hardly a parameter's name is in {text:?}"
    );
}
