//! Straight lines across one tick, one for each voice of a group.

use super::{F32s, Mask};
use crate::rt::{Ramp, TICK, ones};

/// A [`Ramp`] for each of `N` voices, with the same bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramps<const N: usize> {
    start: F32s<N>,
    end: F32s<N>,
}

impl<const N: usize> Ramps<N> {
    /// Lines that rest at `value`.
    #[inline(always)]
    pub fn constant(value: F32s<N>) -> Self {
        Self {
            start: value,
            end: value,
        }
    }

    /// At a tick: all go on from where the last lines ended, towards `end`.
    #[inline(always)]
    pub fn ramp_to(&mut self, end: F32s<N>) {
        (self.start, self.end) = (self.end, end);
    }

    /// The lanes in `mask` rest at `value` for all of the tick.
    #[inline(always)]
    pub fn jump_to(&mut self, value: F32s<N>, mask: Mask) {
        self.start = self.start.blend(value, mask);
        self.end = self.end.blend(value, mask);
    }

    /// Within the tick: the lanes in `mask` go from the value that they have at sample `from` to `end` at the end of
    /// the tick. See [`Ramp::retarget_at`].
    pub fn retarget_at(&mut self, from: usize, end: F32s<N>, mask: Mask) {
        for lane in ones(mask) {
            let mut ramp = Ramp::new(self.start.0[lane], self.end.0[lane]);
            ramp.retarget_at(from, end.0[lane]);
            (self.start.0[lane], self.end.0[lane]) = (ramp.start(), ramp.end());
        }
    }

    /// The values `index` samples into the tick, `0..TICK`.
    #[inline(always)]
    pub fn at(&self, index: usize) -> F32s<N> {
        RampSlope::new(self).at(tick_fraction(index))
    }

    /// The value of one lane `index` samples into the tick.
    #[inline(always)]
    pub fn lane(&self, lane: usize, index: usize) -> f32 {
        let (start, end) = (self.start.0[lane], self.end.0[lane]);
        start + (end - start) * (index as f32 * (1.0 / TICK as f32))
    }

    /// The values that the tick starts on.
    pub fn start(&self) -> F32s<N> {
        self.start
    }

    /// The values that the tick ends on.
    #[inline(always)]
    pub fn end(&self) -> F32s<N> {
        self.end
    }

    /// Whether both are the same lines.
    #[inline(always)]
    pub fn equal(&self, other: &Self) -> bool {
        self.start.equals(other.start) & self.end.equals(other.end)
    }

    /// Returns true if every lane rests for all of the tick.
    #[inline(always)]
    pub fn is_constant(&self) -> bool {
        self.start.equals(self.end)
    }

    /// Whether every lane rests at `value` for all of the tick.
    #[inline(always)]
    pub fn is_constant_at(&self, value: f32) -> bool {
        self.start.all_equal(value) & self.end.all_equal(value)
    }
}

/// [`Ramps`] as a loop needs them, with the same bits. Left to read the ramps in the loop itself, the compiler takes
/// their lanes apart.
#[derive(Clone, Copy, Debug)]
pub struct RampSlope<const N: usize> {
    start: F32s<N>,
    slope: F32s<N>,
}

impl<const N: usize> RampSlope<N> {
    /// A line that rests at 0.
    pub const ZERO: Self = Self {
        start: F32s::ZERO,
        slope: F32s::ZERO,
    };

    /// That of `ramps`.
    #[inline(always)]
    pub fn new(ramps: &Ramps<N>) -> Self {
        Self {
            start: ramps.start,
            slope: ramps.end - ramps.start,
        }
    }

    /// As [`Ramps::at`], by the [tick_fraction] in the tick.
    #[inline(always)]
    pub fn at(&self, fraction: f32) -> F32s<N> {
        self.start + self.slope * fraction
    }
}

/// Where in the tick the sample `index` is, 0 to 1.
#[inline(always)]
pub fn tick_fraction(index: usize) -> f32 {
    // Processors turn signed numbers of this size into floats at once, but not unsigned ones of 64 bits.
    index as i32 as f32 * (1.0 / TICK as f32)
}
