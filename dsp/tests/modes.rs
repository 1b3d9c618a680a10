//! Assignment of keys to voices: poly, mono and legato, priorities, glide, pedals, stealing, and one end for every
//! note.

mod common;

use std::collections::HashMap;

use common::measure::{self, peak, rough_pitch};
use common::{
    RATE, Score, Session, bare, choke, controller, express, key, left, modulate, named, off, on,
    set, with,
};
use proptest::prelude::*;
use tidepool_dsp::engine::Source;
use tidepool_dsp::synth::{KeyboardMap, Scale, Tuning};
use tidepool_dsp::{Command, EventKind, Expression, Note, NoteFilter, Parameter, Patch};

/// Samples per step of a phrase.
const STEP: u64 = 4_800;
/// Delay of the oscillators in samples.
const DELAY: usize = 16;

/// Returns a patch of a sine, whose pitch is easy to measure.
fn sine() -> Patch {
    with(bare(), &[("osc_a_shape", 0.0)])
}

/// Returns the pitch at the end of each step of `phrase`; `None` for silence.
fn pitches(patch: &Patch, phrase: &[&[EventKind]]) -> Vec<Option<f64>> {
    let steps = phrase.iter().zip(0..);
    let events = steps
        .flat_map(|(kinds, step)| kinds.iter().map(move |kind| (step * STEP, *kind)))
        .collect();
    let sound = left(patch, events, phrase.len() * STEP as usize);
    let steps = sound.chunks_exact(STEP as usize);
    steps
        .map(|step| {
            let end = &step[STEP as usize / 2..];
            let sounds = end.iter().any(|x| x.abs() > 1e-3);
            sounds.then(|| rough_pitch(end, RATE))
        })
        .collect()
}

fn assert_pitches(patch: &Patch, phrase: &[&[EventKind]], keys: &[u8]) {
    let heard = pitches(patch, phrase);
    assert_eq!(heard.len(), keys.len());
    for (step, (heard, key)) in heard.iter().zip(keys).enumerate() {
        let right = match heard {
            Some(pitch) => (pitch - f64::from(*key)).abs() < 0.01,
            None => *key == 0,
        };
        assert!(right, "step {step}: {heard:?} for {key}");
    }
}

#[test]
fn each_priority_plays_its_key_and_comes_back_to_what_is_held() {
    let down = |number| [on(key(number), 1.0)];
    let up = |number| [off(key(number))];
    let phrase: [&[EventKind]; 9] = [
        &down(64),
        &down(71),
        &down(57),
        &down(67),
        &up(57),
        &up(67),
        &up(71),
        &up(64),
        &down(60),
    ];
    for mode in [1.0, 2.0] {
        for (priority, keys) in [
            (0.0, [64, 71, 57, 67, 67, 71, 64, 0, 60]),
            (1.0, [64, 64, 57, 57, 64, 64, 64, 0, 60]),
            (2.0, [64, 71, 71, 71, 71, 71, 64, 0, 60]),
        ] {
            let patch = with(sine(), &[("mode", mode), ("note_priority", priority)]);
            assert_pitches(&patch, &phrase, &keys);
        }
    }
}

#[test]
fn poly_plays_every_key_and_the_others_one() {
    for (mode, voices) in [(0.0, 3), (1.0, 1), (2.0, 1)] {
        let patch = with(sine(), &[("mode", mode)]);
        let events = [60, 64, 67].map(|number| (10, on(key(number), 1.0)));
        let session = &mut Session::new(&patch, events.into());
        session.until(4_800);
        assert_eq!(session.status.voices, voices, "mode {mode}");
    }
}

