//! The engine's public behaviour: time, determinism, levels and bad input.

mod common;

use common::measure::cents_off;
use common::{Score, Session, bare, key as note, with};
use tidepool_dsp::Parameter;
use tidepool_dsp::engine::Overload;
use tidepool_dsp::rt::TICK;
use tidepool_dsp::synth::MAX_VOICES;
use tidepool_dsp::{
    Block, Engine, Event, EventKind, Expression, Note, NoteFilter, NotePort, Patch,
};

fn on(key: u8) -> EventKind {
    EventKind::NoteOn {
        note: note(key),
        velocity: 0.8,
    }
}

fn off(key: u8) -> EventKind {
    EventKind::note_off(NoteFilter {
        key: Some(key),
        ..NoteFilter::default()
    })
}

/// Sets every parameter.
fn set(engine: &mut Engine, patch: &Patch) {
    for (parameter, value) in patch.iter() {
        engine.set(parameter, value, 0.0);
    }
}

/// Plays `score` for `length` samples in blocks of the sizes that `sizes` repeats.
fn play(
    engine: &mut Engine,
    score: &mut Score,
    length: usize,
    sizes: &[usize],
    patch: impl Fn(u64) -> Patch,
) -> [Vec<f32>; 2] {
    let mut out = [vec![0.0; length], vec![0.0; length]];
    let (mut at, mut sizes) = (0, sizes.iter().cycle());
    while at < length {
        let end = (at + sizes.next().unwrap()).min(length);
        score.from = at as u64;
        score.to = end as u64;
        let [left, right] = &mut out;
        let block = Block {
            left: &mut left[at..end],
            right: &mut right[at..end],
            external: [&[], &[]],
        };
        set(engine, &patch(at as u64));
        engine.process(block, score);
        at = end;
    }
    out
}

