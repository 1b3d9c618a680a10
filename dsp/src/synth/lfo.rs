//! Low-frequency oscillators of a group of voices, evaluated once per tick.
//!
//! Random values are a hash of the seed and the cycle count (the mixer `lowbias32` of C. Wellons, "Prospecting for Hash
//! Functions", 2018): the value of a random LFO is a function of its phase, like that of any other shape.

#[cfg(test)]
mod tests;

use std::array::from_fn;

use super::f32s::{self, F32s, Mask};
use super::hash::{bipolar, scramble};
use crate::rt::{TICK, ones};

/// Maximum fade time in seconds.
const LONGEST_FADE: f32 = 100.0;
/// Maximum age in samples; [`LONGEST_FADE`] is over by then at any sample rate.
const OLD: i32 = 1 << 28;
/// Fractional bits of the phase. The other 24 bits count cycles.
const PLACES: u32 = 40;
const CYCLE: f64 = (1_u64 << PLACES) as f64;

/// Waveform of one cycle, −1 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LfoShape {
    /// Sine, rising from 0.
    #[default]
    Sine,
    /// Triangle, rising from 0.
    Triangle,
    /// Rising saw, −1 to 1.
    SawUp,
    /// Falling saw, 1 to −1.
    SawDown,
    /// Square, 1 in the first half, −1 in the second one.
    Square,
    /// Random value for each cycle.
    SampleAndHold,
    /// Smooth interpolation between random values, one per cycle.
    SmoothRandom,
}

impl LfoShape {
    /// All shapes, in order.
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

/// Controls of the LFOs, for each lane. Values out of range are clamped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LfoControls<const N: usize> {
    /// Rate in Hz, 0 to [`Lfo::MAX_RATE`].
    pub rate: F32s<N>,
    /// Length of the cycles that `rate` counts, and of those that are played instead, as whole numbers in a common unit;
    /// equal unless a modulation moves the rate of an LFO that is synchronized to the tempo. The phase is computed from the
    /// time since the start, so that it agrees with the beat after each change of the played length.
    pub counted: F32s<N>,
    /// See [`counted`](Self::counted).
    pub played: F32s<N>,
    /// Phase at the start, in cycles, 0 to 1; may be modulated.
    pub phase: F32s<N>,
    /// Fade-in time in seconds after the start, 0 to 100.
    pub fade: F32s<N>,
}

/// A group of `N` LFOs.
#[derive(Clone, Copy, Debug)]
pub struct Lfo<const N: usize> {
    /// Phase since the start, in units of 2^−[`PLACES`] cycles.
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
    /// Maximum rate in Hz.
    pub const MAX_RATE: f32 = 200.0;

    /// Starts the lanes in `mask` from their start phase. [`jump_to`](Self::jump_to) has to be called next; their time
    /// begins at the next tick, or at [`ramp_from`](Self::ramp_from).
    #[inline(always)]
    pub fn start(&mut self, mask: Mask, seeds: &[u32; N]) {
        for lane in ones(u64::from(mask)) {
            self.places[lane] = 0;
            self.seeds[lane] = seeds[lane];
            self.ages[lane] = 0;
            self.values.0[lane] = 0.0;
        }
    }

    /// Sets the values of the lanes in `mask`, which have just been started. Returns the values of all lanes.
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

    /// Advances the lanes in `mask`, after [`jump_to`](Self::jump_to), by the `samples` that are left of the tick.
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

    /// Advances all lanes by a tick and returns their values, −1 to 1, at its end.
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

    /// Advances all lanes by a tick, to `cycles` after the start, and returns their values, −1 to 1, at its end.
    pub fn tick_to(
        &mut self,
        cycles: f64,
        controls: &LfoControls<N>,
        shape: LfoShape,
        sample_rate: f32,
    ) -> F32s<N> {
        self.advance(TICK, controls, sample_rate, Mask::MAX);
        let whole = cycles.floor();
        let part = ((cycles - whole) * CYCLE) as u64;
        self.places = [((whole as i64 as u64) << PLACES).wrapping_add(part); N];
        self.values = self.evaluate(controls, shape, sample_rate);
        self.values
    }

    /// Advances the lanes in `mask` by `samples`. [`value`](Self::value) does not change.
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

    /// Returns the values that were last computed.
    #[inline(always)]
    pub fn value(&self) -> F32s<N> {
        self.values
    }

    /// Computes the values at the present phases.
    #[inline(always)]
    pub fn evaluate(
        &self,
        controls: &LfoControls<N>,
        shape: LfoShape,
        sample_rate: f32,
    ) -> F32s<N> {
        let offsets = controls.phase.clamp(0.0, 1.0);
        let mut places = self.places;
        if !controls.counted.equals(controls.played) {
            places = from_fn(|lane| {
                let [counted, played] = [controls.counted, controls.played].map(|of| of.0[lane]);
                rescaled(places[lane], counted, played)
            });
        }
        let places: [u64; N] = from_fn(|lane| {
            places[lane].wrapping_add((f64::from(offsets.0[lane]) * CYCLE) as i64 as u64)
        });
        // The range is −½ to ½: the second half of the cycle is negative.
        let angles = F32s(places.map(|place| {
            ((place >> (PLACES - u32::BITS)) as u32 as i32) as f32 * (1.0 / 4_294_967_296.0)
        }));
        let random = |later: u32| {
            F32s(from_fn(|lane| {
                let cycle = ((places[lane] >> PLACES) as u32).wrapping_add(later);
                bipolar(scramble(self.seeds[lane].wrapping_add(scramble(cycle))))
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

/// Returns `places` of cycles of the length `counted` in cycles of the length `played`, exactly.
#[inline(always)]
fn rescaled(places: u64, counted: f32, played: f32) -> u64 {
    let [counted, played] = [counted, played].map(|length| length.max(1.0).min(65_535.0) as u64);
    let (whole, rest) = (places / played, places % played);
    whole
        .wrapping_mul(counted)
        .wrapping_add(rest * counted / played)
}