#[test]
fn a_glide_is_half_way_at_half_its_time() {
    let begin = 9_600;
    for (mode, from, to) in [(0.0, 72, 96), (0.0, 96, 89), (1.0, 72, 96), (1.0, 96, 89)] {
        for glide in [0.1, 0.5] {
            let values = [("mode", 2.0), ("glide", glide), ("glide_mode", mode)];
            let patch = with(sine(), &values);
            let events = vec![(0, on(key(from), 1.0)), (begin, on(key(to), 1.0))];
            let way = f64::from(to) - f64::from(from);
            let octaves = if mode == 1.0 { way.abs() / 12.0 } else { 1.0 };
            let samples = f64::from(glide) * octaves * RATE;
            let sound = left(&patch, events, begin as usize + samples as usize + 4_800);
            // The mean pitch of a segment is that of its middle.
            let around = |part: f64| {
                let middle = begin as usize + DELAY + (samples * part) as usize;
                rough_pitch(&sound[middle - 120..middle + 120], RATE)
            };
            let per_sample = way / samples;
            for part in [0.25, 0.5, 0.75] {
                let want = f64::from(from) + way * part;
                let cents = 100.0 * (around(part) - want);
                // An error of one cycle in the segment moves its middle by half a cycle: 24 samples.
                let slack = 1.0 + 100.0 * 24.0 * per_sample.abs();
                assert!(
                    cents.abs() < slack,
                    "mode {mode}, {from} to {to} in {samples}: {cents} cents off at {part}"
                );
            }
            // The glide arrives when its time is over, and not a hundredth of it earlier.
            let early = (rough_pitch(&sound[sound.len() - 2_000..], RATE) - f64::from(to)).abs();
            assert!(early < 0.001, "{early}");
            let arrival = arrival(&sound[begin as usize + DELAY..], f64::from(to));
            let late = (arrival - samples) / samples;
            assert!(late.abs() < 0.01, "arrives after {arrival} for {samples}");
        }
    }
}

/// Returns the sample on which a sine that glides linearly arrives at `key`: the point at which the line through its
/// pitches, cycle by cycle, reaches it.
fn arrival(sound: &[f32], key: f64) -> f64 {
    let crossings: Vec<f64> = sound
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] <= 0.0 && pair[1] > 0.0)
        .map(|(n, pair)| n as f64 + f64::from(-pair[0] / (pair[1] - pair[0])))
        .collect();
    let pitches: Vec<(f64, f64)> = crossings
        .windows(2)
        .map(|pair| {
            let pitch = measure::key(RATE / (pair[1] - pair[0]));
            ((pair[0] + pair[1]) / 2.0, pitch - key)
        })
        .collect();
    // Line through the cycles within the glide, without its ends.
    let first = pitches[0].1;
    let under_way: Vec<_> = pitches
        .iter()
        .filter(|(_, off)| (0.1..0.9).contains(&(off / first)))
        .collect();
    let count = under_way.len() as f64;
    let mean = |f: &dyn Fn(&(f64, f64)) -> f64| under_way.iter().map(|p| f(p)).sum::<f64>() / count;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let slope = mean(&|p| (p.0 - x) * (p.1 - y)) / mean(&|p| (p.0 - x).powi(2));
    x - y / slope
}

#[test]
fn a_glide_in_poly_comes_from_the_last_note() {
    let patch = with(sine(), &[("glide", 0.2)]);
    let events = vec![
        (0, on(key(60), 1.0)),
        (4_800, off(key(60))),
        (19_200, on(key(72), 1.0)),
    ];
    let sound = left(&patch, events, 48_000);
    let half = 19_200 + DELAY + 4_800;
    let pitch = rough_pitch(&sound[half - 480..half + 480], RATE);
    assert!((pitch - 66.0).abs() < 0.4, "{pitch}");
    let pitch = rough_pitch(&sound[30_000..], RATE);
    assert!((pitch - 72.0).abs() < 0.001, "{pitch}");
}

