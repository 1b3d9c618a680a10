//! Four-stage envelope of an operator, in the spirit of the DX7's: four rates, four levels, linear in decibels when it
//! falls.
//!
//! The envelope is evaluated once per tick, so that a stage takes whole ticks. Its state is the depth below full level, 0
//! to 1, where 1 is silence: the depth keeps its precision near full level, where a slow attack moves by very little.

use super::super::f32s::{F32s, Mask, exp2};
use super::lane_ops::select;

/// Duration of the slowest swing over the whole range of levels, in seconds.
pub(super) const SLOWEST: f32 = 40.0;
/// Number of times that [`SLOWEST`] is halved to get the fastest swing, 0.3 ms.
const HALVINGS: f32 = 17.024_68;

/// Stage number before the first stage: a note starts from the fourth level.
const NOTE_ON: f32 = -1.0;
/// Stage of a held key, and stage of its release.
const SUSTAIN: f32 = 2.0;
const RELEASE: f32 = 3.0;

/// Envelopes of one operator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope<const N: usize> {
    /// Depth: 0 is full level, 1 silence.
    pub depth: F32s<N>,
    stage: F32s<N>,
}

impl<const N: usize> Default for Envelope<N> {
    fn default() -> Self {
        Self {
            depth: F32s::splat(1.0),
            stage: F32s::splat(RELEASE),
        }
    }
}

impl<const N: usize> Envelope<N> {
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        self.depth = self.depth.blend(F32s::splat(1.0), mask);
        self.stage = self.stage.blend(F32s::splat(NOTE_ON), mask);
    }

    /// Restarts the first stage from the present depth.
    pub fn retrigger(&mut self, mask: Mask) {
        self.stage = self.stage.blend(F32s::ZERO, mask);
    }

    #[inline(always)]
    pub fn release(&mut self, mask: Mask) {
        self.stage = self.stage.blend(F32s::splat(RELEASE), mask);
    }

    /// Moves the envelopes that have been started, and not advanced since, to the fourth level.
    #[inline(always)]
    pub fn ramp_from(&mut self, levels: &[F32s<N>; 4]) {
        let first = 1.0 - levels[3].clamp(0.0, 1.0);
        self.depth = select(self.stage, |stage| stage < 0.0, first, self.depth);
        self.stage = self.stage.max(F32s::ZERO);
    }

    /// Returns the speed as a multiple of the slowest swing's, at the stage's rate and `hurry` powers of two faster.
    #[inline(always)]
    pub fn pace(&self, rates: &[F32s<N>; 4], hurry: F32s<N>) -> F32s<N> {
        let rate = self.of_stage(*rates).clamp(0.0, 1.0);
        exp2((rate * HALVINGS + hurry).clamp(0.0, HALVINGS))
    }

    /// Advances the depth by `step` of a swing.
    #[inline(always)]
    pub fn advance(&mut self, step: F32s<N>, levels: &[F32s<N>; 4]) {
        self.ramp_from(levels);
        let goal = 1.0 - self.of_stage(*levels).clamp(0.0, 1.0);
        // Both directions are computed. While the level rises, the root of the depth falls linearly: steep at first, flat
        // at the end; a whole swing takes as long as one that falls.
        let root = (self.depth.map(f32::sqrt) - step).max(F32s::ZERO);
        self.depth = goal.max(root * root).min(self.depth + step);
        let left = goal.zip(self.depth, |goal, depth| (goal - depth).abs());
        let next = select(left, |left| left == 0.0, self.stage + 1.0, self.stage);
        // A held key stays in the third stage, a released one in the fourth.
        self.stage = self.stage.max(next.min(F32s::splat(SUSTAIN)));
    }

    /// Selects the value that belongs to the current stage.
    #[inline(always)]
    fn of_stage(&self, [first, second, third, fourth]: [F32s<N>; 4]) -> F32s<N> {
        let early = select(self.stage, |stage| stage < 0.5, first, second);
        let late = select(self.stage, |stage| stage < 2.5, third, fourth);
        select(self.stage, |stage| stage < 1.5, early, late)
    }

    /// Returns `self`, with the lanes in `mask` taken from `other`.
    #[inline(always)]
    pub fn blend(self, other: Self, mask: Mask) -> Self {
        Self {
            depth: self.depth.blend(other.depth, mask),
            stage: self.stage.blend(other.stage, mask),
        }
    }
}
