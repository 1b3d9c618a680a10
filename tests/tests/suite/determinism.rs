//! Determinism: the same notes and automation give the same bits, independent of the host's block lengths.

use proptest::collection::vec;
use proptest::prelude::*;
use tidepool::params::param_id;
use tidepool_host::{Event, Expression, Note, Param, Transport};
use tidepool_tests::rig::Input;
use tidepool_tests::score::note;
use tidepool_tests::{Rig, Score, Sound};

/// Length of every piece in samples: a prime, so that no block length divides it.
const FRAMES: usize = 8191;

/// Generates a note with an id of its own, with its key's number as id, or without an id, as in MIDI.
fn some_note() -> impl Strategy<Value = Note> {
    let channel = prop_oneof![3 => Just(0_u8), 2 => 1..4_u8, 1 => 13..16_u8];
    let id = prop_oneof![3 => Just(None), 1 => (200..204_u32).prop_map(Some)];
    (24_u8..100, channel, id, any::<bool>()).prop_map(|(key, channel, id, plain)| {
        let other = Note::new(channel, key);
        match id {
            _ if plain => note(key),
            Some(id) => other.with_id(id),
            None => other,
        }
    })
}

/// Generates any event that a host may send, except those that require an existing note.
fn event(params: Vec<Param>) -> impl Strategy<Value = Event> {
    let key = 24_u8..100;
    let kinds = prop::sample::select(vec![
        Expression::Volume,
        Expression::Pan,
        Expression::Tuning,
        Expression::Pressure,
        Expression::Brightness,
    ]);
    let value = prop::sample::select(params.clone()).prop_flat_map(|param| {
        (param.min..=param.max).prop_map(move |value| Event::Param {
            id: param.id,
            value,
        })
    });
    let modulation = |params: Vec<Param>, note: BoxedStrategy<Note>| {
        let param = prop::sample::select(params);
        (param, note, -0.5..=0.5).prop_map(|(param, note, part)| Event::Modulation {
            id: param.id,
            note,
            amount: part * (param.max - param.min),
        })
    };
    let per_note = params.iter().filter(|param| param.per_note);
    let for_one = modulation(
        per_note.cloned().collect(),
        prop_oneof![key.clone().prop_map(note), some_note()]
            .prop_filter("a voice is addressed by its id", |note| note.id.is_some())
            .boxed(),
    );
    let for_all = modulation(params, Just(Note::ALL).boxed());
    let controller = prop::sample::select(vec![1_u8, 7, 10, 11, 64, 74, 120, 121, 123]);
    let channel = prop_oneof![2 => Just(0_u8), 1 => 0..16_u8];
    prop_oneof![
        12 => (some_note(), 0.01..=1.0).prop_map(|(note, velocity)| Event::NoteOn { note, velocity }),
        6 => some_note().prop_map(|note| Event::NoteOff { note, velocity: 0.5 }),
        1 => key.prop_map(|key| Event::Choke { note: note(key) }),
        1 => Just(Event::Choke { note: Note::ALL }),
        4 => (some_note(), kinds, 0.0..=1.0).prop_map(|(note, kind, value)| Event::Expression { note, kind, value }),
        8 => value,
        2 => for_all,
        6 => for_one,
        3 => (channel.clone(), controller, 0_u8..128).prop_map(|(channel, number, value)| Event::Midi([0xB0 | channel, number, value])),
        3 => (channel.clone(), 0_u8..128, 0_u8..128).prop_map(|(channel, low, high)| Event::Midi([0xE0 | channel, low, high])),
        1 => (channel, 0_u8..128).prop_map(|(channel, value)| Event::Midi([0xD0 | channel, value, 0])),
        1 => (40.0..240.0, 0.0..64.0).prop_map(|(tempo, beats)| {
            Event::Transport(Transport { tempo, beats, seconds: beats * 60.0 / tempo, playing: true })
        }),
    ]
}

/// Generates dense automation of several parameters, every 1 to 16 samples for a while.
fn dense(params: Vec<Param>) -> impl Strategy<Value = Vec<(usize, Event)>> {
    let some = prop::sample::subsequence(params, 1..6);
    (some, 0..FRAMES, 1..=16_usize, 1..150_usize, any::<u64>()).prop_map(
        |(params, start, step, count, seed)| {
            let mut random = fastrand::Rng::with_seed(seed);
            let samples = (start..FRAMES).step_by(step).take(count);
            let mut events = Vec::new();
            for sample in samples {
                for param in &params {
                    let value = param.min + (param.max - param.min) * random.f64();
                    let id = param.id;
                    events.push((sample, Event::Param { id, value }));
                }
            }
            events
        },
    )
}

/// Generates an MPE zone that is set on the first sample, or none.
fn zone() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let set = |key, value| {
        let id = param_id(key);
        (0, Event::Param { id, value })
    };
    (0..3_u8, 0..15_u8).prop_map(move |(zone, members)| {
        vec![
            set("mpe_zone", f64::from(zone)),
            set("mpe_channels", f64::from(members)),
        ]
    })
}

fn score() -> impl Strategy<Value = Score> {
    let params = Rig::new().instance.params();
    // Favours several events on one sample, and samples at which blocks begin.
    let sample = prop_oneof![0..FRAMES, (0..16_usize).prop_map(|part| part * 512)];
    let single = vec((sample, event(params.clone())), 0..60);
    let dense = prop_oneof![2 => Just(Vec::new()), 1 => vec(dense(params), 1..3)];
    (zone(), single, dense).prop_map(|(zone, single, dense)| {
        let mut events = [zone, single, dense.concat()].concat();
        // Hosts send the events of one sample in the same order, independent of the block length.
        events.sort_by_key(|&(sample, _)| sample);
        Score {
            frames: FRAMES,
            events,
        }
    })
}

fn blocks() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        vec(1_usize..2000, 1..40),
        vec(1_usize..40, 1..40),
        prop::sample::select(vec![1_usize, 2, 16, 31, 32, 33, 64, 480, 512, 4096])
            .prop_map(|block| vec![block]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: Some(Box::new(prop::test_runner::FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn blocks_make_no_difference(score in score(), blocks in blocks(), seed in any::<u64>()) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut channel = || -> Vec<f32> { (0..FRAMES).map(|_| random.f32() - 0.5).collect() };
        let external = Sound { left: channel(), right: channel() };

        let mut rig = Rig::new();
        let whole = rig.play_with(&score, &[FRAMES], Input::Stereo(&external));
        whole.assert_sane("one block");
        let told = rig.received.clone();

        let mut rig = Rig::new();
        let cut = rig.play_with(&score, &blocks, Input::Stereo(&external));
        prop_assert_eq!(cut.first_difference(&whole), None);
        prop_assert_eq!(&rig.received, &told, "ended notes are told differently");
    }
}