#[test]
fn envelopes_start_again_as_each_of_them_and_the_mode_say() {
    // The envelopes are far down in their decay when the second key comes.
    let values = [
        ("sustain", 0.1),
        ("decay", 0.01),
        ("env2_decay", 0.01),
        ("env2_sustain", 0.1),
        ("env3_decay", 0.01),
        ("env3_sustain", 0.1),
        ("attack", 0.2),
        ("env2_attack", 0.2),
        ("env3_attack", 0.2),
    ];
    for (mode, legato) in [
        (1.0, [0.0, 0.0, 0.0]),
        (1.0, [1.0, 0.0, 1.0]),
        (1.0, [0.0, 1.0, 0.0]),
        (2.0, [0.0, 0.0, 0.0]),
    ] {
        let patch = with(
            with(bare(), &values),
            &[
                ("mode", mode),
                ("retrigger", legato[0]),
                ("env2_retrigger", legato[1]),
                ("env3_retrigger", legato[2]),
            ],
        );
        let events = vec![(0, on(key(60), 1.0)), (24_000, on(key(64), 1.0))];
        let mut session = Session::new(&patch, events);
        session.until(24_000 + 9_000);
        let sources = session.engine.modulation_snapshot().sources;
        for number in 0..3 {
            let level = sources[Source::Envelope1 as usize + number];
            let starts = mode == 1.0 && legato[number] == 0.0;
            assert_eq!(
                level > 0.5,
                starts,
                "mode {mode}, envelope {number} is at {level}"
            );
            assert!(starts || (level - 0.1).abs() < 0.01, "{level}");
        }
    }
}

/// Returns the ends of notes, in order of time.
fn ends(patch: &Patch, events: Vec<(u64, EventKind)>, length: usize) -> Vec<(u64, u8)> {
    let mut session = Session::new(patch, events);
    session.until(length);
    let ended = session.score.ended.iter();
    ended.map(|(at, note)| (*at, note.key)).collect()
}

#[test]
fn released_notes_give_way_first_then_those_on_the_pedal_then_the_oldest() {
    let patch = with(bare(), &[("voices", 5.0), ("release", 10.0)]);
    let mut events = vec![(0, on(key(40), 1.0)), (10, on(key(41), 1.0))];
    // Held by the pedal: 42; released before: 43, then 40.
    events.extend([
        (20, on(key(42), 1.0)),
        (30, on(key(43), 1.0)),
        (40, on(key(44), 1.0)),
        (50, off(key(43))),
        (60, off(key(40))),
        (70, controller(0, 64, 1.0)),
        (80, off(key(42))),
    ]);
    events.extend((0..5).map(|n| (1_000 + 500 * n, on(key(60 + n as u8), 1.0))));
    let ended = ends(&patch, events, 5_000);
    let want = [
        (1_000, 43),
        (1_500, 40),
        (2_000, 42),
        (2_500, 41),
        (3_000, 44),
    ];
    assert_eq!(ended, want);
}

#[test]
fn what_was_let_go_first_gives_way_first_and_of_a_chord_the_oldest_note() {
    let patch = with(bare(), &[("voices", 3.0), ("release", 10.0)]);
    // The oldest note was released 2 ms ago, and is louder than one that has decayed for two seconds.
    let mut events = [40, 41, 42]
        .map(|number| (0, on(key(number), 1.0)))
        .to_vec();
    events.extend([
        (100, off(key(41))),
        (96_000, off(key(40))),
        (96_100, on(key(60), 1.0)),
    ]);
    assert_eq!(ends(&patch, events, 96_200), [(96_100, 41)]);
    // Note 43 has the slot of 40, the first of all. A pedal releases all of them on one sample, where age decides.
    let mut events = [40, 41, 42]
        .map(|number| (0, on(key(number), 1.0)))
        .to_vec();
    events.extend([
        (100, choke(key(40))),
        (1_000, on(key(43), 1.0)),
        (2_000, controller(0, 64, 1.0)),
        (2_010, off(key(42))),
        (2_020, off(key(43))),
        (2_030, off(key(41))),
        (3_000, controller(0, 64, 0.0)),
    ]);
    events.extend((0..3).map(|n| (4_000 + 500 * n, on(key(60 + n as u8), 1.0))));
    let ended = ends(&patch, events, 6_000);
    let keys: Vec<u8> = ended.iter().map(|(_, key)| *key).collect();
    assert_eq!(keys, [40, 41, 42, 43]);
}

