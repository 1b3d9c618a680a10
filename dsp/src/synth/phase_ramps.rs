//! Linear and parabolic ramps across one tick in phase units: integers, with 2³² units per cycle.
//!
//! A frequency accumulated without rounding does not drift, and the phase at any sample of a tick is known in closed
//! form. Parabolas go through three values by Newton's interpolation, and never beyond those at their ends.

use std::array::from_fn;

use super::f32s::Mask;
use crate::rt::{TICK, halfway};

/// The rest of a tick, in internal samples of which there are `factor` for each output sample.
#[derive(Clone, Copy, Debug)]
pub struct TickRemainder {
    from: usize,
    half: usize,
    count: usize,
}

impl TickRemainder {
    /// Returns the rest of the tick from output sample `phase` on.
    #[inline(always)]
    pub fn new(phase: usize, factor: usize) -> Self {
        Self {
            from: phase * factor,
            half: halfway(phase) * factor,
            count: (TICK - phase) * factor,
        }
    }
}

/// A ramp for each of `N` voices, like [`Ramps`](super::f32s::Ramps) but in wrapping integers.
#[derive(Clone, Copy, Debug)]
pub struct PhaseRamps<const N: usize> {
    start: [u32; N],
    /// First increment, in two's complement, and its change per sample.
    step: [u32; N],
    curve: [u32; N],
    end: [u32; N],
}

impl<const N: usize> Default for PhaseRamps<N> {
    fn default() -> Self {
        Self {
            start: [0; N],
            step: [0; N],
            curve: [0; N],
            end: [0; N],
        }
    }
}

impl<const N: usize> PhaseRamps<N> {
    /// Starts ramps across the tick that begins, from the ends of the last ones to `end`.
    #[inline(always)]
    pub fn ramp_to(&mut self, end: [u32; N]) {
        self.start = self.end;
        self.end = end;
        // Halved first, so that the difference fits into a signed integer.
        self.step = from_fn(|lane| {
            let way = (end[lane] >> 1) as i32 - (self.start[lane] >> 1) as i32;
            (way >> (TICK.ilog2() - 1)) as u32
        });
        self.curve = [0; N];
    }

    /// Starts parabolas across a tick of `length` samples, a power of two: from the ends of the last ramps, through
    /// `middle` in the middle of the tick, to `end`. All values are less than half a cycle.
    #[inline(always)]
    pub fn ramp_through(&mut self, middle: [u32; N], end: [u32; N], length: usize) {
        let half = length as i32 / 2;
        // Pairs of samples: the number of times that the change of the increment accumulates.
        let pairs = half * (length as i32 - 1);
        self.start = self.end;
        self.end = end;
        for lane in 0..N {
            let start = self.start[lane] as i32;
            let way = (end[lane] as i32).wrapping_sub(start);
            let off = (middle[lane] as i32).wrapping_sub(start.wrapping_add(way >> 1));
            let most = (way >> 2).wrapping_abs();
            let off = off.min(most).max(-most);
            let off = if off.wrapping_abs() < MIN_CURVATURE {
                0
            } else {
                off
            };
            let curve = (half * half / 2 - 2 * off) >> (2 * half.trailing_zeros());
            // The increments of a whole tick add up to the difference.
            let step =
                way.wrapping_sub(curve * pairs).wrapping_add(half) >> length.trailing_zeros();
            self.step[lane] = step as u32;
            self.curve[lane] = curve as u32;
        }
    }

    /// Holds the end values of the last ramps for the tick that begins.
    #[inline(always)]
    pub fn hold_value(&mut self) {
        self.start = self.end;
        self.step = [0; N];
        self.curve = [0; N];
    }

    /// Holds the lanes in `mask` at `value` for all of the tick.
    #[inline(always)]
    pub fn jump_to(&mut self, value: [u32; N], mask: Mask) {
        for lane in lanes(mask) {
            self.start[lane] = value[lane];
            self.step[lane] = 0;
            self.curve[lane] = 0;
            self.end[lane] = value[lane];
        }
    }

