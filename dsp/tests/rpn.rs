//! Registered parameters: their effect on the pitches of notes, in cents.

mod common;

use common::measure::{cents_off, hertz};
use common::{RATE, Session, bare, bend, controller, key, on, set, with};
use tidepool_dsp::{Command, EventKind, Note, Parameter, Patch};

fn byte(channel: u8, number: u8, value: u8) -> EventKind {
    controller(channel, number, f32::from(value) / 127.0)
}

/// Returns the messages that select registered parameter `number` and set its coarse and its fine part.
fn rpn(channel: u8, number: u8, coarse: u8, fine: u8) -> Vec<EventKind> {
    let messages = [(101, 0), (100, number), (6, coarse), (38, fine)];
    messages
        .map(|(number, value)| byte(channel, number, value))
        .into()
}

fn sine() -> Patch {
    with(bare(), &[("osc_a_shape", 0.0), ("attack", 0.01)])
}

/// Returns the sound of a note on `channel`, after `kinds`, which come one by one while it sounds.
fn sound(patch: &Patch, channel: u8, kinds: &[EventKind]) -> Vec<f32> {
    let note = Note { channel, ..key(69) };
    let mut events = vec![(0, on(note, 1.0))];
    events.extend(
        (1_000..)
            .step_by(61)
            .zip(kinds)
            .map(|(at, kind)| (at, *kind)),
    );
    let mut session = Session::new(patch, events);
    session.until(40_000);
    session.left
}

/// Fails unless the note is `want` cents off its key.
fn assert_cents(what: &str, sound: &[f32], want: f64) {
    let off = cents_off(&sound[16_000..], hertz(69.0 + want / 100.0), RATE);
    println!("{what}: {want} cents, {off:.3} off");
    assert!(off.abs() < 0.05, "{what}: {off} cents off {want}");
}

fn all(parts: &[&[EventKind]]) -> Vec<EventKind> {
    parts.concat()
}

#[test]
fn bend_range_and_tuning_are_those_that_were_sent() {
    let up = [bend(0, 1.0)];
    let down = [bend(0, -0.5)];
    let twelve = rpn(0, 0, 12, 0);
    for (what, kinds, want) in [
        ("the parameter's range", all(&[&up]), 200.0),
        ("12 semitones", all(&[&twelve, &up]), 1_200.0),
        ("12 semitones under a bend", all(&[&up, &twelve]), 1_200.0),
        ("half way down", all(&[&twelve, &down]), -600.0),
        ("with cents", all(&[&rpn(0, 0, 3, 50), &up]), 350.0),
        ("no range", all(&[&rpn(0, 0, 0, 0), &up]), 0.0),
        ("finer", all(&[&twelve, &[byte(0, 97, 0)], &up]), 1_199.0),
        ("fine", rpn(0, 1, 96, 0), 50.0),
        ("finest", rpn(0, 1, 64, 82), 100.0 * 82.0 / 8_192.0),
        ("coarse", rpn(0, 2, 64 - 7, 0), -700.0),
        (
            "both",
            all(&[&rpn(0, 1, 32, 0), &rpn(0, 2, 76, 0)]),
            1_150.0,
        ),
        (
            "another channel",
            all(&[&rpn(1, 0, 12, 0), &rpn(1, 2, 76, 0), &up]),
            200.0,
        ),
    ] {
        assert_cents(what, &sound(&sine(), 0, &kinds), want);
    }
}

#[test]
fn data_for_something_else_changes_nothing() {
    let data = [
        byte(0, 6, 24),
        byte(0, 38, 30),
        byte(0, 96, 0),
        bend(0, 1.0),
    ];
    let nrpn = [byte(0, 99, 0), byte(0, 98, 0)];
    let null = [byte(0, 101, 127), byte(0, 100, 127)];
    let twelve = rpn(0, 0, 12, 0);
    for (what, kinds, want) in [
        ("nothing selected", all(&[&data]), 200.0),
        ("null", all(&[&twelve, &null, &data]), 1_200.0),
        ("not registered", all(&[&twelve, &nrpn, &data]), 1_200.0),
        (
            "after a reset",
            all(&[&twelve, &[byte(0, 121, 0)], &data]),
            1_200.0,
        ),
    ] {
        assert_cents(what, &sound(&sine(), 0, &kinds), want);
    }
}

