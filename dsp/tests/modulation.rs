//! Every source of the matrix moves its destination by the right amount.

mod common;

use common::measure::rough_pitch;
use common::{
    RATE, Session, bare, bend, controller, everything, express, key, left, on, parameter, routed,
    set, with,
};
use tidepool_dsp::engine::{SOURCES, Source};
use tidepool_dsp::parameter::{Range, Unit};
use tidepool_dsp::{EventKind, Expression, Note, Parameter, Patch};

const NOTE: Note = Note {
    id: Some(5),
    channel: 0,
    key: 72,
};

type Events = Vec<(u64, EventKind)>;

/// Returns a patch and events that set every source, and the resulting value of each source, by its number.
fn played() -> (Patch, Events, Vec<(usize, f64)>) {
    let mut patch = with(
        bare(),
        &[
            ("osc_a_shape", 0.0),
            ("sustain", 0.9),
            ("env2_sustain", 0.6),
            ("env3_sustain", 0.25),
            ("decay", 0.001),
            ("env2_decay", 0.001),
            ("env3_decay", 0.001),
            ("env2_attack", 0.0),
            ("env3_attack", 0.0),
            // 1 in the first half of a long cycle, −1 in the second half, and a quarter of the way up.
            ("lfo1_shape", 4.0),
            ("lfo1_rate", 0.01),
            ("lfo2_shape", 4.0),
            ("lfo2_rate", 0.01),
            ("lfo2_phase", 0.5),
            ("lfo3_shape", 2.0),
            ("lfo3_rate", 0.01),
            ("lfo3_phase", 0.625),
        ],
    );
    let mut sources = [
        (Source::Envelope1, 0.9),
        (Source::Envelope2, 0.6),
        (Source::Envelope3, 0.25),
        (Source::Lfo1, 1.0),
        (Source::Lfo2, -1.0),
        (Source::Lfo3, 0.25),
        (Source::Velocity, 0.7),
        (Source::Key, 0.2),
        (Source::Pressure, 0.3),
        (Source::Timbre, -1.0),
        (Source::Bend, -0.5),
        (Source::ModWheel, 0.4),
        (Source::NoteVolume, 0.5),
        (Source::NotePan, -0.6),
        (Source::NoteTuning, 0.5),
        // The wheel is not part of the vibrato expression, but the expression is part of the wheel.
        (Source::NoteVibrato, 0.2),
        (Source::NoteExpression, 0.8),
        (Source::Constant, 1.0),
        (Source::Breath, 0.6),
        (Source::Foot, 0.35),
        (Source::Expression, 0.9),
        (Source::ControllerA, 0.15),
        (Source::ControllerB, 0.25),
        (Source::ControllerC, 0.45),
        (Source::ControllerD, 0.55),
    ]
    .map(|(source, value)| (source as usize, value))
    .to_vec();
    for number in 0..Parameter::MACROS {
        let value = 0.1 * (number + 1) as f32;
        patch.set(Parameter::macro_knob(number), value);
        sources.push((Source::Macro1 as usize + number, f64::from(value)));
    }
    let mut events = vec![(100, on(NOTE, 0.7))];
    for kind in [
        EventKind::ChannelPressure {
            channel: 0,
            value: 0.3,
        },
        controller(0, 74, 0.0),
        controller(0, 1, 0.2),
        controller(0, 2, 0.6),
        controller(0, 4, 0.35),
        controller(0, 11, 0.9),
        // These count from any channel.
        controller(5, 16, 0.15),
        controller(6, 17, 0.25),
        controller(0, 18, 0.45),
        controller(15, 19, 0.55),
        bend(0, -0.5),
        express(NOTE, Expression::Volume, 1.5),
        express(NOTE, Expression::Pan, -0.6),
        express(NOTE, Expression::Tuning, 6.0),
        express(NOTE, Expression::Vibrato, 0.2),
        express(NOTE, Expression::Expression, 0.8),
    ] {
        events.push((1_000, kind));
    }
    (patch, events, sources)
}