#[test]
fn pedals_hold_what_they_should_and_no_longer() {
    let (sustain, sostenuto) = (64, 66);
    let patch = with(bare(), &[("release", 0.001)]);
    let pedal = |number, down| controller(0, number, if down { 1.0 } else { 0.0 });
    let events = vec![
        (0, on(key(40), 1.0)),
        (0, on(key(41), 1.0)),
        // Sostenuto holds the keys that are down; a later key ends when it is released.
        (100, pedal(sostenuto, true)),
        (200, on(key(50), 1.0)),
        (1_000, off(key(40))),
        (1_100, off(key(50))),
        // Sustain holds the others past the end of sostenuto.
        (2_000, pedal(sustain, true)),
        (2_100, off(key(41))),
        (3_000, pedal(sostenuto, false)),
        (4_000, pedal(sustain, false)),
    ];
    let ended = ends(&patch, events.clone(), 10_000);
    let keys: Vec<u8> = ended.iter().map(|(_, key)| *key).collect();
    assert_eq!(keys, [50, 40, 41]);
    for ((at, key), due) in ended.iter().zip([1_100, 4_000, 4_000]) {
        assert!(
            (due..due + 200).contains(at),
            "{key} ended at {at}, due at {due}"
        );
    }
    // Without sustain, the end of sostenuto releases the notes that it held and no others.
    let without: Vec<_> = events
        .into_iter()
        .filter(|(at, _)| ![2_000, 4_000].contains(at))
        .collect();
    let ended = ends(&patch, without, 10_000);
    for ((at, key), (due, want)) in ended.iter().zip([(1_100, 50), (3_000, 40), (3_000, 41)]) {
        assert!(
            *key == want && (due..due + 200).contains(at),
            "{key} at {at}"
        );
    }
    assert_eq!(ended.len(), 3);
}

#[test]
fn another_sound_brings_back_no_note_that_was_let_go() {
    let quiet = with(sine(), &[("release", 4.0), ("level", -48.0)]);
    let events = vec![
        (0, on(key(60), 1.0)),
        (0, on(key(64), 1.0)),
        (9_600, off(key(60))),
    ];
    let play = |events| {
        let mut session = Session::new(&quiet, events);
        let mut sender = session.engine.take_commands().unwrap();
        session.until(19_200);
        sender.send(Command::Load(sine())).unwrap();
        session.until(48_000);
        session
    };
    let (session, alone) = (play(events.clone()), play(vec![events[1]]));
    assert_eq!(session.score.ended_keys(), [60]);
    let of_60: Vec<f32> = (session.left.iter().zip(&alone.left))
        .map(|(both, other)| both - other)
        .collect();
    let [before, after] = [&of_60[..19_200], &of_60[19_200..]].map(peak);
    assert!(before > 1e-4 && after <= before, "{after} after {before}");
    assert!(peak(&of_60[19_400..]) < 1e-6, "it is over within 3 ms");
}

#[test]
fn a_key_that_sostenuto_caught_stays_so_while_monos_voice_is_elsewhere() {
    for mode in [1.0, 2.0] {
        let patch = with(sine(), &[("mode", mode), ("release", 0.001)]);
        let pedal = |down| controller(0, 66, if down { 1.0 } else { 0.0 });
        let phrase: [&[EventKind]; 6] = [
            &[on(key(60), 1.0)],
            &[pedal(true)],
            &[on(key(62), 1.0)],
            &[off(key(62))],
            &[off(key(60))],
            &[pedal(false)],
        ];
        let heard = pitches(&patch, &phrase);
        let keys: Vec<_> = heard.iter().map(|pitch| pitch.map(f64::round)).collect();
        let [low, high] = [Some(60.0), Some(62.0)];
        assert_eq!(keys, [low, low, high, low, low, None], "mode {mode}");
    }
}

#[test]
fn a_pedal_holds_the_one_voice_of_mono_too() {
    let patch = with(sine(), &[("mode", 1.0)]);
    let pedal = |value| [controller(0, 64, value)];
    let phrase: [&[EventKind]; 5] = [
        &[on(key(60), 1.0)],
        &pedal(1.0),
        &[off(key(60))],
        &[on(key(67), 1.0), off(key(67))],
        &pedal(0.0),
    ];
    assert_pitches(&sine_in(&patch), &phrase, &[60, 60, 60, 67, 0]);
}

