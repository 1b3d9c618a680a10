//! Measuring functions for tests of the engine, in double precision and independent of the engine's code.

use std::f64::consts::{PI, TAU};

/// Returns the frequency in Hz of a pitch in MIDI keys.
pub fn hertz(key: f64) -> f64 {
    440.0 * ((key - 69.0) / 12.0).exp2()
}

/// Returns the pitch in MIDI keys of a frequency in Hz.
pub fn key(hertz: f64) -> f64 {
    69.0 + 12.0 * (hertz / 440.0).log2()
}

/// Returns pseudo-random bits (the generator of "Numerical Recipes").
pub fn random(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state
}

pub fn decibels(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

pub fn peak(sound: &[f32]) -> f64 {
    f64::from(sound.iter().fold(0.0_f32, |peak, x| peak.max(x.abs())))
}

pub fn rms(sound: &[f32]) -> f64 {
    let energy: f64 = sound.iter().map(|x| f64::from(*x).powi(2)).sum();
    (energy / sound.len() as f64).sqrt()
}

/// Blackman–Harris window of seven terms: side lobes at −180 dB, a main lobe of seven bins to either side.
fn window(n: usize, length: usize) -> f64 {
    const TERMS: [f64; 7] = [
        0.271_051_400_693_424,
        -0.433_297_939_234_485,
        0.218_122_999_543_11,
        -0.065_925_446_388_031,
        0.010_811_742_098_371,
        -0.000_776_584_825_226,
        0.000_013_887_217_352,
    ];
    let angle = TAU * n as f64 / length as f64;
    let terms = TERMS.iter().enumerate();
    terms.map(|(k, a)| a * (k as f64 * angle).cos()).sum()
}

/// Bins from the middle of the window's main lobe to its edge.
const LOBE: f64 = 7.0;

/// Returns amplitude and phase of the component of `sound` at `cycles` per sample.
pub fn component(sound: &[f32], cycles: f64) -> (f64, f64) {
    let windows: Vec<f64> = (0..sound.len()).map(|n| window(n, sound.len())).collect();
    windowed_component(sound, &windows, cycles)
}

fn windowed_component(sound: &[f32], windows: &[f64], cycles: f64) -> (f64, f64) {
    let (mut re, mut im, mut sum) = (0.0, 0.0, 0.0);
    for (n, (x, window)) in sound.iter().zip(windows).enumerate() {
        let (sin, cos) = (TAU * (cycles * n as f64).fract()).sin_cos();
        re += f64::from(*x) * window * cos;
        im -= f64::from(*x) * window * sin;
        sum += window;
    }
    (2.0 * re.hypot(im) / sum, im.atan2(re))
}

/// Returns the frequency in Hz of the tone in `sound` near `about`, from the slope of a straight line through its phase
/// from frame to frame.
pub fn frequency(sound: &[f32], about: f64, rate: f64) -> f64 {
    const FRAMES: usize = 9;
    let length = sound.len() / 2;
    let hop = (sound.len() - length) / (FRAMES - 1);
    let windows: Vec<f64> = (0..length).map(|n| window(n, length)).collect();
    let mut phases = [0.0; FRAMES];
    for frame in 0..FRAMES {
        let from = frame * hop;
        let (_, phase) = windowed_component(&sound[from..from + length], &windows, about / rate);
        // Relative to the beginning of the sound, the phase of a tone at `about` is constant.
        let phase = phase - TAU * (about / rate * from as f64).fract();
        let before = if frame > 0 { phases[frame - 1] } else { phase };
        phases[frame] = before + (phase - before + PI).rem_euclid(TAU) - PI;
    }
    let middle = (FRAMES - 1) as f64 / 2.0;
    let (mut over, mut under) = (0.0, 0.0);
    for (frame, phase) in phases.iter().enumerate() {
        let way = frame as f64 - middle;
        over += way * phase;
        under += way * way;
    }
    about + over / under / hop as f64 / TAU * rate
}

/// Returns the distance in cents of the tone in `sound` from `hertz`, near which it has to be.
pub fn cents_off(sound: &[f32], hertz: f64, rate: f64) -> f64 {
    1200.0 * (frequency(sound, hertz, rate) / hertz).log2()
}

/// Returns the pitch of a tone in MIDI keys by its rising zero crossings, without an estimate.
pub fn rough_pitch(sound: &[f32], rate: f64) -> f64 {
    let crossings: Vec<f64> = sound
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] <= 0.0 && pair[1] > 0.0)
        .map(|(n, pair)| n as f64 + f64::from(-pair[0] / (pair[1] - pair[0])))
        .collect();
    assert!(crossings.len() > 1, "no tone");
    let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
    key(rate * (crossings.len() - 1) as f64 / (last - first))
}

/// Returns the power spectrum of `sound`, windowed, up to half the sample rate. The length is a power of two.
pub fn spectrum(sound: &[f32]) -> Vec<f64> {
    let length = sound.len();
    let mut values: Vec<[f64; 2]> = (sound.iter().enumerate())
        .map(|(n, x)| [f64::from(*x) * window(n, length), 0.0])
        .collect();
    transform(&mut values);
    let half = &values[..length / 2];
    half.iter().map(|[re, im]| re * re + im * im).collect()
}

/// Fast Fourier transform of J. Cooley and J. Tukey, in place.
pub fn transform(values: &mut [[f64; 2]]) {
    let length = values.len();
    assert!(length.is_power_of_two());
    let bits = length.ilog2();
    for n in 0..length {
        let other = n.reverse_bits() >> (usize::BITS - bits);
        if n < other {
            values.swap(n, other);
        }
    }
    let turns: Vec<(f64, f64)> = (0..length / 2)
        .map(|n| (-TAU * n as f64 / length as f64).sin_cos())
        .collect();
    let mut size = 2;
    while size <= length {
        let stride = length / size;
        for part in values.chunks_exact_mut(size) {
            let (even, odd) = part.split_at_mut(size / 2);
            for (k, (even, odd)) in even.iter_mut().zip(odd).enumerate() {
                let (sin, cos) = turns[k * stride];
                let turned = [odd[0] * cos - odd[1] * sin, odd[0] * sin + odd[1] * cos];
                *odd = [even[0] - turned[0], even[1] - turned[1]];
                *even = [even[0] + turned[0], even[1] + turned[1]];
            }
        }
        size *= 2;
    }
}

/// Returns the ratio in dB of the energy on the harmonics of `hertz` to the energy off them, below 20 kHz. The length
/// of `sound` is a power of two.
pub fn off_harmonics(sound: &[f32], hertz: f64, rate: f64) -> f64 {
    let spectrum = spectrum(sound);
    let bin = rate / sound.len() as f64;
    assert!(hertz > 2.5 * LOBE * bin, "harmonics run into each other");
    let (mut on, mut off) = (0.0, 0.0);
    for (n, power) in spectrum.iter().enumerate() {
        let at = n as f64 * bin;
        let number = (at / hertz).round();
        // Inaudible frequencies, and DC with its main lobe, are excluded.
        if at > 20_000.0 || at < LOBE * bin {
            continue;
        }
        if number >= 1.0 && (at - number * hertz).abs() <= LOBE * bin {
            on += power;
        } else {
            off += power;
        }
    }
    10.0 * (on / off).log10()
}

/// Returns the greatest second difference.
pub fn bend(sound: &[f32]) -> f64 {
    let second = |w: &[f32]| (f64::from(w[0]) - 2.0 * f64::from(w[1]) + f64::from(w[2])).abs();
    sound.windows(3).map(second).fold(0.0, f64::max)
}
