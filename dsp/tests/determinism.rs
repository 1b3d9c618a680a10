//! Equal notes and automation give equal bits in blocks of any size: a dense score of all kinds of events.

mod common;

use common::random::{bends, controllers, pressures, times};
use common::{Score, Session, everything, routed};
use proptest::prelude::*;
use tidepool_dsp::synth::{KeyboardMap, Scale, Tuning};
use tidepool_dsp::{EventKind, Expression, Note, NoteFilter, Parameter, Patch};

/// Length of a score in samples.
const LENGTH: usize = 1_600;

/// Actions of a host besides events, at the beginning of a block.
#[derive(Clone, Debug)]
enum Deed {
    Load(Vec<(usize, f32)>),
    Tempo(f32),
    Tune(u8),
    Set(usize, f32, f32),
}

fn parameter(at: usize) -> Parameter {
    Parameter::at(at % Parameter::COUNT).unwrap()
}

/// Values from 0 to 1, with more weight on the ends.
fn part() -> impl Strategy<Value = f32> {
    prop_oneof![3 => 0.0..=1.0f32, 1 => Just(0.0f32), 1 => Just(1.0f32)]
}

fn deed() -> impl Strategy<Value = Deed> {
    let values = proptest::collection::vec((0..Parameter::COUNT, part()), 1..40);
    prop_oneof![
        2 => values.prop_map(Deed::Load),
        2 => (20.0..900.0f32).prop_map(Deed::Tempo),
        1 => (5..40u8).prop_map(Deed::Tune),
        3 => (0..Parameter::COUNT, part(), -0.5..0.5f32)
            .prop_map(|(at, part, modulation)| Deed::Set(at, part, modulation)),
    ]
}

fn note() -> impl Strategy<Value = Note> {
    (0..5i32, 0..4u8, 40..90u8).prop_map(|(id, channel, key)| Note {
        id: (id > 0).then_some(id),
        channel,
        key,
    })
}

fn target() -> impl Strategy<Value = NoteFilter> {
    let id = proptest::option::of(1..5i32);
    let channel = proptest::option::of(0..4u8);
    (id, channel).prop_map(|(id, channel)| NoteFilter {
        id,
        channel,
        key: None,
    })
}

/// Messages of registered parameters, most of them with known numbers.
fn registered() -> impl Strategy<Value = EventKind> {
    let number = proptest::sample::select(&[100_u8, 101, 6, 38, 96, 97, 99][..]);
    (0..2u8, number, 0..4u8).prop_map(|(channel, number, value)| EventKind::Controller {
        channel,
        number,
        value: f32::from(value) / 127.0,
    })
}

fn kind() -> impl Strategy<Value = EventKind> {
    let expression = prop_oneof![
        Just(Expression::Volume),
        Just(Expression::Pan),
        Just(Expression::Tuning),
        Just(Expression::Vibrato),
        Just(Expression::Expression),
        Just(Expression::Brightness),
        Just(Expression::Pressure),
    ];
    let number = prop_oneof![
        Just(1u8),
        Just(7),
        Just(10),
        Just(11),
        Just(64),
        Just(66),
        Just(74),
        Just(120),
        Just(121),
        Just(123),
    ];
    let modes = prop_oneof![
        Just(Parameter::Mode),
        Just(Parameter::NotePriority),
        Just(Parameter::Voices),
        Just(Parameter::MpeZone),
        Just(Parameter::Glide),
        Just(Parameter::Tune),
        Just(Parameter::Quality),
        Just(Parameter::FilterMode),
    ];
    let any = (0..Parameter::COUNT).prop_map(parameter);
    let set = (prop_oneof![3 => any, 1 => modes], part(), -0.3..0.3f32);
    prop_oneof![
        6 => (note(), 0.0..=1.0f32).prop_map(|(note, velocity)| EventKind::NoteOn { note, velocity }),
        3 => target().prop_map(EventKind::note_off),
        1 => target().prop_map(EventKind::Choke),
        8 => set.prop_map(|(parameter, part, modulation)| EventKind::Parameter {
            parameter,
            value: parameter.spec().range.plain(part),
            modulation: if modulation < 0.0 { 0.0 } else { modulation },
        }),
        3 => (target(), 0..Parameter::COUNT, -1.0..1.0f32).prop_map(|(target, at, amount)| {
            EventKind::Modulation { target, parameter: parameter(at), amount }
        }),
        3 => (target(), expression, -1.0..2.0f32).prop_map(|(target, expression, value)| {
            EventKind::Expression { target, expression, value }
        }),
        3 => bends(4),
        1 => pressures(4),
        2 => controllers(4, number),
        3 => registered(),
    ]
}

