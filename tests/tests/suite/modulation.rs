//! Per-note modulation of parameters in CLAP.

use tidepool::params::param_id;
use tidepool_dsp::rt::TICK;
use tidepool_dsp::synth::DELAY;
use tidepool_host::{Event, Note};
use tidepool_tests::rig::RATE;
use tidepool_tests::score::{note, off, on};
use tidepool_tests::{Rig, Score, Sound};

/// Largest rounding difference in a sum of two notes.
const ROUNDING: f32 = 1e-5;
/// Parameters with per-note modulation, and the amount for each.
const PARAMETERS: [(&str, f64); 8] = [
    ("tune", 0.1),
    ("vibrato_depth", 0.5),
    ("cutoff", -0.3),
    ("resonance", 0.6),
    ("drive", 0.5),
    ("keytrack", 0.5),
    ("filter_env", -0.3),
    ("sustain", 0.5),
];

/// Returns a modulation of `key` for one note, in normalized terms.
fn modulate(key: &str, note: Note, amount: f64) -> Event {
    let id = param_id(key);
    Event::Modulation { id, note, amount }
}

fn play(score: &Score) -> Sound {
    Rig::new().play(score, &[480])
}

/// Returns a score with the modulation wheel up, so that there is vibrato.
fn piece(frames: usize) -> Score {
    Score::new(frames).at(0, Event::Midi([0xB0, 1, 127]))
}

/// Returns an automation of `key` to a normalized value.
fn automate(key: &str, value: f64) -> Event {
    let id = param_id(key);
    Event::Param { id, value }
}

#[test]
fn hosts_are_told_which_parameters_notes_can_have_their_own_modulation_of() {
    let mut rig = Rig::new();
    let params = rig.instance.params();
    for param in &params {
        let listed = PARAMETERS.iter().any(|(key, _)| param_id(key) == param.id);
        assert_eq!(param.per_note, listed, "{}", param.name);
    }
}

#[test]
fn it_changes_its_note_as_if_that_were_alone_and_no_other() {
    for (key, amount) in PARAMETERS {
        let change = modulate(key, note(57), amount);
        let one = piece(14_400).at(0, on(57));
        let two = one.clone().at(0, on(64));
        let alone = play(&one.clone().at(4000, change)).minus(&play(&one));
        let among = play(&two.clone().at(4000, change)).minus(&play(&two));
        assert!(alone.peak() > 0.001, "{key} is not heard");
        let rest = among.minus(&alone).peak();
        assert!(rest < ROUNDING, "{key} changes the other note by {rest}");
    }
}

#[test]
fn pitch_lands_on_its_own_sample_and_the_rest_on_the_next_tick() {
    for (key, amount) in PARAMETERS {
        let plain = piece(9600).at(0, on(57));
        let reference = play(&plain);
        for at in [1000, 1024, 1025] {
            let sound = play(&plain.clone().at(at, modulate(key, note(57), amount)));
            let first = sound
                .first_difference(&reference)
                .expect("the modulation is heard");
            let (due, late) = match key {
                // Oscillators output a new pitch with their delay, and the ladder adds its own.
                "tune" => (at, DELAY + 3),
                "vibrato_depth" => (at.next_multiple_of(TICK), DELAY + 5),
                _ => (at.next_multiple_of(TICK), 5),
            };
            assert!(
                (due..=due + late).contains(&first),
                "{key} at {at} is heard at {first} instead of {due}"
            );
        }
    }
}

#[test]
fn on_a_notes_first_sample_it_is_there_from_the_start() {
    for (key, amount) in PARAMETERS {
        let mut rig = Rig::new();
        let value = rig.param(key).value + amount;
        let start = 1007;
        let plain = piece(9600).at(start, on(57));
        let modulated = play(&plain.clone().at(start, modulate(key, note(57), amount)));
        // The reference sets the parameter itself to that value, before the note.
        let set = play(&plain.clone().at(0, automate(key, value)));
        let error = modulated.minus(&set).peak();
        let effect = set.minus(&play(&plain)).peak();
        assert!(effect > 0.001, "{key} is not heard");
        assert!(
            error < 0.001 * effect,
            "{key} is {error} off, its effect being {effect}"
        );
    }
}