#[test]
fn every_source_has_its_value_and_every_slot_what_it_adds() {
    let (patch, events, sources) = played();
    // All sources but random and the release velocity, which are tested below, and none.
    assert_eq!(sources.len(), SOURCES - 3);
    for slots in sources.chunks(Parameter::MATRIX_SLOTS) {
        let mut patch = patch;
        for (slot, (source, _)) in slots.iter().enumerate() {
            let via = if slot % 2 == 0 {
                0
            } else {
                Source::Macro1 as usize + 4
            };
            patch = routed(patch, slot, *source, via, "noise_rate", 0.5);
        }
        let mut session = Session::new(&patch, events.clone());
        session.until(9_600);
        let monitor = session.engine.modulation_snapshot();
        for (slot, (source, want)) in slots.iter().enumerate() {
            let got = f64::from(monitor.sources[*source]);
            // An LFO advances slightly in the meantime.
            assert!(
                (got - want).abs() < 5e-3,
                "source {source} is at {got}, not {want}"
            );
            // Macro 5 is at one half.
            let via = if slot % 2 == 0 { 1.0 } else { 0.5 };
            let (got, want) = (f64::from(monitor.slots[slot]), 0.5 * want * via);
            assert!(
                (got - want).abs() < 3e-3,
                "source {source} adds {got}, not {want}"
            );
        }
    }
}

#[test]
fn while_nothing_sounds_there_is_a_value_of_what_belongs_to_no_note() {
    let (patch, events, sources) = played();
    let mut patch = routed(patch, 0, Source::Macro1 as usize + 3, 0, "noise_rate", 0.5);
    patch = routed(patch, 1, Source::Velocity as usize, 0, "noise_rate", 0.5);
    patch = with(patch, &[("lfo2_mode", 1.0)]);
    let quiet = events
        .into_iter()
        .filter(|(_, kind)| !matches!(kind, EventKind::NoteOn { .. }));
    let mut session = Session::new(&patch, quiet.collect());
    assert_eq!(session.engine.modulation_snapshot().source(SOURCES), None);
    session.until(9_600);
    let monitor = session.engine.modulation_snapshot();
    for (source, want) in sources {
        let macros = Source::Macro1 as usize..=Source::Constant as usize;
        let shared = macros.contains(&source)
            || [
                Source::Lfo2,
                Source::Bend,
                Source::ModWheel,
                Source::Breath,
                Source::Foot,
                Source::ControllerA,
                Source::ControllerB,
                Source::ControllerC,
                Source::ControllerD,
            ]
            .map(|source| source as usize)
            .contains(&source);
        // Without a note, no vibrato expression is part of the wheel.
        let want = match source == Source::ModWheel as usize {
            true => 0.2,
            false => want,
        };
        match monitor.source(source) {
            Some(got) if shared => {
                assert!(
                    (f64::from(got) - want).abs() < 5e-3,
                    "source {source} is at {got}, not {want}"
                );
            }
            got => assert!(!shared && got.is_none(), "source {source} is at {got:?}"),
        }
    }
    assert!((monitor.slots[0] - 0.2).abs() < 1e-3, "{:?}", monitor.slots);
    assert_eq!(monitor.slots[1], 0.0);
}

