//! Parameters, modulation, expressions and commands at the engine's public interface: their timing and their notes, and
//! that blocks and batches make no audible difference.

mod common;

use common::measure::hertz;
use common::random::{bends, controllers, pressures, times};
use common::{Score, bend, controller, named as note, set};
use proptest::prelude::*;
use tidepool_dsp::parameter::Priority;
use tidepool_dsp::rt::TICK;
use tidepool_dsp::{
    Block, Command, Engine, EngineConfig, Event, EventKind, Expression, Note, NoteFilter, NotePort,
    Parameter, Patch,
};

/// Delay of the oscillators in samples.
const DELAY: u64 = 16;

/// Plays `events` for `length` samples in blocks of the sizes that `sizes` repeats, and returns the left channel.
fn play(
    engine: &mut Engine,
    events: Vec<(u64, EventKind)>,
    length: usize,
    sizes: &[usize],
) -> Vec<f32> {
    play_score(engine, &mut Score::sorted(events), length, sizes, &[])
}

/// Plays likewise, with `external` as the input.
fn play_score(
    engine: &mut Engine,
    score: &mut Score,
    length: usize,
    sizes: &[usize],
    external: &[f32],
) -> Vec<f32> {
    let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
    let (mut at, mut sizes) = (0, sizes.iter().cycle());
    while at < length {
        let end = (at + sizes.next().unwrap()).min(length);
        score.from = at as u64;
        score.to = end as u64;
        let input = &external[at.min(external.len())..end.min(external.len())];
        let block = Block {
            left: &mut left[at..end],
            right: &mut right[at..end],
            external: [input, input],
        };
        engine.process(block, score);
        at = end;
    }
    left
}

fn on(note: Note) -> EventKind {
    EventKind::NoteOn {
        note,
        velocity: 0.8,
    }
}

fn modulate(id: i32, parameter: Parameter, amount: f32) -> EventKind {
    EventKind::Modulation {
        target: NoteFilter {
            id: Some(id),
            ..NoteFilter::default()
        },
        parameter,
        amount,
    }
}

fn express(id: i32, expression: Expression, value: f32) -> EventKind {
    EventKind::Expression {
        target: NoteFilter {
            id: Some(id),
            ..NoteFilter::default()
        },
        expression,
        value,
    }
}

fn bits(audio: &[f32]) -> Vec<u32> {
    audio.iter().map(|x| x.to_bits()).collect()
}

fn first_difference(one: &[f32], other: &[f32]) -> Option<usize> {
    one.iter().zip(other).position(|(a, b)| a != b)
}

/// Returns the events of a steady, bright tone with a constant envelope.
fn steady() -> Vec<(u64, EventKind)> {
    [
        (Parameter::Sustain, 1.0),
        (Parameter::FilterEnv, 0.0),
        (Parameter::Cutoff, 5_000.0),
        (Parameter::Attack, 0.0),
        (Parameter::VibratoDepth, 0.0),
        (Parameter::Resonance, 0.0),
    ]
    .map(|(parameter, value)| (0, set(parameter, value)))
    .into()
}

/// Returns the frequency in Hz of a tone at 48 kHz, by rising zero crossings.
fn pitch(audio: &[f32]) -> f64 {
    let crossings: Vec<f64> = audio
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] <= 0.0 && pair[1] > 0.0)
        .map(|(n, pair)| n as f64 + f64::from(-pair[0] / (pair[1] - pair[0])))
        .collect();
    let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
    48_000.0 * (crossings.len() - 1) as f64 / (last - first)
}

fn assert_pitch(audio: &[f32], key: f64, what: &str) {
    let expected = hertz(key);
    let cents = 1200.0 * (pitch(audio) / expected).log2();
    assert!(cents.abs() < 5.0, "{what}: {cents} cents off");
}

