//! The four stages of the ladder and the feedback loop, computed sample by sample.

use std::array::from_fn;

use crate::synth::f32s::F32s;

/// Feedback at which the linear ladder self-oscillates.
pub(super) const OSCILLATION: f32 = 4.0;
/// State that starts an oscillation, in place of the noise of a circuit.
const NUDGE: f32 = 1e-3;
/// State below which the ladder counts as at rest.
const STILL: f32 = 1e-6;

/// Coefficients of one sample.
#[derive(Clone, Copy, Default)]
pub(super) struct Coefficients<const N: usize> {
    /// Gain G of a stage for its input, to the powers 1 to 4.
    gains: [F32s<N>; 4],
    /// Gain of a stage for its state, which is stored halved: 2 − 2G.
    hold: F32s<N>,
    /// Weights in the free part of the fourth state: of the first three stages together, and of itself.
    fourth: [F32s<N>; 2],
    /// Gain from the input to the saturation.
    direct: F32s<N>,
    /// Feedback to the saturation's input from each state.
    back: [F32s<N>; 4],
    /// Feedback from the last output of the saturation: after a change of coefficients, and without one.
    cross: [F32s<N>; 2],
    /// Output gain of the saturated input by all paths, and of the contribution of each stage's state.
    through: F32s<N>,
    heard: [F32s<N>; 4],
}

impl<const N: usize> Coefficients<N> {
    /// Computes coefficients from a stage's `gain`, its `last_gain` at the sample before, the `feedback` around all four,
    /// and the output `mix` of the first stage's input and each stage's output.
    #[inline(always)]
    pub(super) fn new(
        gain: F32s<N>,
        last_gain: F32s<N>,
        feedback: F32s<N>,
        mix: [F32s<N>; 5],
    ) -> Self {
        let rest = 1.0 - gain;
        let hold = rest + rest;
        let gain2 = gain * gain;
        let gain3 = gain2 * gain;
        let gain4 = gain2 * gain2;
        // All four together are y = gain⁴·u + hold·states; the loop is u = input − feedback·y.
        let direct = 1.0 / (1.0 + feedback * gain4);
        let back = direct * feedback * hold;
        // The sum of gain⁴⁻ⁿ·last_gainⁿ, n = 1 to 4.
        let sum = (gain + last_gain) * (gain2 + last_gain * last_gain) * last_gain;
        let [through, heard @ ..] = mix;
        let ways = (heard[0] * gain + heard[1] * gain2) + (heard[2] * gain3 + heard[3] * gain4);
        Self {
            gains: [gain, gain2, gain3, gain4],
            hold,
            fourth: [hold * gain, hold - 1.0],
            direct,
            back: [back * gain3, back * gain2, back * gain, back],
            cross: [back * sum, back * (gain4 * 4.0)],
            through: through + ways,
            heard,
        }
    }
}

/// The four stages. The state of each is stored halved: a trapezoidal one-pole is y = G·x + (2 − 2G)·s, and then
/// s = y − s.
///
/// The saturation has a latency of some twenty cycles, and each one depends on the last. The linear part is therefore
/// computed a sample ahead: states are `free` + Gⁿ·u, where only u depends on the saturation, so that the output of all
/// four is a sum that is known before and a multiple of u.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stages<const N: usize> {
    /// States without the contribution of the last u.
    free: [F32s<N>; 4],
    /// Contribution of the last u to the states.
    driven: [F32s<N>; 4],
    /// The last u, the output of the saturation.
    last: F32s<N>,
    /// The last G.
    gain: F32s<N>,
}

impl<const N: usize> Stages<N> {
    /// Returns the last gain of a stage.
    #[inline(always)]
    pub(super) fn gain(&self) -> F32s<N> {
        self.gain
    }

    /// Applies `f` to every state.
    #[inline(always)]
    pub(super) fn each(&mut self, f: impl Fn(F32s<N>) -> F32s<N>) {
        for state in self.free.iter_mut().chain(&mut self.driven) {
            *state = f(*state);
        }
        self.last = f(self.last);
    }

    /// Returns the states, which together with the input determine all further outputs.
    #[inline(always)]
    pub(super) fn states(&self) -> [F32s<N>; 4] {
        from_fn(|n| self.free[n] + self.driven[n])
    }

