//! SIMD arithmetic on voices side by side: one `f32` per voice.
//!
//! Plain arrays and plain loops, because the standard library's functions for arrays are not always inlined. Everything
//! is inlined into a loop that [`rt::dispatch`](crate::rt::dispatch) compiles for wide vectors, where eight lanes take
//! one instruction.

mod math;
mod ramp;

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

use bytemuck::{Pod, Zeroable};

pub use math::{cosine, exp2, sine, sine_of_quarter};
pub use ramp::{RampSlope, Ramps, tick_fraction};

use super::denormals::flush;
use crate::rt::Scratch;

/// Voices that are computed side by side.
pub const VOICES_PER_GROUP: usize = 8;

/// One value for each of `N` voices.
#[derive(Clone, Copy, Debug, PartialEq, Zeroable, Pod)]
#[repr(transparent)]
pub struct F32s<const N: usize = VOICES_PER_GROUP>(pub [f32; N]);

impl<const N: usize> Default for F32s<N> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<const N: usize> Scratch for F32s<N> {
    const POISON: Self = Self([f32::NAN; N]);
}

impl<const N: usize> F32s<N> {
    /// 0 in every lane.
    pub const ZERO: Self = Self([0.0; N]);

    /// Returns `value` in every lane.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self([value; N])
    }

    /// Applies `f` to each lane.
    #[inline(always)]
    pub fn map(mut self, f: impl Fn(f32) -> f32) -> Self {
        for lane in 0..N {
            self.0[lane] = f(self.0[lane]);
        }
        self
    }

    /// Applies `f` to each pair of lanes.
    #[inline(always)]
    pub fn zip(mut self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        for lane in 0..N {
            self.0[lane] = f(self.0[lane], other.0[lane]);
        }
        self
    }

    /// Clamps each lane to a range; a NaN becomes its lower end.
    #[inline(always)]
    pub fn clamp(self, least: f32, most: f32) -> Self {
        self.map(|value| value.max(least).min(most))
    }

    /// Returns the greater of each pair of lanes.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        self.zip(other, f32::max)
    }

    /// Returns the lesser of each pair of lanes.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        self.zip(other, f32::min)
    }

    /// Returns these values with the lanes in `mask` replaced by those of `other`.
    #[inline(always)]
    pub fn blend(mut self, other: Self, mask: Mask) -> Self {
        for lane in 0..N {
            self.0[lane] = if mask & (1 << lane) != 0 {
                other.0[lane]
            } else {
                self.0[lane]
            };
        }
        self
    }

    /// Returns the lanes for which `is` holds.
    #[inline(always)]
    pub fn mask_where(self, is: impl Fn(f32) -> bool) -> Mask {
        let mut mask = 0;
        for lane in 0..N {
            mask |= Mask::from(is(self.0[lane])) << lane;
        }
        mask
    }

    /// Sets values below −300 dB to 0, so that no computation ends in denormal numbers.
    #[inline(always)]
    pub fn flush(self) -> Self {
        self.map(flush)
    }

    /// Returns true if all lanes equal `value`.
    #[inline(always)]
    pub fn all_equal(self, value: f32) -> bool {
        // Adding 0 makes both zeros the same.
        (self + 0.0).equals(Self::splat(value + 0.0))
    }

    /// Returns true if all lanes are bit-identical. They are compared side by side, which is faster than to stop at the
    /// first difference.
    #[inline(always)]
    pub fn equals(self, other: Self) -> bool {
        let mut different = 0;
        for lane in 0..N {
            different |= self.0[lane].to_bits() ^ other.0[lane].to_bits();
        }
        different == 0
    }
}

/// Samples that [`mix_down`] sums side by side.
const ROWS: usize = 8;

