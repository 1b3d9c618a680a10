//! Bad input from hosts, players and files. In every case the output stays finite and within full scale, nothing
//! panics, and afterwards the instrument plays as before.

mod common;

use common::measure::{peak, rms};
use common::{
    Score, Session, bare, bend, controller, everything, express, key, named, off, on, with,
};
use proptest::prelude::*;
use tidepool_dsp::synth::MAX_VOICES;
use tidepool_dsp::{
    Block, Command, Engine, Event, EventKind, Expression, Note, NoteFilter, NotePort, Parameter,
    Patch, ScreenControl,
};

const WILD: [f32; 9] = [
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    1e-42,
    -0.0,
    1e10,
];

/// Fails unless the whole output is finite and within full scale.
fn assert_sane(session: &Session, what: &str) {
    for x in session.left.iter().chain(&session.right) {
        assert!(x.is_finite() && x.abs() <= 1.0, "{what}: {x}");
    }
}

/// Fails unless a new sound is the same as without the bad input.
fn assert_recovers(session: &mut Session, what: &str) {
    for parameter in Parameter::all() {
        session.engine.set(parameter, 0.0, 0.0);
    }
    session.engine.set_tempo(120.0);
    session.engine.load(&bare());
    session.engine.reset();
    session.left.clear();
    session.right.clear();
    session.score = Score::new(vec![(0, on(key(60), 1.0))]);
    session.until(4_800);
    let expected = common::left(&bare(), vec![(0, on(key(60), 1.0))], 4_800);
    assert!(session.left == expected, "{what} leaves traces");
}

#[test]
fn wild_values_and_modulations_of_every_parameter() {
    for wild in WILD {
        let events = (0..4).map(|n| (n * 50, on(key(40 + 9 * n as u8), 0.8)));
        let mut session = Session::new(&everything(), events.collect());
        session.until(500);
        let mut refused = 0;
        for (n, parameter) in Parameter::all().enumerate() {
            session.engine.set(parameter, wild, 0.0);
            session
                .engine
                .set(parameter, parameter.spec().default, wild);
            refused += 2 * u64::from(!wild.is_finite());
            if n % 16 == 0 {
                let end = session.left.len() + 64;
                session.until(end);
            }
        }
        session.until(9_000);
        let silenced = session.status.silenced;
        assert!(silenced >= refused, "{wild}: {silenced} for {refused}");
        assert_sane(&session, &format!("{wild}"));
        assert_recovers(&mut session, &format!("{wild}"));
    }
}

#[test]
fn wild_events() {
    for wild in WILD {
        let note = named(1, 3, 60);
        let mut events = vec![(0, on(note, 0.7))];
        let kinds = [
            on(named(2, 0, 50), wild),
            bend(3, wild),
            EventKind::ChannelPressure {
                channel: 3,
                value: wild,
            },
            controller(3, 1, wild),
            controller(3, 7, wild),
            controller(3, 10, wild),
            controller(3, 11, wild),
            controller(3, 64, wild),
            controller(3, 66, wild),
            controller(3, 74, wild),
            controller(3, 255, wild),
            controller(200, 7, wild),
            bend(255, wild),
            EventKind::ChannelPressure {
                channel: 99,
                value: wild,
            },
            express(note, Expression::Volume, wild),
            express(note, Expression::Pan, wild),
            express(note, Expression::Tuning, wild),
            express(note, Expression::Vibrato, wild),
            express(note, Expression::Expression, wild),
            express(note, Expression::Brightness, wild),
            express(note, Expression::Pressure, wild),
            common::modulate(note, Parameter::Cutoff, wild),
            common::modulate(note, Parameter::Tune, wild),
            common::modulate(note, Parameter::Sustain, wild),
        ];
        events.extend(
            kinds
                .iter()
                .enumerate()
                .map(|(n, kind)| (100 + 37 * n as u64, *kind)),
        );
        let mut session = Session::new(&everything(), events);
        session.until(6_000);
        assert_sane(&session, &format!("{wild}"));
        assert!(rms(&session.left[..100]) > 0.0);
        assert_recovers(&mut session, &format!("{wild}"));
    }
}