    /// Returns true if all states are 0.
    #[inline(always)]
    pub(super) fn is_silent(&self) -> bool {
        let mut silent = self.last.all_equal(0.0);
        for (free, driven) in self.free.iter().zip(&self.driven) {
            silent &= free.all_equal(0.0) & driven.all_equal(0.0);
        }
        silent
    }

    /// Filters one sample; `first` is true for the first one with these coefficients. Written lane by lane, which the
    /// compiler vectorizes more reliably than an expression of [`F32s`] of this length.
    #[inline(always)]
    pub(super) fn next(&mut self, input: F32s<N>, c: &Coefficients<N>, first: bool) -> F32s<N> {
        let mut output = F32s::ZERO;
        let cross = c.cross[usize::from(!first)];
        for lane in 0..N {
            let [g, g2, g3, g4] = from_fn(|n| c.gains[n].0[lane]);
            let [f1, f2, f3, f4] = from_fn(|n| self.free[n].0[lane]);
            let [d1, d2, d3, d4] = from_fn(|n| self.driven[n].0[lane]);
            let [b1, b2, b3, b4] = from_fn(|n| c.back[n].0[lane]);
            let input = c.direct.0[lane] * input.0[lane];
            let free = (input - (b1 * f1 + b2 * f2)) - (b3 * f3 + b4 * f4);
            let u = saturate(free - cross.0[lane] * self.last.0[lane]);

            let (s1, s2, s3, s4) = (f1 + d1, f2 + d2, f3 + d3, f4 + d4);
            let own2 = g * s1 + s2;
            let own3 = g * own2 + s3;
            let [by3, by4] = from_fn(|n| c.fourth[n].0[lane]);
            let hold = c.hold.0[lane];
            let (y1, y2, y3) = (hold * s1, hold * own2, hold * own3);
            let f4 = by3 * own3 + by4 * s4;
            let y4 = f4 + s4;
            let free = [y1 - s1, y2 - s2, y3 - s3, f4];
            let driven = [g * u, g2 * u, g3 * u, g4 * u];
            for n in 0..4 {
                self.free[n].0[lane] = free[n];
                self.driven[n].0[lane] = driven[n];
            }
            self.last.0[lane] = u;
            self.gain.0[lane] = g;
            let [h1, h2, h3, h4] = from_fn(|n| c.heard[n].0[lane]);
            let heard = (h1 * y1 + h2 * y2) + (h3 * y3 + h4 * y4);
            output.0[lane] = c.through.0[lane] * u + heard;
        }
        output
    }

    /// Starts the oscillation of lanes at rest whose `feedback` is above [`OSCILLATION`].
    #[inline(always)]
    pub(super) fn nudge(&mut self, feedback: F32s<N>) {
        if feedback.mask_where(|feedback| feedback > OSCILLATION) == 0 {
            return;
        }
        let [s1, s2, s3, s4] = self.states().map(|state| state.map(f32::abs));
        let level = s1.max(s2).max(s3.max(s4));
        for lane in 0..N {
            if (feedback.0[lane] > OSCILLATION) & (level.0[lane] < STILL) {
                self.free[0].0[lane] = NUDGE;
            }
        }
    }
}

/// Input at which the saturation reaches its maximum of 1: its input is divided by this, and its output multiplied.
pub(super) const FULL: f32 = 35.0 / 16.0;

/// Saturates `x`: the integral of (1 − x²)³, which ends at ±16/35 with zero slope, at ±1.
///
/// Scaled by [`FULL`] at input and output it replaces a tanh, within 0.07 of it. Below full saturation it generates no
/// harmonic of a sine above the seventh, which reduces aliasing, and it contains no division whose latency would add up
/// from sample to sample.
#[inline(always)]
pub(super) fn saturate(x: f32) -> f32 {
    let x = x.clamp(-1.0, 1.0);
    let square = x * x;
    let cube = x * square;
    (x - cube) + cube * square * (0.6 - square * (1.0 / 7.0))
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::FULL;

    fn saturate(x: f32) -> f32 {
        FULL * super::saturate(x / FULL)
    }

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
