//! Times of envelope stages and of LFO cycles, as measured at the output.

mod common;

use common::{RATE, Session, bare, key, off, on, routed, with};
use tidepool_dsp::engine::Source;
use tidepool_dsp::{EventKind, Patch};

/// Constant value of the External input.
const INPUT: f32 = 0.25;

/// Returns a patch of a voice that passes the External input unchanged, so that a constant input gives the envelope
/// itself.
fn gate() -> Patch {
    let values = [
        ("osc_a_level", -60.0),
        ("external", 0.0),
        ("external_route", 2.0),
    ];
    with(bare(), &values)
}

/// Returns the level of [`INPUT`] through a full gate, in the middle of the stereo field, at a volume of −6 dB.
fn full() -> f64 {
    f64::from(INPUT) * 10.0_f64.powf(-6.0 / 20.0) * std::f64::consts::FRAC_1_SQRT_2
}

fn play(patch: &Patch, events: Vec<(u64, EventKind)>, length: usize) -> Session {
    let mut session = Session::new(patch, events);
    session.until_with(length, &vec![INPUT; length]);
    session
}

/// Returns the level of envelope 1 at each sample, 0 to 1.
fn levels(session: &Session) -> Vec<f64> {
    session
        .left
        .iter()
        .map(|x| f64::from(*x) / full())
        .collect()
}

/// Duration of each stage in seconds.
#[derive(Clone, Copy, Debug)]
struct Times {
    delay: f32,
    attack: f32,
    hold: f32,
    decay: f32,
    release: f32,
}

/// Returns the progress of a stage after the fraction `t` of its time.
fn way(t: f64, curve: f32) -> f64 {
    let r = 1000.0_f64.powf(f64::from(-curve));
    if curve == 0.0 {
        t
    } else {
        (1.0 - r.powf(t)) / (1.0 - r)
    }
}

#[test]
fn every_stage_takes_its_time_and_its_course() {
    let quick = Times {
        delay: 0.01,
        attack: 0.005,
        hold: 0.007,
        decay: 0.02,
        release: 0.012,
    };
    let slow = Times {
        delay: 0.3,
        attack: 0.5,
        hold: 0.2,
        decay: 1.0,
        release: 0.8,
    };
    let sustain = 0.4;
    // Start on a tick, and in the middle of one.
    for start in [960, 977_u64] {
        for (times, curve) in [
            (quick, 0.0),
            (quick, 1.0),
            (quick, -1.0),
            (slow, 0.7),
            (slow, -0.3),
        ] {
            let patch = with(
                gate(),
                &[
                    ("delay", times.delay),
                    ("attack", times.attack),
                    ("hold", times.hold),
                    ("decay", times.decay),
                    ("sustain", sustain),
                    ("release", times.release),
                    ("attack_curve", curve),
                    ("decay_curve", curve),
                    ("release_curve", curve),
                ],
            );
            let seconds = times.delay + times.attack + times.hold + times.decay;
            let lift = start + (f64::from(seconds) * RATE) as u64 + 2_413;
            let length = lift as usize + (f64::from(times.release) * RATE) as usize + 4_800;
            let events = vec![(start, on(key(60), 1.0)), (lift, off(key(60)))];
            let session = play(&patch, events, length);
            let levels = levels(&session);

            let start = start as usize;
            let first = |from: usize, is: &dyn Fn(f64) -> bool| {
                from + levels[from..].iter().position(|level| is(*level)).unwrap()
            };
            let rises = first(0, &|level| level > 0.0);
            let arrives = first(rises, &|level| level > 0.99999);
            let falls = first(arrives, &|level| level < 0.99999);
            let rests = first(falls, &|level| (level - f64::from(sustain)).abs() < 1e-5);
            let silent = first(lift as usize, &|level| level == 0.0);
            for (what, from, to, seconds) in [
                ("delay", start, rises, times.delay),
                ("attack", rises, arrives, times.attack),
                ("hold", arrives, falls, times.hold),
                ("decay", falls, rests, times.decay),
                ("release", lift as usize, silent, times.release),
            ] {
                let samples = f64::from(seconds) * RATE;
                let error = (to - from) as f64 - samples;
                assert!(
                    error.abs() <= (samples * 0.01).max(2.0),
                    "{what} of {times:?} takes {} samples for {samples}, bent by {curve}",
                    to - from
                );
            }
            assert!(levels[..start].iter().all(|level| *level == 0.0));
            let (ended, _) = session.score.ended[0];
            assert!(ended.abs_diff(silent as u64) <= 1, "{ended} for {silent}");

            let sustain = f64::from(sustain);
            for (what, from, seconds, begin, end) in [
                ("attack", rises, times.attack, 0.0, 1.0),
                ("decay", falls, times.decay, 1.0, sustain),
                ("release", lift as usize, times.release, sustain, 0.0),
            ] {
                let samples = f64::from(seconds) * RATE;
                for part in [0.1, 0.25, 0.5, 0.75, 0.9] {
                    let want = begin + (end - begin) * way(part, curve);
                    let got = levels[from + (samples * part) as usize];
                    // An error of one sample in the steepest part of the shortest stage.
                    let slack = 0.002 + 8.0 / samples;
                    assert!(
                        (got - want).abs() < slack,
                        "{what} of {times:?} is at {got} for {want} after {part} of it"
                    );
                }
            }
        }
    }
}

/// Returns the gate's patch with the pan moved by the LFO.
fn swaying(values: &[(&str, f32)]) -> Patch {
    let source = Source::Lfo1 as usize;
    with(routed(gate(), 0, source, 0, "pan", 0.5), values)
}

