//! Filters that give white noise its slope, and the level at any sample rate.

use std::array::from_fn;
use std::f64::consts::{PI, TAU};

use super::NoiseColour;

/// Sections of the pink and blue filters.
pub(super) const SECTIONS: usize = 8;
/// Pole pairs of the low-pass.
pub(super) const POLE_PAIRS: usize = 4;

/// Lower end of the pink and blue slopes in Hz, and upper end as a part of the sample rate.
const LOWEST: f64 = 10.0;
const HIGHEST: f64 = 0.24;
/// Frequency in Hz below which brown noise is flat.
const LEAK: f64 = 10.0;
/// Root mean square of every colour at the reference rate.
const LOUDNESS: f32 = 0.3;
/// Frequencies at which the power of a slope is sampled to find its loudness.
const LOOKS: usize = 128;

/// Sample rate in Hz whose power per Hz all other rates match.
const REFERENCE: f64 = 48_000.0;
/// Upper end in Hz of the band in which they match, and the number of frequencies compared in it.
const BAND: f64 = 20_000.0;
const COMPARED: usize = 32;
/// Cutoff of the low-pass in Hz, half the reference rate, and the lowest sample rate that uses it.
const CUTOFF: f64 = REFERENCE / 2.0;
const LOWEST_FILTERED: f64 = 50_000.0;

/// First-order section: y = now·x + before·x₁ + back·y₁.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Section {
    pub now: f32,
    pub before: f32,
    pub back: f32,
}

/// Pole pair: y = gain·(x + 2x₁ + x₂) + back·y₁ + back_twice·y₂.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PolePair {
    pub gain: f32,
    pub back: f32,
    pub back_twice: f32,
}

/// Filters of one colour at one sample rate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slope {
    sections: [Section; SECTIONS],
    count: usize,
    low_pass: Option<[PolePair; POLE_PAIRS]>,
    pub gain: f32,
}

impl Slope {
    /// Returns the filters of `colour` at `sample_rate` in Hz, with the power per Hz of the reference rate.
    pub fn new(colour: NoiseColour, sample_rate: f64) -> Self {
        let mut slope = Self::shaped(colour, sample_rate);
        // Held values have their own power at every sample rate.
        if colour != NoiseColour::SampleAndHold && sample_rate != REFERENCE {
            let reference = Self::shaped(colour, REFERENCE);
            slope.gain = reference.gain * slope.level_beside(&reference, sample_rate) as f32;
        }
        slope
    }

    /// Returns the sections in use.
    #[inline(always)]
    pub fn sections(&self) -> &[Section] {
        &self.sections[..self.count]
    }

    /// Returns the pole pairs of the low-pass; none at low sample rates.
    #[inline(always)]
    pub fn low_pass(&self) -> &[PolePair] {
        self.low_pass.as_ref().map_or(&[], |pairs| pairs)
    }

    /// Returns the gain that matches the power per Hz of `reference`: the middle between the greatest and the least gain
    /// required within the band.
    fn level_beside(&self, reference: &Self, sample_rate: f64) -> f64 {
        // Frequencies near half the sample rate are left out.
        let top = BAND.min(0.45 * sample_rate);
        let asked = |n: usize| {
            let hertz = top * (n as f64 + 0.5) / COMPARED as f64;
            reference.power_at(hertz / REFERENCE) / self.power_at(hertz / sample_rate)
        };
        let (least, most) = (0..COMPARED)
            .map(asked)
            .fold((f64::MAX, 0.0_f64), |ends, asked| {
                (ends.0.min(asked), ends.1.max(asked))
            });
        // Geometric mean of both power ratios, times the ratio of bandwidths; the root turns power into gain.
        ((least * most).sqrt() * sample_rate / REFERENCE).sqrt()
    }