/// Writes the sum of the lanes of each sample to `out`, which is as long as `sound`; summed from 0 on, the first lane
/// first.
#[inline(always)]
pub fn mix_down(sound: &[F32s], out: &mut [f32]) {
    let (rows, rest) = sound.as_chunks::<ROWS>();
    let (sums, sums_rest) = out.as_chunks_mut::<ROWS>();
    for (sums, rows) in sums.iter_mut().zip(rows) {
        let mut mixed = F32s::ZERO;
        for lane in transposed(rows) {
            mixed += lane;
        }
        *sums = mixed.0;
    }
    for (sum, lanes) in sums_rest.iter_mut().zip(rest) {
        *sum = lanes.0.iter().fold(0.0, |sum, value| sum + value);
    }
}

/// Transposes a matrix in three steps of one instruction each: pairs are exchanged, then pairs of pairs, then halves.
#[inline(always)]
fn transposed(rows: &[F32s; ROWS]) -> [F32s; ROWS] {
    let mut pairs = [F32s::ZERO; ROWS];
    for n in 0..4 {
        let (a, b) = (rows[2 * n].0, rows[2 * n + 1].0);
        pairs[2 * n] = F32s([a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5]]);
        pairs[2 * n + 1] = F32s([a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7]]);
    }
    let mut fours = [F32s::ZERO; ROWS];
    for half in 0..2 {
        for n in 0..2 {
            let (a, b) = (pairs[4 * half + n].0, pairs[4 * half + n + 2].0);
            fours[4 * half + 2 * n] = F32s([a[0], a[1], b[0], b[1], a[4], a[5], b[4], b[5]]);
            fours[4 * half + 2 * n + 1] = F32s([a[2], a[3], b[2], b[3], a[6], a[7], b[6], b[7]]);
        }
    }
    let mut columns = [F32s::ZERO; ROWS];
    for n in 0..4 {
        let (a, b) = (fours[n].0, fours[n + 4].0);
        columns[n] = F32s([a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]]);
        columns[n + 4] = F32s([a[4], a[5], a[6], a[7], b[4], b[5], b[6], b[7]]);
    }
    columns
}

/// Set of lanes, one bit each; the first lane is the lowest bit.
pub type Mask = u32;

/// Returns the mask of all `N` lanes.
pub const fn all<const N: usize>() -> Mask {
    (1 << N) - 1
}

macro_rules! operators {
    ($($Operator:ident $operator:ident,)+) => {$(
        impl<const N: usize> $Operator for F32s<N> {
            type Output = Self;
            #[inline(always)]
            fn $operator(self, other: Self) -> Self {
                self.zip(other, |a, b| a.$operator(b))
            }
        }

        impl<const N: usize> $Operator<f32> for F32s<N> {
            type Output = Self;
            #[inline(always)]
            fn $operator(self, other: f32) -> Self {
                self.map(|value| value.$operator(other))
            }
        }

        impl<const N: usize> $Operator<F32s<N>> for f32 {
            type Output = F32s<N>;
            #[inline(always)]
            fn $operator(self, other: F32s<N>) -> F32s<N> {
                other.map(|value| self.$operator(value))
            }
        }
    )+};
}

operators! {
    Add add,
    Sub sub,
    Mul mul,
    Div div,
}

impl<const N: usize> Neg for F32s<N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|value| -value)
    }
}

impl<const N: usize> AddAssign for F32s<N> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<const N: usize> MulAssign for F32s<N> {
    #[inline(always)]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use super::*;

    #[test]
    fn a_mix_is_the_sum_of_the_lanes_in_their_order() {
        let value = |n: usize, lane: usize| (n * VOICES_PER_GROUP + lane) as f32 * 0.1 - 7.3;
        let sound: [F32s; 21] = from_fn(|n| F32s(from_fn(|lane| value(n, lane))));
        let mut mix = [f32::NAN; 21];
        mix_down(&sound, &mut mix);
        for (n, mixed) in mix.iter().enumerate() {
            let sum = (0..VOICES_PER_GROUP).fold(0.0, |sum, lane| sum + value(n, lane));
            assert_eq!(mixed.to_bits(), sum.to_bits(), "sample {n}");
        }
    }
}