#[test]
fn it_is_an_offset_that_follows_the_parameter() {
    for (key, from, to, amount) in [
        ("cutoff", 0.4, 0.6, 0.15),
        ("tune", 0.5, 0.55, 0.1),
        ("resonance", 0.1, 0.5, 0.4),
        ("drive", 0.2, 0.5, 0.4),
    ] {
        let plain = Score::new(24_000).at(0, on(45));
        // Automation arrives late, on top of a modulation from the start.
        let followed = play(
            &plain
                .clone()
                .at(0, automate(key, from))
                .at(0, modulate(key, note(45), amount))
                .at(4_800, automate(key, to)),
        );
        let settled = |start: f64| {
            play(
                &plain
                    .clone()
                    .at(0, automate(key, from + amount))
                    .at(4_800, automate(key, start)),
            )
        };
        let (expected, left_behind) = (settled(to + amount), settled(from + amount));
        let part = |sound: &Sound| sound.part(12_000..24_000);
        let error = part(&followed).minus(&part(&expected)).peak();
        let effect = part(&left_behind).minus(&part(&expected)).peak();
        assert!(
            error < 0.01 * effect,
            "{key} is {error} off, of {effect} that the automation makes"
        );
    }
}

#[test]
fn it_takes_the_place_of_the_modulation_of_all_notes() {
    for (key, all, own) in [
        ("cutoff", 0.2, -0.1),
        ("resonance", 0.5, 0.2),
        ("cutoff", 0.2, 0.0),
    ] {
        let plain = Score::new(9600).at(0, on(57));
        let both = plain
            .clone()
            .at(0, modulate(key, Note::ALL, all))
            .at(0, modulate(key, note(57), own));
        let other_order = plain
            .clone()
            .at(0, modulate(key, note(57), own))
            .at(0, modulate(key, Note::ALL, all));
        let expected = play(&plain.clone().at(0, modulate(key, note(57), own)));
        let all = play(&plain.at(0, modulate(key, Note::ALL, all)));
        let effect = all.minus(&expected).peak();
        for score in [both, other_order] {
            let error = play(&score).minus(&expected).peak();
            assert!(
                error < 0.001 * effect,
                "{key} is {error} off, of {effect} between the two"
            );
        }
    }
}

#[test]
fn a_note_without_its_own_keeps_following_the_modulation_of_all() {
    let change = modulate("cutoff", Note::ALL, -0.2);
    let own = modulate("cutoff", note(57), 0.0);
    let one = Score::new(9600).at(0, on(64));
    let two = one.clone().at(0, on(57)).at(0, own);
    let alone = play(&one.clone().at(4000, change)).minus(&play(&one));
    let among = play(&two.clone().at(4000, change)).minus(&play(&two));
    assert!(alone.peak() > 0.001, "modulation of all is not heard");
    let rest = among.minus(&alone).peak();
    assert!(rest < ROUNDING, "the note with its own moves by {rest}");
}

#[test]
fn a_new_note_knows_nothing_of_the_last_ones_modulation() {
    let start = 9600;
    let play = |modulated: bool, again: Event| {
        let mut rig = Rig::new();
        let single = rig.set("voices", "1");
        let mut score = Score::new(2 * start).at(0, single).at(0, on(57));
        if modulated {
            for (key, amount) in PARAMETERS {
                score = score.at(1000, modulate(key, note(57), amount));
            }
        }
        // A choked note is silent after 3 ms.
        let choke = Event::Choke { note: note(57) };
        let score = score.at(4800, choke).at(start, again);
        let sound = rig.play(&score, &[480]);
        assert!(sound.part(start - 480..start).is_silent());
        sound.part(start..2 * start)
    };
    // Also under the same id, as in hosts that number notes by key.
    for again in [on(57), on(64)] {
        let fresh = play(false, again);
        assert!(!fresh.is_silent());
        assert_eq!(play(true, again).first_difference(&fresh), None);
    }
}

#[test]
fn every_modulated_note_ends_and_says_so() {
    let mut rig = Rig::new();
    let few = rig.set("voices", "4");
    let mut score = Score::new(10 * RATE as usize).at(0, few);
    for key in 40..60 {
        let start = 480 * usize::from(key);
        score = score.at(start, on(key)).at(start + 4800, off(key));
        for (n, (parameter, amount)) in PARAMETERS.into_iter().enumerate() {
            let modulation = modulate(parameter, note(key), amount);
            // Some modulations arrive long after the note has ended.
            score = score.at(start + 900 * n, modulation);
        }
    }
    let sound = rig.play(&score, &[512]);
    sound.assert_sane("modulated notes");
    let end = sound.frames();
    assert!(sound.part(end - 4800..end).is_silent());
    let mut ended: Vec<_> = rig
        .received
        .iter()
        .filter_map(|(_, event)| match event {
            Event::NoteEnd { note } => note.id,
            _ => None,
        })
        .collect();
    ended.sort_unstable();
    assert_eq!(ended, (40..60).collect::<Vec<_>>());
}

#[test]
fn modulation_of_a_note_that_is_not_there_does_nothing() {
    let plain = Score::new(9600).at(0, on(57));
    let reference = play(&plain);
    let mut other = plain;
    for (key, amount) in PARAMETERS {
        other = other.at(1000, modulate(key, note(99), amount));
    }
    assert_eq!(play(&other).first_difference(&reference), None);
}
