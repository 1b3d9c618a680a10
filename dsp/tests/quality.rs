//! Oversampling: aliases of all nonlinear stages, and equality of live and offline sound.

mod common;

use std::f64::consts::TAU;

use common::measure::{component, decibels, hertz, off_harmonics, spectrum};
use common::{Session, bare, key, on, with};
use tidepool_dsp::Patch;

/// Measured segment of a tone, after a run-in.
const TONE: usize = 1 << 16;
const RUN_IN: usize = 9_600;
const RATES: [f64; 4] = [44_100.0, 48_000.0, 96_000.0, 192_000.0];
/// Values of the quality parameter.
const TWO: f32 = 1.0;
const FOUR: f32 = 2.0;

/// Returns a held note on `patch`, at a quality and a sample rate in Hz.
fn tone(patch: &Patch, quality: f32, rate: f64, number: u8) -> Vec<f32> {
    let patch = with(*patch, &[("quality", quality)]);
    let mut session = Session::at(rate as f32, &patch, vec![(0, on(key(number), 1.0))]);
    session.until(RUN_IN + TONE).left.split_off(RUN_IN)
}

/// Fails unless aliases are at least this far below the tone at each rate, at 2x and 4x.
fn aliases(what: &str, patch: &Patch, number: u8, least: [[f64; 2]; 4]) {
    for (rate, least) in RATES.into_iter().zip(least) {
        for (quality, least) in [TWO, FOUR].into_iter().zip(least) {
            let sound = tone(patch, quality, rate, number);
            let got = off_harmonics(&sound, hertz(number.into()), rate);
            println!("{what}, key {number}, {rate} Hz, {quality}: {got:.1} dB, {least} asked");
            assert!(got >= least, "{what}, key {number}, {rate} Hz: {got}");
        }
    }
}

fn driven() -> Patch {
    let values = [
        ("osc_a_route", 0.0),
        ("osc_a_level", 0.0),
        ("cutoff", 20_000.0),
        ("keytrack", 0.0),
        ("filter_env", 0.0),
        ("resonance", 0.0),
        ("drive", 18.0),
        ("volume", -18.0),
    ];
    with(bare(), &values)
}

fn ring() -> Patch {
    let values = [
        ("osc_a_level", -60.0),
        ("osc_b_shape", 2.0),
        ("ring_level", -6.0),
        ("ring_route", 1.0),
    ];
    with(bare(), &values)
}

/// Returns a patch of an operator modulated by another, at a level with a modulation index of 5.3 or, at 1, of 12.6.
fn operators(ratio: f32, level: f32) -> Patch {
    let values = [
        ("osc_a_level", -60.0),
        ("fm_level", -6.0),
        ("fm_route", 1.0),
        ("op2_level", level),
        ("op2_ratio", ratio),
    ];
    with(bare(), &values)
}

#[test]
fn a_driven_ladder_aliases_little() {
    let least = [[42.0, 56.0], [43.0, 58.0], [49.0, 62.0], [57.0, 69.0]];
    aliases("ladder", &driven(), 48, least);
    let least = [[33.0, 46.0], [34.0, 48.0], [40.0, 55.0], [46.0, 60.0]];
    aliases("ladder", &driven(), 84, least);
}

#[test]
fn ring_modulation_aliases_little() {
    for number in [84, 96, 108] {
        aliases(
            "ring",
            &ring(),
            number,
            [[75.0; 2], [80.0; 2], [90.0; 2], [90.0; 2]],
        );
    }
}

#[test]
fn operators_alias_little() {
    aliases("FM", &operators(1.0, 1.0), 84, [[100.0; 2]; 4]);
    aliases("FM", &operators(1.0, 1.0), 96, [[75.0; 2]; 4]);
    let least = [[90.0; 2], [95.0; 2], [120.0; 2], [120.0; 2]];
    aliases("FM", &operators(3.0, 0.9), 84, least);
    let least = [[28.0; 2], [30.0; 2], [90.0; 2], [120.0; 2]];
    aliases("FM", &operators(3.0, 0.9), 96, least);
}

#[test]
fn the_output_drive_aliases_no_more_than_the_ladder() {
    let values = [
        ("osc_a_level", 0.0),
        ("volume", -12.0),
        ("output_drive", 24.0),
    ];
    let patch = with(bare(), &values);
    aliases(
        "drive",
        &patch,
        48,
        [[54.0; 2], [56.0; 2], [65.0; 2], [73.0; 2]],
    );
    aliases(
        "drive",
        &patch,
        84,
        [[39.0; 2], [42.0; 2], [56.0; 2], [64.0; 2]],
    );
}

