//! Key Level of an operator: the change of level per octave above middle C.

use super::instrument::{self, Setup};
use super::{level, spectrum};

/// Patch with one operator, far enough below full level that Key Level can raise it.
const PATCH: [(&str, &str); 6] = [
    ("osc_a_level", "off"),
    ("fm_level", "0 dB"),
    ("fm_route", "Bypass"),
    ("velocity", "0 %"),
    ("sustain", "100 %"),
    ("op1_level", "60 %"),
];

/// Returns the rise of the level from key 60 to key 72 with Key Level at `text`, in dB.
///
/// # Panics
/// When the plugin rejects a text.
pub fn rise(setup: Setup, text: &str) -> f64 {
    let mut texts = PATCH.to_vec();
    texts.push(("op1_key_level", text));
    let at = |key: u8| {
        let tone = instrument::tone(setup, &texts, key, 0.5);
        let steady = &tone[setup.samples(0.2)..setup.samples(0.45)];
        let (amplitude, _) = spectrum::component(steady, hertz(key) / setup.hertz());
        level::decibels(amplitude)
    };
    at(72) - at(60)
}

/// Returns the frequency of a key in 12-tone equal temperament, with key 69 at 440 Hz.
pub fn hertz(key: u8) -> f64 {
    440.0 * ((f64::from(key) - 69.0) / 12.0).exp2()
}