#[test]
fn every_source_is_heard_as_far_as_it_goes() {
    let (patch, events, sources) = played();
    for (source, value) in sources {
        for (amount, via) in [(0.4, 1.0), (-0.4, 1.0), (0.8, 0.5)] {
            let through = if via == 1.0 {
                0
            } else {
                Source::Macro1 as usize + 4
            };
            let by = f64::from(amount) * via * value;
            // The note's pan expression already sets the note's pan.
            if source == Source::NotePan as usize {
                let moved = routed(patch, 3, source, through, "osc_a_pitch", amount);
                let sound = left(&moved, events.clone(), 14_400);
                let pitch = rough_pitch(&sound[9_600..], RATE);
                // Key, tuning of the note, bend, and this part of 96 semitones.
                let want = 72.0 + 6.0 - 1.0 + 96.0 * by;
                assert!(
                    (pitch - want).abs() < 0.02,
                    "source {source}: {pitch} for {want}"
                );
                continue;
            }
            let moved = routed(patch, 3, source, through, "pan", amount);
            let mut session = Session::new(&moved, events.clone());
            session.until(14_400);
            let [left, right] =
                [&session.left, &session.right].map(|side| common::measure::rms(&side[9_600..]));
            let place = right.atan2(left) / std::f64::consts::FRAC_PI_4 - 1.0;
            // The pan is −0.6 by its expression, and is clamped to the range.
            let want = ((2.0 * by).clamp(-1.0, 1.0) - 0.6).clamp(-1.0, 1.0);
            assert!(
                (place - want).abs() < 5e-3,
                "source {source}: {place} for {want}"
            );
        }
    }
}

#[test]
fn random_is_another_value_for_each_note_and_the_same_in_every_rendition() {
    let play = || {
        let mut values = Vec::new();
        let mut session = Session::new(&bare(), vec![]);
        for n in 0..200_u64 {
            let at = session.left.len() as u64;
            session.score = common::Score::new(vec![(at, on(key(40 + n as u8 % 60), 0.5))]);
            session.until(at as usize + 64);
            values.push(session.engine.modulation_snapshot().sources[Source::Random as usize]);
        }
        values
    };
    let values = play();
    assert_eq!(values, play());
    let mean = values.iter().sum::<f32>() / 200.0;
    let square = values.iter().map(|x| x * x).sum::<f32>() / 200.0;
    // Uniform distribution: a mean of 0 and a mean square of one third.
    assert!(
        mean.abs() < 0.15 && (square - 1.0 / 3.0).abs() < 0.08,
        "{mean}, {square}"
    );
    assert!(values.iter().all(|x| (-1.0..=1.0).contains(x)));
}

#[test]
fn the_release_velocity_is_that_of_the_key_that_ends_the_note() {
    let patch = with(bare(), &[("release", 1.0)]);
    let source = Source::ReleaseVelocity as usize;
    let patch = routed(patch, 0, source, 0, "pan", 0.5);
    let release = |velocity| EventKind::NoteOff {
        target: common::this(NOTE),
        velocity,
    };
    for (velocity, want) in [(0.75, 0.75), (0.0, 0.0), (7.0, 1.0), (f32::NAN, 0.0)] {
        let events = vec![(100, on(NOTE, 0.7)), (4_800, release(velocity))];
        let mut session = Session::new(&patch, events);
        let mut value = |end| {
            session.until(end);
            let monitor = session.engine.modulation_snapshot();
            (monitor.sources[source], monitor.slots[0])
        };
        assert_eq!(value(4_700), (0.0, 0.0));
        assert_eq!(value(9_600), (want, 0.5 * want));
    }
    // A key that is released under a pedal has its velocity at once, and a second release does not change it.
    let events = vec![
        (100, on(NOTE, 0.7)),
        (200, controller(0, 64, 1.0)),
        (300, release(0.25)),
        (400, release(0.5)),
    ];
    let mut session = Session::new(&patch, events);
    session.until(4_800);
    let monitor = session.engine.modulation_snapshot();
    assert_eq!(monitor.sources[source], 0.25);
}

