//! Linear ramps across one tick, one for each voice of a group.

use super::{F32s, Mask};
use crate::rt::{Ramp, TICK, ones};

/// A [`Ramp`] for each of `N` voices, bit-identical to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramps<const N: usize> {
    start: F32s<N>,
    end: F32s<N>,
}

impl<const N: usize> Ramps<N> {
    /// Returns ramps that are constant at `value`.
    #[inline(always)]
    pub fn constant(value: F32s<N>) -> Self {
        Self {
            start: value,
            end: value,
        }
    }

    /// Starts ramps across the tick that begins, from the ends of the last ones to `end`.
    #[inline(always)]
    pub fn ramp_to(&mut self, end: F32s<N>) {
        (self.start, self.end) = (self.end, end);
    }

    /// Holds the lanes in `mask` at `value` for all of the tick.
    #[inline(always)]
    pub fn jump_to(&mut self, value: F32s<N>, mask: Mask) {
        self.start = self.start.blend(value, mask);
        self.end = self.end.blend(value, mask);
    }

    /// Ramps the lanes in `mask` from their values at sample `from` of the tick to `end` at its end. See
    /// [`Ramp::retarget_at`].
    pub fn retarget_at(&mut self, from: usize, end: F32s<N>, mask: Mask) {
        for lane in ones(mask) {
            let mut ramp = Ramp::new(self.start.0[lane], self.end.0[lane]);
            ramp.retarget_at(from, end.0[lane]);
            (self.start.0[lane], self.end.0[lane]) = (ramp.start(), ramp.end());
        }
    }

    /// Returns the values `index` samples into the tick, `0..TICK`.
    #[inline(always)]
    pub fn at(&self, index: usize) -> F32s<N> {
        RampSlope::new(self).at(tick_fraction(index))
    }

    /// Returns the value of one lane `index` samples into the tick.
    #[inline(always)]
    pub fn lane(&self, lane: usize, index: usize) -> f32 {
        let (start, end) = (self.start.0[lane], self.end.0[lane]);
        start + (end - start) * (index as f32 * (1.0 / TICK as f32))
    }

    /// Returns the values at the start of the tick.
    pub fn start(&self) -> F32s<N> {
        self.start
    }

    /// Returns the values at the end of the tick.
    #[inline(always)]
    pub fn end(&self) -> F32s<N> {
        self.end
    }

    /// Returns true if both have the same ramps.
    #[inline(always)]
    pub fn equal(&self, other: &Self) -> bool {
        self.start.equals(other.start) & self.end.equals(other.end)
    }

    /// Returns true if every lane is constant for all of the tick.
    #[inline(always)]
    pub fn is_constant(&self) -> bool {
        self.start.equals(self.end)
    }

    /// Returns true if every lane is constant at `value` for all of the tick.
    #[inline(always)]
    pub fn is_constant_at(&self, value: f32) -> bool {
        self.start.all_equal(value) & self.end.all_equal(value)
    }
}

/// [`Ramps`] as start and slope, for use in a loop; bit-identical. If the loop read the ramps themselves, the compiler
/// would process their lanes one by one.
#[derive(Clone, Copy, Debug)]
pub struct RampSlope<const N: usize> {
    start: F32s<N>,
    slope: F32s<N>,
}

impl<const N: usize> RampSlope<N> {
    /// Constant at 0.
    pub const ZERO: Self = Self {
        start: F32s::ZERO,
        slope: F32s::ZERO,
    };

    /// Returns the slopes of `ramps`.
    #[inline(always)]
    pub fn new(ramps: &Ramps<N>) -> Self {
        Self {
            start: ramps.start,
            slope: ramps.end - ramps.start,
        }
    }

    /// Returns the values of [`Ramps::at`] for a [`tick_fraction`].
    #[inline(always)]
    pub fn at(&self, fraction: f32) -> F32s<N> {
        self.start + self.slope * fraction
    }
}

/// Returns the position of sample `index` within the tick, 0 to 1.
#[inline(always)]
pub fn tick_fraction(index: usize) -> f32 {
    // Processors convert signed 32-bit integers to floats in one instruction, but not unsigned 64-bit ones.
    index as i32 as f32 * (1.0 / TICK as f32)
}