/// Returns the amplitudes of harmonics 1 to 12 of a wave, given by its phase from 0 to 1.
fn series(wave: impl Fn(f64) -> f64) -> [f64; 12] {
    const POINTS: usize = 1 << 14;
    let samples: Vec<f64> = (0..POINTS)
        .map(|n| wave(n as f64 / POINTS as f64))
        .collect();
    std::array::from_fn(|harmonic| {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, sample) in samples.iter().enumerate() {
            let angle = TAU * ((harmonic + 1) * n) as f64 / POINTS as f64;
            (re, im) = (re + sample * angle.cos(), im + sample * angle.sin());
        }
        re.hypot(im) * 2.0 / POINTS as f64
    })
}

/// Fails unless the harmonics of `sound` at 48 kHz have the same ratios as those of `wave`.
fn has_the_series_of(sound: &[f32], number: u8, wave: impl Fn(f64) -> f64, within: f64) {
    let expected = series(wave);
    let cycles = hertz(number.into()) / 48_000.0;
    let got: Vec<f64> = (1..=12)
        .map(|n| component(sound, n as f64 * cycles).0)
        .collect();
    let scale = got.iter().sum::<f64>() / expected.iter().sum::<f64>();
    for (n, (got, expected)) in got.iter().zip(expected).enumerate() {
        let off = decibels(got / (scale * expected));
        // A harmonic 60 dB below the others may be off by more.
        assert!(
            expected < 1e-3 || off.abs() < within,
            "harmonic {}: {off} dB",
            n + 1
        );
    }
}

#[test]
fn what_is_oversampled_has_the_harmonics_of_the_formula() {
    let number = 60;
    // Square of the saw as it is played without the ring modulator, from its harmonics up to the cutoff of the ring's
    // low-pass.
    let wave = tone(&bare(), TWO, 48_000.0, number);
    let cycles = hertz(number.into()) / 48_000.0;
    let count = (0.41 / cycles) as usize;
    let levels: Vec<f64> = (1..=count)
        .map(|n| component(&wave, n as f64 * cycles).0)
        .collect();
    let saw = |phase: f64| -> f64 {
        let parts = levels.iter().enumerate();
        parts
            .map(|(n, level)| level * (TAU * (n + 1) as f64 * phase).sin())
            .sum()
    };
    let sound = tone(&ring(), TWO, 48_000.0, number);
    has_the_series_of(&sound, number, |phase| saw(phase).powi(2), 0.5);

    // Level 0.9 is an eighth of ten octaves of amplitude below 4π.
    let index = 2.0 * TAU * (-1.25_f64).exp2();
    let sound = tone(&operators(1.0, 0.9), TWO, 48_000.0, number);
    let wave = |phase: f64| (TAU * phase + index * (TAU * phase).sin()).sin();
    has_the_series_of(&sound, number, wave, 0.1);
}

/// Returns the level of each octave from 31 Hz on, in dB relative to full scale.
fn octaves(sound: &[f32]) -> [f64; 9] {
    let (spectrum, bin) = (spectrum(sound), 48_000.0 / sound.len() as f64);
    std::array::from_fn(|octave| {
        let lowest = 31.25 * f64::from(1 << octave);
        let bins = (lowest / bin) as usize..(2.0 * lowest / bin) as usize;
        let power: f64 = spectrum[bins].iter().sum();
        // The window takes 7.1 dB, and a sine at full scale has 3 dB less than a square.
        10.0 * (power.max(1e-30) * 2.0).log10() - decibels(sound.len() as f64) + 10.1
    })
}

#[test]
fn live_and_offline_hot_narrow_pulses_sound_alike() {
    for (width, cutoff, resonance) in [
        (0.03, 20_000.0, 0.0),
        (0.03, 8_000.0, 0.3),
        (0.03, 2_000.0, 0.7),
        (0.1, 20_000.0, 0.3),
    ] {
        let values = [
            ("osc_a_shape", 3.0),
            ("osc_a_width", width),
            ("cutoff", cutoff),
            ("resonance", resonance),
        ];
        let patch = with(driven(), &values);
        for number in [28, 40, 52, 64, 76, 88] {
            let [live, offline] =
                [TWO, FOUR].map(|quality| octaves(&tone(&patch, quality, 48_000.0, number)));
            for (octave, (live, offline)) in live.into_iter().zip(offline).enumerate() {
                let off = live - offline;
                assert!(
                    offline < -60.0 || off.abs() < 1.0,
                    "width {width}, cutoff {cutoff}, key {number}: octave {octave} off by {off} dB"
                );
            }
        }
    }
}
