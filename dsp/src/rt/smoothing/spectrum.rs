//! Spectrum of a sine whose gain jumps, to measure zipper noise.
//!
//! A ramped gain gives a sine sidebands, which belong to the ramp. Any other component is zipper noise. The output is
//! therefore compared with ideal gains, computed sample by sample in `f64`:
//!
//! - with the ramp as intended, the style's values at the ticks and lines between them. The difference consists of steps
//!   and rounding, and no component of it may come near −80 dB of the sine;
//! - with the style's smooth curve, without ticks. A component counts as a sideband of the curve if the curve has an
//!   equally strong one nearby; all others come from the approximation by lines. For linear ramps they are absent, for
//!   logarithmic ones of 20 ms below −80 dB. A one-pole bends too sharply at its start for that accuracy: parameters
//!   that have to be clean rather than fast should not move exponentially.
//!
//! All signals are periodic with a period of an exact number of samples, so each component falls on a line of the
//! discrete Fourier transform and needs no window.

use std::f64::consts::TAU;

use super::tests::ideal;
use super::{SmoothingBank, Style};
use crate::rt::TICK;

const SAMPLE_RATE: usize = 44_100;
/// Period of a sine at 100 Hz, and the time between two jumps of the gain: 10 ms.
const PERIOD: usize = SAMPLE_RATE / 100;
/// Period of the whole, in which jumps fall on every position within a tick.
const LENGTH: usize = TICK * PERIOD;
/// Samples skipped at the start, so that transients have decayed.
const RUN_IN: usize = 2 * LENGTH;
/// −80 dB.
const FLOOR: f64 = 1e-4;
/// Maximum distance between a ramp's sidebands, in lines.
const NEARBY: usize = 2 * TICK;

/// A gain that jumps between two values.
#[derive(Clone, Copy, Debug)]
struct Case {
    style: Style,
    ticks: u32,
    range: [f32; 2],
    /// True if the gain is retargeted at the sample of the jump, false if it starts at the next tick.
    launched: bool,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        // 20 ms, the length for most parameters and longer than the gain stays, and 5 ms.
        let shapes =
            [0.020, 0.005].map(|seconds| (seconds * SAMPLE_RATE as f64 / TICK as f64) as u32);
        let styles = [Style::Linear, Style::Exponential, Style::Logarithmic];
        let ranges = [[0.0, 1.0], [0.25, 1.0]];
        let cases = styles.into_iter().flat_map(move |style| {
            let shapes = shapes.into_iter();
            shapes.flat_map(move |ticks| {
                let ranges = ranges.into_iter();
                ranges.map(move |range| (style, ticks, range))
            })
        });
        cases.flat_map(|(style, ticks, range)| {
            [false, true].map(|launched| Self {
                style,
                ticks,
                range,
                launched,
            })
        })
    }

    /// Returns the new target of the gain at the sample `n`, if it changes there.
    fn jump(&self, n: usize) -> Option<f32> {
        // The whole period contains an even number of jumps, so the gain is periodic as well.
        n.is_multiple_of(PERIOD)
            .then(|| self.range[(n / PERIOD + 1) % 2])
    }

    /// Returns the gain of the bank.
    fn drawn(&self) -> Vec<f64> {
        let mut bank = SmoothingBank::<1>::default();
        bank.set_shape(0, self.style, self.ticks);
        bank.jump_to(0, self.range[0]);
        let sample = |n: usize| {
            let phase = n % TICK;
            if let Some(target) = self.jump(n) {
                if self.launched && phase > 0 {
                    bank.retarget_now(0, phase, target);
                } else {
                    bank.set_target(0, target);
                }
            }
            if phase == 0 {
                bank.tick();
            }
            f64::from(bank.ramp(0).at(phase))
        };
        (0..RUN_IN + LENGTH).map(sample).skip(RUN_IN).collect()
    }

    /// Returns the ideal gain, with the same starts and arrivals as the bank: along its curve, or along `lines` from tick to
    /// tick.
    fn ideal(&self, lines: bool) -> Vec<f64> {
        let mut way = Trajectory {
            style: self.style,
            values: [self.range[0].into(); 2],
            samples: [0, 1],
        };
        let mut pending = None;
        let sample = |n: usize| {
            pending = self.jump(n).or(pending);
            if let Some(target) = pending
                && (self.launched || n.is_multiple_of(TICK))
            {
                way.values = [way.at(n, lines), target.into()];
                way.samples = [n, n.next_multiple_of(TICK) + self.ticks as usize * TICK];
                pending = None;
            }
            way.at(n, lines)
        };
        (0..RUN_IN + LENGTH).map(sample).skip(RUN_IN).collect()
    }

    /// Returns the permitted deviation of the lines from the smooth curve.
    fn allowance(&self) -> f64 {
        match self.style {
            Style::Linear => FLOOR,
            Style::Logarithmic if self.ticks > 20 => FLOOR,
            // −55 dB.
            Style::Exponential | Style::Logarithmic => 1.8e-3,
        }
    }
}

