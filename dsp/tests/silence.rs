//! All Sound Off, Panic and choke: sound stops within a short time and does not come back.

mod common;

use common::measure::{decibels, peak, rms};
use common::{Session, bare, choke, controller, everything, key, off, on, with};
use tidepool_dsp::{Command, EventKind, Note, NoteFilter, Patch};

/// Sample of the event: in the middle of a tick, half a second in.
const AT: usize = 24_013;
/// 20 ms in samples.
const SOON: usize = 960;
/// −120 dBFS.
const SILENCE: f64 = 1e-6;

/// Returns a patch with long echoes, a long reverb, the chorus and drive.
fn wet() -> Patch {
    with(
        bare(),
        &[
            ("send_delay", 0.0),
            ("send_reverb", 0.0),
            ("chorus_mix", 0.5),
            ("chorus_level", -6.0),
            ("delay_time", 5.0),
            ("delay_feedback", 0.9),
            ("delay_reverb", -6.0),
            ("reverb_decay", 10.0),
            ("reverb_predelay", 0.1),
            ("output_drive", 12.0),
            ("attack", 0.005),
        ],
    )
}

/// Returns two chords, of which the first is left only in the effects when `kinds` come.
fn phrase(kinds: &[EventKind]) -> Vec<(u64, EventKind)> {
    let notes = |keys: [u8; 3], kind: fn(Note) -> EventKind| keys.map(|number| kind(key(number)));
    let press = |note| on(note, 1.0);
    let mut events = Vec::new();
    events.extend(notes([40, 47, 52], press).map(|kind| (100, kind)));
    events.extend(notes([40, 47, 52], off).map(|kind| (9_000, kind)));
    events.extend(notes([57, 60, 64], press).map(|kind| (15_000, kind)));
    events.extend(kinds.iter().map(|kind| (AT as u64, *kind)));
    events
}

fn loudest(session: &Session, from: usize) -> f64 {
    peak(&session.left[from..]).max(peak(&session.right[from..]))
}

#[test]
fn what_silences_everything_leaves_nothing_in_the_effects() {
    let wild = with(
        everything(),
        &[
            ("delay_feedback", 1.0),
            ("reverb_decay", 30.0),
            ("delay_time", 5.0),
        ],
    );
    for (sound, patch) in [("wet", wet()), ("everything", wild)] {
        let all = choke_all(NoteFilter::default());
        let channel = choke_all(NoteFilter::channel(0));
        for (what, kinds) in [
            ("nothing", &[][..]),
            ("all sound off", &[controller(0, 120, 0.0)]),
            ("a choke of everything", &[all]),
            ("a choke of the channel", &[channel]),
            (
                "all sound off, twice",
                &[controller(0, 120, 0.0), controller(1, 120, 0.0)],
            ),
        ] {
            let mut session = Session::new(&patch, phrase(kinds));
            session.until(AT + 48_000);
            let heard = loudest(&session, AT + SOON);
            println!("{sound}, {what}: {:.1} dBFS", decibels(heard));
            assert_eq!(
                heard < SILENCE,
                what != "nothing",
                "{sound}, {what}: {heard}"
            );
            assert!(
                loudest(&session, AT - 100) > 0.1,
                "there is nothing to silence"
            );
        }
    }
}

fn choke_all(target: NoteFilter) -> EventKind {
    EventKind::Choke(target)
}

#[test]
fn panic_silences_the_effects_and_the_engine_then_rests() {
    let mut session = Session::new(&wet(), phrase(&[]));
    session.until(AT);
    let mut sender = session.engine.take_commands().unwrap();
    sender.send(Command::Panic).unwrap();
    session.until(AT + 48_000);
    let heard = loudest(&session, AT + SOON);
    assert!(heard < SILENCE, "{heard}");
    assert_eq!(loudest(&session, AT + 4_800), 0.0);
    assert_eq!(session.status.voices, 0);
}

/// A second event during the fade of the first silences the new sound in the effects too.
#[test]
fn a_second_time_within_the_fade_silences_too() {
    let mut events = phrase(&[controller(0, 120, 0.0), on(key(50), 1.0)]);
    let later = AT as u64 + 100;
    events.extend([(later, controller(0, 120, 0.0)), (later, on(key(52), 1.0))]);
    events.push((later + 60, controller(0, 120, 0.0)));
    let mut session = Session::new(&wet(), events);
    session.until(AT + 48_000);
    let heard = loudest(&session, AT + SOON);
    assert!(heard < SILENCE, "{heard}");
}

