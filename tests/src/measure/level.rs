//! Peak and loudness of a sound.

use ebur128::{EbuR128, Mode};

use crate::Sound;

/// Level of a sound.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// Sample peak in dBFS; −200 in silence.
    pub peak: f64,
    /// Integrated loudness in LUFS after ITU-R BS.1770-4, gated; −200 in silence.
    pub loudness: f64,
}

/// Level of silence in dB, finite so that differences stay finite.
const SILENCE: f64 = -200.0;

impl Level {
    /// Measures `sound`, which has `rate` samples a second.
    ///
    /// # Panics
    /// When the meter does not support the rate.
    pub fn of(sound: &Sound, rate: u32) -> Self {
        let mut meter = EbuR128::new(2, rate, Mode::I).expect("the meter takes the rate");
        (meter.add_frames_planar_f32(&[&sound.left, &sound.right])).expect("the meter listens");
        let loudness = meter.loudness_global().expect("the meter integrates");
        Self {
            peak: decibels(f64::from(sound.peak())),
            loudness: loudness.max(SILENCE),
        }
    }
}

/// Converts an amplitude ratio to dB; −200 for a ratio of 0.
pub fn decibels(ratio: f64) -> f64 {
    (20.0 * ratio.log10()).max(SILENCE)
}

/// Returns `number`, or 0 if it rounds to zero at two decimals, so that no negative zero is printed.
pub fn zero(number: f64) -> f64 {
    if number.abs() < 0.005 { 0.0 } else { number }
}