fn sine_in(patch: &Patch) -> Patch {
    with(*patch, &[("release", 0.001)])
}

#[test]
fn a_key_that_is_come_back_to_has_the_pitch_that_it_was_pressed_with() {
    // Equal steps, but no C sharp.
    let map = "12\n0\n127\n60\n69\n440.0\n12\n0\nx\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n";
    let map = KeyboardMap::parse(map).unwrap();
    let tuning = Tuning::new(&Scale::default(), &map).unwrap();
    assert_eq!(tuning.pitch(61), None);
    for mode in [1.0, 2.0] {
        let patch = with(sine(), &[("mode", mode)]);
        let events = vec![
            (0, on(key(61), 1.0)),
            (STEP, on(key(60), 1.0)),
            (2 * STEP, off(key(60))),
        ];
        let mut session = Session::new(&patch, events);
        session.until(STEP as usize / 2);
        session.engine.set_tuning(&tuning);
        session.until(3 * STEP as usize);
        for (step, want) in session
            .left
            .chunks_exact(STEP as usize)
            .zip([61.0, 60.0, 61.0])
        {
            let pitch = rough_pitch(&step[STEP as usize / 2..], RATE);
            assert!(
                (pitch - want).abs() < 0.01,
                "mode {mode}: {pitch} for {want}"
            );
        }
    }
}

#[test]
fn a_key_that_is_come_back_to_is_as_its_host_last_wanted_it() {
    let (first, second) = (named(1, 0, 60), named(2, 0, 70));
    let tune = |note, semitones: f32| modulate(note, Parameter::Tune, semitones / 48.0);
    let tuning = |note, semitones: f32| express(note, Expression::Tuning, semitones);
    let phrase: [&[EventKind]; 7] = [
        &[on(first, 1.0), tuning(first, 5.0)],
        &[on(second, 1.0)],
        &[off(second)],
        // Expressions of a key that waits apply when it sounds, and not to the sounding key.
        &[on(second, 1.0), tuning(first, 7.0), tune(first, 2.0)],
        &[off(second)],
        &[on(second, 1.0), tune(second, -3.0)],
        &[off(first)],
    ];
    for mode in [1.0, 2.0] {
        let patch = with(sine(), &[("mode", mode)]);
        assert_pitches(&patch, &phrase, &[65, 70, 65, 70, 69, 67, 67]);
    }
}

#[test]
fn lfos_start_again_with_a_note_that_is_not_tied_to_the_last_one() {
    // A tenth of a cycle in a second, from −1 up, and an LFO with a fade-in of four seconds.
    let patch = with(
        bare(),
        &[
            ("release", 10.0),
            ("lfo1_shape", 2.0),
            ("lfo1_rate", 0.1),
            ("lfo2_shape", 4.0),
            ("lfo2_rate", 0.01),
            ("lfo2_fade", 4.0),
            ("lfo3_shape", 5.0),
            ("lfo3_rate", 0.01),
        ],
    );
    let lfos = |session: &mut Session| {
        let sources = session.engine.modulation_snapshot().sources;
        [Source::Lfo1, Source::Lfo2, Source::Lfo3].map(|source| sources[source as usize])
    };
    for mode in [1.0, 2.0] {
        for tied in [false, true] {
            let patch = with(patch, &[("mode", mode)]);
            let (up, down) = if tied {
                (50_000, 48_000)
            } else {
                (48_000, 50_000)
            };
            let events = vec![
                (0, on(key(60), 1.0)),
                (up, off(key(60))),
                (down, on(key(64), 1.0)),
            ];
            let mut session = Session::new(&patch, events);
            session.until(47_000);
            let [_, _, random] = lfos(&mut session);
            session.until(down as usize + 24_000);
            assert_eq!(session.status.voices, 1);
            let [saw, fade, other] = lfos(&mut session);
            let seconds = if tied {
                (down + 24_000) as f32 / 48_000.0
            } else {
                0.5
            };
            let near = |value: f32, want: f32| (value - want).abs() < 1e-3;
            assert!(
                near(saw, 0.2 * seconds - 1.0),
                "mode {mode}, tied {tied}: at {saw}"
            );
            assert!(
                near(fade, seconds / 4.0),
                "mode {mode}, tied {tied}: grown to {fade}"
            );
            // Each note has its own random values.
            assert_eq!(
                random == other,
                tied,
                "mode {mode}, tied {tied}: {random}, {other}"
            );
        }
    }
}

