//! Straight lines across one tick in the units of a phase: whole numbers, 2³² of them to the cycle.
//!
//! A frequency added up without rounding does not drift, and what has been added up by any sample of a tick is known
//! in closed form.

use std::array::from_fn;

use super::super::lanes::Mask;
use crate::rt::TICK;

/// A line for each of `N` voices, as [`Ramps`](super::super::lanes::Ramps) but wrapping.
#[derive(Clone, Copy, Debug)]
pub struct Lines<const N: usize> {
    start: [u32; N],
    /// What a sample adds, in two's complement.
    step: [u32; N],
    end: [u32; N],
}

impl<const N: usize> Default for Lines<N> {
    fn default() -> Self {
        Self {
            start: [0; N],
            step: [0; N],
            end: [0; N],
        }
    }
}

impl<const N: usize> Lines<N> {
    /// At a tick: all go on from where the last lines ended, towards `end`.
    #[inline(always)]
    pub fn aim(&mut self, end: [u32; N]) {
        self.start = self.end;
        self.end = end;
        // Halved first, so that the way fits the sign.
        self.step = from_fn(|lane| {
            let way = (end[lane] >> 1) as i32 - (self.start[lane] >> 1) as i32;
            (way >> (TICK.ilog2() - 1)) as u32
        });
    }

    /// At a tick: all rest where the last lines ended.
    #[inline(always)]
    pub fn rest(&mut self) {
        self.start = self.end;
        self.step = [0; N];
    }

    /// The lanes in `mask` rest at `value` for all of the tick.
    #[inline(always)]
    pub fn settle(&mut self, value: [u32; N], mask: Mask) {
        for lane in lanes(mask) {
            self.start[lane] = value[lane];
            self.step[lane] = 0;
            self.end[lane] = value[lane];
        }
    }

    /// Within the tick: the lanes in `mask` go from the value that they have at sample `from` to `end` at the end of
    /// the tick.
    pub fn bend(&mut self, from: usize, end: [u32; N], mask: Mask) {
        for lane in lanes(mask) {
            let here = self.lane(lane, from);
            let way = i64::from(end[lane]) - i64::from(here);
            let step = way.div_euclid((TICK - from) as i64) as u32;
            self.start[lane] = here.wrapping_sub(step.wrapping_mul(from as u32));
            self.step[lane] = step;
            self.end[lane] = end[lane];
        }
    }

    /// The values `index` samples into the tick.
    #[inline(always)]
    pub fn at(&self, index: usize) -> [u32; N] {
        from_fn(|lane| self.lane(lane, index))
    }

    /// The value of one lane `index` samples into the tick.
    #[inline(always)]
    pub fn lane(&self, lane: usize, index: usize) -> u32 {
        self.start[lane].wrapping_add(self.step[lane].wrapping_mul(index as u32))
    }

    /// What the values of one lane add up to over the `count` samples from `index` on.
    #[inline(always)]
    pub fn sum(&self, lane: usize, index: usize, count: usize) -> u32 {
        let pairs = (count * count.wrapping_sub(1) / 2) as u32;
        (self.lane(lane, index).wrapping_mul(count as u32))
            .wrapping_add(self.step[lane].wrapping_mul(pairs))
    }

    /// What each sample adds.
    #[inline(always)]
    pub fn step(&self) -> [u32; N] {
        self.step
    }
}

/// The lanes whose bit is set.
#[inline(always)]
pub fn lanes(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < 32).then_some(lane)
    })
}
