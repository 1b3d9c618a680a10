//! The four-stage envelope of an operator, in the spirit of the DX7's: four rates, four levels, straight in decibels
//! when it falls.
//!
//! It is evaluated once a tick, so a stage takes whole ticks. What moves is the depth below full level, 0 to 1, where 1
//! is silence: near full level, where a slow attack creeps, a depth keeps all its bits.

use super::super::f32s::{F32s, Mask, exp2};
use super::lane_ops::select;

/// The slowest swing over the whole range of levels, in seconds.
pub(super) const SLOWEST: f32 = 40.0;
/// How often that is halved to come to the fastest one, of 0.3 ms.
const HALVINGS: f32 = 17.024_68;

/// Before the first stage: a start sets out from the fourth level.
const NOTE_ON: f32 = -1.0;
/// The stage in which a held key stays, and the one that its release leads to.
const SUSTAIN: f32 = 2.0;
const RELEASE: f32 = 3.0;

/// The envelopes of one operator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope<const N: usize> {
    /// 0 is full level, 1 silence.
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

    /// Sets out anew, from where it is.
    pub fn retrigger(&mut self, mask: Mask) {
        self.stage = self.stage.blend(F32s::ZERO, mask);
    }

    #[inline(always)]
    pub fn release(&mut self, mask: Mask) {
        self.stage = self.stage.blend(F32s::splat(RELEASE), mask);
    }

    /// Those that have been started, and not moved since, set out from the fourth level.
    #[inline(always)]
    pub fn ramp_from(&mut self, levels: &[F32s<N>; 4]) {
        let first = 1.0 - levels[3].clamp(0.0, 1.0);
        self.depth = select(self.stage, |stage| stage < 0.0, first, self.depth);
        self.stage = self.stage.max(F32s::ZERO);
    }

    /// How many of the slowest swings it goes in the time of one, at its rates and `hurry` powers of two faster.
    #[inline(always)]
    pub fn pace(&self, rates: &[F32s<N>; 4], hurry: F32s<N>) -> F32s<N> {
        let rate = self.of_stage(*rates).clamp(0.0, 1.0);
        exp2((rate * HALVINGS + hurry).clamp(0.0, HALVINGS))
    }

    /// Goes on, by as much as `step` of a swing.
    #[inline(always)]
    pub fn advance(&mut self, step: F32s<N>, levels: &[F32s<N>; 4]) {
        self.ramp_from(levels);
        let goal = 1.0 - self.of_stage(*levels).clamp(0.0, 1.0);
        // As far as it gets either way. Rising, the root of the depth goes down evenly: steep at first, level at last;
        // a whole swing takes as long as one that falls.
        let root = (self.depth.map(f32::sqrt) - step).max(F32s::ZERO);
        self.depth = goal.max(root * root).min(self.depth + step);
        let left = goal.zip(self.depth, |goal, depth| (goal - depth).abs());
        let next = select(left, |left| left == 0.0, self.stage + 1.0, self.stage);
        // A key that is held stays in the third stage, one that was let go in the fourth.
        self.stage = self.stage.max(next.min(F32s::splat(SUSTAIN)));
    }

    /// The one of four values that counts in the stage that it is in.
    #[inline(always)]
    fn of_stage(&self, [first, second, third, fourth]: [F32s<N>; 4]) -> F32s<N> {
        let early = select(self.stage, |stage| stage < 0.5, first, second);
        let late = select(self.stage, |stage| stage < 2.5, third, fourth);
        select(self.stage, |stage| stage < 1.5, early, late)
    }

    /// These, but those of `other` in the lanes in `mask`.
    #[inline(always)]
    pub fn blend(self, other: Self, mask: Mask) -> Self {
        Self {
            depth: self.depth.blend(other.depth, mask),
            stage: self.stage.blend(other.stage, mask),
        }
    }
}