fn tuning(steps: u8) -> Tuning {
    let degrees: String = (1..=steps)
        .map(|step| format!("{:.6}\n", 1200.0 * f64::from(step) / f64::from(steps)))
        .collect();
    let scale = Scale::parse(format!("equal\n{steps}\n{degrees}")).unwrap();
    Tuning::new(&scale, &KeyboardMap::default()).unwrap()
}

/// Returns a patch with everything on, modulated by the events of the score.
fn start(slots: &[(usize, usize, usize, f32)]) -> Patch {
    let mut patch = everything();
    for (slot, (source, via, destination, amount)) in slots.iter().enumerate() {
        let id = Parameter::destination_at(*destination).spec().id;
        patch = routed(patch, slot, *source, *via, id, *amount);
    }
    patch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_block_size_can_be_heard(
        slots in proptest::collection::vec((0..28usize, 0..28usize, 0..Parameter::DESTINATIONS, -1.0..1.0f32), 0..16),
        events in proptest::collection::vec((times(LENGTH as u64), kind()), 1..150),
        mut deeds in proptest::collection::vec((0..LENGTH, deed()), 0..8),
        size in 2..700usize,
        channels in 1..4usize,
    ) {
        deeds.sort_by_key(|(at, _)| *at);
        let external: Vec<f32> = (0..LENGTH).map(|n| ((n * n) as f32 * 1e-3).sin() * 0.3).collect();
        let patch = start(&slots);
        let mut reused = None;
        let mut play = |size: usize| {
            // An engine that has been reset behaves like a new one.
            let mut session = reused.take().unwrap_or_else(|| Session::new(&patch, vec![]));
            session.block = size;
            session.left.clear();
            session.right.clear();
            session.score = Score::sorted(events.clone());
            session.engine.load(&patch);
            for parameter in Parameter::all() {
                session.engine.set(parameter, patch.get(parameter), 0.0);
            }
            session.engine.set_tempo(120.0);
            session.engine.set_tuning(&Tuning::default());
            session.engine.reset();
            for (at, deed) in &deeds {
                session.until_with(*at, &external);
                match deed {
                    Deed::Load(values) => {
                        let mut patch = patch;
                        for (at, part) in values {
                            let parameter = parameter(*at);
                            patch.set(parameter, parameter.spec().range.plain(*part));
                        }
                        session.engine.load(&patch);
                    }
                    Deed::Tempo(tempo) => session.engine.set_tempo(*tempo),
                    Deed::Tune(steps) => session.engine.set_tuning(&tuning(*steps)),
                    Deed::Set(at, part, modulation) => {
                        let parameter = parameter(*at);
                        let plain = parameter.spec().range.plain(*part);
                        session.engine.set(parameter, plain, *modulation);
                    }
                }
            }
            session.until_with(LENGTH, &external);
            let outcome = session.outcome();
            if channels > 1 {
                reused = Some(session);
            }
            outcome
        };
        let whole = play(LENGTH);
        for size in [1, 7, 32, 64, 512, size] {
            let (bits, ended) = play(size);
            let first = bits.iter().zip(&whole.0).position(|(a, b)| a != b);
            prop_assert!(first.is_none(), "blocks of {} differ from sample {:?} on", size, first);
            prop_assert!(ended == whole.1, "blocks of {} tell other ends", size);
        }
        for x in &whole.0 {
            prop_assert!(f32::from_bits(*x).abs() <= 1.0);
        }
    }
}
