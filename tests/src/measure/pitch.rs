//! Pitch: A4 at every rate.

use super::instrument::{self, Setup};
use super::spectrum;

/// How far a sine on key 69 is away from 440 Hz, in cents.
///
/// # Panics
/// When the plugin does not take a text.
pub fn a4(setup: Setup) -> f64 {
    let texts = [
        ("osc_a_shape", "Sine"),
        ("osc_a_route", "Bypass"),
        ("sustain", "100 %"),
    ];
    let tone = instrument::tone(setup, &texts, 69, 1.2);
    spectrum::cents_off(&tone[setup.samples(0.2)..], 440.0, setup.hertz()).abs()
}
