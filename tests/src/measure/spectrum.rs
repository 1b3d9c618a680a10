//! Spectra: octave bands by Welch's method, and the tone analysis of `dsp/tests/common/measure.rs`.
//!
//! P. D. Welch, "The Use of Fast Fourier Transform for the Estimation of Power Spectra", IEEE Transactions on Audio and
//! Electroacoustics 15 (1967).

use std::f64::consts::TAU;

use crate::Sound;

// The engine's own tests and these share one transform and one window.
#[path = "../../../dsp/tests/common/measure.rs"]
#[allow(dead_code, reason = "the engine's tests use the rest")]
mod tones;

pub use tones::{cents_off, component, off_harmonics};

/// Centres of the octave bands, in Hz; each band extends from its centre / √2 to its centre · √2.
pub const OCTAVES: [f64; 10] = [
    31.25, 62.5, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0,
];

/// Returns the label of a band's centre: "31", "1k".
pub fn name(centre: f64) -> String {
    if centre >= 1000.0 {
        format!("{}k", (centre / 1000.0) as u32)
    } else {
        format!("{}", centre as u32)
    }
}

/// Returns the power of `sound` at each bin under a Hann window, up to half the sample rate; the sum over all bins is
/// the sum of the windowed squares. The length has to be a power of two.
pub fn power(sound: &[f32]) -> Vec<f64> {
    let length = sound.len();
    let hann = |n: usize| 0.5 - 0.5 * (TAU * n as f64 / length as f64).cos();
    let windowed = sound.iter().enumerate();
    let windowed = windowed.map(|(n, x)| f64::from(*x) * hann(n));
    transformed(windowed.collect())
}

/// Returns the power of `samples` at each bin, without a window. The length has to be a power of two.
pub fn transformed(samples: Vec<f64>) -> Vec<f64> {
    let length = samples.len() as f64;
    let mut values: Vec<[f64; 2]> = samples.into_iter().map(|x| [x, 0.0]).collect();
    tones::transform(&mut values);
    let half = &values[..values.len() / 2];
    half.iter()
        .map(|[re, im]| 2.0 * (re * re + im * im) / length)
        .collect()
}

/// Returns the mean power per sample at each bin of frames that overlap by half, and the bin width in Hz. Frames last
/// at least a third of a second; the sound counts as silent before its start and after its end.
pub fn welch(channel: &[f32], rate: f64) -> (Vec<f64>, f64) {
    let frame = ((rate / 3.0) as usize).next_power_of_two();
    let hop = frame / 2;
    let mut mean = vec![0.0; hop];
    let count = channel.len().div_ceil(hop) + 1;
    for n in 0..count {
        // Each sample lies in two frames, including those of the first half frame.
        let mut samples = vec![0.0; frame];
        let start = (n * hop) as isize - hop as isize;
        for (k, sample) in samples.iter_mut().enumerate() {
            let at = start + k as isize;
            *sample = usize::try_from(at)
                .ok()
                .and_then(|at| channel.get(at))
                .copied()
                .unwrap_or(0.0);
        }
        for (mean, power) in mean.iter_mut().zip(power(&samples)) {
            // The squares of two Hann windows half a frame apart add up to 3/4 on average.
            *mean += power / 0.75 / channel.len() as f64;
        }
    }
    (mean, rate / frame as f64)
}

fn sum(channels: &[(Vec<f64>, f64)], from: f64, to: f64) -> f64 {
    let mut total = 0.0;
    for (powers, width) in channels {
        let inside = |n: usize| (from..to).contains(&(n as f64 * width));
        let powers = powers.iter().enumerate();
        let band: f64 = powers
            .filter(|(n, _)| inside(*n))
            .map(|(_, power)| power)
            .sum();
        total += band / channels.len() as f64;
    }
    10.0 * total.max(1e-20).log10()
}

/// Returns the mean square of both channels in each octave band, see [`OCTAVES`], in dB relative to a mean square of 1.
pub fn octaves(sound: &Sound, rate: f64) -> [f64; OCTAVES.len()] {
    let channels = [&sound.left, &sound.right];
    bands(&channels.map(|channel| welch(channel, rate)))
}

/// Returns the mean square of one channel in each octave band, as [`octaves`] does for two.
pub fn channel_octaves(channel: &[f32], rate: f64) -> [f64; OCTAVES.len()] {
    bands(&[welch(channel, rate)])
}

fn bands(channels: &[(Vec<f64>, f64)]) -> [f64; OCTAVES.len()] {
    OCTAVES.map(|centre| {
        let half = std::f64::consts::SQRT_2;
        sum(channels, centre / half, (centre * half).min(20_000.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_has_its_mean_square_in_its_octave() {
        for rate in [44_100.0, 192_000.0] {
            let sound = Sound::sine(rate as usize, (1000.0 / rate) as f32, 0.5);
            let levels = octaves(&sound, rate);
            for (level, centre) in levels.iter().zip(OCTAVES) {
                if centre == 1000.0 {
                    assert!((level + 9.03).abs() < 0.1, "{rate}: {level}");
                } else {
                    // The sine starts and ends abruptly, which adds a little energy to every octave.
                    assert!(*level < -40.0, "{rate}, {centre}: {level}");
                }
            }
        }
    }
}