#[test]
fn members_of_a_zone_share_their_range_and_the_master_has_its_own() {
    let mpe = with(sine(), &[("mpe_zone", 1.0), ("mpe_channels", 5.0)]);
    let member = |kinds: &[EventKind]| sound(&mpe, 3, kinds);
    let third = [bend(3, 0.25)];
    assert_cents("the parameter's", &member(&third), 1_200.0);
    let of_another = rpn(5, 0, 24, 0);
    assert_cents("of a member", &member(&all(&[&of_another, &third])), 600.0);
    let outside = rpn(6, 0, 24, 0);
    assert_cents("outside", &member(&all(&[&outside, &third])), 1_200.0);
    let master = rpn(0, 0, 7, 0);
    let both = all(&[&master, &of_another, &third, &[bend(0, 1.0)]]);
    assert_cents("of the master", &member(&both), 1_300.0);
    let tuned = all(&[&rpn(0, 2, 66, 0), &rpn(3, 1, 96, 0)]);
    assert_cents("both are tuned", &member(&tuned), 250.0);
}

#[test]
fn a_parameter_that_moves_takes_its_range_back_and_one_that_stays_does_not() {
    let twelve = rpn(0, 0, 12, 0);
    let up = [bend(0, 1.0)];
    for (what, parameter, value, want) in [
        ("moved", Parameter::BendRange, 5.0, 500.0),
        ("said again", Parameter::BendRange, 2.0, 1_200.0),
        ("of members", Parameter::MpeBendRange, 24.0, 1_200.0),
        ("something else", Parameter::Cutoff, 500.0, 1_200.0),
    ] {
        let kinds = all(&[&twelve, &up, &[set(parameter, value)]]);
        assert_cents(what, &sound(&sine(), 0, &kinds), want);
    }
    // A bend range that is received after the parameter has moved applies again.
    let again = all(&[
        &twelve,
        &up,
        &[set(Parameter::BendRange, 5.0)],
        &rpn(0, 0, 7, 0),
    ]);
    assert_cents("sent again", &sound(&sine(), 0, &again), 700.0);
}

#[test]
fn a_loaded_sound_has_its_own_range_and_a_reset_forgets_all() {
    let mut events = vec![(0, on(key(69), 1.0))];
    let sent = all(&[&rpn(0, 0, 12, 0), &rpn(0, 2, 65, 0), &[bend(0, 1.0)]]);
    events.extend(sent.iter().map(|kind| (100, *kind)));
    let mut session = Session::new(&sine(), events.clone());
    session.until(4_800);
    let mut sender = session.engine.take_commands().unwrap();
    sender.send(Command::Load(sine())).unwrap();
    session.until(40_000);
    assert_cents("loaded", &session.left, 300.0);

    session.engine.reset();
    (session.left, session.right) = (Vec::new(), Vec::new());
    session.score = common::Score::new(vec![(0, on(key(69), 1.0)), (100, bend(0, 1.0))]);
    session.until(40_000);
    assert_cents("reset", &session.left, 200.0);
}

/// A registered parameter takes effect on its own sample: up to it nothing differs, and soon after it everything does.
#[test]
fn it_takes_effect_on_its_own_sample() {
    let at = 4_817;
    let play = |data: &[EventKind]| {
        let mut events = vec![(0, on(key(69), 1.0)), (10, bend(0, 1.0))];
        let select = [byte(0, 101, 0), byte(0, 100, 0)];
        events.extend(select.iter().map(|kind| (20, *kind)));
        events.extend(data.iter().map(|kind| (at, *kind)));
        common::left(&sine(), events, 6_000)
    };
    let (without, with) = (play(&[]), play(&[byte(0, 6, 12)]));
    let first = without.iter().zip(&with).position(|(a, b)| a != b);
    let first = first.expect("it is heard") as u64;
    // The delay of the oscillators is 16 samples.
    assert!((at + 16..at + 20).contains(&first), "{first}");
}

