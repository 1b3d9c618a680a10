//! Measures the rendered audio: peak, loudness, faults and hash.

use ebur128::{EbuR128, Mode};
use serde::{Serialize, Serializer};
use xxhash_rust::xxh3::Xxh3;

use crate::failure::Failure;

/// Meter of a whole render, which is passed piece by piece.
pub struct Meter {
    peak: f32,
    non_finite: u64,
    /// Integrated loudness after EBU R 128 and ITU-R BS.1770-4.
    loudness: EbuR128,
    hash: Xxh3,
    /// Current piece in the form that is hashed: interleaved, little-endian.
    bytes: Vec<u8>,
}

/// Result of a [`Meter`], in which unknown levels are `null` in a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Level {
    /// Highest sample in dBFS; `None` in silence.
    pub peak_dbfs: Option<f64>,
    /// Integrated loudness in LUFS; `None` in silence and if a sample is not finite.
    pub loudness_lufs: Option<f64>,
    /// Number of samples that are NaN or infinite.
    pub non_finite: u64,
    /// XXH3-64 of the samples, interleaved, little-endian.
    #[serde(serialize_with = "hexadecimal")]
    pub hash: u64,
}

fn hexadecimal<S: Serializer>(hash: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{hash:016x}"))
}

impl Meter {
    /// Returns a meter for stereo audio of `rate` samples a second.
    ///
    /// # Errors
    /// If the loudness meter does not support this rate.
    pub fn new(rate: u32) -> Result<Self, Failure> {
        Ok(Self {
            peak: 0.0,
            non_finite: 0,
            loudness: EbuR128::new(2, rate, Mode::I).map_err(|error| {
                Failure::inside(format_args!(
                    "the loudness at {rate} Hz cannot be measured ({error})"
                ))
            })?,
            hash: Xxh3::new(),
            bytes: Vec::new(),
        })
    }

    /// Measures the next piece.
    ///
    /// # Errors
    /// If the loudness meter fails.
    pub fn add(&mut self, left: &[f32], right: &[f32]) -> Result<(), Failure> {
        self.bytes.clear();
        for sample in left
            .iter()
            .zip(right)
            .flat_map(|(&left, &right)| [left, right])
        {
            if sample.is_finite() {
                self.peak = self.peak.max(sample.abs());
            } else {
                self.non_finite += 1;
            }
            self.bytes.extend(sample.to_bits().to_le_bytes());
        }
        self.hash.update(&self.bytes);
        self.loudness
            .add_frames_planar_f32(&[left, right])
            .map_err(|error| Failure::inside(format_args!("the loudness meter failed ({error})")))
    }

    /// Returns the measurements so far.
    pub fn level(&self) -> Level {
        let peak_dbfs = 20.0 * f64::from(self.peak).log10();
        let loudness = self.loudness.loudness_global().ok();
        Level {
            peak_dbfs: Some(peak_dbfs).filter(|db| db.is_finite()),
            // A sample that is not finite stays in the meter's filters for good.
            loudness_lufs: loudness.filter(|lufs| lufs.is_finite() && self.non_finite == 0),
            non_finite: self.non_finite,
            hash: self.hash.digest(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a second and a half of 997 Hz at full scale, which BS.1770 defines to be -3.01 LUFS on one channel,
    /// hence 0 on two.
    fn sine() -> Vec<f32> {
        let step = std::f64::consts::TAU * 997.0 / 48_000.0;
        (0..72_000)
            .map(|i| (f64::from(i) * step).sin() as f32)
            .collect()
    }

    #[test]
    fn full_scale_is_zero_on_both_scales() {
        let sine = sine();
        let mut meter = Meter::new(48_000).unwrap();
        meter.add(&sine, &sine).unwrap();
        let level = meter.level();
        assert!(level.peak_dbfs.unwrap().abs() < 0.01, "{level:?}");
        assert!(level.loudness_lufs.unwrap().abs() < 0.05, "{level:?}");
    }

    #[test]
    fn pieces_hash_as_the_whole_does() {
        let sine = sine();
        let hash = |piece: usize| {
            let mut meter = Meter::new(48_000).unwrap();
            for part in sine.chunks(piece) {
                meter
                    .add(part, &part.iter().map(|x| -x).collect::<Vec<_>>())
                    .unwrap();
            }
            meter.level().hash
        };
        assert_eq!(hash(1), hash(72_000));
        assert_eq!(hash(997), hash(72_000));
    }

    #[test]
    fn silence_has_no_level() {
        let mut meter = Meter::new(48_000).unwrap();
        meter.add(&[0.0; 48_000], &[0.0; 48_000]).unwrap();
        let level = meter.level();
        assert_eq!(
            (level.peak_dbfs, level.loudness_lufs, level.non_finite),
            (None, None, 0)
        );
    }

    #[test]
    fn every_sample_that_is_no_number_counts() {
        let mut meter = Meter::new(48_000).unwrap();
        let mut sine = sine();
        sine[7] = f32::NAN;
        sine[9] = f32::INFINITY;
        meter.add(&sine, &sine).unwrap();
        let level = meter.level();
        assert_eq!((level.non_finite, level.loudness_lufs), (4, None));
        assert!(level.peak_dbfs.unwrap() < 0.01);
    }
}
