//! Tuning error of A4 at every sample rate.

use super::instrument::{self, Setup};
use super::spectrum;

/// Returns the distance of a sine on key 69 from 440 Hz, in cents.
///
/// # Panics
/// When the plugin rejects a text.
pub fn a4(setup: Setup) -> f64 {
    let texts = [
        ("osc_a_shape", "Sine"),
        ("osc_a_route", "Bypass"),
        ("sustain", "100 %"),
    ];
    let tone = instrument::tone(setup, &texts, 69, 1.2);
    spectrum::cents_off(&tone[setup.samples(0.2)..], 440.0, setup.hertz()).abs()
}
