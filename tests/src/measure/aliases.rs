//! Aliases: energy off the harmonics of a key, below 20 kHz.
//!
//! Every patch consists of one wave, or of waves at integer multiples of the key's frequency, so that all energy
//! between the harmonics is aliasing.

use super::instrument::{self, Setup, Texts};
use super::key_level::hertz;
use super::spectrum;

const SAW: [(&str, &str); 5] = [
    ("osc_a_shape", "Saw"),
    ("osc_a_route", "Bypass"),
    ("osc_a_level", "-6 dB"),
    ("velocity", "0 %"),
    ("sustain", "100 %"),
];

fn off_harmonics(setup: Setup, texts: Texts, key: u8) -> f64 {
    let length = (setup.hertz() as usize).next_power_of_two();
    let skipped = 0.25;
    let seconds = skipped + (length + 1) as f64 / setup.hertz();
    let tone = instrument::tone(setup, texts, key, seconds);
    let tone = &tone[setup.samples(skipped)..][..length];
    // The limiter would add harmonics of its own and hide the reduction.
    let peak = tone.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    assert!(
        peak > 0.001 && peak < 1.0,
        "{setup}, {texts:?}: peak {peak}"
    );
    -spectrum::off_harmonics(tone, hertz(key), setup.hertz())
}

fn with(more: Texts, setup: Setup, key: u8) -> f64 {
    let texts: Vec<_> = SAW.iter().chain(more).copied().collect();
    off_harmonics(setup, &texts, key)
}

/// Returns the aliases of a bare saw, in dB relative to the whole signal.
pub fn saw(setup: Setup, key: u8) -> f64 {
    with(&[], setup, key)
}

/// Returns the aliases of a saw through the ladder with Drive at 18 dB and the cutoff at 20 kHz, in dB relative to the
/// whole signal.
pub fn ladder(setup: Setup, key: u8) -> f64 {
    let ladder = [
        ("osc_a_route", "Filter"),
        ("drive", "18 dB"),
        ("cutoff", "20 kHz"),
        ("resonance", "0 %"),
        ("filter_env", "0 st"),
        ("keytrack", "0 %"),
        ("volume", "-18 dB"),
    ];
    with(&ladder, setup, key)
}

/// Returns the aliases of the product of two saws an octave apart, in dB relative to the whole signal.
pub fn ring(setup: Setup, key: u8) -> f64 {
    let ring = [
        ("osc_a_level", "off"),
        ("osc_b_shape", "Saw"),
        ("osc_b_pitch", "12 st"),
        ("ring_level", "-6 dB"),
        ("ring_route", "Bypass"),
    ];
    with(&ring, setup, key)
}

/// Returns the aliases of one operator modulated by another at full level (index 4π) and twice its frequency, in dB
/// relative to the whole signal.
pub fn fm(setup: Setup, key: u8) -> f64 {
    let fm = [
        ("osc_a_level", "off"),
        ("fm_level", "-6 dB"),
        ("fm_route", "Bypass"),
        ("fm_algorithm", "1"),
        ("op2_level", "100 %"),
        ("op2_ratio", "2"),
        ("op3_level", "0 %"),
    ];
    with(&fm, setup, key)
}

/// Returns the aliases of a saw through Output Drive at 24 dB, in dB relative to the whole signal.
pub fn drive(setup: Setup, key: u8) -> f64 {
    with(
        &[("output_drive", "24 dB"), ("volume", "-18 dB")],
        setup,
        key,
    )
}