/// Movement from one value to another between two samples.
struct Trajectory {
    style: Style,
    values: [f64; 2],
    samples: [usize; 2],
}

impl Trajectory {
    fn at(&self, n: usize, lines: bool) -> f64 {
        if !lines {
            return self.curve(n);
        }
        let before = (n - n % TICK).max(self.samples[0]);
        let after = (n + 1).next_multiple_of(TICK);
        let part = (n - before) as f64 / (after - before) as f64;
        self.curve(before) + (self.curve(after) - self.curve(before)) * part
    }

    fn curve(&self, n: usize) -> f64 {
        let ([from, to], [start, end]) = (self.values, self.samples);
        let part = (n - start) as f64 / (end - start) as f64;
        ideal(self.style, from, to, part.min(1.0))
    }
}

/// Returns the amplitudes of the components of a sine of amplitude 1 with this gain.
fn spectrum(gain: &[f64]) -> Vec<f64> {
    let sine = (0..LENGTH).map(|n| (TAU * n as f64 / PERIOD as f64).sin());
    let heard: Vec<_> = sine
        .zip(gain)
        .map(|(sine, gain)| [sine * gain, 0.0])
        .collect();
    let lines = transform(&heard);
    let amplitude = |[re, im]: &[f64; 2]| re.hypot(*im) * 2.0 / LENGTH as f64;
    lines[..LENGTH / 2].iter().map(amplitude).collect()
}

/// Returns the discrete Fourier transform of complex values (Cooley and Tukey, 1965, for any factors).
fn transform(values: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let length = values.len();
    let Some(radix) = (2..=length).find(|radix| length.is_multiple_of(*radix)) else {
        return values.to_vec();
    };
    let parts: Vec<_> = (0..radix)
        .map(|first| {
            let part: Vec<_> = values[first..].iter().step_by(radix).copied().collect();
            transform(&part)
        })
        .collect();
    let line = |k: usize| {
        let mut sum = [0.0; 2];
        for (first, part) in parts.iter().enumerate() {
            let [re, im] = part[k % part.len()];
            let (sin, cos) = (-TAU * ((first * k) % length) as f64 / length as f64).sin_cos();
            sum[0] += re * cos - im * sin;
            sum[1] += re * sin + im * cos;
        }
        sum
    };
    (0..length).map(line).collect()
}

/// Returns the strongest component that is no sideband of `ideal`.
fn strongest_stray(drawn: &[f64], ideal: &[f64]) -> f64 {
    let (drawn, ideal) = (spectrum(drawn), spectrum(ideal));
    let stray = |(k, line): (usize, &f64)| {
        let nearby = &ideal[k.saturating_sub(NEARBY)..ideal.len().min(k + NEARBY + 1)];
        let own = nearby.iter().any(|sideband| *line <= 1.1 * sideband);
        if own { 0.0 } else { *line }
    };
    drawn.iter().enumerate().map(stray).fold(0.0, f64::max)
}

fn strongest_difference(drawn: &[f64], ideal: &[f64]) -> f64 {
    let difference: Vec<_> = drawn.iter().zip(ideal).map(|(a, b)| a - b).collect();
    spectrum(&difference).into_iter().fold(0.0, f64::max)
}

#[test]
fn a_jumping_gain_has_no_sidebands_but_its_ramps() {
    for case in Case::all() {
        let drawn = case.drawn();
        let zipper = strongest_difference(&drawn, &case.ideal(true));
        // Far below the floor, because only rounding should be left: −120 dB.
        assert!(zipper < 1e-2 * FLOOR, "{case:?}: {zipper}");
        let stray = strongest_stray(&drawn, &case.ideal(false));
        assert!(stray < case.allowance(), "{case:?}: {stray}");
    }
}

#[test]
fn a_gain_that_moves_once_per_tick_does_not_pass() {
    for case in Case::all() {
        let drawn = case.drawn();
        let steps: Vec<_> = (0..LENGTH).map(|n| drawn[n - n % TICK]).collect();
        let zipper = strongest_difference(&steps, &case.ideal(true));
        assert!(zipper > 10.0 * FLOOR, "{case:?}: {zipper}");
        let stray = strongest_stray(&steps, &case.ideal(false));
        assert!(stray > case.allowance(), "{case:?}: {stray}");
    }
}
