//! Notes start on their own sample: their modulation starts with them, and all sources start together.

mod common;

use common::measure::{decibels, hertz, rms};
use common::{bare, key, left, on, routed, with};
use tidepool_dsp::Patch;
use tidepool_dsp::engine::Source;
use tidepool_dsp::rt::TICK;

/// Tick on which notes start, and the length of the measurement in samples.
const START: usize = 100 * TICK;
const LENGTH: usize = 9_600;

/// Returns the note `offset` samples into a tick, from its first sample on.
fn started(patch: &Patch, number: u8, offset: usize) -> Vec<f32> {
    let at = START + offset;
    left(patch, vec![(at as u64, on(key(number), 0.8))], at + LENGTH).split_off(at)
}

/// Returns the greatest difference between a note within a tick and the note on the tick, in dB relative to the latter,
/// over all offsets.
fn residual(patch: &Patch, number: u8) -> f64 {
    let reference = started(patch, number, 0);
    let below = |offset| {
        let sound = started(patch, number, offset);
        let apart: Vec<f32> = reference.iter().zip(&sound).map(|(a, b)| a - b).collect();
        decibels(rms(&apart) / rms(&reference))
    };
    (1..TICK).map(below).fold(f64::MIN, f64::max)
}

/// Returns a short sound whose pitch falls by four octaves within 50 ms.
fn kick() -> Patch {
    let values = [
        ("osc_a_shape", 0.0),
        ("sustain", 0.0),
        ("decay", 0.3),
        ("env3_attack", 0.0),
        ("env3_decay", 0.05),
        ("env3_sustain", 0.0),
    ];
    routed(
        with(bare(), &values),
        0,
        Source::Envelope3 as usize,
        0,
        "osc_a_pitch",
        0.5,
    )
}

/// Returns patches in which a modulator of the note moves something, each with the limit of its residual.
fn moved() -> Vec<(&'static str, Patch, f64)> {
    let envelope = Source::Envelope3 as usize;
    let lfo = Source::Lfo1 as usize;
    let sine = [("osc_a_shape", 0.0)];
    let filtered = [
        ("osc_a_route", 0.0),
        ("cutoff", 300.0),
        ("resonance", 0.3),
        ("env2_attack", 0.0),
        ("env2_decay", 0.1),
        ("env2_sustain", 0.0),
        ("filter_env", 36.0),
        ("osc_a_shape", 0.0),
    ];
    let operators = [
        ("osc_a_level", -60.0),
        ("fm_level", -6.0),
        ("fm_route", 1.0),
        ("op2_level", 0.8),
        ("env3_attack", 0.0),
        ("env3_decay", 0.05),
        ("env3_sustain", 0.0),
    ];
    let slow = [("osc_a_shape", 0.0), ("attack", 0.05), ("lfo1_rate", 6.0)];
    let (sine, slow) = (with(bare(), &sine), with(bare(), &slow));
    let operators = with(bare(), &operators);
    let by = |patch, source, destination, amount| routed(patch, 0, source, 0, destination, amount);
    vec![
        ("kick", kick(), -80.0),
        ("cutoff", with(bare(), &filtered), -90.0),
        ("vibrato", by(slow, lfo, "osc_a_pitch", 0.05), -80.0),
        ("tremolo", by(slow, lfo, "level", -0.2), -80.0),
        ("shape", by(sine, envelope, "osc_a_shape", 0.3), -70.0),
        ("attack", slow, -120.0),
        // Envelopes of operators move linearly from tick to tick, which no attack within a tick does.
        ("operators", operators, -25.0),
        (
            "kick of operators",
            by(operators, envelope, "tune", 0.5),
            -25.0,
        ),
        ("index", by(operators, envelope, "op2_level", -0.4), -25.0),
    ]
}

#[test]
fn a_note_sounds_the_same_wherever_in_a_tick_it_starts() {
    for (name, patch, most) in moved() {
        let residual = residual(&patch, 36);
        println!("{name}: {residual:.1} dB");
        assert!(residual < most, "{name}: {residual:.1} dB");
    }
}

/// Returns a patch of one source of a voice at full level, past the filter.
fn alone(source: &str) -> Patch {
    let level = format!("{source}_level");
    let route = format!("{source}_route");
    let values = [
        ("osc_a_level", -60.0),
        ("osc_a_shape", 0.0),
        ("osc_b_shape", 0.0),
        ("op1_rate1", 1.0),
        (level.as_str(), -6.0),
        (route.as_str(), 1.0),
    ];
    with(bare(), &values)
}

#[test]
fn all_sources_begin_on_the_sample_of_the_note() {
    for source in ["osc_a", "osc_b", "ring", "fm", "noise"] {
        for offset in [0, 5, 16, 31] {
            let sound = started(&alone(source), 60, offset);
            let heard = sound.iter().position(|sample| *sample != 0.0);
            // A sine begins with a zero.
            let due = heard.is_some_and(|heard| heard <= 1);
            assert!(due, "{source} at {offset} is heard from {heard:?} on");
        }
    }
}

#[test]
fn oscillators_and_operators_are_in_phase() {
    for (source, number) in [("osc_a", 60), ("osc_b", 60), ("osc_a", 110)] {
        let oscillator = started(&alone(source), number, 5);
        let operator = started(&alone("fm"), number, 5);
        // The operator's envelope takes a tick or two.
        let (oscillator, operator) = (&oscillator[4 * TICK..], &operator[4 * TICK..]);
        let scale = rms(oscillator) / rms(operator);
        let apart: Vec<f32> = (oscillator.iter().zip(operator))
            .map(|(a, b)| a - b * scale as f32)
            .collect();
        let residual = decibels(rms(&apart) / rms(oscillator));
        println!("{source}, key {number}: {residual:.1} dB");
        // Four hundredths of a sample: the half-band after the operators delays high partials a little more.
        let step = std::f64::consts::TAU * hertz(number.into()) / 48_000.0;
        let most = decibels(0.04 * step);
        assert!(residual < most, "{source}, key {number}: {residual:.1} dB");
    }
}
