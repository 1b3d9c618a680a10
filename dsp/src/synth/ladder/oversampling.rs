//! Oversampling of the ladder: its factors and the resampling filters.

use crate::synth::f32s::F32s;
use crate::synth::halfband::{HalfBand, STEEP, Steep, WIDE};

/// Oversampling factor of a ladder. The delays at low frequencies are those of the resampling filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Oversampling {
    /// No oversampling; no delay.
    #[default]
    One,
    /// Twice the sample rate; 2.1 samples of delay.
    Two,
    /// Four times the sample rate; 2.8 samples of delay.
    Four,
}

impl Oversampling {
    /// All factors in ascending order.
    pub const ALL: [Self; 3] = [Self::One, Self::Two, Self::Four];

    /// Highest quality, for when cost does not matter.
    pub const BEST: Self = Self::Four;

    /// Returns the name that users see.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "1×",
            Self::Two => "2×",
            Self::Four => "4×",
        }
    }

    /// Returns the number of internal samples per sample.
    pub fn factor(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }
}

/// Resampling filters for one direction, up or down.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Resampler<const N: usize> {
    steep: Steep<N>,
    wide: HalfBand<N, 2, 1>,
}

impl<const N: usize> Resampler<N> {
    /// Upsamples one sample to `M`, which is 1, 2 or 4.
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

    /// Downsamples `M` samples, 1, 2 or 4, to one at `M` times the level.
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

    /// Sets the state for upsampling as if `sample` had been the constant input.
    #[inline(always)]
    pub(super) fn prime_up(&mut self, sample: F32s<N>) {
        self.steep.prime(sample);
        self.wide.prime(sample);
    }

    /// Sets the state for downsampling as if `sample` had been the constant output.
    #[inline(always)]
    pub(super) fn prime_down(&mut self, sample: F32s<N>) {
        self.steep.prime(sample * 0.5);
        self.wide.prime(sample * 0.25);
    }

    /// Returns true if all states are 0.
    #[inline(always)]
    pub(super) fn is_silent(&self) -> bool {
        self.steep.is_silent() && self.wide.is_silent()
    }

    /// Applies `f` to every state.
    #[inline(always)]
    pub(super) fn each(&mut self, f: impl Fn(F32s<N>) -> F32s<N>) {
        self.steep.each(&f);
        self.wide.each(&f);
    }
}
