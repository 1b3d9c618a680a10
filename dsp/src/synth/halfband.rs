//! Half-band filters that double and halve the sample rate: two chains of all-passes, each running at the lower rate.
//!
//! R. A. Valenzuela, A. G. Constantinides, "Digital signal processing schemes for efficient interpolation and
//! decimation", IEE Proceedings G 130 (1983). They have the least delay of all half-band filters with the same stop band.

use super::f32s::{F32s, Mask};

/// Coefficients of the all-passes in the order of the poles, alternating between the two chains.
pub struct Design<const A: usize, const B: usize> {
    even: [f32; A],
    odd: [f32; B],
}

/// Filter between the base rate and twice that: 73 dB down from 0.565 of the base rate on, flat up to 0.435.
pub const STEEP: Design<3, 2> = Design {
    even: [0.071_256_92, 0.474_017_68, 0.893_961_9],
    odd: [0.251_745_37, 0.690_205],
};

/// Filter between twice and four times the base rate, where hardly any signal is left near the band edge: 79 dB down from
/// 0.708 of twice the base rate on, flat up to 0.292 of it.
pub const WIDE: Design<2, 1> = Design {
    even: [0.079_307_16, 0.705_219_7],
    odd: [0.309_986_25],
};

/// Delay of low frequencies through [`STEEP`], up and down, in samples of the base rate.
pub const DELAY: f32 = 2.06;

/// Half-band filter between the base rate and twice that, to be used with [`STEEP`].
pub type Steep<const N: usize> = HalfBand<N, 3, 2>;

/// State of one half-band filter, in either direction: the last inputs, and the last output of each all-pass.
#[derive(Clone, Copy, Debug)]
pub struct HalfBand<const N: usize, const A: usize, const B: usize> {
    inputs: [F32s<N>; 2],
    even: [F32s<N>; A],
    odd: [F32s<N>; B],
}

impl<const N: usize, const A: usize, const B: usize> Default for HalfBand<N, A, B> {
    fn default() -> Self {
        Self {
            inputs: [F32s::ZERO; 2],
            even: [F32s::ZERO; A],
            odd: [F32s::ZERO; B],
        }
    }
}

impl<const N: usize, const A: usize, const B: usize> HalfBand<N, A, B> {
    /// Interpolates one sample to two.
    #[inline(always)]
    pub fn up(&mut self, design: &Design<A, B>, input: F32s<N>) -> [F32s<N>; 2] {
        self.pass(design, [input; 2])
    }

    /// Decimates two samples to one, at twice the level.
    #[inline(always)]
    pub fn down(&mut self, design: &Design<A, B>, [first, second]: [F32s<N>; 2]) -> F32s<N> {
        let [even, odd] = self.pass(design, [second, first]);
        even + odd
    }

    /// Filters one sample in each of the two chains.
    #[inline(always)]
    fn pass(&mut self, design: &Design<A, B>, [even, odd]: [F32s<N>; 2]) -> [F32s<N>; 2] {
        let last = std::mem::replace(&mut self.inputs, [even, odd]);
        [
            all_passes(&mut self.even, &design.even, last[0], even),
            all_passes(&mut self.odd, &design.odd, last[1], odd),
        ]
    }

    /// Sets the state as if `sample` had been the constant input: the output of an all-pass then equals its input.
    #[inline(always)]
    pub fn prime(&mut self, sample: F32s<N>) {
        self.inputs = [sample; 2];
        self.even = [sample; A];
        self.odd = [sample; B];
    }

    /// Clears the state of the lanes in `mask`.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        self.each(|state| state.blend(F32s::ZERO, mask));
    }

    /// Returns true if the state is all 0.
    #[inline(always)]
    pub fn is_silent(&self) -> bool {
        let silent = |states: &[F32s<N>]| states.iter().all(|x| x.all_equal(0.0));
        silent(&self.inputs) && silent(&self.even) && silent(&self.odd)
    }

    /// Applies `f` to every state.
    #[inline(always)]
    pub fn each(&mut self, f: impl Fn(F32s<N>) -> F32s<N>) {
        let states = self.inputs.iter_mut().chain(&mut self.even);
        for state in states.chain(&mut self.odd) {
            *state = f(*state);
        }
    }
}

/// Chain of all-passes (a + z⁻¹)/(1 + a z⁻¹), each with one product: a·(x − y₋₁) + x₋₁.
#[inline(always)]
fn all_passes<const N: usize, const K: usize>(
    states: &mut [F32s<N>; K],
    coefficients: &[f32; K],
    last: F32s<N>,
    input: F32s<N>,
) -> F32s<N> {
    let (mut last, mut signal) = (last, input);
    for (state, &a) in states.iter_mut().zip(coefficients) {
        let output = (signal - *state) * a + last;
        (last, signal) = (*state, output);
        *state = output;
    }
    signal
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// Returns the gain in dB at a frequency in cycles per sample of the higher rate.
    fn response<const A: usize, const B: usize>(design: &Design<A, B>, frequency: f64) -> f64 {
        // The phase of (a + z⁻²)/(1 + a z⁻²); the magnitude is 1.
        let phase = |coefficients: &[f32]| -> f64 {
            let (s, c) = (-2.0 * TAU * frequency).sin_cos();
            let one = |a: &f32| {
                let a = f64::from(*a);
                s.atan2(a + c) - (a * s).atan2(1.0 + a * c)
            };
            coefficients.iter().map(one).sum()
        };
        let between = phase(&design.even) - phase(&design.odd) + TAU * frequency;
        20.0 * (0.5 * between).cos().abs().max(1e-9).log10()
    }

    #[test]
    fn what_is_to_be_stopped_is_and_what_is_to_pass_does() {
        for n in 0..=1000 {
            let up_to = |edge: f64| edge * f64::from(n) / 1000.0;
            assert!(response(&STEEP, up_to(0.2175)) > -1e-5);
            assert!(response(&STEEP, 0.5 - up_to(0.2175)) < -73.0);
            assert!(response(&WIDE, up_to(0.146)) > -1e-5);
            assert!(response(&WIDE, 0.5 - up_to(0.146)) < -78.0);
        }
        assert!((response(&STEEP, 0.25) + 3.01).abs() < 0.01);
    }
}
