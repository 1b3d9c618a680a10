//! Low-frequency oscillators of a group of voices, evaluated once per tick.
//!
//! The random numbers are a hash of the seed and of the count of cycles (the mixer `lowbias32` of C. Wellons, "Prospecting
//! for Hash Functions", 2018): what a random LFO is at any time follows from where in its cycles it is, as for any other.

#[cfg(test)]
mod tests;

use std::array::from_fn;

use super::f32s::{self, F32s, Mask};
use super::hash::scramble;
use crate::rt::{TICK, ones};

/// The longest fade in seconds.
const LONGEST_FADE: f32 = 100.0;
/// Samples after which nobody counts any more; [`LONGEST_FADE`] is over by then at any sample rate.
const OLD: i32 = 1 << 28;
/// Binary places of a cycle. 24 places are left to count cycles.
const PLACES: u32 = 40;
const CYCLE: f64 = (1_u64 << PLACES) as f64;

/// The course of one cycle, −1 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LfoShape {
    /// From 0 upwards.
    #[default]
    Sine,
    /// From 0 upwards.
    Triangle,
    /// From −1 to 1.
    SawUp,
    /// From 1 to −1.
    SawDown,
    /// 1 in the first half, −1 in the second one.
    Square,
    /// A random value for each cycle.
    SampleAndHold,
    /// From each random value to the next, without a corner.
    SmoothRandom,
}

impl LfoShape {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Sine,
        Self::Triangle,
        Self::SawUp,
        Self::SawDown,
        Self::Square,
        Self::SampleAndHold,
        Self::SmoothRandom,
    ];
}

/// How LFOs are set, for each lane. Values out of range are taken into it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LfoControls<const N: usize> {
    /// In Hz, 0 to [`Lfo::MAX_RATE`].
    pub rate: F32s<N>,
    /// Where in the cycle it starts, 0 to 1; may move.
    pub phase: F32s<N>,
    /// Seconds from the start in which it grows to its full extent, 0 to 100.
    pub fade: F32s<N>,
}

/// `N` LFOs.
#[derive(Clone, Copy, Debug)]
pub struct Lfo<const N: usize> {
    /// Cycles since the start, in units of 2^−[`PLACES`].
    places: [u64; N],
    seeds: [u32; N],
    /// Samples since the start.
    ages: [i32; N],
    values: F32s<N>,
}

impl<const N: usize> Default for Lfo<N> {
    fn default() -> Self {
        Self {
            places: [0; N],
            seeds: [0; N],
            ages: [0; N],
            values: F32s::ZERO,
        }
    }
}

impl<const N: usize> Lfo<N> {
    /// The highest rate in Hz.
    pub const MAX_RATE: f32 = 200.0;

    /// The lanes in `mask` start from their start phase. To be [settled](Self::jump_to); their time begins at the next
    /// tick, or when they [set out](Self::ramp_from).
    #[inline(always)]
    pub fn start(&mut self, mask: Mask, seeds: &[u32; N]) {
        for lane in ones(u64::from(mask)) {
            self.places[lane] = 0;
            self.seeds[lane] = seeds[lane];
            self.ages[lane] = 0;
            self.values.0[lane] = 0.0;
        }
    }

    /// The lanes in `mask`, which have just been started, take the value that they have there. Answers the
    /// values of all.
    #[inline(always)]
    pub fn jump_to(
        &mut self,
        controls: &LfoControls<N>,
        shape: LfoShape,
        sample_rate: f32,
        mask: Mask,
    ) -> F32s<N> {
        self.values = self
            .values
            .blend(self.evaluate(controls, shape, sample_rate), mask);
        self.values
    }

    /// The lanes in `mask`, which have just been settled, go on by the `samples` that are left of the tick.
    #[inline(always)]
    pub fn ramp_from(
        &mut self,
        samples: usize,
        controls: &LfoControls<N>,
        shape: LfoShape,
        sample_rate: f32,
        mask: Mask,
    ) {
        self.advance(samples, controls, sample_rate, mask);
        let values = self.evaluate(controls, shape, sample_rate);
        self.values = self.values.blend(values, mask);
    }

    /// At a tick: the values, −1 to 1, at the end of the tick that begins.
    #[inline(always)]
    pub fn tick(
        &mut self,
        controls: &LfoControls<N>,
        shape: LfoShape,
        sample_rate: f32,
    ) -> F32s<N> {
        self.advance(TICK, controls, sample_rate, Mask::MAX);
        self.values = self.evaluate(controls, shape, sample_rate);
        self.values
    }

    /// The lanes in `mask` go on by so many samples. [`value`](Self::value) stays as it was.
    #[inline(always)]
    pub fn advance(
        &mut self,
        samples: usize,
        controls: &LfoControls<N>,
        sample_rate: f32,
        mask: Mask,
    ) {
        let per_hertz = samples as f64 * CYCLE / f64::from(sample_rate);
        let rates = controls.rate.clamp(0.0, Self::MAX_RATE);
        for lane in 0..N {
            let moves = mask >> lane & 1;
            let step = (f64::from(rates.0[lane]) * per_hertz) as i64 as u64;
            self.places[lane] = self.places[lane].wrapping_add(step * u64::from(moves));
            self.ages[lane] = (self.ages[lane] + samples as i32 * moves as i32).min(OLD);
        }
    }

    /// The values that were last told.
    #[inline(always)]
    pub fn value(&self) -> F32s<N> {
        self.values
    }

    /// The values of now.
    #[inline(always)]
    pub fn evaluate(
        &self,
        controls: &LfoControls<N>,
        shape: LfoShape,
        sample_rate: f32,
    ) -> F32s<N> {
        let offsets = controls.phase.clamp(0.0, 1.0);
        let places: [u64; N] = from_fn(|lane| {
            self.places[lane].wrapping_add((f64::from(offsets.0[lane]) * CYCLE) as i64 as u64)
        });
        // −½ to ½: the second half of the cycle comes as the negative one.
        let angles = F32s(places.map(|place| {
            ((place >> (PLACES - u32::BITS)) as u32 as i32) as f32 * (1.0 / 4_294_967_296.0)
        }));
        let random = |later: u32| {
            F32s(from_fn(|lane| {
                let cycle = ((places[lane] >> PLACES) as u32).wrapping_add(later);
                scramble(self.seeds[lane].wrapping_add(scramble(cycle))) as i32 as f32
                    * (1.0 / 2_147_483_648.0)
            }))
        };
        let saw = angles.map(|t| {
            if t < 0.0 {
                2.0 * t + 1.0
            } else {
                2.0 * t - 1.0
            }
        });
        let values = match shape {
            LfoShape::Sine => f32s::sine(angles).clamp(-1.0, 1.0),
            LfoShape::Triangle => angles.map(|t| (1.0 - (4.0 * t.abs() - 1.0).abs()).copysign(t)),
            LfoShape::SawUp => saw,
            LfoShape::SawDown => -saw,
            LfoShape::Square => angles.map(|t| if t < 0.0 { -1.0 } else { 1.0 }),
            LfoShape::SampleAndHold => random(0),
            LfoShape::SmoothRandom => {
                let (from, to) = (random(0), random(1));
                let t = 0.5 + 0.5 * saw;
                from + (to - from) * (t * t * (3.0 - 2.0 * t))
            }
        };
        let fades = controls.fade.clamp(0.0, LONGEST_FADE) * sample_rate;
        let ages = F32s(self.ages.map(|age| age as f32));
        values * ages.zip(fades, |age, fade| if age < fade { age / fade } else { 1.0 })
    }
}
