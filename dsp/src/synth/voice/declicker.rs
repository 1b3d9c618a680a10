//! Prevents clicks where a voice's signal jumps: the size of the jump is added to the output and fades out.
//!
//! Discontinuities arise where a voice's output is not finite, where its slot is taken while it still sounds, and where a
//! discrete setting changes.

use crate::synth::f32s::{F32s, Mask};

/// Fade time in seconds.
const SECONDS: f32 = 0.003;

/// Declicker of `N` voices, left and right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Declicker<const N: usize> {
    /// Last output sample of each voice; 0 for silent ones.
    last: [F32s<N>; 2],
    /// Voices with a discontinuity before the next sample.
    breaks: Mask,
    /// Offset that remains to be faded out, and its decrement per sample.
    left: [F32s<N>; 2],
    step: [F32s<N>; 2],
    /// True if an offset may be nonzero.
    any: bool,
}

impl<const N: usize> Default for Declicker<N> {
    /// No offset.
    fn default() -> Self {
        Self {
            last: [F32s::ZERO; 2],
            breaks: 0,
            left: [F32s::ZERO; 2],
            step: [F32s::ZERO; 2],
            any: false,
        }
    }
}

impl<const N: usize> Declicker<N> {
    /// Starts other notes in `lanes`: the last samples of notes that still sounded there are faded out.
    #[inline(always)]
    pub(super) fn start(&mut self, lanes: Mask, sample_rate: f32) {
        self.breaks &= !lanes;
        let pace = pace(sample_rate);
        for side in 0..2 {
            let last = self.last[side];
            self.left[side] = self.left[side].blend(last, lanes);
            self.step[side] = self.step[side].blend(last.map(|last| step(last, pace)), lanes);
            self.any |= !last.all_equal(0.0);
        }
    }

    /// Marks a discontinuity of the voices in `lanes` before their next sample.
    #[inline(always)]
    pub(super) fn mark_discontinuity(&mut self, lanes: Mask) {
        self.breaks |= lanes;
    }

    /// Returns true if a voice may have an offset or a discontinuity.
    #[inline(always)]
    pub(super) fn any(&self) -> bool {
        self.any | (self.breaks != 0)
    }

    /// Returns the lanes with an offset.
    pub(super) fn lanes(&self) -> Mask {
        if !self.any {
            return 0;
        }
        let [left, right] = self.left;
        (left.mask_where(|x| x != 0.0)) | right.mask_where(|x| x != 0.0)
    }

    /// Stores the last output sample of the voices in `busy`.
    #[inline(always)]
    pub(super) fn store_last(&mut self, busy: Mask, sound: &[&mut [F32s<N>]; 2]) {
        for (last, sound) in self.last.iter_mut().zip(sound) {
            if let Some(sample) = sound.last() {
                *last = F32s::ZERO.blend(*sample, busy);
            }
        }
    }

    /// If the voice in `lane` has a discontinuity before the first sample, makes the jump there the offset to fade out.
    pub(super) fn bridge(&mut self, lane: usize, sound: &[&mut [F32s<N>]; 2], sample_rate: f32) {
        let mask = 1 << lane;
        if self.breaks & mask == 0 || sound[0].is_empty() {
            return;
        }
        self.breaks &= !mask;
        for (side, sound) in sound.iter().enumerate() {
            let jump = self.last[side].0[lane] - sound[0].0[lane];
            self.left[side].0[lane] = jump;
            self.step[side].0[lane] = step(jump, pace(sample_rate));
        }
    }

    /// Mutes `lane` from its first non-finite sample on and returns that sample's index. If the voice `sounded`, the
    /// sample before it becomes the offset to [fade](Self::fade) out; an unused slot leaves none.
    pub(super) fn cut(
        &mut self,
        lane: usize,
        sounded: bool,
        sound: &mut [&mut [F32s<N>]; 2],
        sample_rate: f32,
    ) -> usize {
        let length = sound[0].len();
        let is_bad = |n: &usize| sound.iter().any(|side| !side[*n].0[lane].is_finite());
        let from = (0..length).find(is_bad).unwrap_or(0);
        self.breaks &= !(1 << lane);
        let pace = pace(sample_rate);
        for (side, sound) in sound.iter_mut().enumerate() {
            if from > 0 {
                self.last[side].0[lane] = sound[from - 1].0[lane];
            }
            for sample in &mut sound[from..] {
                sample.0[lane] = 0.0;
            }
            let last = self.last[side].0[lane];
            self.left[side].0[lane] = if sounded { last } else { 0.0 };
            self.step[side].0[lane] = step(last, pace);
        }
        self.any = true;
        from
    }

    /// Adds the offset of `lane` to the sound from sample `from` on, and reduces it.
    pub(super) fn fade(&mut self, lane: usize, from: usize, sound: &mut [&mut [F32s<N>]; 2]) {
        for (side, sound) in sound.iter_mut().enumerate() {
            let step = self.step[side].0[lane];
            let left = &mut self.left[side].0[lane];
            for sample in &mut sound[from..] {
                if *left == 0.0 {
                    break;
                }
                sample.0[lane] += *left;
                *left = left.signum() * (left.abs() - step).max(0.0);
            }
        }
        self.any = self.left.iter().any(|left| !left.all_equal(0.0));
    }
}

/// Returns the part of an offset that one sample takes off.
#[inline(always)]
fn pace(sample_rate: f32) -> f32 {
    1.0 / (SECONDS * sample_rate).max(1.0)
}

/// Returns the decrement per sample for the offset `left`.
#[inline(always)]
fn step(left: f32, pace: f32) -> f32 {
    (left.abs() * pace).max(f32::MIN_POSITIVE)
}
