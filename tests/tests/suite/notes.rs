//! Notes: starts, ends and pitch bends.

use tidepool_host::{Event, Expression, Note};
use tidepool_tests::measure::key_level::hertz;
use tidepool_tests::rig::RATE;
use tidepool_tests::score::{note, off, on};
use tidepool_tests::{Rig, Score, Sound};

/// Length of a piece, in samples, sufficient for any release of the default sound.
const LONG: usize = 10 * RATE as usize;

#[test]
fn the_first_sample_that_sounds_is_the_notes_own() {
    for at in [0, 1, 31, 32, 33, 511, 512, 513, 4000] {
        for block in [64, 512, 8192] {
            let sound = Rig::new().play(&Score::new(8192).at(at, on(60)), &[block]);
            // A saw starts with a sample of zero.
            assert_eq!(
                sound.first_sound(),
                Some(at + 1),
                "note at {at}, blocks of {block}"
            );
        }
    }
}

#[test]
fn nothing_sounds_without_a_note() {
    assert!(Rig::new().play(&Score::new(48_000), &[512]).is_silent());
}

#[test]
fn a_midi_note_sounds_as_a_clap_note_does() {
    let velocity = 100.0 / 127.0;
    let clap = Score::new(9600)
        .at(
            10,
            Event::NoteOn {
                note: Note::new(0, 60),
                velocity,
            },
        )
        .at(
            4800,
            Event::NoteOff {
                note: Note::new(0, 60),
                velocity: 0.0,
            },
        );
    let midi = Score::new(9600)
        .at(10, Event::Midi([0x90, 60, 100]))
        .at(4800, Event::Midi([0x80, 60, 0]));
    let running = Score::new(9600)
        .at(10, Event::Midi([0x90, 60, 100]))
        .at(4800, Event::Midi([0x90, 60, 0]));
    let reference = Rig::new().play(&clap, &[512]);
    assert!(!reference.is_silent());
    for score in [midi, running] {
        let sound = Rig::new().play(&score, &[512]);
        let louder = sound.peak() / reference.peak();
        assert!(
            (0.99..1.01).contains(&louder),
            "MIDI is {louder} times as loud"
        );
        assert_eq!(sound.first_sound(), Some(10 + 1));
        assert!(
            sound.part(9000..9600).rms() < sound.part(4000..4800).rms(),
            "it is not released"
        );
    }
}

#[test]
fn harder_is_louder() {
    let level = |velocity| {
        let score = Score::new(9600).at(
            0,
            Event::NoteOn {
                note: note(60),
                velocity,
            },
        );
        Rig::new().play(&score, &[512]).rms()
    };
    let levels: Vec<_> = [0.1, 0.4, 0.7, 1.0].map(level).into();
    assert!(levels.is_sorted_by(|soft, hard| soft < hard), "{levels:?}");
}

#[test]
fn keys_have_the_pitch_of_equal_temperament() {
    for key in [48_u8, 57, 60, 69, 76, 84] {
        let sound = Rig::new().play(&Score::new(14_400).at(0, on(key)), &[512]);
        let expected = hertz(key);
        assert_pitch(&sound.part(2400..14_400), expected, &format!("key {key}"));
    }
}

#[test]
fn the_wheel_bends_by_its_range() {
    let bent = Score::new(14_400)
        .at(0, Event::Midi([0xE0, 0x7F, 0x7F]))
        .at(0, on(69));
    let sound = Rig::new().play(&bent, &[512]);
    assert_pitch(&sound.part(4800..14_400), hertz(71), "bent up");
}

#[test]
fn a_tuning_expression_bends_its_note_alone() {
    let tuned = Event::Expression {
        note: note(69),
        kind: Expression::Tuning,
        value: 7.0,
    };
    let score = Score::new(14_400).at(0, on(69)).at(0, tuned);
    let sound = Rig::new().play(&score, &[512]);
    assert_pitch(&sound.part(4800..14_400), hertz(76), "a fifth up");

    let elsewhere = Event::Expression {
        note: note(50),
        kind: Expression::Tuning,
        value: 7.0,
    };
    let score = Score::new(14_400).at(0, on(69)).at(0, elsewhere);
    let sound = Rig::new().play(&score, &[512]);
    assert_pitch(&sound.part(4800..14_400), 440.0, "another note's tuning");
}

