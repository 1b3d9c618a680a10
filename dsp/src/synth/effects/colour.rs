//! Measures the colour of a reverb's tail: the crest of its power spectrum, the peak over the mean in an octave.
//!
//! The spectrum of ideal reverberation is that of decaying noise, whose crest grows with the width of the octave.
//! Modes that stand out raise it (M. Schroeder, "Natural sounding artificial reverberation", J. Audio Eng. Soc. 10, 1962).
//! The window is Hann's, over 0.2 to 0.7 s after the impulse, the decay is compensated, and the sound is padded with zeros
//! to a power of two.

use super::testing::*;
use super::{Reverb, ReverbSettings};
use crate::measure::transform;
use crate::rt::TICK;

/// Lowest frequencies of the octaves in Hz.
const OCTAVES: [f64; 5] = [250.0, 500.0, 1000.0, 2000.0, 4000.0];
const RATES: [f32; 4] = [44_100.0, 48_000.0, 96_000.0, 192_000.0];
const SIZES: [f32; 5] = [0.0, 0.25, 0.5, 0.6, 1.0];
/// Time to −60 dB in seconds.
const DECAY: f32 = 2.0;
/// Seconds between impulses, after which the last one is 50 dB down.
const APART: f32 = 1.7;
const IMPULSES: usize = 3;

/// Returns the crest in dB of each octave of `tail`, which begins with the impulse.
fn crests(tail: &[f32], rate: f32) -> [f64; OCTAVES.len()] {
    let sample = |seconds: f32| (seconds * rate) as usize;
    let window = &tail[sample(0.2)..sample(0.7)];
    let mut points = vec![[0.0; 2]; window.len().next_power_of_two()];
    for (n, (point, x)) in points.iter_mut().zip(window).enumerate() {
        let place = (n as f64 + 0.5) / window.len() as f64;
        let hann = 0.5 - 0.5 * (std::f64::consts::TAU * place).cos();
        let level = 10.0_f64.powf(3.0 * n as f64 / f64::from(rate * DECAY));
        *point = [f64::from(*x) * hann * level, 0.0];
    }
    transform(&mut points);
    OCTAVES.map(|low| {
        let bin = |hertz: f64| (hertz / f64::from(rate) * points.len() as f64) as usize + 1;
        let bins = &points[bin(low)..bin(2.0 * low)];
        let powers = bins.iter().map(|[x, y]| x * x + y * y);
        let peak = powers.clone().fold(0.0, f64::max);
        10.0 * (peak / (powers.sum::<f64>() / bins.len() as f64)).log10()
    })
}

/// Returns the mean crests of several pieces of noise that decay as the reverb does. Their samples are sums of twelve
/// random numbers, which are as good as Gaussian.
fn of_noise(rate: f32) -> [f64; OCTAVES.len()] {
    const PIECES: usize = 40;
    let length = (0.7 * rate) as usize + 1;
    mean((0..PIECES as u64).map(|piece| {
        let white = noise(piece * 2 + 1, 12 * length);
        let tail: Vec<f32> = white
            .chunks_exact(12)
            .enumerate()
            .map(|(n, x)| x.iter().sum::<f32>() * 10.0_f32.powf(-3.0 * n as f32 / rate / DECAY))
            .collect();
        crests(&tail, rate)
    }))
}

/// Returns the mean crests over both sides and several impulses, between which the modulation of the lines goes on.
fn of_reverb(size: f32, rate: f32) -> [f64; OCTAVES.len()] {
    let apart = (APART * rate) as usize / TICK * TICK;
    let mut sound = vec![0.0; IMPULSES * apart];
    sound.iter_mut().step_by(apart).for_each(|x| *x = 1.0);
    let settings = ReverbSettings {
        predelay: 0.0,
        size,
        decay: DECAY,
        damp: 1e6,
        width: 1.0,
    };
    let out = play(&mut prepared::<Reverb>(rate), |_| settings, &sound);
    let tails = out.iter().flat_map(|side| side.chunks_exact(apart));
    mean(tails.map(|tail| crests(tail, rate)))
}

fn mean(of: impl Iterator<Item = [f64; OCTAVES.len()]>) -> [f64; OCTAVES.len()] {
    let all: Vec<_> = of.collect();
    std::array::from_fn(|n| all.iter().map(|crests| crests[n]).sum::<f64>() / all.len() as f64)
}

/// Prints the table of docs/internals/engine.md: `cargo test -p tidepool-dsp --lib colour -- --nocapture`.
#[test]
fn tails_have_the_colour_of_noise_at_every_size_and_rate() {
    let mut most: f64 = 0.0;
    for rate in RATES {
        let ideal = of_noise(rate);
        println!("{rate} Hz: decaying noise {ideal:.1?} dB");
        for size in SIZES {
            let crests = of_reverb(size, rate);
            println!("{rate} Hz: size {size} {crests:.1?} dB");
            let more = crests.iter().zip(ideal).map(|(crest, ideal)| crest - ideal);
            most = more.fold(most, f64::max);
        }
    }
    assert!(most < 2.0, "{most:.1} dB more than noise");
}
