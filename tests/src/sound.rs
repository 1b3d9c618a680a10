//! Stereo audio with the measurements that tests need.

use std::ops::Range;

/// Largest sample of any valid output: full scale plus 12 dB.
pub const LOUDEST: f32 = 3.981_072;

/// Two channels of equal length.
#[derive(Clone, Debug, Default)]
pub struct Sound {
    /// Left channel.
    pub left: Vec<f32>,
    /// Right channel.
    pub right: Vec<f32>,
}

impl Sound {
    /// Returns `frames` samples of silence.
    pub fn silence(frames: usize) -> Self {
        Self {
            left: vec![0.0; frames],
            right: vec![0.0; frames],
        }
    }

    /// Returns a sine with `frequency` in cycles per sample, equal in both channels.
    pub fn sine(frames: usize, frequency: f32, amplitude: f32) -> Self {
        let wave =
            |n: usize| amplitude * (std::f32::consts::TAU * (n as f32 * frequency).fract()).sin();
        let channel: Vec<f32> = (0..frames).map(wave).collect();
        Self {
            left: channel.clone(),
            right: channel,
        }
    }

    /// Returns the length in samples.
    pub fn frames(&self) -> usize {
        self.left.len()
    }

    /// Returns a copy of the samples in `range`.
    pub fn part(&self, range: Range<usize>) -> Self {
        Self {
            left: self.left[range.clone()].to_vec(),
            right: self.right[range].to_vec(),
        }
    }

    /// Returns the difference from `other`, which has to be equally long.
    pub fn minus(&self, other: &Self) -> Self {
        assert_eq!(self.frames(), other.frames(), "lengths differ");
        let difference = |one: &[f32], other: &[f32]| -> Vec<f32> {
            one.iter()
                .zip(other)
                .map(|(one, other)| one - other)
                .collect()
        };
        Self {
            left: difference(&self.left, &other.left),
            right: difference(&self.right, &other.right),
        }
    }

    /// Iterates over all samples, one channel after the other.
    pub fn samples(&self) -> impl Iterator<Item = f32> {
        self.left.iter().chain(&self.right).copied()
    }

    /// Returns the largest absolute sample.
    pub fn peak(&self) -> f32 {
        self.samples().map(f32::abs).fold(0.0, f32::max)
    }

    /// Returns the root mean square over both channels.
    pub fn rms(&self) -> f32 {
        let squares: f64 = self.samples().map(|sample| f64::from(sample).powi(2)).sum();
        (squares / (2 * self.frames().max(1)) as f64).sqrt() as f32
    }

    /// Returns true if every sample is exactly zero.
    pub fn is_silent(&self) -> bool {
        self.samples().all(|sample| sample == 0.0)
    }

    /// Returns the position of the first sample that is not zero in either channel.
    pub fn first_sound(&self) -> Option<usize> {
        self.first_that(|left, right| left != 0.0 || right != 0.0)
    }

    /// Returns the position of the first sample whose bits differ from those of `other`, which has to be equally long.
    pub fn first_difference(&self, other: &Self) -> Option<usize> {
        assert_eq!(self.frames(), other.frames(), "lengths differ");
        (0..self.frames()).find(|&n| {
            self.left[n].to_bits() != other.left[n].to_bits()
                || self.right[n].to_bits() != other.right[n].to_bits()
        })
    }

    /// Returns the fundamental frequency of the left channel in Hz, by autocorrelation, accurate to 0.5 % for tones
    /// from 100 to 2000 Hz, at most an eighth of the rate, that last at least a tenth of a second.
    pub fn pitch(&self, sample_rate: f64) -> f64 {
        // High sample rates add no accuracy for such tones, but computing time.
        let factor = (sample_rate / 40_000.0).floor().max(1.0) as usize;
        let mean = |chunk: &[f32]| {
            chunk.iter().map(|&sample| f64::from(sample)).sum::<f64>() / factor as f64
        };
        let wave: Vec<f64> = self.left.chunks_exact(factor).map(mean).collect();
        let rate = sample_rate / factor as f64;

        let window = (rate / 20.0) as usize;
        let longest = wave.len().saturating_sub(window);
        let likeness = |lag: usize| -> f64 {
            let pairs = wave[..window].iter().zip(&wave[lag..lag + window]);
            let (product, energy) = pairs.fold((0.0, 0.0), |(product, energy), (a, b)| {
                (product + a * b, energy + b * b)
            });
            product / energy.max(f64::MIN_POSITIVE).sqrt()
        };
        // Returns the vertex near `lag` of a parabola through three points, which is close to the curve between
        // samples.
        let top = |lag: usize| -> f64 {
            let (before, at, after) = (likeness(lag - 1), likeness(lag), likeness(lag + 1));
            lag as f64 + 0.5 * (before - after) / (before - 2.0 * at + after)
        };
        let is_peak = |lag: &usize| likeness(*lag) >= likeness(lag - 1).max(likeness(lag + 1));

        let shortest = (rate / 2100.0) as usize;
        let periods = shortest.max(2)..=((rate / 95.0) as usize).min(longest - 1);
        let best = periods.clone().map(likeness).fold(f64::MIN, f64::max);
        // The first peak close to the highest one: the others lie at integer multiples of the period.
        let first = periods
            .clone()
            .filter(is_peak)
            .find(|&lag| likeness(lag) > 0.9 * best);
        let mut period = first.map_or(f64::NAN, top);
        // Peaks many periods away give the period more precisely.
        let mut count = 2.0;
        while count * period + 2.0 < longest as f64 {
            period = top((count * period).round() as usize) / count;
            count *= 2.0;
        }
        rate / period
    }

    /// Checks that every sample is finite and none exceeds [`LOUDEST`].
    ///
    /// # Panics
    /// When a sample violates this; the message names `what` was played and the sample.
    pub fn assert_sane(&self, what: &str) {
        let fault = self.first_that(|left, right| {
            !left.is_finite() || !right.is_finite() || left.abs().max(right.abs()) > LOUDEST
        });
        if let Some(n) = fault {
            panic!(
                "{what}: sample {n} is ({}, {})",
                self.left[n], self.right[n]
            );
        }
    }

    fn first_that(&self, test: impl Fn(f32, f32) -> bool) -> Option<usize> {
        (0..self.frames()).find(|&n| test(self.left[n], self.right[n]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitch_is_found_within_half_a_percent() {
        for rate in [8_000.0, 44_100.0, 192_000.0] {
            for tone in [130.8, 440.0, 987.8, 1760.0] {
                if tone > rate / 8.0 {
                    continue;
                }
                let sound = Sound::sine(rate as usize / 10, (tone / rate) as f32, 0.5);
                let found = sound.pitch(rate);
                assert!(
                    (found / tone - 1.0).abs() < 0.005,
                    "{tone} Hz at {rate}: {found}"
                );
            }
        }
    }

    #[test]
    fn the_first_difference_is_one_of_bits() {
        let sound = Sound::silence(8);
        let mut other = sound.clone();
        other.right[5] = -0.0;
        assert_eq!(sound.first_difference(&other), Some(5));
        assert_eq!(sound.first_difference(&sound), None);
        assert!(other.is_silent());
    }

    #[test]
    #[should_panic(expected = "noise: sample 3")]
    fn a_nan_is_not_sane() {
        let mut sound = Sound::silence(8);
        sound.left[3] = f32::NAN;
        sound.assert_sane("noise");
    }
}