#[test]
fn a_released_note_ends_and_says_so_once() {
    let mut rig = Rig::new();
    let sound = rig.play(&Score::new(LONG).note(60, 100, 4800), &[512]);
    let ended: Vec<_> = ends(&rig);
    assert_eq!(ended.len(), 1, "{ended:?}");
    let (at, told) = ended[0];
    assert_eq!(told, note(60));
    assert!(
        at >= 4800,
        "the end is told at {at}, before the key goes up"
    );
    assert!(
        sound.part(LONG - 4800..LONG).is_silent(),
        "it never falls silent"
    );
}

#[test]
fn every_note_ends_once_also_when_voices_are_stolen() {
    let mut rig = Rig::new();
    let few = rig.set("voices", "4");
    let mut score = Score::new(LONG).at(0, few);
    for key in 40..70 {
        score = score.note(key, 100 * usize::from(key), 48_000 + 100 * usize::from(key));
    }
    let sound = rig.play(&score, &[512]);
    sound.assert_sane("30 notes on 4 voices");
    let mut keys: Vec<_> = ends(&rig)
        .into_iter()
        .filter_map(|(_, note)| note.key)
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, (40..70).collect::<Vec<_>>());
    assert!(
        rig.received.is_sorted_by_key(|&(at, _)| at),
        "ends are not told in the order of samples"
    );
}

#[test]
fn a_choke_is_quick() {
    let mut rig = Rig::new();
    let sound = rig.play(
        &Score::new(9600)
            .at(0, on(60))
            .at(4800, Event::Choke { note: note(60) }),
        &[512],
    );
    assert!(sound.part(4000..4800).rms() > 0.001);
    assert!(
        sound.part(7200..9600).is_silent(),
        "it sounds 50 ms after a choke"
    );
    assert_eq!(ends(&rig).len(), 1);
}

#[test]
fn the_pedal_holds_what_the_keys_let_go() {
    let pedal = |value| Event::Midi([0xB0, 64, value]);
    let score = Score::new(LONG)
        .at(0, pedal(127))
        .note(60, 10, 2400)
        .at(96_000, pedal(0));
    let sound = Rig::new().play(&score, &[512]);
    assert!(
        sound.part(90_000..96_000).rms() > 0.001,
        "the pedal does not hold"
    );
    assert!(
        sound.part(LONG - 4800..LONG).is_silent(),
        "the pedal does not let go"
    );
}

#[test]
fn many_notes_at_once_stay_within_bounds() {
    let mut rig = Rig::new();
    let most = rig.set("voices", "64");
    let mut score = Score::new(48_000).at(0, most);
    for key in 24..104 {
        score = score.at(
            usize::from(key),
            Event::NoteOn {
                note: note(key),
                velocity: 1.0,
            },
        );
    }
    rig.play(&score, &[512]).assert_sane("80 notes");
}

#[test]
fn a_note_off_for_no_note_does_nothing() {
    let mut rig = Rig::new();
    let score = Score::new(4800)
        .at(0, off(60))
        .at(10, Event::Choke { note: Note::ALL });
    assert!(rig.play(&score, &[512]).is_silent());
}

fn ends(rig: &Rig) -> Vec<(usize, Note)> {
    let end = |&(at, event): &(usize, Event)| match event {
        Event::NoteEnd { note } => Some((at, note)),
        _ => None,
    };
    rig.received.iter().filter_map(end).collect()
}

fn assert_pitch(sound: &Sound, expected: f64, what: &str) {
    let pitch = sound.pitch(RATE);
    assert!(
        (pitch / expected - 1.0).abs() < 0.01,
        "{what}: {pitch} Hz instead of {expected} Hz"
    );
}