#[test]
fn every_priority_lands_where_it_promises() {
    let tick = TICK as u64;
    let coarse = 8 * tick;
    // In the middle of a tick, and of the coarse grid, with a note after every grid line for `velocity`.
    for at in [1_600 + 5, 1_600 + 31, 3_200, 3_200 + 1] {
        let mut events = steady();
        events.push((0, on(note(1, 0, 57))));
        let plain = play(&mut Engine::default(), events.clone(), 6_000, &[512]);
        for (parameter, value) in [
            (Parameter::Tune, 7.0),
            (Parameter::Cutoff, 300.0),
            (Parameter::Volume, -20.0),
            (Parameter::Drive, 12.0),
        ] {
            let mut changed = events.clone();
            changed.push((at, set(parameter, value)));
            let heard = play(&mut Engine::default(), changed, 6_000, &[512]);
            let first = first_difference(&plain, &heard).expect("the change is heard") as u64;
            // A ramp starts at the old value, so that the first difference is one sample later; a pitch becomes a phase
            // another sample later, and is delayed like everything that the oscillators play.
            let due = match parameter.spec().priority {
                Priority::High => at,
                Priority::Normal => at.next_multiple_of(tick),
                Priority::Low => unreachable!("none of these"),
            };
            let late = if parameter == Parameter::Tune {
                DELAY
            } else {
                0
            };
            assert!(
                (due + 1..=due + 3 + late).contains(&first),
                "{parameter:?} at {at} is heard at {first}, due at {due}"
            );
        }
    }
    // Low priority: a new sensitivity applies to notes from the next grid line on.
    let loudness = |change_at: u64, note_at: u64| {
        let events = vec![
            (0, set(Parameter::Velocity, 0.0)),
            (change_at, set(Parameter::Velocity, 1.0)),
            (
                note_at,
                EventKind::NoteOn {
                    note: note(1, 0, 60),
                    velocity: 0.1,
                },
            ),
        ];
        let heard = play(&mut Engine::default(), events, 4_000, &[512]);
        heard.iter().fold(0.0f32, |peak, x| peak.max(x.abs()))
    };
    let (loud, soft) = (loudness(3_999, 300), loudness(1, 3_000));
    assert!(soft < loud / 10.0);
    for (note_at, level) in [(2 * coarse - 1, loud), (2 * coarse + 1, soft)] {
        let heard = loudness(coarse + 1, note_at) / level;
        assert!(
            (heard - 1.0).abs() < 0.01,
            "{heard} for a note at {note_at}"
        );
    }
}

#[test]
fn a_reset_keeps_the_parameters_and_starts_on_them() {
    let tail = |engine: &mut Engine| {
        engine.reset();
        play(engine, vec![(0, on(note(1, 0, 50)))], 4_000, &[256])
    };
    let mut engine = Engine::default();
    engine.set(Parameter::Cutoff, 300.0, 0.0);
    engine.set(Parameter::Volume, 0.0, 0.0);
    let reference = tail(&mut engine);
    let mut late = Engine::default();
    let events = vec![
        (0, on(note(1, 0, 60))),
        (1_999, set(Parameter::Cutoff, 300.0)),
        (1_999, set(Parameter::Volume, 0.0)),
        (1_999, express(1, Expression::Pan, 1.0)),
        (1_999, bend(0, 1.0)),
        (1_999, controller(0, 7, 0.0)),
    ];
    // The block ends within the tick of the changes, which still wait in their batch.
    play(&mut late, events, 2_000, &[500]);
    assert!(bits(&tail(&mut late)) == bits(&reference));
}

