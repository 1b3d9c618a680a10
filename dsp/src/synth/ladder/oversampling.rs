//! How many times faster than its input a ladder runs, and the way there and back.

use crate::synth::f32s::F32s;
use crate::synth::halfband::{HalfBand, STEEP, Steep, WIDE};

/// How many times faster than its input a ladder runs. The delay at low frequencies is the filters'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Oversampling {
    /// Not faster; no delay.
    #[default]
    One,
    /// Twice as fast; 2.1 samples of delay.
    Two,
    /// Four times as fast; 2.8 samples of delay.
    Four,
}

impl Oversampling {
    /// All of them, the cheapest first.
    pub const ALL: [Self; 3] = [Self::One, Self::Two, Self::Four];

    /// For when it may cost what it likes.
    pub const BEST: Self = Self::Four;

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "1×",
            Self::Two => "2×",
            Self::Four => "4×",
        }
    }

    /// Samples inside for each one outside.
    pub fn factor(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }
}

/// The filters on the way up or on the way down.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Resampler<const N: usize> {
    steep: Steep<N>,
    wide: HalfBand<N, 2, 1>,
}

impl<const N: usize> Resampler<N> {
    /// One sample becomes `M`: 1, 2 or 4.
    #[inline(always)]
    pub(super) fn up<const M: usize>(&mut self, input: F32s<N>) -> [F32s<N>; M] {
        let mut output = [input; M];
        if M > 1 {
            let pair = self.steep.up(&STEEP, input);
            if M == 2 {
                output.copy_from_slice(&pair);
            } else {
                for (output, input) in output.chunks_exact_mut(2).zip(pair) {
                    output.copy_from_slice(&self.wide.up(&WIDE, input));
                }
            }
        }
        output
    }

    /// `M` samples, 1, 2 or 4, become one, which is `M` times as loud.
    #[inline(always)]
    pub(super) fn down<const M: usize>(&mut self, input: [F32s<N>; M]) -> F32s<N> {
        match M {
            1 => input[0],
            2 => self.steep.down(&STEEP, [input[0], input[M / 2]]),
            _ => {
                let first = self.wide.down(&WIDE, [input[0], input[M / 4]]);
                let second = self.wide.down(&WIDE, [input[M / 2], input[M - 1]]);
                self.steep.down(&STEEP, [first, second])
            }
        }
    }

    /// On the way up: as if `sample` had always gone through.
    #[inline(always)]
    pub(super) fn prime_up(&mut self, sample: F32s<N>) {
        self.steep.prime(sample);
        self.wide.prime(sample);
    }

    /// On the way down: as if `sample` had always come out.
    #[inline(always)]
    pub(super) fn prime_down(&mut self, sample: F32s<N>) {
        self.steep.prime(sample * 0.5);
        self.wide.prime(sample * 0.25);
    }

    /// Whether nothing rings in them.
    #[inline(always)]
    pub(super) fn is_silent(&self) -> bool {
        self.steep.is_silent() && self.wide.is_silent()
    }

    /// Puts every state through `f`.
    #[inline(always)]
    pub(super) fn each(&mut self, f: impl Fn(F32s<N>) -> F32s<N>) {
        self.steep.each(&f);
        self.wide.each(&f);
    }
}