#[test]
fn absurd_bends_and_keys() {
    let patch = with(
        everything(),
        &[
            ("bend_range", 48.0),
            ("mpe_bend_range", 96.0),
            ("mpe_zone", 1.0),
            ("tune", 24.0),
        ],
    );
    for direction in [1.0, -1.0] {
        let mut events = Vec::new();
        // Includes channels and keys that do not exist.
        for (n, number) in [0, 1, 60, 126, 127, 128, 200, 255].into_iter().enumerate() {
            let note = named(n as i32, (n * 3) as u8, number);
            events.push((n as u64, on(note, 1.0)));
            events.push((50, express(note, Expression::Tuning, 120.0 * direction)));
        }
        events.extend((0..255).map(|channel| (40, bend(channel, direction))));
        events.push((60, common::set(Parameter::Tune, 24.0 * direction)));
        events.push((2_000, EventKind::note_off(NoteFilter::default())));
        let mut session = Session::new(&patch, events);
        session.until(4_800);
        assert_sane(&session, "bends");
        // Notes of keys that do not exist end at once.
        let ended = session.score.ended_keys();
        assert!(
            [128, 200, 255].iter().all(|key| ended.contains(key)),
            "{ended:?}"
        );
        assert_recovers(&mut session, "bends");
    }
}

#[test]
fn ten_thousand_notes_at_once_in_every_mode() {
    for mode in [0.0, 1.0, 2.0] {
        let patch = with(everything(), &[("mode", mode), ("voices", 64.0)]);
        let note = |n: u32| named(n as i32, (n % 16) as u8, (n % 128) as u8);
        let mut events: Vec<_> = (0..10_000).map(|n| (5, on(note(n), 1.0))).collect();
        events.extend((0..10_000).map(|n| (2_000, off(note(n)))));
        let mut session = Session::new(&patch, events);
        session.until(2_000);
        let voices = if mode == 0.0 { MAX_VOICES } else { 1 };
        assert_eq!(session.status.voices, voices);
        session.until(2_001);
        session.engine.set(Parameter::Release, 0.001, 0.0);
        session.until(100_000);
        assert_sane(&session, "ten thousand notes");
        let mut ended: Vec<_> = session
            .score
            .ended
            .iter()
            .map(|(_, note)| note.id)
            .collect();
        ended.sort_unstable();
        assert_eq!(ended.len(), 10_000);
        ended.dedup();
        assert_eq!(ended.len(), 10_000, "some are told twice");
    }
}

#[test]
fn offs_without_notes_and_notes_without_offs() {
    let mut events: Vec<_> = (0..1_000)
        .map(|n| (n, off(named(n as i32, (n % 20) as u8, (n % 256) as u8))))
        .collect();
    events.extend((0..100).map(|n| (n, common::choke(key(n as u8)))));
    let mut session = Session::new(&Patch::default(), events);
    session.until(2_000);
    assert_eq!((peak(&session.left), session.score.ended.len()), (0.0, 0));
    // Notes without a note off sound until they are stolen, and panic ends all.
    session.score = Score::new(
        (0..2_000)
            .map(|n| (2_000 + n, on(key((n % 100) as u8), 1.0)))
            .collect(),
    );
    session.until(4_800);
    assert_eq!(session.status.voices, 16);
    let mut sender = session.engine.take_commands().unwrap();
    sender.send(Command::Panic).unwrap();
    session.until(4_800 + 600);
    assert_eq!(session.score.ended.len(), 2_000);
    assert_eq!(peak(&session.left[4_800 + 512..]), 0.0);
    assert_sane(&session, "notes without offs");
}