/// The constant source moves a parameter as its knob does: by a fraction of the range in the knob's own domain.
#[test]
fn a_destination_is_moved_as_its_knob_is() {
    let base = with(
        everything(),
        &[
            ("osc_a_unison", 1.0),
            ("noise_level", -60.0),
            ("output_drive", 0.0),
            ("lfo1_rate", 3.0),
        ],
    );
    for (id, amount) in [
        ("cutoff", 0.1),
        ("cutoff", -0.2),
        ("resonance", -0.25),
        ("drive", 0.2),
        ("osc_a_level", 0.1),
        ("osc_a_width", 0.2),
        ("osc_b_pitch", -0.05),
        ("osc_a_fine", 0.3),
        ("pan", -0.4),
        ("attack", 0.2),
        ("op2_ratio", 0.03),
        ("filter_env", 0.1),
        ("lfo1_rate", 0.25),
        ("send_delay", 0.2),
    ] {
        // Without the slots that move the same destination, and with one slot free.
        let mut base = base;
        for slot in 0..Parameter::MATRIX_SLOTS {
            base = routed(base, slot, 0, 0, id, 0.0);
        }
        base = routed(base, 0, Source::Lfo1 as usize, 0, "osc_b_width", 0.4);
        let spec = parameter(id).spec();
        let engine = |plain: f32| f64::from(parameter(id).engine_value(plain));
        let plain = base.get(parameter(id));
        let (least, most) = spec.range.ends();
        let by = f64::from(amount);
        let moved = match (spec.unit, spec.range) {
            // Frequencies move in equal intervals.
            (Unit::Hertz, _) => f64::from(plain) * (f64::from(most) / f64::from(least)).powf(by),
            (Unit::Decibels, _) => f64::from(plain) + by * f64::from(most - least),
            (Unit::Level, _) => 20.0 * (engine(plain) + by * engine(most)).log10(),
            (_, Range::Skewed { .. }) => {
                f64::from(spec.range.plain(spec.range.normalize(plain) + amount))
            }
            _ => f64::from(plain) + by * f64::from(most - least),
        };
        let constant = Source::Constant as usize;
        let events = vec![(7, on(key(48), 0.8)), (40, on(key(55), 0.5))];
        let slot = left(
            &routed(base, 5, constant, 0, id, amount),
            events.clone(),
            4_800,
        );
        let knob = left(&with(base, &[(id, moved as f32)]), events, 4_800);
        let error = slot
            .iter()
            .zip(&knob)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(error < 2e-3, "{id} by {amount}: {error} apart from {moved}");
    }
}

#[test]
fn every_destination_is_heard() {
    // Fixed frequencies and ratios exclude each other, and noise of this colour has a rate.
    let mut ratios = with(
        everything(),
        &[("fm_algorithm", 32.0), ("noise_colour", 4.0)],
    );
    // Audible operators whose envelopes go through all of their stages.
    for number in 1..=6 {
        for (of, value) in [
            ("level", 0.5),
            ("output", 0.4),
            ("rate2", 0.9),
            ("rate3", 0.9),
            ("level2", 0.6),
            ("level3", 0.8),
        ] {
            ratios.set(parameter(&format!("op{number}_{of}")), value);
        }
    }
    let mut fixed = ratios;
    for number in 1..=6 {
        fixed.set(parameter(&format!("op{number}_mode")), 1.0);
    }
    let play = |patch: &Patch| {
        let events = vec![
            (0, on(key(50), 0.8)),
            (0, controller(0, 1, 0.7)),
            (3_000, EventKind::note_off(Default::default())),
        ];
        let mut session = Session::new(patch, events);
        session.until(6_000);
        session.outcome().0
    };
    // Envelope 3 and LFO 3 move something, and so do every LFO and its fade-in.
    let busy = |patch: Patch| {
        let patch = routed(patch, 10, Source::Envelope3 as usize, 0, "osc_b_fine", 0.5);
        let patch = routed(patch, 11, Source::Lfo2 as usize, 0, "osc_a_fine", 0.5);
        let patch = routed(patch, 12, Source::Lfo3 as usize, 0, "op1_detune", 0.5);
        with(
            patch,
            &[
                ("lfo1_fade", 0.05),
                ("lfo2_fade", 0.05),
                ("lfo2_sync", 0.0),
                ("lfo2_shape", 0.0),
                ("lfo3_fade", 0.05),
                ("lfo3_mode", 0.0),
                ("lfo3_shape", 0.0),
                ("env2_hold", 0.001),
                ("decay", 0.02),
                ("env2_decay", 0.02),
                ("env3_decay", 0.02),
            ],
        )
    };
    let bases = [busy(ratios), busy(fixed)].map(|patch| (patch, play(&patch)));
    for destination in Parameter::destinations() {
        let id = destination.spec().id;
        let differs = bases.iter().any(|(patch, plain)| {
            [0.21, -0.21].into_iter().any(|amount| {
                play(&routed(
                    *patch,
                    15,
                    Source::Constant as usize,
                    0,
                    id,
                    amount,
                )) != *plain
            })
        });
        assert!(differs, "nothing is heard of {id}");
    }
}

