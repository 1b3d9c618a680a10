//! Spectral density of the noise in the audible band, which must not depend on the sample rate.

use super::instrument::{self, Setup};
use super::spectrum;

/// Keys of the voices that sound together: their noise is independent, so that more voices improve the average.
const KEYS: [u8; 8] = [60, 61, 62, 63, 64, 65, 66, 67];
const SECONDS: f64 = 12.0;

fn densities(setup: Setup, colour: &str) -> Vec<f64> {
    let texts = [
        ("osc_a_level", "off"),
        ("noise_level", "-12 dB"),
        ("noise_route", "Bypass"),
        ("noise_colour", colour),
        ("velocity", "0 %"),
        ("sustain", "100 %"),
        ("volume", "-24 dB"),
    ];
    let score = instrument::chord(setup, &KEYS, 1.0, SECONDS, SECONDS);
    let sound = instrument::play(setup, &texts, &score);
    // The lowest octaves have too few periods to resolve half a decibel.
    spectrum::octaves(&sound, setup.hertz())[2..].to_vec()
}

/// Returns the greatest change of an octave's density from that at 48 kHz in the same mode, 88 Hz to 20 kHz, in dB.
///
/// # Panics
/// When the plugin rejects a text.
pub fn change(setup: Setup, colour: &str) -> f64 {
    let usual = Setup {
        rate: 48_000,
        ..setup
    };
    if setup == usual {
        return 0.0;
    }
    let (here, there) = (densities(setup, colour), densities(usual, colour));
    let changes = here.iter().zip(&there).map(|(a, b)| (a - b).abs());
    changes.fold(0.0, f64::max)
}