    /// Ramps the lanes in `mask` from their present values to `end` over the rest of the tick.
    pub fn retarget_at(&mut self, remainder: TickRemainder, end: [u32; N], mask: Mask) {
        let TickRemainder { from, count, .. } = remainder;
        for lane in lanes(mask) {
            let here = self.lane(lane, from);
            let way = i64::from(end[lane]) - i64::from(here);
            let step = way.div_euclid(count as i64) as u32;
            self.start[lane] = here.wrapping_sub(step.wrapping_mul(from as u32));
            self.step[lane] = step;
            self.curve[lane] = 0;
            self.end[lane] = end[lane];
        }
    }

    /// Starts parabolas for the lanes in `mask` over the rest of the tick, from their present values, through `middle` at
    /// the sample given by [`halfway`], to `end`.
    pub fn retarget_through(
        &mut self,
        remainder: TickRemainder,
        middle: [u32; N],
        end: [u32; N],
        mask: Mask,
    ) {
        let TickRemainder { from, half, count } = remainder;
        let (count, half) = (count as i64, half as i64);
        if half == 0 {
            return self.retarget_at(remainder, end, mask);
        }
        for lane in lanes(mask) {
            let here = self.lane(lane, from);
            let way = i64::from(end[lane]) - i64::from(here);
            let most = way.abs() * half / count * (count - half) / count;
            let straight = way * half / count;
            let off = i64::from(middle[lane]) - i64::from(here) - straight;
            let off = off.min(most).max(-most);
            let off = if off.abs() < MIN_CURVATURE.into() {
                0
            } else {
                off
            };
            let curve = (-2 * off).div_euclid(half * (count - half));
            let step = (way - curve * (count * (count - 1) / 2)).div_euclid(count);
            // Extends the parabola that has this increment at `from` back to the beginning of the tick.
            let (step, curve, from) = (step as u32, curve as u32, from as u32);
            let first = step.wrapping_sub(curve.wrapping_mul(from));
            let pairs = from.wrapping_mul(from.wrapping_sub(1)) / 2;
            let gone = first
                .wrapping_mul(from)
                .wrapping_add(curve.wrapping_mul(pairs));
            self.start[lane] = here.wrapping_sub(gone);
            self.step[lane] = first;
            self.curve[lane] = curve;
            self.end[lane] = end[lane];
        }
    }

    /// Returns the values `index` samples into the tick.
    #[inline(always)]
    pub fn at(&self, index: usize) -> [u32; N] {
        from_fn(|lane| self.lane(lane, index))
    }

    /// Returns the value of one lane `index` samples into the tick.
    #[inline(always)]
    pub fn lane(&self, lane: usize, index: usize) -> u32 {
        let pairs = (index * index.wrapping_sub(1) / 2) as u32;
        self.start[lane]
            .wrapping_add(self.step[lane].wrapping_mul(index as u32))
            .wrapping_add(self.curve[lane].wrapping_mul(pairs))
    }

    /// Returns the sum of one lane's values over the `count` samples from `index` on.
    #[inline(always)]
    pub fn sum(&self, lane: usize, index: usize, count: usize) -> u32 {
        let pairs = count.wrapping_mul(count.wrapping_sub(1)) / 2;
        let triples = pairs.wrapping_mul(count.wrapping_sub(2)) / 3;
        let step = self.step[lane].wrapping_add(self.curve[lane].wrapping_mul(index as u32));
        (self.lane(lane, index).wrapping_mul(count as u32))
            .wrapping_add(step.wrapping_mul(pairs as u32))
            .wrapping_add(self.curve[lane].wrapping_mul(triples as u32))
    }

    /// Returns the increment at sample `index`.
    #[inline(always)]
    pub fn step(&self, index: usize) -> [u32; N] {
        from_fn(|lane| self.step[lane].wrapping_add(self.curve[lane].wrapping_mul(index as u32)))
    }

    /// Returns the change of the increment per sample.
    #[inline(always)]
    pub fn curve(&self) -> [u32; N] {
        self.curve
    }
}

/// Deviations from a straight line below this are ignored, so that rounding takes no ramp below zero.
const MIN_CURVATURE: i32 = 1 << 12;

/// Returns the lanes whose bit is set, in order.
#[inline(always)]
pub fn lanes(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < 32).then_some(lane)
    })
}
