//! Half-band filters that double and halve the sample rate: two chains of all-passes, each at the lower rate.
//!
//! R. A. Valenzuela, A. G. Constantinides, "Digital signal processing schemes for efficient interpolation and
//! decimation", IEE Proceedings G 130 (1983). Of all half-bands with the same stop band these delay the least.

use crate::synth::lanes::Lanes;

/// Coefficients of the all-passes in the order of the poles, shared out in turn between the two chains.
pub(super) struct Design<const A: usize, const B: usize> {
    even: [f32; A],
    odd: [f32; B],
}

/// Between the base rate and twice that: 73 dB down from 0.565 of the base rate on, flat up to 0.435.
pub(super) const STEEP: Design<3, 2> = Design {
    even: [0.071_256_92, 0.474_017_68, 0.893_961_9],
    odd: [0.251_745_37, 0.690_205],
};

/// Between twice and four times the base rate, where next to nothing is left near the edge: 79 dB down from 0.708 of twice
/// the base rate on, flat up to 0.292 of it.
pub(super) const WIDE: Design<2, 1> = Design {
    even: [0.079_307_16, 0.705_219_7],
    odd: [0.309_986_25],
};

/// The state of one half-band filter, used either way.
#[derive(Clone, Copy, Debug)]
pub(super) struct HalfBand<const N: usize, const A: usize, const B: usize> {
    even: [Lanes<N>; A],
    odd: [Lanes<N>; B],
}

impl<const N: usize, const A: usize, const B: usize> Default for HalfBand<N, A, B> {
    fn default() -> Self {
        Self {
            even: [Lanes::ZERO; A],
            odd: [Lanes::ZERO; B],
        }
    }
}

impl<const N: usize, const A: usize, const B: usize> HalfBand<N, A, B> {
    /// One sample becomes two.
    #[inline(always)]
    pub(super) fn up(&mut self, design: &Design<A, B>, input: Lanes<N>) -> [Lanes<N>; 2] {
        [
            all_passes(&mut self.even, &design.even, input),
            all_passes(&mut self.odd, &design.odd, input),
        ]
    }

    /// Two samples become one.
    #[inline(always)]
    pub(super) fn down(
        &mut self,
        design: &Design<A, B>,
        [first, second]: [Lanes<N>; 2],
    ) -> Lanes<N> {
        let even = all_passes(&mut self.even, &design.even, second);
        let odd = all_passes(&mut self.odd, &design.odd, first);
        (even + odd) * 0.5
    }

    /// As if `sample` had always gone through: an all-pass then puts out what it takes in.
    #[inline(always)]
    pub(super) fn prime(&mut self, design: &Design<A, B>, sample: Lanes<N>) {
        self.even = design.even.map(|a| sample * (1.0 - a));
        self.odd = design.odd.map(|a| sample * (1.0 - a));
    }

    /// Whether nothing rings in it.
    #[inline(always)]
    pub(super) fn silent(&self) -> bool {
        let silent = |states: &[Lanes<N>]| states.iter().all(|x| x.all_equal(0.0));
        silent(&self.even) && silent(&self.odd)
    }

    /// Puts every state through `f`.
    #[inline(always)]
    pub(super) fn each(&mut self, f: impl Fn(Lanes<N>) -> Lanes<N>) {
        self.even = self.even.map(&f);
        self.odd = self.odd.map(&f);
    }
}

/// A chain of (a + z⁻¹)/(1 + a z⁻¹).
#[inline(always)]
fn all_passes<const N: usize, const K: usize>(
    states: &mut [Lanes<N>; K],
    coefficients: &[f32; K],
    input: Lanes<N>,
) -> Lanes<N> {
    let mut signal = input;
    for (state, &a) in states.iter_mut().zip(coefficients) {
        let output = signal * a + *state;
        *state = signal - output * a;
        signal = output;
    }
    signal
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// In dB, at a frequency in cycles per sample of the higher rate.
    fn response<const A: usize, const B: usize>(design: &Design<A, B>, frequency: f64) -> f64 {
        // The phase of (a + z⁻²)/(1 + a z⁻²); the size is 1.
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
