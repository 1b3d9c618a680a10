//! Keys of the computer: those that the editor does not use reach the host's window, and shortcuts follow the letters of
//! the keyboard's layout.

use std::thread;
use std::time::Duration;

use tidepool_tests::display::{KeyButMask, ReceivedKeys, Screen, in_own_process};
use tidepool_tests::{Rig, Score};

use super::{NEXT_PRESET, Opened, PLAY, alike, click, close, eventually, opened, sound_of};

/// Keycodes of a keyboard under X11.
const SPACE: u8 = 65;
const TAB: u8 = 23;
const ESCAPE: u8 = 9;
const CONTROL: u8 = 37;
const A: u8 = 38;
const Z: u8 = 52;
const COMMA: u8 = 59;
const F5: u8 = 71;

const BROWSER: (u32, u32) = (527, PLAY.1);
const SEARCH: (u32, u32) = (370, 100);

/// Strikes keys together until the host's window has received all of them and their ends.
fn reach(rig: &mut Rig, screen: &Screen, received: &ReceivedKeys, keys: &[u8]) {
    received.take();
    let mut all = Vec::new();
    let reached = eventually(|| {
        screen.strike(keys);
        plays_on(rig);
        all.extend(received.take());
        let is_there = |event| all.contains(&event);
        let both = keys
            .iter()
            .all(|key| is_there((*key, true)) && is_there((*key, false)));
        both.then_some(())
    });
    assert!(reached.is_some(), "of {keys:?} only {all:?} arrive");
}

/// Strikes keys together; checks that the host's window does not receive `kept`.
fn stay(rig: &mut Rig, screen: &Screen, received: &ReceivedKeys, keys: &[u8], kept: u8) {
    plays_on(rig);
    received.take();
    screen.strike(keys);
    plays_on(rig);
    let all = received.take();
    assert!(all.iter().all(|(key, _)| *key != kept), "{all:?} arrive");
}

/// Plays blocks for a while in which the window paints several times.
fn plays_on(rig: &mut Rig) {
    for _ in 0..30 {
        rig.play(&Score::new(480), &[480]);
        rig.instance.idle();
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn keys_that_the_editor_does_not_use_reach_the_host() {
    const TEST: &str = "editor::keys::keys_that_the_editor_does_not_use_reach_the_host";
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
    let received = screen.received_keys(parent);
    // A click gives the editor the keyboard.
    click(&screen, window, PLAY);
    let focused = eventually(|| (screen.focused() == window).then_some(()));
    focused.expect("a click does not give the editor the keyboard");
    for keys in [[SPACE].as_slice(), &[A], &[F5], &[COMMA], &[CONTROL, A]] {
        reach(&mut rig, &screen, &received, keys);
    }
    stay(&mut rig, &screen, &received, &[CONTROL, Z], Z);

    // A control that Tab has chosen takes the space bar until Escape leaves it.
    stay(&mut rig, &screen, &received, &[TAB], TAB);
    stay(&mut rig, &screen, &received, &[SPACE], SPACE);
    reach(&mut rig, &screen, &received, &[F5]);
    stay(&mut rig, &screen, &received, &[ESCAPE], ESCAPE);
    reach(&mut rig, &screen, &received, &[SPACE]);

    // A field of text takes all keys.
    click(&screen, window, BROWSER);
    plays_on(&mut rig);
    reach(&mut rig, &screen, &received, &[SPACE]);
    click(&screen, window, SEARCH);
    plays_on(&mut rig);
    for key in [SPACE, A, F5] {
        stay(&mut rig, &screen, &received, &[key], key);
    }
    click(&screen, window, PLAY);
    plays_on(&mut rig);
    reach(&mut rig, &screen, &received, &[SPACE]);

    // Letters that play stay in the editor.
    let height = screen.picture(parent).height();
    click(&screen, window, (230, height - 12 - 14));
    plays_on(&mut rig);
    stay(&mut rig, &screen, &received, &[A], A);
    let heard = eventually(|| {
        screen.strike(&[A]);
        thread::sleep(Duration::from_millis(100));
        let sound = rig.play(&Score::new(12_000), &[480]);
        (!sound.is_silent()).then_some(())
    });
    heard.expect("the letter plays nothing");
    reach(&mut rig, &screen, &received, &[SPACE]);

    // The host has the keyboard again, with the pointer beside the editor.
    screen.focus(parent);
    reach(&mut rig, &screen, &received, &[SPACE]);
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}

#[test]
fn undo_follows_the_letter_on_the_key() {
    if !in_own_process("editor::keys::undo_follows_the_letter_on_the_key") {
        return;
    }
    // A German keyboard has Y and Z in each other's place.
    let (y, z) = ([0x79, 0x59], [0x7a, 0x5a]);
    Screen::connect(None).map_keys(&[(Z, y), (29, z)]);
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
    for (key, values) in [(29, &first), (Z, &preset)] {
        screen.press_key(window, key, KeyButMask::CONTROL);
        let shown = eventually(|| {
            rig.play(&Score::new(480), &[480]);
            rig.instance.idle();
            alike(&sound_of(&mut rig), values).then_some(())
        });
        shown.expect("the key does something else");
    }
    close(&mut rig.instance);
    screen.close(parent);
    at_rest.assert_again(&screen);
}