#[test]
fn keys_of_the_editor_with_wild_velocities() {
    for velocity in WILD {
        let mut session = Session::new(&everything(), vec![]);
        let mut sender = session.engine.take_commands().unwrap();
        for key in [0, 60, 127, 128, 255] {
            sender.send(Command::KeyDown { key, velocity }).unwrap();
        }
        session.until(4_800);
        for key in [0, 60, 127, 128, 255] {
            sender.send(Command::KeyUp { key }).unwrap();
        }
        session.until(9_600);
        assert_sane(&session, &format!("velocity {velocity}"));
        assert_eq!(session.status.muted_voices(), 0, "velocity {velocity}");
        assert!(session.score.ended.is_empty());
    }
}

#[test]
fn controls_of_the_editor_do_what_those_of_midi_do_and_the_snapshot_shows_the_keys() {
    let patch = everything();
    let moves = [
        (ScreenControl::Bend, -0.5, bend(0, -0.5)),
        (ScreenControl::Modulation, 0.7, controller(0, 1, 0.7)),
        (
            ScreenControl::Pressure,
            0.4,
            EventKind::ChannelPressure {
                channel: 0,
                value: 0.4,
            },
        ),
        (ScreenControl::Sustain, 1.0, controller(0, 64, 1.0)),
    ];
    let notes = vec![(0, on(key(50), 0.8)), (4_800, off(key(50)))];
    let events = moves
        .map(|(.., kind)| (0, kind))
        .into_iter()
        .chain(notes.clone());
    let mut by_midi = Session::new(&patch, events.collect());
    let mut by_editor = Session::new(&patch, notes);
    let mut sender = by_editor.engine.take_commands().unwrap();
    for (control, value, _) in moves {
        sender.send(Command::Perform { control, value }).unwrap();
    }
    for session in [&mut by_midi, &mut by_editor] {
        session.until(9_600);
        let snapshot = session.engine.modulation_snapshot();
        assert!(
            snapshot.is_down(50) && !snapshot.is_down(51),
            "the pedal holds it"
        );
        assert_eq!(snapshot.sustain, 1);
    }
    assert_eq!(by_midi.left, by_editor.left);
    sender
        .send(Command::Perform {
            control: ScreenControl::Sustain,
            value: 0.0,
        })
        .unwrap();
    by_editor.until(9_700);
    let snapshot = by_editor.engine.modulation_snapshot();
    assert_eq!((snapshot.keys, snapshot.sustain), ([0, 0], 0));
    for value in WILD {
        for (control, ..) in moves {
            sender.send(Command::Perform { control, value }).unwrap();
        }
    }
    by_editor.until(14_400);
    assert_sane(&by_editor, "wild positions");
}

#[test]
fn tempos_that_are_none() {
    let patch = with(
        everything(),
        &[("lfo1_sync", 13.0), ("lfo2_sync", 1.0), ("lfo3_sync", 9.0)],
    );
    for tempo in [
        0.0,
        -1.0,
        -120.0,
        1e6,
        1e30,
        1e-30,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
    ] {
        let mut session = Session::new(&patch, vec![(0, on(key(50), 0.8)), (9, on(key(62), 0.8))]);
        session.until(1_000);
        session.engine.set_tempo(tempo);
        session.until(9_600);
        assert_sane(&session, &format!("tempo {tempo}"));
        assert!(rms(&session.left[4_800..]) > 1e-3, "tempo {tempo}");
        assert_recovers(&mut session, &format!("tempo {tempo}"));
    }
}

