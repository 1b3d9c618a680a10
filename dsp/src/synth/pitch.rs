//! Conversion of pitches and intervals in semitones to frequencies.
//!
//! The functions of several voices use the polynomial [`exp2`], which is computed in vectors and differs from
//! [`setting_hertz`] in the last bits. One formula for both would change the sound.

use super::f32s::{F32s, exp2};

/// Concert pitch in MIDI keys, and its frequency in Hz.
pub const CONCERT_KEY: f32 = 69.0;
pub const CONCERT_HERTZ: f32 = 440.0;

/// Returns the frequency ratio of an interval in semitones.
#[inline(always)]
pub fn ratio<const N: usize>(interval: F32s<N>) -> F32s<N> {
    exp2(interval * (1.0 / 12.0))
}

/// Returns the frequency ratio of a pitch to the concert pitch.
#[inline(always)]
pub fn concert_ratio<const N: usize>(pitch: F32s<N>) -> F32s<N> {
    ratio(pitch - CONCERT_KEY)
}

/// Returns the frequency of a pitch in Hz.
#[inline(always)]
pub fn hertz<const N: usize>(pitch: F32s<N>) -> F32s<N> {
    concert_ratio(pitch) * CONCERT_HERTZ
}

/// Returns the frequency in Hz of a pitch that is not per voice and read once per change. It is computed in double
/// precision, so that rounding removes the differences between C libraries.
pub fn setting_hertz(pitch: f32) -> f32 {
    CONCERT_HERTZ * f64::from((pitch - CONCERT_KEY) / 12.0).exp2() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_the_frequency_of_equal_temperament() {
        for key in 0..=160 {
            let want = crate::measure::hertz(f64::from(key));
            let key = key as f32;
            for got in [hertz(F32s([key])).0[0], setting_hertz(key)] {
                assert!((f64::from(got) / want - 1.0).abs() < 5e-7, "{key}: {got}");
            }
        }
    }
}