#[test]
fn a_loaded_sound_is_there_within_a_tick_and_does_not_click() {
    let patch = Patch::default()
        .with(Parameter::Volume, -30.0)
        .with(Parameter::Sustain, 1.0)
        .with(Parameter::FilterEnv, 0.0)
        .with(Parameter::VibratoDepth, 0.0)
        .with(Parameter::Attack, 0.0);
    let mut engine = Engine::default();
    let mut sender = engine.take_commands().expect("the first to ask");
    assert!(engine.take_commands().is_none());
    let mut events = steady();
    events.push((0, on(note(1, 0, 45))));
    let external = vec![0.0; 8_000];
    let mut score = Score::sorted(events);
    let before = play_score(&mut engine, &mut score, 4_010, &[401], &external);
    sender.send(Command::Load(patch)).unwrap();
    let after = play_score(&mut engine, &mut Score::sorted(vec![]), 4_000, &[401], &[]);
    let peak = |audio: &[f32]| audio.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    // 4010 is 10 samples into a tick: the load begins at the next tick and is complete at the one after.
    let arrived = 22 + TICK;
    let change = peak(&after[arrived..arrived + 1_000]) / peak(&before[2_000..]);
    assert!(
        (0.04..0.09).contains(&change),
        "{change} of the level after a load of -24 dB"
    );
    let steepest = |audio: &[f32]| {
        let steps = audio.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        steps.fold(0.0f32, f32::max)
    };
    let jump = steepest(&after[..arrived + 1]);
    assert!(jump <= steepest(&before[2_000..]) * 1.1, "a step of {jump}");
}

#[test]
fn keys_of_the_editor_play_and_panic_silences() {
    let mut engine = Engine::default();
    let mut sender = engine.take_commands().unwrap();
    let mut score = Score::sorted(vec![]);
    let mut blocks = |engine: &mut Engine, count: usize| {
        play_score(engine, &mut score, 512 * count, &[512], &[])
    };
    let loud = |audio: &[f32]| audio.iter().any(|x| x.abs() > 0.01);
    sender
        .send(Command::KeyDown {
            key: 60,
            velocity: 1.0,
        })
        .unwrap();
    assert!(loud(&blocks(&mut engine, 4)));
    sender.send(Command::KeyUp { key: 60 }).unwrap();
    blocks(&mut engine, 200);
    assert!(blocks(&mut engine, 1).iter().all(|x| *x == 0.0));
    for key in 40..60 {
        sender
            .send(Command::KeyDown { key, velocity: 0.5 })
            .unwrap();
    }
    assert!(loud(&blocks(&mut engine, 4)));
    sender.send(Command::Panic).unwrap();
    blocks(&mut engine, 1);
    assert!(blocks(&mut engine, 1).iter().all(|x| *x == 0.0));
    // The host did not start these notes, so their ends are not reported.
    assert!(score.ended.is_empty());
}