#[test]
fn every_sample_rate_plays_everything_about_as_loud() {
    let mut level = None;
    let rates = [
        48_000.0,
        8_000.0,
        11_025.0,
        22_050.0,
        44_100.0,
        88_200.0,
        96_000.0,
        192_000.0,
        384_000.0,
        768_000.0_f32,
    ];
    for rate in rates {
        let events = [40, 52, 59].map(|number| (11, on(key(number), 0.8)));
        let mut session = Session::at(rate, &everything(), events.into());
        session.until((rate * 0.25) as usize);
        assert_sane(&session, &format!("{rate} Hz"));
        let heard = rms(&session.left[(rate * 0.05) as usize..]);
        let level = *level.get_or_insert(heard);
        let decibels = common::measure::decibels(heard / level);
        println!("{rate} Hz: {decibels:.1} dB");
        assert!(decibels.abs() < 6.0, "{decibels} dB at {rate} Hz");
    }
    // Invalid sample rates are clamped, or replaced by the default.
    for rate in [0.0, -48_000.0, 1e9, f32::NAN, f32::INFINITY, 1e-30] {
        let mut session = Session::at(rate, &everything(), vec![(0, on(key(50), 1.0))]);
        session.until(4_800);
        assert_sane(&session, &format!("{rate} Hz"));
    }
}

#[test]
fn blocks_of_every_size() {
    let length = 100_000;
    let events = || {
        let note = |n: u64| key(40 + (n * 7 % 40) as u8);
        (0..40)
            .flat_map(|n| {
                [
                    (n * 2_311, on(note(n), 0.8)),
                    (n * 2_311 + 4_000, off(note(n))),
                ]
            })
            .collect()
    };
    let patch = with(everything(), &[("osc_a_unison", 2.0)]);
    let play = |block| {
        let mut session = Session::new(&patch, events());
        session.block = block;
        session.until(length);
        assert_sane(&session, &format!("blocks of {block}"));
        session.outcome()
    };
    let whole = play(length);
    for block in [1, 100, 8_193] {
        assert!(play(block) == whole, "blocks of {block}");
    }
}

#[test]
fn blocks_of_nothing_pass_their_events_on() {
    let mut engine = Engine::default();
    let nothing = |engine: &mut Engine, events| {
        let mut score = Score::new(events);
        score.to = 1;
        let block = Block {
            left: &mut [],
            right: &mut [],
            external: [&[], &[]],
        };
        engine.process(block, &mut score).voices
    };
    nothing(&mut engine, vec![(0, on(key(60), 1.0))]);
    let (mut left, mut right) = ([0.0; 480], [0.0; 480]);
    let block = Block {
        left: &mut left,
        right: &mut right,
        external: [&[], &[]],
    };
    let status = engine.process(block, &mut Score::new(vec![]));
    assert_eq!(status.voices, 1);
    assert!(peak(&left) > 0.01);
}

#[test]
fn an_external_input_that_is_wild() {
    for route in [0.0, 1.0, 2.0] {
        let patch = with(
            everything(),
            &[("external", 12.0), ("external_route", route)],
        );
        for wild in WILD {
            let input: Vec<f32> = (0..4_800)
                .map(|n| if n % 3 == 0 { wild } else { 0.1 })
                .collect();
            let mut session = Session::new(&patch, vec![(100, on(key(50), 0.8))]);
            session.until_with(4_800, &input);
            session.until(9_600);
            assert_sane(&session, &format!("{wild}, route {route}"));
            let later = session.left.len() as u64;
            session.score = Score::new(vec![(later, on(key(60), 1.0))]);
            session.until(14_400);
            assert!(
                rms(&session.left[9_600..]) > 1e-4,
                "{wild}, route {route}: it is dead"
            );
            assert_sane(&session, &format!("{wild}, route {route}, later"));
        }
    }
}

/// Port that hands out events in the order of the list, whatever their times.
struct Unsorted<'a> {
    events: std::slice::Iter<'a, Event>,
    length: usize,
    ended: Vec<Note>,
}

impl NotePort for Unsorted<'_> {
    fn next_event(&mut self) -> Option<Event> {
        self.events.next().copied()
    }

    fn note_ended(&mut self, at: u32, note: Note) {
        assert!(
            (at as usize) < self.length.max(1),
            "{at} in {}",
            self.length
        );
        self.ended.push(note);
    }
}

