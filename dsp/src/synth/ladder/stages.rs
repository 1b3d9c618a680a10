//! The four stages and the loop around them, sample by sample.

use std::array::from_fn;

use crate::synth::lanes::Lanes;

/// Feedback at which the linear ladder oscillates by itself.
pub(super) const OSCILLATION: f32 = 4.0;
/// What an oscillation begins with, where a circuit has its noise.
const NUDGE: f32 = 1e-3;
/// States below it stand still.
const STILL: f32 = 1e-6;

/// What a sample needs to know of its filter.
pub(super) struct Coefficients<const N: usize> {
    /// The gain G of a stage for its input, to the powers 1 to 4.
    gains: [Lanes<N>; 4],
    /// The gain of a stage for its state, which is kept halved: 2 − 2G.
    hold: Lanes<N>,
    /// How much of the input reaches the saturation.
    direct: Lanes<N>,
    /// How much is taken off it of what the states put out together.
    back: Lanes<N>,
    /// How much is heard of what enters the first stage and of what leaves each.
    mix: [Lanes<N>; 5],
}

impl<const N: usize> Coefficients<N> {
    /// For a stage's `gain`, `feedback` around all four, and the `mix` that is heard.
    #[inline(always)]
    pub(super) fn new(gain: Lanes<N>, feedback: Lanes<N>, mix: [Lanes<N>; 5]) -> Self {
        let rest = 1.0 - gain;
        let hold = rest + rest;
        let gain2 = gain * gain;
        let gain4 = gain2 * gain2;
        // All four are y = gain⁴·u + hold·states; the loop is u = input − feedback·y.
        let direct = 1.0 / (1.0 + feedback * gain4);
        Self {
            gains: [gain, gain2, gain2 * gain, gain4],
            hold,
            direct,
            back: direct * feedback * hold,
            mix,
        }
    }
}

/// The states of the four stages, halved: a trapezoidal one-pole is y = G·x + (2 − 2G)·s, and then s = y − s.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stages<const N: usize>(pub(super) [Lanes<N>; 4]);

impl<const N: usize> Stages<N> {
    /// Filters one sample. Written lane by lane, which the compiler turns into vectors more surely than so long an
    /// expression of [`Lanes`].
    ///
    /// Every stage's output is written as its part of `u`, the input of the first, and a part that does not wait for `u`,
    /// so that the way from one sample to the next is short.
    #[inline(always)]
    pub(super) fn next(&mut self, input: Lanes<N>, c: &Coefficients<N>) -> Lanes<N> {
        let mut output = Lanes::ZERO;
        for lane in 0..N {
            let [g, g2, g3, g4] = from_fn(|n| c.gains[n].0[lane]);
            let [s1, s2, s3, s4] = from_fn(|n| self.0[n].0[lane]);
            let own2 = g * s1 + s2;
            let own3 = g * own2 + s3;
            let own4 = (g3 * s1 + g2 * s2) + (g * s3 + s4);

            let u = saturate(c.direct.0[lane] * input.0[lane] - c.back.0[lane] * own4);

            let hold = c.hold.0[lane];
            let y1 = hold * s1 + g * u;
            let y2 = hold * own2 + g2 * u;
            let y3 = hold * own3 + g3 * u;
            let y4 = hold * own4 + g4 * u;
            for (state, next) in self.0.iter_mut().zip([y1 - s1, y2 - s2, y3 - s3, y4 - s4]) {
                state.0[lane] = next;
            }
            let [m0, m1, m2, m3, m4] = from_fn(|n| c.mix[n].0[lane]);
            output.0[lane] = m0 * u + ((m1 * y1 + m2 * y2) + (m3 * y3 + m4 * y4));
        }
        output
    }

    /// Where `feedback` makes the ladder oscillate and it stands still, it is set going.
    #[inline(always)]
    pub(super) fn nudge(&mut self, feedback: Lanes<N>) {
        let [s1, s2, s3, s4] = self.0.map(|state| state.map(f32::abs));
        let level = s1.max(s2).max(s3.max(s4));
        for lane in 0..N {
            if (feedback.0[lane] > OSCILLATION) & (level.0[lane] < STILL) {
                self.0[0].0[lane] = NUDGE;
            }
        }
    }
}

/// Where the saturation is full.
const FULL: f32 = 35.0 / 16.0;

/// The integral of (1 − x²/c²)³, which has reached ±1 where the slope has gone, at c = 35/16.
///
/// In place of a tanh, within 0.07 of it: it makes no harmonic of a sine above the seventh until it is full, so that
/// much less folds back from half the sample rate, and has no division to wait for from one sample to the next.
#[inline(always)]
pub(super) fn saturate(x: f32) -> f32 {
    let x = x.clamp(-FULL, FULL);
    let z = x * x;
    x * ((1.0 - z * 0.208_979_6) + (z * z) * (0.026_203_482 - z * 0.001_303_807_5))
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::saturate;

    #[test]
    fn the_saturation_is_odd_smooth_and_bounded() {
        let mut last = -1.0;
        for n in -3000..=3000 {
            let x = n as f32 * 1e-3;
            let y = saturate(x);
            assert!(y >= last - 1e-6 && y.abs() <= 1.0 + 1e-6, "{y} at {x}");
            assert_eq!(saturate(-x), -y);
            assert!(
                (f64::from(y) - f64::from(x).tanh()).abs() < 0.07,
                "{y} at {x}"
            );
            last = y;
        }
        assert!((saturate(1e-3) - 1e-3).abs() < 1e-9 && saturate(f32::MAX) > 1.0 - 1e-6);
    }

    #[test]
    fn until_it_is_full_it_makes_no_harmonic_above_the_seventh() {
        let harmonic = |number: usize| -> f64 {
            let part = |n: usize| {
                let angle = TAU * n as f64 / 64.0;
                f64::from(saturate((2.1 * angle.sin()) as f32)) * (number as f64 * angle).sin()
            };
            (0..64).map(part).sum::<f64>() / 32.0
        };
        assert!((harmonic(1) - 1.2).abs() < 0.05 && harmonic(3) > 0.05);
        for number in [9, 11, 13, 15] {
            assert!(harmonic(number).abs() < 1e-6, "{}", harmonic(number));
        }
    }
}