#[test]
fn what_moves_a_voice_of_its_own_leaves_the_others_alone() {
    // The velocity of the lower note bends its pitch; the upper note's velocity is 0.
    let patch = with(bare(), &[("osc_a_shape", 0.0)]);
    let patch = routed(patch, 0, Source::Velocity as usize, 0, "osc_a_pitch", 0.125);
    for (velocity, by) in [(0.0, 0.0), (0.5, 6.0), (1.0, 12.0)] {
        let events = vec![(0, on(key(57), velocity)), (0, on(key(100), 0.0))];
        let sound = left(&patch, events, 4_800 + 65_536).split_off(4_800);
        for pitch in [57.0 + by, 100.0] {
            let hertz = common::measure::hertz(pitch);
            let off = common::measure::cents_off(&sound, hertz, RATE);
            assert!(off.abs() < 0.1, "{off} cents off {pitch}");
        }
    }
}

/// The attack time follows the note's own velocity from its first sample on, whatever note had the voice before.
#[test]
fn an_envelope_begins_as_its_own_note_has_it() {
    let patch = with(
        bare(),
        &[("osc_a_shape", 0.0), ("voices", 1.0), ("attack", 0.0)],
    );
    let patch = routed(patch, 0, Source::Velocity as usize, 0, "attack", 0.5);
    // Start on a tick, and within one.
    for start in [48_000, 48_007] {
        let play = |first: f32| {
            let events = vec![
                (0, on(key(60), first)),
                (10_000, EventKind::note_off(Default::default())),
                (start, on(key(60), 1.0)),
            ];
            left(&patch, events, 49_000).split_off(47_900)
        };
        // Half of the knob's range is 10 s / 16.
        let sound = play(0.0);
        let level = common::measure::peak(&sound[..1_000]);
        assert!(level < 0.05, "it is at {level} within 20 ms");
        assert_eq!(sound, play(1.0), "from {start} on");
    }
}

/// Modulation that names a key or a channel, but no note id, applies to the sounding notes there; notes that start
/// later use the modulation for all notes.
#[test]
fn modulation_by_key_and_channel_moves_the_notes_there() {
    use tidepool_dsp::NoteFilter;
    let filter = |channel: Option<u8>, key: Option<u8>| NoteFilter {
        id: None,
        channel,
        key,
    };
    let notes = [(1, 0, 60), (2, 0, 72), (3, 1, 60), (4, 1, 79)].map(|(id, channel, key)| Note {
        id: Some(id),
        channel,
        key,
    });
    let patch = with(bare(), &[("osc_a_shape", 0.0)]);
    for named in [true, false] {
        let notes = notes.map(|note| Note {
            id: note.id.filter(|_| named),
            ..note
        });
        for (what, target, moved) in [
            ("key", filter(None, Some(60)), [true, false, true, false]),
            ("channel", filter(Some(1), None), [false, false, true, true]),
            (
                "both",
                filter(Some(0), Some(72)),
                [false, true, false, false],
            ),
            ("all", filter(None, None), [true; 4]),
            ("none", filter(Some(7), None), [false; 4]),
        ] {
            for (note, moves) in notes.into_iter().zip(moved) {
                // All notes are addressed, one of them sounds.
                let amount = 12.0 / 48.0;
                let events = vec![
                    (0, on(note, 1.0)),
                    (
                        1_000,
                        EventKind::Modulation {
                            target,
                            parameter: Parameter::Tune,
                            amount,
                        },
                    ),
                ];
                let sound = left(&patch, events, 9_600);
                let got = rough_pitch(&sound[4_800..], RATE);
                let want = f64::from(note.key) + if moves { 12.0 } else { 0.0 };
                assert!(
                    (got - want).abs() < 0.1,
                    "{what}, {note:?}: {got}, not {want}"
                );
            }
        }
    }
    // Among other notes, with one that starts on the sample of the modulation, but after it.
    let later = Note {
        id: Some(5),
        channel: 1,
        key: 60,
    };
    let kinds = |target| EventKind::Modulation {
        target,
        parameter: Parameter::Tune,
        amount: 0.25,
    };
    let play = |target: NoteFilter, held: &[Note]| {
        let mut events: Vec<_> = held.iter().map(|note| (0, on(*note, 0.5))).collect();
        events.push((960, kinds(target)));
        events.push((960, on(later, 0.5)));
        left(&patch, events, 9_600)
    };
    let by_key = play(filter(None, Some(60)), &notes);
    let by_ids = {
        let mut events: Vec<_> = notes.iter().map(|note| (0, on(*note, 0.5))).collect();
        for number in [0, 2] {
            let target = NoteFilter {
                id: notes[number].id,
                ..NoteFilter::default()
            };
            events.push((960, kinds(target)));
        }
        events.push((960, on(later, 0.5)));
        left(&patch, events, 9_600)
    };
    assert!(by_key == by_ids, "a key is not the notes on it");
    assert!(play(filter(None, None), &notes) != by_key);
    assert!(play(filter(Some(9), None), &notes) != by_key);
}