/// A note that starts on the same sample has the same echoes and reverb as in silence.
#[test]
fn a_note_at_once_after_it_is_heard_in_full() {
    let patch = with(
        wet(),
        &[
            ("osc_a_shape", 0.0),
            ("output_drive", 0.0),
            ("volume", -12.0),
        ],
    );
    let note = [on(key(45), 1.0)];
    let end = (AT as u64 + 4_800, off(key(45)));
    let play = |mut events: Vec<(u64, EventKind)>| {
        events.push(end);
        let mut session = Session::new(&patch, events);
        session.until(AT + 48_000);
        session.left
    };
    let alone = play(vec![(AT as u64, note[0])]);
    let after = play(phrase(&[controller(0, 120, 0.0), note[0]]));
    // Note, reverb and echoes.
    for (what, from, to) in [
        ("note", 500, 4_800),
        ("reverb", 7_000, 12_000),
        ("echoes", 12_000, 48_000),
    ] {
        let level = |sound: &[f32]| rms(&sound[AT + from..AT + to]);
        let off = decibels(level(&after) / level(&alone));
        println!(
            "{what}: {:.1} dBFS, {off:.3} dB off",
            decibels(level(&alone))
        );
        assert!(level(&alone) > 1e-3 && off.abs() < 0.3, "{what}: {off} dB");
    }
}

#[test]
fn what_ends_notes_leaves_the_effects_alone() {
    let silenced = {
        let mut session = Session::new(&wet(), phrase(&[controller(0, 120, 0.0)]));
        session.until(AT + 48_000);
        loudest(&session, AT + SOON)
    };
    let others = [57, 60, 64].map(|number| choke(key(number)));
    for (what, kinds) in [
        ("all notes off", &[controller(0, 123, 0.0)][..]),
        ("chokes of each note", &others),
    ] {
        let mut session = Session::new(&wet(), phrase(kinds));
        session.until(AT + 48_000);
        let heard = rms(&session.left[AT + 24_000..]);
        assert!(heard > 1e-2 && silenced < SILENCE, "{what}: {heard}");
        assert_eq!(session.status.voices, 0, "{what}");
    }
}

/// Notes of other channels continue, and so do their sends.
#[test]
fn other_channels_sound_on() {
    let other = Note {
        channel: 3,
        ..key(57)
    };
    let mut events = phrase(&[controller(0, 120, 0.0)]);
    events.push((200, on(other, 1.0)));
    let mut session = Session::new(&wet(), events);
    session.until(AT + 24_000);
    assert_eq!(session.status.voices, 1);
    assert!(rms(&session.left[AT + 12_000..]) > 0.01);
    session.score = common::Score::new(vec![(AT as u64 + 24_000, off(other))]);
    session.until(AT + 48_000);
    let tail = rms(&session.left[AT + 36_000..]);
    assert!(tail > 1e-3, "it is no longer sent to the effects: {tail}");
}

#[test]
fn reset_all_controllers_follows_rp_015() {
    // Bend, wheel, expression and pressure become neutral; volume, pan and the sound controllers stay.
    let moved = [
        common::bend(0, 1.0),
        controller(0, 1, 1.0),
        controller(0, 11, 0.3),
        controller(0, 7, 0.5),
        controller(0, 10, 1.0),
        controller(0, 74, 0.2),
        EventKind::ChannelPressure {
            channel: 0,
            value: 1.0,
        },
        common::express(key(60), tidepool_dsp::Expression::Pressure, 1.0),
    ];
    let staying = [
        controller(0, 7, 0.5),
        controller(0, 10, 1.0),
        controller(0, 74, 0.2),
    ];
    let play = |before: &[EventKind]| {
        let patch = with(
            bare(),
            &[
                ("osc_a_route", 0.0),
                ("cutoff", 300.0),
                ("vibrato_depth", 50.0),
            ],
        );
        let mut events = vec![(0, on(key(60), 1.0))];
        events.extend(before.iter().map(|kind| (100, *kind)));
        events.push((9_600, controller(0, 121, 0.0)));
        let mut session = Session::new(&patch, events);
        session.until(24_000);
        [&session.left, &session.right].map(|sound| rms(&sound[14_400..]))
    };
    let [left, right] = play(&moved);
    assert_eq!(left, 0.0, "the pan has moved");
    // A bend that became neutral leaves a different phase.
    let off = |others: &[EventKind]| decibels(right / play(others)[1]).abs();
    assert!(off(&staying) < 0.1, "{} dB", off(&staying));
    assert!(off(&staying[..2]) > 1.0, "brightness is not heard");
    assert!(off(&staying[1..]) > 1.0, "volume is not heard");
}
