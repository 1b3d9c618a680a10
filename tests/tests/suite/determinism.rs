//! The same notes and automation make the same bits, whatever the host's blocks.

use proptest::collection::vec;
use proptest::prelude::*;
use tidepool::host::{Event, Expression, Note, Transport};
use tidepool_tests::rig::Input;
use tidepool_tests::score::note;
use tidepool_tests::{Rig, Score, Sound};

/// Length of every piece: a prime, so that no block length divides it.
const FRAMES: usize = 8191;

/// Any event a host may send, except for those that belong to a note that has to exist.
fn event(params: Vec<(u32, f64, f64)>) -> impl Strategy<Value = Event> {
    let key = 24_u8..100;
    let kinds = prop::sample::select(vec![
        Expression::Volume,
        Expression::Pan,
        Expression::Tuning,
        Expression::Pressure,
        Expression::Brightness,
    ]);
    let value = prop::sample::select(params.clone())
        .prop_flat_map(|(id, min, max)| (min..=max).prop_map(move |value| (id, value)));
    let amount = prop::sample::select(params).prop_flat_map(|(id, min, max)| {
        let span = (max - min) / 2.0;
        (-span..=span).prop_map(move |amount| (id, amount))
    });
    let controller = prop::sample::select(vec![1_u8, 7, 11, 64, 74, 120, 121, 123]);
    prop_oneof![
        8 => (key.clone(), 0.01..=1.0).prop_map(|(key, velocity)| Event::NoteOn { note: note(key), velocity }),
        6 => key.clone().prop_map(|key| Event::NoteOff { note: note(key), velocity: 0.5 }),
        1 => key.clone().prop_map(|key| Event::Choke { note: note(key) }),
        1 => Just(Event::Choke { note: Note::ALL }),
        3 => (key, kinds, 0.0..=1.0).prop_map(|(key, kind, value)| Event::Expression { note: note(key), kind, value }),
        8 => value.prop_map(|(id, value)| Event::Param { id, value }),
        2 => amount.prop_map(|(id, amount)| Event::Modulation { id, note: Note::ALL, amount }),
        2 => (controller, 0_u8..128).prop_map(|(number, value)| Event::Midi([0xB0, number, value])),
        2 => (0_u8..128, 0_u8..128).prop_map(|(low, high)| Event::Midi([0xE0, low, high])),
        1 => (40.0..240.0, 0.0..64.0).prop_map(|(tempo, beats)| {
            Event::Transport(Transport { tempo, beats, seconds: beats * 60.0 / tempo, playing: true })
        }),
    ]
}

fn score() -> impl Strategy<Value = Score> {
    let params = Rig::new().instance.params();
    let params = params
        .iter()
        .map(|param| (param.id, param.min, param.max))
        .collect();
    // Often several on one sample, and on samples at which blocks begin.
    let sample = prop_oneof![0..FRAMES, (0..16_usize).prop_map(|part| part * 512)];
    vec((sample, event(params)), 0..60).prop_map(|mut events| {
        // A host sends what belongs to one sample in one order, however it cuts its blocks.
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