/// Any `f32`, including NaN and infinities.
fn wild() -> impl Strategy<Value = f32> {
    prop_oneof![
        2 => prop::sample::select(&WILD[..]),
        2 => any::<u32>().prop_map(f32::from_bits),
        3 => -2.0..2.0f32,
    ]
}

fn wild_kind() -> impl Strategy<Value = EventKind> {
    let some = |most: u8| prop_oneof![3 => 0..most, 1 => any::<u8>()];
    let note = (prop::option::of(-3..40i32), some(16), some(128))
        .prop_map(|(id, channel, key)| Note { id, channel, key });
    let target = (
        prop::option::of(-3..40i32),
        prop::option::of(some(16)),
        prop::option::of(some(128)),
    )
        .prop_map(|(id, channel, key)| NoteFilter { id, channel, key });
    let parameter = (0..Parameter::COUNT).prop_map(|at| Parameter::at(at).unwrap());
    prop_oneof![
        6 => (note, wild()).prop_map(|(note, velocity)| EventKind::NoteOn { note, velocity }),
        2 => target.clone().prop_map(EventKind::note_off),
        1 => target.clone().prop_map(EventKind::Choke),
        2 => (target.clone(), 0..7usize, wild()).prop_map(|(target, expression, value)| {
            EventKind::Expression { target, expression: Expression::ALL[expression], value }
        }),
        2 => (target, parameter.clone(), wild()).prop_map(|(target, parameter, amount)| {
            EventKind::Modulation { target, parameter, amount }
        }),
        4 => (parameter, wild(), wild()).prop_map(|(parameter, value, modulation)| {
            EventKind::Parameter { parameter, value, modulation }
        }),
        2 => (some(16), wild()).prop_map(|(channel, value)| EventKind::Bend { channel, value }),
        1 => (some(16), wild())
            .prop_map(|(channel, value)| EventKind::ChannelPressure { channel, value }),
        4 => (some(16), some(128), wild()).prop_map(|(channel, number, value)| {
            EventKind::Controller { channel, number, value }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// For any events at times before, within and after the block and in any order: the output stays finite and within
    /// full scale, every started note ends once, and a reset restores everything.
    #[test]
    fn wild_scripts(
        blocks in prop::collection::vec(
            (
                prop::sample::select(&[0, 1, 7, 32, 64, 500][..]),
                prop::collection::vec(
                    (prop_oneof![6 => 0..600u32, 1 => any::<u32>()], wild_kind()),
                    0..40,
                ),
                wild(),
            ),
            1..12,
        ),
    ) {
        let mut session = Session::new(&everything(), vec![]);
        let mut begun: Vec<Note> = Vec::new();
        let mut ended: Vec<Note> = Vec::new();
        let last = [
            EventKind::Choke(NoteFilter::default()),
            EventKind::note_off(NoteFilter::default()),
        ];
        let ends = (500, last.map(|kind| (0, kind)).to_vec(), 120.0);
        for (length, events, tempo) in blocks.into_iter().chain([ends.clone(), ends]) {
            let events: Vec<_> = events
                .into_iter()
                .map(|(at, kind)| Event { at, kind })
                .collect();
            begun.extend(events.iter().filter_map(|event| match event.kind {
                EventKind::NoteOn { note, velocity } if velocity.is_finite() => Some(note),
                _ => None,
            }));
            let mut port = Unsorted { events: events.iter(), length, ended: Vec::new() };
            let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
            let input = vec![tempo; length];
            session.engine.set_tempo(tempo);
            let block = Block {
                left: &mut left,
                right: &mut right,
                external: [&input, &input],
            };
            session.engine.process(block, &mut port);
            ended.append(&mut port.ended);
            for x in left.iter().chain(&right) {
                prop_assert!(x.is_finite() && x.abs() <= 1.0, "{}", x);
            }
        }
        let order = |note: &Note| (note.id, note.channel, note.key);
        begun.sort_by_key(order);
        ended.sort_by_key(order);
        prop_assert_eq!(begun, ended);
        assert_recovers(&mut session, "a script");
    }
}