    /// Returns the filters with the gain that gives them the reference loudness.
    fn shaped(colour: NoiseColour, sample_rate: f64) -> Self {
        let mut slope = Self {
            gain: 1.0,
            ..Self::default()
        };
        match colour {
            NoiseColour::White | NoiseColour::SampleAndHold => {}
            NoiseColour::Pink | NoiseColour::Blue => {
                slope.count = SECTIONS;
                let span = HIGHEST * sample_rate / LOWEST;
                let ratio = span.powf(1.0 / (SECTIONS as f64 - 0.5));
                for (n, section) in (0_i32..).zip(&mut slope.sections) {
                    let warped = |hertz: f64| (PI * hertz / sample_rate).tan();
                    let first = LOWEST * ratio.powi(n);
                    let (pole, zero) = match (warped(first), warped(first * ratio.sqrt())) {
                        (low, high) if colour == NoiseColour::Pink => (low, high),
                        (low, high) => (high, low),
                    };
                    *section = Section {
                        now: ((1.0 + zero) / (1.0 + pole)) as f32,
                        before: ((zero - 1.0) / (1.0 + pole)) as f32,
                        back: ((1.0 - pole) / (1.0 + pole)) as f32,
                    };
                }
            }
            NoiseColour::Brown => {
                slope.count = 1;
                slope.sections[0] = Section {
                    now: 1.0,
                    before: 1.0 / 7.0,
                    back: (-TAU * LEAK / sample_rate).exp() as f32,
                };
            }
        }
        if matches!(colour, NoiseColour::White | NoiseColour::Blue) && sample_rate > LOWEST_FILTERED
        {
            slope.low_pass = Some(low_pass(sample_rate));
        }
        // A uniform distribution from −1 to 1 has a power of 1/3.
        slope.gain = LOUDNESS / (slope.power() / 3.0).sqrt() as f32;
        slope
    }

    /// Returns the mean of the power over all frequencies.
    fn power(&self) -> f64 {
        // Sampled evenly on a logarithmic axis, since slopes are steepest at the bottom.
        let (lowest, highest): (f64, f64) = (1e-6, 0.5);
        let octaves = (highest / lowest).ln();
        let place = |look: usize| lowest * (octaves * look as f64 / LOOKS as f64).exp();
        (0..LOOKS)
            .map(|look| {
                let (from, to) = (place(look), place(look + 1));
                self.power_at((from * to).sqrt()) * (to - from)
            })
            .sum::<f64>()
            / highest
    }

    /// Returns the power gain at a frequency in cycles per sample.
    pub fn power_at(&self, frequency: f64) -> f64 {
        let (sin, cos) = (TAU * frequency).sin_cos();
        // |a + b·e^(−iω)|²
        let power = |a: f64, b: f64| (a + b * cos).powi(2) + (b * sin).powi(2);
        let sections = self.sections().iter().map(|section| {
            let (now, before) = (f64::from(section.now), f64::from(section.before));
            power(now, before) / power(1.0, -f64::from(section.back))
        });
        let pairs = self.low_pass().iter().map(|pair| {
            let (back, twice) = (f64::from(pair.back), f64::from(pair.back_twice));
            // |1 − b·e^(−iω) − c·e^(−2iω)|², rotated by e^(iω).
            let real = cos * (1.0 - twice) - back;
            let imaginary = sin * (1.0 + twice);
            let zeros = f64::from(pair.gain) * 2.0 * (1.0 + cos);
            zeros * zeros / (real * real + imaginary * imaginary)
        });
        sections.chain(pairs).product()
    }
}

/// Returns an eighth-order Butterworth low-pass at [`CUTOFF`], by the bilinear transform.
fn low_pass(sample_rate: f64) -> [PolePair; POLE_PAIRS] {
    let warped = (PI * CUTOFF / sample_rate).tan();
    let square = warped * warped;
    from_fn(|n| {
        let angle = PI * (2 * n + 1) as f64 / (4 * POLE_PAIRS) as f64;
        let damping = 2.0 * angle.sin() * warped;
        let whole = 1.0 + damping + square;
        PolePair {
            gain: (square / whole) as f32,
            back: (2.0 * (1.0 - square) / whole) as f32,
            back_twice: ((damping - 1.0 - square) / whole) as f32,
        }
    })
}