#[test]
fn a_full_queue_hands_commands_back_and_the_rest_still_count() {
    let config = EngineConfig {
        commands: 4,
        ..EngineConfig::default()
    };
    let mut engine = Engine::new(&config).unwrap();
    let mut sender = engine.take_commands().unwrap();
    let down = |key| Command::KeyDown { key, velocity: 1.0 };
    let taken = (0..10).filter(|key| sender.send(down(60 + key)).is_ok());
    assert_eq!(taken.count(), 4);
    assert_eq!(sender.refused(), 6);
    let mut block = || {
        let (mut left, mut right) = ([0.0; 32], [0.0; 32]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        engine.process(block, &mut Score::sorted(vec![])).voices
    };
    assert_eq!(block(), 4);
    assert_eq!(sender.send(Command::Panic), Ok(()));
    assert_eq!(block(), 0);
}

#[test]
fn modulation_moves_its_own_note_as_far_as_the_parameter_would() {
    // On the note's first sample the modulation applies at once, as if the parameter had that value.
    let with = |events: Vec<(u64, EventKind)>| {
        let mut all = steady();
        all.extend(events);
        play(&mut Engine::default(), all, 9_600, &[333])
    };
    let range = Parameter::Cutoff.spec().range;
    let amount = range.normalize(700.0) - range.normalize(5_000.0);
    for start in [0, 777] {
        let modulated = with(vec![
            (start, on(note(1, 0, 50))),
            (start, modulate(1, Parameter::Cutoff, amount)),
        ]);
        let standing = with(vec![
            (0, set(Parameter::Cutoff, 700.0)),
            (start, on(note(1, 0, 50))),
        ]);
        let error = modulated
            .iter()
            .zip(&standing)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(error < 1e-4, "{error} apart");
    }
    // The modulation leaves the other note alone, is relative to the parameter when that moves, and ends with its note.
    let two = |modulation: Option<EventKind>| {
        let mut events = vec![
            (0, set(Parameter::Voices, 1.0)),
            (0, on(note(1, 0, 50))),
            (4_800, on(note(2, 0, 50))),
        ];
        events.extend(modulation.map(|kind| (100, kind)));
        with(events)
    };
    let (plain, modulated) = (two(None), two(Some(modulate(1, Parameter::Cutoff, -0.3))));
    assert_eq!(first_difference(&plain, &modulated), Some(129));
    // The stolen voice fades for 3 ms; the new voice in its slot does not have its modulation.
    assert!(bits(&plain[5_000..]) == bits(&modulated[5_000..]));
    let stranger = two(Some(modulate(9, Parameter::Cutoff, -0.3)));
    assert!(bits(&stranger) == bits(&plain));
}

#[test]
fn the_modulation_of_a_note_takes_the_place_of_that_for_all() {
    let with = |own: Option<f32>, all: f32| {
        let mut events = steady();
        events.push((
            0,
            EventKind::Parameter {
                parameter: Parameter::Tune,
                value: 0.0,
                modulation: all,
            },
        ));
        events.push((0, on(note(1, 0, 69))));
        events.extend(own.map(|amount| (0, modulate(1, Parameter::Tune, amount))));
        play(&mut Engine::default(), events, 20_000, &[512])
    };
    // A normalized eighth of 48 semitones is 6.
    assert_pitch(&with(None, 0.125)[4_000..], 75.0, "for all");
    assert_pitch(&with(Some(-0.125), 0.0)[4_000..], 63.0, "for the note");
    assert_pitch(&with(Some(-0.125), 0.125)[4_000..], 63.0, "in its place");
    // The modulation is clamped to the range.
    assert_pitch(&with(Some(-3.0), 0.0)[4_000..], 45.0, "at the end");
}

#[test]
fn mpe_bends_one_note_by_its_channel_and_all_by_the_master() {
    let play_zone = |zone: f32, events: &[(u64, EventKind)]| {
        let mut all = steady();
        all.push((0, set(Parameter::MpeZone, zone)));
        all.extend_from_slice(events);
        play(&mut Engine::default(), all, 20_000, &[512])
    };
    let (master, member) = (0, 3);
    let tone = |zone, bends: &[EventKind]| {
        let mut events: Vec<_> = bends.iter().map(|kind| (10, *kind)).collect();
        events.push((10, on(note(1, member, 57))));
        play_zone(zone, &events)[4_000..].to_vec()
    };
    assert_pitch(&tone(1.0, &[bend(member, 0.25)]), 69.0, "by 48 / 4");
    assert_pitch(&tone(1.0, &[bend(master, 1.0)]), 59.0, "by 2");
    let both = [bend(master, 1.0), bend(member, 0.25)];
    assert_pitch(&tone(1.0, &both), 71.0, "by both");
    assert_pitch(&tone(0.0, &both), 57.5, "without a zone");
    assert_pitch(&tone(1.0, &[bend(5, 1.0)]), 57.0, "by a stranger");
    // In the upper zone the master is the last channel.
    assert_pitch(&tone(2.0, &[bend(15, 1.0)]), 59.0, "by the upper master");
    assert_pitch(
        &tone(2.0, &[bend(0, 1.0)]),
        57.0,
        "by what is no master now",
    );
    // A zone of two members leaves the third channel to itself.
    let small = [set(Parameter::MpeChannels, 2.0), bend(member, 0.25)];
    assert_pitch(&tone(1.0, &small), 57.5, "outside of the zone");
    let narrow = [set(Parameter::MpeBendRange, 12.0), bend(member, 1.0)];
    assert_pitch(&tone(1.0, &narrow), 57.0 + 12.0, "by the range that is set");
    // The master's pedal holds the notes of the members.
    let held = play_zone(
        1.0,
        &[
            (0, set(Parameter::Release, 0.01)),
            (0, controller(master, 64, 1.0)),
            (0, on(note(1, member, 57))),
            (1_000, EventKind::note_off(NoteFilter::channel(member))),
            (10_000, controller(master, 64, 0.0)),
        ],
    );
    assert!(held[9_000..10_000].iter().any(|x| x.abs() > 0.01));
    assert!(held[12_000..].iter().all(|x| *x == 0.0));
}

#[test]
fn a_bend_before_the_first_note_of_a_channel_is_no_glide() {
    let with = |turned: u64, note_first: bool| {
        let mut events = steady();
        events.push((0, set(Parameter::MpeZone, 1.0)));
        let begin = (3_205, on(note(1, 2, 40)));
        let turns = [bend(2, 0.5), controller(2, 74, 1.0)].map(|kind| (turned, kind));
        if note_first {
            events.push(begin);
            events.extend(turns);
        } else {
            events.extend(turns);
            events.push(begin);
        }
        bits(&play(&mut Engine::default(), events, 6_000, &[512]))
    };
    let reference = with(5, false);
    assert!(with(3_203, false) == reference);
    // On the note's own sample, the order of the two events makes no difference.
    assert!(with(3_205, false) == reference);
    assert!(with(3_205, true) == reference);
    assert!(with(3_206, false) != reference);
}

#[test]
fn a_bend_begins_on_its_own_sample_and_has_no_corner_that_clicks() {
    let mut events = steady();
    events.push((0, on(note(1, 0, 57))));
    let plain = play(&mut Engine::default(), events.clone(), 9_600, &[512]);
    for at in [4_800, 4_801, 4_820, 4_831] {
        let mut bent = events.clone();
        bent.push((at, bend(0, 1.0)));
        let heard = play(&mut Engine::default(), bent, 9_600, &[512]);
        let first = first_difference(&plain, &heard).unwrap() as u64;
        // Three samples until a change exceeds rounding, and two of the ladder's half-band delay.
        let due = at..=at + 5 + DELAY;
        assert!(due.contains(&first), "{at} is heard at {first}");
        assert_pitch(&heard[5_200..], 59.0, "bent");
        let steepest = |audio: &[f32]| {
            let steps = audio.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            steps.fold(0.0f32, f32::max)
        };
        assert!(steepest(&heard[4_800..]) < 1.1 * steepest(&plain[4_000..]));
    }
}

#[test]
fn values_that_are_not_finite_are_ignored_and_others_limited_to_the_range() {
    let mut engine = Engine::default();
    engine.set(Parameter::Cutoff, f32::NAN, 0.0);
    engine.set(Parameter::Cutoff, 800.0, f32::INFINITY);
    engine.set_tempo(f32::NAN);
    let plain = play(&mut engine, vec![(0, on(note(1, 0, 60)))], 2_000, &[100]);
    let reference = play(
        &mut Engine::default(),
        vec![(0, on(note(1, 0, 60)))],
        2_000,
        &[100],
    );
    assert!(bits(&plain) == bits(&reference));
    let wild = |value| {
        let events = vec![(0, set(Parameter::Volume, value)), (0, on(note(1, 0, 60)))];
        bits(&play(&mut Engine::default(), events, 2_000, &[100]))
    };
    assert!(wild(1e30) == wild(6.0));
}

#[test]
fn a_reset_forgets_how_large_batches_had_become() {
    // Low-priority changes take effect early when their batch is full, so that the batch size matters.
    let mut events = Vec::new();
    for n in 0..60u64 {
        for parameter in [
            Parameter::Velocity,
            Parameter::Voices,
            Parameter::VibratoRate,
        ] {
            let value = parameter.spec().range.plain(n as f32 / 60.0);
            events.push((n * 32 + 3, set(parameter, value)));
        }
        if n % 5 == 4 {
            events.push((n * 32 + 20, on(note(n as i32, 0, 60))));
        }
    }
    let mut engine = Engine::default();
    let mut play = || {
        engine.reset();
        for (parameter, value) in Patch::default().iter() {
            engine.set(parameter, value, 0.0);
        }
        bits(&play(&mut engine, events.clone(), 3_000, &[128]))
    };
    let first = play();
    assert!(play() == first);
}

#[test]
fn a_note_on_the_master_does_not_hurry_what_its_members_hear() {
    let with = |master_plays: bool| {
        let mut events = steady();
        events.extend([
            (0, set(Parameter::MpeZone, 1.0)),
            (0, set(Parameter::Velocity, 1.0)),
            (0, on(note(1, 1, 48))),
            (3_200, controller(0, 7, 0.0)),
        ]);
        if master_plays {
            let silent = EventKind::NoteOn {
                note: note(2, 0, 60),
                velocity: 0.0,
            };
            events.push((3_232, silent));
        }
        bits(&play(&mut Engine::default(), events, 6_000, &[512]))
    };
    assert!(with(true) == with(false));
}

/// Port that hands out events with their samples unchanged, block by block or all at once.
struct Raw(std::collections::VecDeque<Event>);

impl NotePort for Raw {
    fn next_event(&mut self) -> Option<Event> {
        self.0.pop_front()
    }
    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

fn play_raw(engine: &mut Engine, events: &[(u32, EventKind)], blocks: usize) -> usize {
    let events = events.iter().map(|(at, kind)| Event {
        at: *at,
        kind: *kind,
    });
    let mut port = Raw(events.collect());
    let mut voices = 0;
    for _ in 0..blocks {
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        let block = Block {
            left: &mut left,
            right: &mut right,
            external: [&[], &[]],
        };
        voices = engine.process(block, &mut port).voices;
    }
    voices
}

#[test]
fn events_out_of_order_are_taken_as_soon_as_may_be() {
    let events = [
        (16, on(note(1, 0, 60))),
        (25, controller(0, 74, 0.2)),
        (10, on(note(2, 0, 62))),
        (3, on(note(3, 0, 64))),
    ];
    assert_eq!(play_raw(&mut Engine::default(), &events, 1), 3);
}

#[test]
fn a_flood_past_the_end_of_a_block_keeps_its_order() {
    let config = EngineConfig {
        carried_events: 16,
        ..EngineConfig::default()
    };
    let mut engine = Engine::new(&config).unwrap();
    let mut events = vec![(64, on(note(1, 0, 60)))];
    events.extend((0..15).map(|n| (64, bend(1, n as f32 / 20.0))));
    let end = NoteFilter {
        id: Some(1),
        ..NoteFilter::default()
    };
    events.push((64, EventKind::note_off(end)));
    assert_eq!(play_raw(&mut engine, &events, 1), 1);
    assert_eq!(play_raw(&mut engine, &[], 4_000), 0, "the note hangs");
}

#[test]
fn getting_ready_forgets_what_was_carried() {
    let mut engine = Engine::default();
    play_raw(&mut engine, &[(64, on(note(1, 0, 60)))], 1);
    engine.prepare(96_000.0, 64);
    assert_eq!(play_raw(&mut engine, &[], 1), 0);
}

/// All kinds of changes, on few notes and channels so that many coincide.
fn kind() -> impl Strategy<Value = EventKind> {
    let note = (0..4i32, 0..3u8, 50..54u8).prop_map(|(id, channel, key)| Note {
        id: (id > 0).then_some(id),
        channel,
        key,
    });
    let target =
        (proptest::option::of(0..4i32), proptest::option::of(0..3u8)).prop_map(|(id, channel)| {
            NoteFilter {
                id,
                channel,
                key: None,
            }
        });
    let parameter = (0..Parameter::COUNT).prop_map(|at| Parameter::at(at).unwrap());
    let expression = prop_oneof![
        Just(Expression::Volume),
        Just(Expression::Pan),
        Just(Expression::Tuning),
        Just(Expression::Brightness),
        Just(Expression::Pressure),
        Just(Expression::Vibrato),
    ];
    let automation = (parameter.clone(), 0.0..=1.0f32, -0.2..0.2f32).prop_map(
        |(parameter, value, modulation)| EventKind::Parameter {
            parameter,
            value: parameter.spec().range.plain(value),
            modulation: if modulation < 0.0 { 0.0 } else { modulation },
        },
    );
    let number = prop_oneof![
        Just(1u8),
        Just(7),
        Just(10),
        Just(11),
        Just(64),
        Just(74),
        Just(121),
        Just(123)
    ];
    prop_oneof![
        3 => (note, 0.0..=1.0f32).prop_map(|(note, velocity)| EventKind::NoteOn { note, velocity }),
        2 => target.clone().prop_map(EventKind::note_off),
        8 => automation,
        4 => (target.clone(), parameter, -1.0..1.0f32).prop_map(|(target, parameter, amount)| {
            EventKind::Modulation { target, parameter, amount }
        }),
        4 => (target, expression, -1.0..2.0f32).prop_map(|(target, expression, value)| {
            EventKind::Expression { target, expression, value }
        }),
        2 => bends(3),
        1 => pressures(3),
        2 => controllers(3, number),
    ]
}

const LENGTH: usize = 3_000;

/// Events that cluster, on samples as well as in ticks.
fn score() -> impl Strategy<Value = Vec<(u64, EventKind)>> {
    proptest::collection::vec((times(LENGTH as u64), kind()), 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn neither_blocks_nor_batches_can_be_heard(
        events in score(),
        sizes in proptest::collection::vec(1..700usize, 1..6),
        batch_size in 1..=256usize,
        adaptive_batches in any::<bool>(),
    ) {
        let render = |config: &EngineConfig, sizes: &[usize]| {
            let mut engine = Engine::new(config).unwrap();
            let mut score = Score::sorted(events.clone());
            let audio = play_score(&mut engine, &mut score, LENGTH, sizes, &[]);
            (bits(&audio), score.ended)
        };
        let usual = EngineConfig::default();
        let whole = render(&usual, &[LENGTH]);
        prop_assert!(render(&usual, &sizes) == whole, "blocks of {:?}", sizes);
        prop_assert!(render(&usual, &[1]) == whole, "single samples");

        // Low-priority changes take effect early when their batch is full, which is audible; batches of other changes
        // are not.
        let normal: Vec<_> = events
            .iter()
            .filter(|(_, kind)| match kind {
                EventKind::Parameter { parameter, .. } => {
                    parameter.spec().priority != Priority::Low
                }
                _ => true,
            })
            .cloned()
            .collect();
        let render = |config: &EngineConfig| {
            let mut engine = Engine::new(config).unwrap();
            let audio = play(&mut engine, normal.clone(), LENGTH, &[LENGTH]);
            let changes = engine.changes();
            let waiting = changes.normal.pushed - changes.normal.coalesced - changes.normal.applied;
            (bits(&audio), waiting)
        };
        let config = EngineConfig { batch_size, adaptive_batches, ..usual };
        let (audio, waiting) = render(&config);
        prop_assert!(audio == render(&usual).0, "batches of {}", batch_size);
        // Pushed changes are coalesced or applied, unless they came after the last tick.
        prop_assert!(waiting <= batch_size as u64);
    }
}