/// Returns the pan of a voice at each sample, −1 to 1, by the equal-power law.
fn places(session: &Session) -> Vec<f64> {
    let sides = session.left.iter().zip(&session.right);
    sides
        .map(|(left, right)| {
            let angle = f64::from(*right).atan2(f64::from(*left));
            angle / std::f64::consts::FRAC_PI_4 - 1.0
        })
        .collect()
}

/// Returns the frequency in cycles per second by rising zero crossings.
fn cycles(places: &[f64]) -> f64 {
    let crossings: Vec<f64> = places
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] <= 0.0 && pair[1] > 0.0)
        .map(|(n, pair)| n as f64 - pair[0] / (pair[1] - pair[0]))
        .collect();
    let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
    RATE * (crossings.len() - 1) as f64 / (last - first)
}

#[test]
fn an_lfo_has_the_rate_that_it_is_set_to_alone_and_in_sync() {
    let held = || vec![(0, on(key(60), 1.0))];
    for mode in [0.0, 1.0] {
        for rate in [0.7_f32, 2.0, 13.3, 50.0] {
            let patch = swaying(&[("lfo1_rate", rate), ("lfo1_mode", mode)]);
            let length = (6.0 * RATE / f64::from(rate)) as usize + 9_600;
            let heard = cycles(&places(&play(&patch, held(), length))[10..]);
            let error = heard / f64::from(rate) - 1.0;
            assert!(error.abs() < 1e-3, "{heard} Hz for {rate}, mode {mode}");
        }
        // Choices by number, and their lengths in quarter notes.
        for (sync, beats) in [
            (4.0, 4.0),
            (7.0, 1.0),
            (8.0, 0.75),
            (11.0, 1.0 / 3.0),
            (13.0, 0.125),
        ] {
            for tempo in [60.0, 133.0_f32] {
                let patch = swaying(&[("lfo1_sync", sync), ("lfo1_mode", mode)]);
                let hertz = f64::from(tempo) / 60.0 / beats;
                let length = (4.0 * RATE / hertz) as usize + 9_600;
                let mut session = Session::new(&patch, held());
                session.engine.set_tempo(tempo);
                session.until_with(length, &vec![INPUT; length]);
                let heard = cycles(&places(&session)[10..]);
                let error = heard / hertz - 1.0;
                assert!(error.abs() < 1e-3, "{heard} Hz for {hertz}, mode {mode}");
            }
        }
    }
}

#[test]
fn what_moves_the_rate_of_an_lfo_moves_one_in_sync_by_as_much() {
    // The rate goes from 0.01 to 50 Hz.
    let octave = 1.0 / 5_000.0_f32.log2();
    for (octaves, times) in [(1.0, 2.0), (-1.0, 0.5), (0.0, 1.0)] {
        for mode in [0.0, 1.0] {
            let patch = swaying(&[("lfo1_sync", 7.0), ("lfo1_mode", mode)]);
            let constant = Source::Constant as usize;
            let patch = routed(patch, 1, constant, 0, "lfo1_rate", octaves * octave);
            let mut session = Session::new(&patch, vec![(0, on(key(60), 1.0))]);
            session.engine.set_tempo(120.0);
            session.until_with(240_000, &[INPUT; 240_000]);
            let heard = cycles(&places(&session)[10..]);
            // A shared LFO is moved by no source that belongs to a voice.
            let want = if mode == 0.0 { 2.0 * times } else { 2.0 };
            assert!((heard / want - 1.0).abs() < 1e-3, "{heard} Hz for {want}");
        }
    }
}

#[test]
fn an_lfo_fades_in_within_its_time() {
    // Constant 1, so that the fade-in itself is measured.
    let values = [("lfo1_shape", 4.0), ("lfo1_rate", 0.01), ("lfo1_fade", 0.5)];
    let session = play(&swaying(&values), vec![(0, on(key(60), 1.0))], 48_000);
    let places = places(&session);
    for (part, want) in [(0.1, 0.1), (0.5, 0.5), (0.9, 0.9), (1.01, 1.0), (1.9, 1.0)] {
        let got = places[(0.5 * RATE * part) as usize];
        assert!((got - want).abs() < 0.005, "{got} for {want}");
    }
}

#[test]
fn the_lfo_of_a_voice_starts_with_its_note_and_a_global_one_with_time() {
    let start = 20_011;
    let begins = |mode: f32, phase: f32| {
        let values = [
            ("lfo1_rate", 2.0),
            ("lfo1_mode", mode),
            ("lfo1_phase", phase),
        ];
        // Silence until the note starts.
        let events = vec![(start, on(key(60), 1.0))];
        let mut session = Session::new(&with(bare(), &values), events);
        session.until(start as usize + 2_400);
        f64::from(session.engine.modulation_snapshot().sources[Source::Lfo1 as usize])
    };
    let sine = |cycles: f64| (std::f64::consts::TAU * cycles).sin();
    for phase in [0.0, 0.25, 0.6_f32] {
        let since_note = 2.0 * 2_400.0 / RATE + f64::from(phase);
        let since_reset = 2.0 * (start as f64 + 2_400.0) / RATE + f64::from(phase);
        for (mode, want) in [(0.0, sine(since_note)), (1.0, sine(since_reset))] {
            let got = begins(mode, phase);
            assert!(
                (got - want).abs() < 0.02,
                "mode {mode}, phase {phase}: {got} for {want}"
            );
        }
    }
}
