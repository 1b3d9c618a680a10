//! What remains where a voice breaks off, so that it does not click: what the sound jumps by there, which fades away.
//!
//! A voice breaks off where it comes to no number, where its slot is taken while it still sounds, and where something is
//! chosen that has no way from one to the other.

use crate::synth::f32s::{F32s, Mask};

/// Within so many seconds it fades.
const SECONDS: f32 = 0.003;

/// Of `N` voices, left and right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Declicker<const N: usize> {
    /// The last sample of each voice that is not silent.
    last: [F32s<N>; 2],
    /// The voices that break off before the next sample.
    breaks: Mask,
    /// What is still to be heard, and what a sample takes of it.
    left: [F32s<N>; 2],
    step: [F32s<N>; 2],
    /// Whether there may be any.
    any: bool,
}

impl<const N: usize> Default for Declicker<N> {
    /// None.
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
    /// Other notes begin in these lanes: of those that still sounded there, the last sample is left.
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

    /// The voices in these lanes go on in another way from the next sample on.
    #[inline(always)]
    pub(super) fn mark_discontinuity(&mut self, lanes: Mask) {
        self.breaks |= lanes;
    }

    /// Whether there may be any.
    #[inline(always)]
    pub(super) fn any(&self) -> bool {
        self.any | (self.breaks != 0)
    }

    /// The lanes in which there is.
    pub(super) fn lanes(&self) -> Mask {
        if !self.any {
            return 0;
        }
        let [left, right] = self.left;
        (left.mask_where(|x| x != 0.0)) | right.mask_where(|x| x != 0.0)
    }

    /// Remembers the end of what is heard of the voices in `busy`.
    #[inline(always)]
    pub(super) fn store_last(&mut self, busy: Mask, sound: &[&mut [F32s<N>]; 2]) {
        for (last, sound) in self.last.iter_mut().zip(sound) {
            if let Some(sample) = sound.last() {
                *last = F32s::ZERO.blend(*sample, busy);
            }
        }
    }

    /// Where the voice in `lane` breaks off before the first sample, what it jumps by there is left.
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

    /// Silences `lane` from its first sample that is no number on, and answers which that is. The one before it is left to
    /// [fade](Self::fade) if the voice `sounded`: of a slot that plays nothing nothing remains.
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

    /// Adds what remains of `lane` to the sound from the sample `from` on.
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

/// Which part of what is left a sample takes.
#[inline(always)]
fn pace(sample_rate: f32) -> f32 {
    1.0 / (SECONDS * sample_rate).max(1.0)
}

/// What a sample takes of `left`.
#[inline(always)]
fn step(left: f32, pace: f32) -> f32 {
    (left.abs() * pace).max(f32::MIN_POSITIVE)
}