/// Returns the sound of a note on `channel` that begins after `kinds`, and is bent by half of the range of its channel.
fn bent_after(patch: &Patch, kinds: &[EventKind], channel: u8) -> Vec<f32> {
    let note = Note { channel, ..key(69) };
    let mut events: Vec<_> = (0..).step_by(61).zip(kinds.iter().copied()).collect();
    events.extend([(2_000, on(note, 1.0)), (2_100, bend(channel, 0.5))]);
    let mut session = Session::new(patch, events);
    session.until(40_000);
    session.left
}

#[test]
fn a_configuration_message_sets_up_zones_with_their_bend_ranges() {
    let lower = |members| rpn(0, 6, members, 0);
    let upper = |members| rpn(15, 6, members, 0);
    let (off, on) = (
        sine(),
        with(sine(), &[("mpe_zone", 1.0), ("mpe_bend_range", 12.0)]),
    );
    for (what, patch, kinds, channel, want) in [
        ("a member", &off, lower(5), 5, 2_400.0),
        ("beyond the members", &off, lower(5), 6, 100.0),
        ("the master", &off, lower(5), 0, 100.0),
        ("an upper member", &off, upper(3), 12, 2_400.0),
        ("below the upper members", &off, upper(3), 11, 100.0),
        ("both zones", &off, all(&[&lower(5), &upper(3)]), 3, 2_400.0),
        (
            "what the newer zone took",
            &off,
            all(&[&lower(9), &upper(7)]),
            8,
            2_400.0,
        ),
        (
            "switched off again",
            &off,
            all(&[&lower(5), &lower(0)]),
            3,
            100.0,
        ),
        ("on no master", &off, rpn(4, 6, 5, 0), 3, 100.0),
        ("instead of the parameter's zone", &on, upper(3), 3, 600.0),
        ("and of its range", &on, lower(15), 3, 2_400.0),
        (
            "a range after it",
            &off,
            all(&[&lower(5), &rpn(2, 0, 12, 0)]),
            4,
            600.0,
        ),
        (
            "NRPN 6",
            &off,
            [(99, 0), (98, 6), (6, 5)]
                .map(|(n, v)| byte(0, n, v))
                .into(),
            3,
            100.0,
        ),
    ] {
        assert_cents(what, &bent_after(patch, &kinds, channel), want);
    }
    // The parameter decides again once it changes, and a reset discards the message.
    let events = [
        lower(5),
        vec![set(Parameter::MpeZone, 1.0), set(Parameter::MpeZone, 0.0)],
    ]
    .concat();
    let note = Note {
        channel: 3,
        ..key(69)
    };
    let mut events: Vec<_> = (0..).step_by(600).zip(events).collect();
    events.extend([(6_000, common::on(note, 1.0)), (6_000, bend(3, 0.5))]);
    let mut session = Session::new(&off, events);
    session.until(40_000);
    assert_cents("another zone", &session.left, 100.0);
}

#[test]
fn a_configuration_message_ends_the_notes_of_the_channels_that_it_changes() {
    let ended = |kinds: Vec<EventKind>| {
        let held = [0, 3, 9].map(|channel| {
            (
                0,
                on(
                    Note {
                        channel,
                        ..key(60 + channel)
                    },
                    1.0,
                ),
            )
        });
        let kinds = (1_000..).step_by(10).zip(kinds);
        let mut session = Session::new(&sine(), held.into_iter().chain(kinds).collect());
        session.until(20_000);
        session.score.ended_keys()
    };
    assert_eq!(ended(rpn(0, 6, 5, 0)), [60, 63]);
    assert_eq!(ended(rpn(15, 6, 6, 0)), [69]);
    assert!(ended(rpn(3, 6, 5, 0)).is_empty());
    // The same message again changes nothing.
    let again = |channel| {
        let note = Note { channel, ..key(70) };
        [rpn(0, 6, 5, 0), vec![on(note, 1.0)], rpn(0, 6, 5, 0)].concat()
    };
    assert_eq!(ended(again(3)), [60, 63]);
}