#[test]
fn a_chord_that_is_taken_over_ends_key_by_key() {
    let chord = [60, 64, 67];
    // The note that plays on is the last one that started, which may have been released before.
    for let_go in [false, true] {
        let patch = with(bare(), &[("release", if let_go { 10.0 } else { 0.001 })]);
        let mut events = chord.map(|number| (0, on(key(number), 1.0))).to_vec();
        events.push((1_000, set(Parameter::Mode, 1.0)));
        let mut want = Vec::new();
        if let_go {
            events.extend([(500, off(key(67))), (4_000, on(key(72), 1.0))]);
            want.push((4_000, 67));
            events.push((8_000, off(key(72))));
            want.push((8_000, 72));
        } else {
            events.push((8_000, off(key(67))));
            want.push((8_000, 67));
        }
        events.extend([(12_000, off(key(64))), (16_000, choke(key(60)))]);
        want.push((12_000, 64));
        let mut session = Session::new(&patch, events);
        session.until(15_000);
        assert_eq!(session.status.voices, 1);
        let told = |session: &Session| -> Vec<(u64, u8)> {
            session
                .score
                .ended
                .iter()
                .map(|(at, note)| (*at, note.key))
                .collect()
        };
        assert_eq!(told(&session), want, "let go {let_go}");
        session.until(20_000);
        assert_eq!(session.status.voices, 0);
        assert_eq!(session.score.ended_keys().last(), Some(&60));
        assert_eq!(session.score.ended.len(), want.len() + 1);
    }
}

/// Actions on notes.
#[derive(Clone, Debug)]
enum Deed {
    Press(Note),
    Lift(usize),
    Choke(usize),
    Kind(EventKind),
    Panic,
    OwnKey(u8, bool),
}

