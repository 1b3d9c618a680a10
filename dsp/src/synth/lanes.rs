//! Several voices side by side: a value for each, computed with as one.
//!
//! Plain arrays and plain loops, because the standard library's functions for arrays are not always inlined. Everything is inlined into a loop that [`rt::dispatch`](crate::rt::dispatch) compiles
//! for wide vectors, where the compiler makes one instruction of eight lanes.

mod math;
mod ramp;

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

use bytemuck::{Pod, Zeroable};

pub use math::{cosine, exp2, sine, sine_of_quarter};
pub use ramp::{Line, Ramps, place};

use crate::rt::Scratch;

/// Voices that are computed side by side.
pub const GROUP: usize = 8;

/// A value for each of `N` voices.
#[derive(Clone, Copy, Debug, PartialEq, Zeroable, Pod)]
#[repr(transparent)]
pub struct Lanes<const N: usize = GROUP>(pub [f32; N]);

impl<const N: usize> Default for Lanes<N> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<const N: usize> Scratch for Lanes<N> {
    const POISON: Self = Self([f32::NAN; N]);
}

impl<const N: usize> Lanes<N> {
    /// 0 for all.
    pub const ZERO: Self = Self([0.0; N]);

    /// The same value for all.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self([value; N])
    }

    /// `f` of each value.
    #[inline(always)]
    pub fn map(mut self, f: impl Fn(f32) -> f32) -> Self {
        for lane in 0..N {
            self.0[lane] = f(self.0[lane]);
        }
        self
    }

    /// `f` of each pair of values.
    #[inline(always)]
    pub fn zip(mut self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        for lane in 0..N {
            self.0[lane] = f(self.0[lane], other.0[lane]);
        }
        self
    }

    /// Each value, taken into a range; its lower end for a NaN.
    #[inline(always)]
    pub fn clamp(self, least: f32, most: f32) -> Self {
        self.map(|value| value.max(least).min(most))
    }

    /// The greater of each pair.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        self.zip(other, f32::max)
    }

    /// The lesser of each pair.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        self.zip(other, f32::min)
    }

    /// These values, but those of `other` in the lanes whose bit is set in `mask`.
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

    /// All of them together, the first lane first.
    #[inline(always)]
    pub fn sum(self) -> f32 {
        self.0.iter().sum()
    }

    /// The lanes for which `is` holds.
    #[inline(always)]
    pub fn which(self, is: impl Fn(f32) -> bool) -> Mask {
        let mut mask = 0;
        for lane in 0..N {
            mask |= Mask::from(is(self.0[lane])) << lane;
        }
        mask
    }

    /// What is below −300 dB becomes nothing. The square of what is left is still a normal number, so none of it is slow to
    /// compute with.
    #[inline(always)]
    pub fn flush(self) -> Self {
        const NOTHING: f32 = 1e-15;
        self.map(|x| if x.abs() < NOTHING { 0.0 } else { x })
    }

    /// Whether all are this one value.
    #[inline(always)]
    pub fn all_equal(self, value: f32) -> bool {
        // Added to 0, both zeros are the same.
        (self + 0.0).equals(Self::splat(value + 0.0))
    }

    /// Whether every lane is the same in both, to the bit. All are looked at side by side, which is quicker than to stop
    /// at the first that is not.
    #[inline(always)]
    pub fn equals(self, other: Self) -> bool {
        let mut different = 0;
        for lane in 0..N {
            different |= self.0[lane].to_bits() ^ other.0[lane].to_bits();
        }
        different == 0
    }
}

/// Lanes, one bit each, the first one lowest.
pub type Mask = u32;

/// All `N` lanes.
pub const fn all<const N: usize>() -> Mask {
    (1 << N) - 1
}

macro_rules! operators {
    ($($Operator:ident $operator:ident,)+) => {$(
        impl<const N: usize> $Operator for Lanes<N> {
            type Output = Self;
            #[inline(always)]
            fn $operator(self, other: Self) -> Self {
                self.zip(other, |a, b| a.$operator(b))
            }
        }

        impl<const N: usize> $Operator<f32> for Lanes<N> {
            type Output = Self;
            #[inline(always)]
            fn $operator(self, other: f32) -> Self {
                self.map(|value| value.$operator(other))
            }
        }

        impl<const N: usize> $Operator<Lanes<N>> for f32 {
            type Output = Lanes<N>;
            #[inline(always)]
            fn $operator(self, other: Lanes<N>) -> Lanes<N> {
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

impl<const N: usize> Neg for Lanes<N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|value| -value)
    }
}

impl<const N: usize> AddAssign for Lanes<N> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<const N: usize> MulAssign for Lanes<N> {
    #[inline(always)]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}
