//! A voice is equal to the bit to a voice alone, whatever the other voices of its group do in their lanes.

mod common;

use common::{Session, bare, express, key, modulate, on, parameter, routed, set, with};
use tidepool_dsp::engine::Source;
use tidepool_dsp::parameter::MatrixParameter;
use tidepool_dsp::{EventKind, Expression, Parameter, Patch};

const LENGTH: usize = 24_000;
const ENVELOPE: usize = Source::Envelope2 as usize;
const LFO: usize = Source::Lfo1 as usize;
const KEY: usize = Source::Key as usize;
const CONSTANT: usize = Source::Constant as usize;

/// Returns a patch in which a note of velocity 0 is silent.
fn touchy(values: &[(&str, f32)]) -> Patch {
    let loudness = [("velocity", 1.0), ("decay", 5.0), ("sustain", 0.8)];
    with(with(bare(), &loudness), values)
}

/// Returns the output of `own` events, and of these together with `others`.
fn heard(patch: &Patch, own: &[(u64, EventKind)], others: &[(u64, EventKind)]) -> [Vec<u32>; 2] {
    let play = |events| Session::new(patch, events).until(LENGTH).outcome().0;
    [play(own.to_vec()), play([own, others].concat())]
}

fn same(what: &str, patch: &Patch, own: &[(u64, EventKind)], others: &[(u64, EventKind)]) {
    let [alone, beside] = heard(patch, own, others);
    assert!(
        alone.iter().any(|bits| *bits != 0),
        "{what}: nothing to hear"
    );
    let first = alone.iter().zip(&beside).position(|(a, b)| a != b);
    assert_eq!(first, None, "{what}");
}

/// Returns an audible note.
fn first() -> (u64, EventKind) {
    (0, on(key(60), 1.0))
}

fn silent(at: u64) -> (u64, EventKind) {
    (at, on(key(67), 0.0))
}

#[test]
fn a_neighbour_that_is_heard_makes_a_difference() {
    let [alone, beside] = heard(&touchy(&[]), &[first()], &[(1013, on(key(67), 0.1))]);
    assert_ne!(alone, beside);
}

#[test]
fn one_that_begins_changes_nothing_of_what_moves_another() {
    let patch = touchy(&[("env2_attack", 0.2), ("lfo1_rate", 3.0)]);
    let patch = routed(patch, 0, ENVELOPE, 0, "lfo1_rate", 0.3);
    let patch = routed(patch, 1, LFO, 0, "osc_a_pitch", 0.05);
    for at in [0, 1013, 1024] {
        same("an envelope on an LFO", &patch, &[first()], &[silent(at)]);
    }
}

#[test]
fn nor_does_one_that_is_tuned_or_modulated_by_itself() {
    let patch = routed(
        touchy(&[("lfo1_rate", 5.0)]),
        0,
        LFO,
        0,
        "osc_a_pitch",
        0.05,
    );
    let tuned = (1013, express(key(67), Expression::Tuning, 1.0));
    same("a tuning", &patch, &[first()], &[silent(0), tuned]);
    // The amount of a slot that moves an LFO changes at the same time.
    let patch = routed(patch, 1, CONSTANT, 0, "lfo1_rate", 0.0);
    let amount = set(Parameter::matrix_slot(1, MatrixParameter::Amount), 0.3);
    let own = [first(), (1000, amount)];
    let modulated = (0, modulate(key(67), parameter("cutoff"), 0.1));
    same("a modulation", &patch, &own, &[silent(0), modulated]);
    let unrelated = (1000, set(parameter("noise_pan"), 0.5));
    same("an unrelated parameter", &patch, &own, &[unrelated]);
}

#[test]
fn nor_does_one_in_which_a_slot_raises_what_is_not_heard_of_another() {
    let envelope = [("env2_attack", 0.1), ("env2_delay", 0.05)];
    for (level, values) in [
        (
            "fm_level",
            &[("osc_a_level", -60.0), ("fm_level", -60.0)][..],
        ),
        ("osc_b_level", &[("osc_b_shape", 2.6)]),
        ("noise_level", &[("noise_level", -60.0)]),
        ("ring_level", &[("osc_b_pitch", 7.0)]),
    ] {
        let patch = with(touchy(values), &envelope);
        let patch = routed(patch, 0, ENVELOPE, 0, level, 0.8);
        if level != "noise_level" {
            // Each note has different noise.
            same(level, &patch, &[(3001, on(key(60), 1.0))], &[silent(0)]);
        }
        let patch = routed(patch, 1, KEY, 0, level, 1.0);
        same(level, &patch, &[first()], &[silent(0)]);
    }
}

#[test]
fn nor_does_one_that_is_filtered_by_its_oscillator() {
    let patch = touchy(&[
        ("osc_a_route", 0.0),
        ("cutoff", 500.0),
        ("filter_env", 40.0),
        ("env2_attack", 0.1),
    ]);
    let patch = routed(patch, 0, KEY, 0, "filter_fm", 1.0);
    same("filter FM", &patch, &[first()], &[silent(0)]);
}

#[test]
fn nor_does_one_that_is_wide() {
    for route in [0.0, 1.0] {
        let patch = touchy(&[
            ("osc_a_route", route),
            ("cutoff", 5000.0),
            ("env2_attack", 0.1),
            ("env2_decay", 0.05),
            ("env2_sustain", 0.0),
        ]);
        let patch = routed(patch, 0, ENVELOPE, 0, "osc_a_pan", 0.4);
        let patch = routed(patch, 1, Source::NotePan as usize, 0, "osc_a_pan", 1.0);
        let wide = (0, express(key(67), Expression::Pan, 1.0));
        same("a wide one", &patch, &[first()], &[silent(0), wide]);
    }
}