fn deed() -> impl Strategy<Value = Deed> {
    let mode = (0..3u8).prop_map(|mode| Deed::Kind(set(Parameter::Mode, f32::from(mode))));
    let priority = (0..3u8).prop_map(|of| Deed::Kind(set(Parameter::NotePriority, f32::from(of))));
    let voices = (1..6u8).prop_map(|of| Deed::Kind(set(Parameter::Voices, f32::from(of))));
    let pedal = (0..2u8, prop_oneof![Just(64), Just(66)], any::<bool>()).prop_map(
        |(channel, number, down)| {
            Deed::Kind(controller(channel, number, if down { 1.0 } else { 0.0 }))
        },
    );
    let all_off = (0..2u8, prop_oneof![Just(120), Just(121), Just(123)])
        .prop_map(|(channel, number)| Deed::Kind(controller(channel, number, 0.0)));
    let of_channel =
        (0..2u8).prop_map(|channel| Deed::Kind(EventKind::note_off(NoteFilter::channel(channel))));
    prop_oneof![
        12 => (0..2u8, 50..56u8).prop_map(|(channel, key)| {
            Deed::Press(Note { id: None, channel, key })
        }),
        9 => (0..64usize).prop_map(Deed::Lift),
        2 => (0..64usize).prop_map(Deed::Choke),
        2 => mode,
        1 => priority,
        1 => voices,
        3 => pedal,
        1 => all_off,
        1 => of_channel,
        1 => Just(Deed::Panic),
        2 => (50..56u8, any::<bool>()).prop_map(|(key, down)| Deed::OwnKey(key, down)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The end of each note is reported exactly once: a second report would end another note in the host, and without a
    /// report the host would keep the note for ever.
    #[test]
    fn the_end_of_every_note_is_told_once(
        mode in 0..3u8,
        deeds in proptest::collection::vec((0..400u64, deed()), 1..60),
        named_by_host in any::<bool>(),
    ) {
        let patch = with(bare(), &[
            ("mode", f32::from(mode)),
            ("voices", 4.0),
            ("release", 0.002),
        ]);
        let mut session = Session::new(&patch, vec![]);
        let mut sender = session.engine.take_commands().unwrap();
        let mut started: HashMap<(Option<i32>, u8, u8), i32> = HashMap::new();
        let mut pressed: Vec<Note> = Vec::new();
        let mut at = 0;
        let mut ended = Vec::new();
        let finish = [
            Deed::Kind(controller(0, 121, 0.0)),
            Deed::Kind(controller(1, 121, 0.0)),
            Deed::Kind(EventKind::note_off(NoteFilter::default())),
        ];
        let last = finish.into_iter().map(|deed| (300, deed));
        for (pause, deed) in deeds.into_iter().chain(last) {
            at += pause;
            session.score = Score::new(vec![]);
            session.until(at as usize);
            ended.append(&mut session.score.ended);
            let of = |number: usize| pressed.get(number % pressed.len().max(1)).copied();
            let kind = match deed {
                Deed::Press(note) => {
                    let id = named_by_host.then_some(pressed.len() as i32);
                    let note = Note { id, ..note };
                    pressed.push(note);
                    *started.entry((note.id, note.channel, note.key)).or_default() += 1;
                    Some(on(note, 0.5))
                }
                Deed::Lift(number) => of(number).map(off),
                Deed::Choke(number) => of(number).map(choke),
                Deed::Kind(kind) => Some(kind),
                Deed::Panic => {
                    sender.send(Command::Panic).unwrap();
                    None
                }
                Deed::OwnKey(key, true) => {
                    sender.send(Command::KeyDown { key, velocity: 0.5 }).unwrap();
                    None
                }
                Deed::OwnKey(key, false) => {
                    sender.send(Command::KeyUp { key }).unwrap();
                    None
                }
            };
            // Each action happens at the beginning of a block of one sample.
            session.score = Score::new(kind.map(|kind| (at, kind)).into_iter().collect());
            at += 1;
            session.until(at as usize);
            ended.append(&mut session.score.ended);
        }
        session.score = Score::new(vec![]);
        session.until(at as usize + 2_000);
        ended.append(&mut session.score.ended);
        prop_assert_eq!(session.status.voices, 0, "something hangs");
        for (_, note) in &ended {
            let count = started.entry((note.id, note.channel, note.key)).or_default();
            *count -= 1;
        }
        started.retain(|_, count| *count != 0);
        prop_assert!(started.is_empty(), "not told, or told too often: {:?}", started);
    }

    /// In the mono modes, the pitch follows from the keys that are down.
    #[test]
    fn one_voice_plays_the_key_that_comes_first(
        mode in 1..3u8,
        priority in 0..3u8,
        strokes in proptest::collection::vec(48..60u8, 1..24),
    ) {
        let patch = with(sine(), &[
            ("mode", f32::from(mode)),
            ("note_priority", f32::from(priority)),
            ("release", 0.001),
        ]);
        // Each stroke releases its key if that is down, and presses it otherwise.
        let mut down: Vec<u8> = Vec::new();
        let (mut phrase, mut keys) = (Vec::new(), Vec::new());
        for stroke in strokes {
            let number = stroke + 12;
            if let Some(place) = down.iter().position(|key| *key == number) {
                down.remove(place);
                phrase.push([off(key(number))]);
            } else {
                down.push(number);
                phrase.push([on(key(number), 1.0)]);
            }
            let chosen = match priority {
                0 => down.last(),
                1 => down.iter().min(),
                _ => down.iter().max(),
            };
            keys.push(chosen.copied().unwrap_or(0));
        }
        let steps: Vec<&[EventKind]> = phrase.iter().map(|step| &step[..]).collect();
        assert_pitches(&patch, &steps, &keys);
    }
}
