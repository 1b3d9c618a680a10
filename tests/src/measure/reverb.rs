//! Reverb: evenness of the tail's spectrum, time of the first reflection, and decay time.
//!
//! The crest of the tail's power spectrum is a measure of coloration: the tail of an ideal room is decaying Gaussian
//! noise (M. R. Schroeder, "Statistical Parameters of the Frequency Response Curves of Large Rooms", 1954/JAES 35,
//! 1987), and a crest above that of the noise is a resonance.

use fastrand::Rng;

use super::impulse;
use super::instrument::{Setup, Texts};
use super::spectrum;
use crate::Sound;

/// Analysed part of the tail, in seconds after the impulse.
const TAIL: [f64; 2] = [0.2, 0.7];
/// Decay time setting, in seconds.
const DECAY: f64 = 2.0;
/// Lower ends of the analysed octaves, in Hz: 250 Hz to 8 kHz.
const OCTAVES: [f64; 5] = [250.0, 500.0, 1000.0, 2000.0, 4000.0];
/// Number of ideal tails that are averaged.
const SEEDS: u64 = 24;

const PATCH: [(&str, &str); 3] = [
    ("reverb_predelay", "0 s"),
    ("reverb_decay", "2 s"),
    ("reverb_damp", "20 kHz"),
];

fn response(setup: Setup, size: &str, seconds: f64) -> Sound {
    let texts: Vec<_> = PATCH.into_iter().chain([("reverb_size", size)]).collect();
    impulse::response(setup, "send_reverb", &texts as Texts, seconds)
}

/// Returns the crest in dB of each octave of a tail under a Hann window, with the decay compensated and zero padding to
/// a power of two.
fn crests(tail: &[f32], rate: f64) -> [f64; OCTAVES.len()] {
    let length = tail.len();
    let window = |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / length as f64).cos();
    let gain = |n: usize| 10.0_f64.powf(3.0 * n as f64 / rate / DECAY);
    let samples = tail.iter().enumerate();
    let mut samples: Vec<f64> =
        (samples.map(|(n, x)| f64::from(*x) * window(n) * gain(n))).collect();
    samples.resize(length.next_power_of_two(), 0.0);
    let width = rate / samples.len() as f64;
    let power = spectrum::transformed(samples);
    OCTAVES.map(|from| {
        let band = &power[(from / width) as usize..(2.0 * from / width) as usize];
        let peak = band.iter().copied().fold(0.0, f64::max);
        let mean = band.iter().sum::<f64>() / band.len() as f64;
        10.0 * (peak / mean).log10()
    })
}

/// Returns the mean crest of each octave over several tails.
fn mean(tails: impl Iterator<Item = [f64; OCTAVES.len()]>) -> [f64; OCTAVES.len()] {
    let (mut sum, mut count) = ([0.0; OCTAVES.len()], 0.0);
    for crests in tails {
        sum.iter_mut()
            .zip(crests)
            .for_each(|(sum, crest)| *sum += crest);
        count += 1.0;
    }
    sum.map(|sum| sum / count)
}

/// Returns the crests of Gaussian noise with the same decay time.
fn ideal(rate: f64) -> [f64; OCTAVES.len()] {
    mean((0..SEEDS).map(|seed| {
        let mut random = Rng::with_seed(seed);
        let frames = ((TAIL[1] - TAIL[0]) * rate) as usize;
        let tail: Vec<f32> = (0..frames)
            .map(|n| {
                // The sum of twelve uniform numbers approximates a Gaussian well enough.
                let normal = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
                (normal * 10.0_f64.powf(-3.0 * n as f64 / rate / DECAY)) as f32
            })
            .collect();
        crests(&tail, rate)
    }))
}

/// Returns the greatest crest of an ideal tail's octaves, in dB.
pub fn ideal_crest(setup: Setup) -> f64 {
    ideal(setup.hertz()).into_iter().fold(0.0, f64::max)
}

/// Returns the greatest excess of an octave's crest over that of an ideal tail, in dB. The crest is the mean of both
/// channels and of three neighbouring sizes, because a single response scatters as a single piece of noise does.
///
/// # Panics
/// When the plugin rejects a text.
pub fn colour(setup: Setup, sizes: [&str; 3]) -> f64 {
    let tails = sizes.map(|size| response(setup, size, TAIL[1]));
    let sides = tails.iter().flat_map(|wet| [&wet.left, &wet.right]);
    let from = setup.samples(TAIL[0]);
    let found = mean(sides.map(|side| crests(&side[from..], setup.hertz())));
    let excess = found.iter().zip(ideal(setup.hertz())).map(|(a, b)| a - b);
    excess.fold(f64::MIN, f64::max)
}

/// Returns the time in milliseconds from the impulse to the first sample within 40 dB of the response's peak, at
/// pre-delay 0: the latest of three sizes.
///
/// # Panics
/// When the plugin rejects a text.
pub fn first_reflection(setup: Setup) -> f64 {
    let times = ["0 %", "60 %", "100 %"].map(|size| {
        let wet = response(setup, size, 0.5);
        let least = wet.peak() / 100.0;
        let first = (0..wet.frames()).find(|&n| wet.left[n].abs().max(wet.right[n].abs()) > least);
        first.map_or(f64::INFINITY, |n| 1000.0 * n as f64 / setup.hertz())
    });
    times.into_iter().fold(0.0, f64::max)
}

/// Returns the time in which the band from 500 Hz to 2 kHz decays by 60 dB, relative to the decay setting: the slope of
/// a straight line fitted to its level from 0.2 to 1.5 s.
///
/// # Panics
/// When the plugin rejects a text.
pub fn decay(setup: Setup) -> f64 {
    let wet = response(setup, "60 %", 1.5);
    let frame = setup.samples(0.08).next_power_of_two();
    let mut points = Vec::new();
    for start in (setup.samples(0.2)..wet.frames() - frame).step_by(frame / 2) {
        let width = setup.hertz() / frame as f64;
        let power = [&wet.left, &wet.right].map(|side| {
            let power = spectrum::power(&side[start..start + frame]);
            power[(500.0 / width) as usize..(2000.0 / width) as usize]
                .iter()
                .sum::<f64>()
        });
        let level = 10.0 * (power[0] + power[1]).log10();
        points.push((start as f64 / setup.hertz(), level));
    }
    let count = points.len() as f64;
    let x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let over: f64 = points.iter().map(|(a, b)| (a - x) * (b - y)).sum();
    let under: f64 = points.iter().map(|(a, _)| (a - x).powi(2)).sum();
    100.0 * (-60.0 / (over / under)) / DECAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resonance_stands_out_and_noise_does_not() {
        let ideal = ideal(48_000.0);
        assert!(
            ideal.iter().all(|crest| (6.0..11.0).contains(crest)),
            "{ideal:?}"
        );
        let mut random = Rng::with_seed(99);
        let tail = |tone: f64, random: &mut Rng| -> Vec<f32> {
            let sample = |n: usize| {
                let time = n as f64 / 48_000.0;
                let noise = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
                let tone = tone * (std::f64::consts::TAU * 1500.0 * time).sin();
                ((noise + tone) * 10.0_f64.powf(-3.0 * time / DECAY)) as f32
            };
            (0..24_000).map(sample).collect()
        };
        let even = crests(&tail(0.0, &mut random), 48_000.0);
        let coloured = crests(&tail(0.5, &mut random), 48_000.0);
        // The tone is at 1.5 kHz, in the third octave.
        assert!(coloured[2] > even[2] + 6.0, "{coloured:?} over {even:?}");
        assert!((coloured[4] - even[4]).abs() < 4.0);
    }
}