/// Returns the value of a source of the newest note after `events`, in a patch whose matrix uses it.
fn at_end(patch: &Patch, source: Source, events: &[(u64, EventKind)]) -> f32 {
    let patch = routed(*patch, 0, source as usize, 0, "noise_rate", 0.5);
    let mut session = Session::new(&patch, events.to_vec());
    session.until(9_600);
    session.engine.modulation_snapshot().sources[source as usize]
}

#[test]
fn a_numbered_controller_counts_from_any_channel_but_that_of_another_mpe_note() {
    let note = Note { channel: 3, ..NOTE };
    let of = |events: &[(u64, EventKind)], zone: f32| {
        let patch = with(
            Patch::default(),
            &[("mpe_zone", zone), ("controller_a", 30.0)],
        );
        let note = [(100, on(note, 0.7))];
        at_end(&patch, Source::ControllerA, &[&note, events].concat())
    };
    let sent = |channel, value| (1_000, controller(channel, 30, value));
    let near = |got: f32, want: f32| assert!((got - want).abs() < 1e-3, "{got}, not {want}");
    near(of(&[], 0.0), 0.0);
    // No zone: the latest one of any channel.
    near(of(&[sent(0, 0.9), sent(9, 0.4)], 0.0), 0.4);
    // The lower zone: master and own channel add up, another member is another note's.
    near(of(&[sent(0, 0.2), sent(3, 0.5), sent(4, 0.9)], 1.0), 0.7);
    // The number is that of the parameter.
    near(of(&[(1_000, controller(0, 16, 0.9))], 0.0), 0.0);
    // Reset All Controllers of any channel.
    near(
        of(&[sent(9, 0.4), (2_000, controller(1, 121, 0.0))], 0.0),
        0.0,
    );
    // Another number: a controller that has not been moved.
    let number = (2_000, set(Parameter::controller(0), 31.0));
    near(of(&[sent(9, 0.4), number], 0.0), 0.0);
    near(
        of(
            &[sent(9, 0.4), number, (3_000, controller(9, 31, 0.3))],
            0.0,
        ),
        0.3,
    );
}

#[test]
fn a_numbered_controller_keeps_its_own_effect() {
    let patch = with(Patch::default(), &[("controller_b", 1.0)]);
    let events = [(100, on(NOTE, 0.7)), (1_000, controller(0, 1, 0.6))];
    for source in [Source::ModWheel, Source::ControllerB] {
        let got = at_end(&patch, source, &events);
        assert!((got - 0.6).abs() < 1e-3, "{source:?} is at {got}");
    }
}