fn busy_score() -> Vec<(u64, EventKind)> {
    let mut events = Vec::new();
    for n in 0..60u64 {
        let key = 30 + (n * 7 % 60) as u8;
        events.push((n * 331, on(key)));
        events.push((n * 331 + 1777, off(key)));
        events.push((
            n * 331 + 13,
            EventKind::Bend {
                channel: 0,
                value: (n as f32 * 0.3).sin(),
            },
        ));
        events.push((
            n * 331 + 14,
            EventKind::Controller {
                channel: 0,
                number: 64,
                value: (n % 5 / 3) as f32,
            },
        ));
        events.push((
            n * 331 + 15,
            EventKind::Expression {
                target: NoteFilter::default(),
                expression: Expression::Brightness,
                value: (n % 10) as f32 * 0.1,
            },
        ));
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

fn bits(audio: &[Vec<f32>; 2]) -> Vec<u32> {
    audio.iter().flatten().map(|x| x.to_bits()).collect()
}

#[test]
fn block_sizes_change_no_bit_and_no_end_of_a_note() {
    const LENGTH: usize = 30_000;
    let render = |sizes: &[usize]| {
        let mut score = Score::new(busy_score());
        let patch = Patch::default().with(Parameter::Voices, 5.0);
        let audio = play(&mut Engine::default(), &mut score, LENGTH, sizes, |_| patch);
        (bits(&audio), score.ended)
    };
    let whole = render(&[LENGTH]);
    assert!(!whole.1.is_empty());
    for sizes in [
        &[1][..],
        &[TICK],
        &[17, 64, 1, 500],
        &[8192],
        &[TICK - 1, 2],
    ] {
        assert!(
            render(sizes) == whole,
            "blocks of {sizes:?} sound different"
        );
    }
}

#[test]
fn who_looks_at_the_meters_is_not_heard() {
    let events = || {
        let note = |n: u64| {
            [
                (n * 900, on(40 + n as u8)),
                (n * 900 + 5_000, off(40 + n as u8)),
            ]
        };
        (0..20).flat_map(note).collect::<Vec<_>>()
    };
    let render = |metered: fn(usize) -> bool| {
        let mut session = common::Session::new(&common::everything(), events());
        session.block = 100;
        for block in 0..300 {
            session.engine.set_metered(metered(block));
            session.until((block + 1) * 100);
            session.engine.modulation_snapshot();
        }
        session.outcome()
    };
    let unseen = render(|_| false);
    assert!(unseen.0.iter().any(|sample| *sample != 0));
    assert!(render(|_| true) == unseen);
    assert!(render(|block| block % 7 < 3) == unseen);
}

#[test]
fn a_note_begins_on_its_own_sample() {
    // The External input goes through the voice, from the first sample of its envelope on.
    let gate = with(
        Patch::default(),
        &[("external", 0.0), ("external_route", 2.0)],
    );
    let gate = with(gate, &[("attack", 10.0), ("osc_a_level", -60.0)]);
    // The oscillators are delayed by the linear-phase filter's look-ahead.
    let wave = with(Patch::default(), &[("attack", 10.0), ("cutoff", 20.0)]);
    for start in [0, 1, 31, 32, 33, 777] {
        for key in [0, 60, 127] {
            let first = |patch: &Patch| {
                let events = vec![(start, on(key))];
                let mut session = common::Session::new(patch, events);
                session.block = 100;
                session.until_with(1_000, &[0.5; 1_000]);
                let of = |side: &[f32]| side.iter().position(|x| *x != 0.0);
                let first = of(&session.left);
                assert_eq!(of(&session.right), first);
                first.map(|first| first - start as usize)
            };
            assert_eq!(first(&gate), Some(0), "key {key} at {start}");
            let late = first(&wave);
            assert!(
                late.is_some_and(|late| late <= 17),
                "{late:?}, key {key} at {start}"
            );
        }
    }
}

#[test]
fn silence_is_digital_zero_before_and_after_a_note() {
    let mut score = Score::new(vec![(100, on(60)), (5000, off(60))]);
    let [left, _] = play(&mut Engine::default(), &mut score, 96_000, &[512], |_| {
        Patch::default()
    });
    let (ended, _) = score.ended[0];
    assert!(left[..100].iter().all(|x| *x == 0.0));
    assert!(left[ended as usize..].iter().all(|x| *x == 0.0));
    assert!(
        (f64::from(ended as u32) - 5000.0 - 0.3 * 48_000.0).abs() < 0.02 * 48_000.0,
        "ended at {ended}"
    );
}

#[test]
fn reset_gives_the_same_bits_again() {
    let mut engine = Engine::default();
    let render = |engine: &mut Engine| {
        bits(&play(
            engine,
            &mut Score::new(busy_score()),
            20_000,
            &[333],
            |_| Patch::default(),
        ))
    };
    let first = render(&mut engine);
    engine.reset();
    assert!(render(&mut engine) == first);
}

#[test]
fn the_voice_limit_is_kept_and_the_stolen_fade_without_a_click() {
    let mut engine = Engine::default();
    let events = (0..40).map(|n| (n * 1000, on(40 + n as u8))).collect();
    let mut score = Score::new(events);
    let patch = Patch::default()
        .with(Parameter::Voices, 4.0)
        .with(Parameter::Attack, 0.05)
        .with(Parameter::Cutoff, 400.0)
        .with(Parameter::FilterEnv, 0.0);
    let [left, _] = play(&mut engine, &mut score, 41_000, &[256], |_| patch);
    assert_eq!(score.ended.len(), 36);
    let jump = left
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max);
    assert!(jump < 0.05, "a step of {jump}");
}

#[test]
fn an_event_past_the_end_of_a_piece_belongs_to_the_next_one() {
    // The note precedes the parameter in the host's list, both on sample 100: nice-plug sends it with the first piece.
    // A host whose own block ends there sends it with the second.
    let quiet = Patch::default().with(Parameter::Velocity, 1.0);
    let loud = Patch::default().with(Parameter::Velocity, 0.0);
    let kind = EventKind::NoteOn {
        note: note(60),
        velocity: 0.1,
    };
    let render = |early: bool| {
        let mut engine = Engine::default();
        let mut out = [vec![0.0; 1000], vec![0.0; 1000]];
        for (from, to, patch) in [(0, 100, quiet), (100, 1000, loud)] {
            let event = match (early, from) {
                (true, 0) => Some(Event { at: 100, kind }),
                (false, 100) => Some(Event { at: 0, kind }),
                _ => None,
            };
            let [left, right] = &mut out;
            let block = Block {
                left: &mut left[from..to],
                right: &mut right[from..to],
                external: [&[], &[]],
            };
            set(&mut engine, &patch);
            engine.process(block, &mut Single(event));
        }
        bits(&out)
    };
    assert!(render(true) == render(false));
}

/// Port with at most one event per block.
struct Single(Option<Event>);

impl NotePort for Single {
    fn next_event(&mut self) -> Option<Event> {
        self.0.take()
    }
    fn note_ended(&mut self, _at: u32, _note: Note) {}
}

#[test]
fn the_pedal_holds_and_lets_go() {
    let pedal = |value| EventKind::Controller {
        channel: 0,
        number: 64,
        value,
    };
    let mut score = Score::new(vec![
        (0, on(60)),
        (10, pedal(1.0)),
        (1000, off(60)),
        (20_000, pedal(0.0)),
    ]);
    let patch = Patch::default().with(Parameter::Release, 0.01);
    play(&mut Engine::default(), &mut score, 40_000, &[512], |_| {
        patch
    });
    let (ended, _) = score.ended[0];
    assert!((20_000..21_000).contains(&ended), "ended at {ended}");
}

#[test]
fn ten_thousand_notes_at_once_stay_within_the_limits() {
    let mut engine = Engine::default();
    let events = (0..10_000u32).map(|n| (5, on((n % 128) as u8))).collect();
    let mut score = Score::new(events);
    let patch = Patch::default()
        .with(Parameter::Voices, MAX_VOICES as f32)
        .with(Parameter::Resonance, 1.0)
        .with(Parameter::Drive, 24.0)
        .with(Parameter::Volume, 6.0);
    let audio = play(&mut engine, &mut score, 9600, &[480], |_| patch);
    let peak = audio
        .iter()
        .flatten()
        .fold(0.0f32, |peak, x| peak.max(x.abs()));
    assert!(peak.is_finite() && peak <= 2.0, "peak {peak}");
    assert!(score.ended.len() >= 10_000 - MAX_VOICES);
}

#[test]
fn numbers_that_are_none_are_refused_and_counted() {
    let mut engine = Engine::default();
    let nan = f32::NAN;
    let patch = Patch::default()
        .with(Parameter::Cutoff, nan)
        .with(Parameter::Volume, nan)
        .with(Parameter::Attack, nan)
        .with(Parameter::Sustain, f32::INFINITY)
        .with(Parameter::Tune, nan);
    let mut score = Score::new(vec![
        (0, on(60)),
        (
            3,
            EventKind::Bend {
                channel: 0,
                value: nan,
            },
        ),
    ]);
    let audio = play(&mut engine, &mut score, 4800, &[100], |_| patch);
    assert!(audio.iter().flatten().all(|x| x.is_finite()));
    // The engine recovers with the next valid patch.
    let mut score = Score::new(vec![(0, on(64))]);
    let audio = play(&mut engine, &mut score, 4800, &[100], |_| Patch::default());
    assert!(audio[0].iter().any(|x| x.abs() > 0.01));
}

#[test]
fn the_external_input_is_heard_and_its_nans_are_not() {
    let mut engine = Engine::default();
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    let mut input = [0.25; 64];
    input[10] = f32::NAN;
    let block = Block {
        left: &mut left,
        right: &mut right,
        external: [&input, &input[..32]],
    };
    let patch = Patch::default()
        .with(Parameter::External, 0.0)
        .with(Parameter::Volume, 0.0);
    set(&mut engine, &patch);
    let status = engine.process(block, &mut Score::new(Vec::new()));
    assert_eq!(status.silenced, 2);
    assert_eq!((left[9], left[10], left[63]), (0.25, 0.0, 0.25));
    assert_eq!((right[31], right[32]), (0.25, 0.0));
}

#[test]
fn the_external_input_is_balanced() {
    for (pan, want) in [
        (0.0, [0.25, 0.25]),
        (1.0, [0.0, 0.25]),
        (-0.5, [0.25, 0.25 * 0.5_f32.sqrt()]),
    ] {
        let patch = with(
            bare(),
            &[("external", 0.0), ("volume", 0.0), ("external_pan", pan)],
        );
        let mut session = Session::new(&patch, Vec::new());
        session.until_with(960, &[0.25; 960]);
        for (got, want) in [session.left[900], session.right[900]]
            .into_iter()
            .zip(want)
        {
            assert!((got - want).abs() < 1e-6, "{got} for {want} at {pan}");
        }
    }
}

/// Returns the overload meters' readings of a loud sound, in blocks of `block`.
fn overloads(block: usize, sound: &[(&str, f32)]) -> [Overload; 4] {
    let patch = with(
        bare(),
        &[("osc_a_shape", 0.0), ("osc_a_level", 12.0), ("volume", 0.0)],
    );
    let mut session = Session::new(&with(patch, sound), vec![(0, on(45)), (30_001, off(45))]);
    session.block = block;
    session.engine.set_metered(true);
    session.until(48_000);
    session.engine.modulation_snapshot().overloads
}

#[test]
fn overloads_are_seen_where_they_are_and_however_blocks_are_cut() {
    let over = |overloads: &[Overload; 4]| overloads.map(|overload| overload.overs > 0);
    let cases: [(&[(&str, f32)], _); 3] = [
        (&[("osc_a_route", 1.0)], [true, false, false, true]),
        (
            &[("osc_a_route", 0.0), ("cutoff", 20_000.0)],
            [true, true, false, false],
        ),
        (
            &[
                ("osc_a_route", 1.0),
                ("send_delay", 12.0),
                ("delay_level", 6.0),
                ("volume", -40.0),
            ],
            [true, false, true, false],
        ),
    ];
    for (sound, expected) in cases {
        let whole = overloads(512, sound);
        assert_eq!(over(&whole), expected, "{sound:?}: {whole:?}");
        for block in [1, 7, 100] {
            assert_eq!(
                overloads(block, sound),
                whole,
                "{sound:?} in blocks of {block}"
            );
        }
    }
}

#[test]
fn every_sample_rate_gives_the_same_pitch() {
    for rate in [8_000.0f32, 44_100.0, 96_000.0, 768_000.0] {
        let mut engine = Engine::default();
        engine.prepare(rate, 512);
        let length = rate as usize / 2;
        let patch = Patch::default()
            .with(Parameter::Cutoff, 1000.0)
            .with(Parameter::FilterEnv, 0.0)
            .with(Parameter::Resonance, 0.0)
            .with(Parameter::Sustain, 1.0);
        let [left, _] = play(
            &mut engine,
            &mut Score::new(vec![(0, on(69))]),
            length,
            &[512],
            |_| patch,
        );
        let cents = cents_off(&left[length / 4..], 440.0, rate.into());
        assert!(cents.abs() < 0.1, "{cents} cents off at {rate} Hz");
    }
}
