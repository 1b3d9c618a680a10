//! What remains of voices that came to no number: their last good sample, which fades away so that it does not click.

use crate::synth::lanes::{Lanes, Mask};

/// Within so many seconds it fades.
const SECONDS: f32 = 0.003;

/// Of `N` voices, left and right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Residue<const N: usize> {
    /// The last sample of each voice.
    last: [Lanes<N>; 2],
    /// What is still to be heard, and what a sample takes of it.
    left: [Lanes<N>; 2],
    step: [Lanes<N>; 2],
    /// Whether there may be any.
    any: bool,
}

impl<const N: usize> Default for Residue<N> {
    /// None.
    fn default() -> Self {
        Self {
            last: [Lanes::ZERO; 2],
            left: [Lanes::ZERO; 2],
            step: [Lanes::ZERO; 2],
            any: false,
        }
    }
}

impl<const N: usize> Residue<N> {
    /// Nothing is left in these lanes.
    #[inline(always)]
    pub(super) fn start(&mut self, lanes: Mask) {
        for side in 0..2 {
            self.last[side] = self.last[side].blend(Lanes::ZERO, lanes);
            self.left[side] = self.left[side].blend(Lanes::ZERO, lanes);
        }
    }

    /// Whether there may be any.
    #[inline(always)]
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// The lanes in which there is.
    pub(super) fn lanes(&self) -> Mask {
        if !self.any {
            return 0;
        }
        let [left, right] = self.left;
        (left.which(|x| x != 0.0)) | right.which(|x| x != 0.0)
    }

    /// Remembers the end of what is heard.
    #[inline(always)]
    pub(super) fn hear(&mut self, sound: &[&mut [Lanes<N>]; 2]) {
        for (last, sound) in self.last.iter_mut().zip(sound) {
            if let Some(sample) = sound.last() {
                *last = *sample;
            }
        }
    }

    /// Silences `lane` from its first sample that is no number on, and answers which that is. The one before it is left to
    /// [fade](Self::fade) if the voice `sounded`: of a slot that plays nothing nothing remains.
    pub(super) fn cut(
        &mut self,
        lane: usize,
        sounded: bool,
        sound: &mut [&mut [Lanes<N>]; 2],
        sample_rate: f32,
    ) -> usize {
        let length = sound[0].len();
        let is_bad = |n: &usize| sound.iter().any(|side| !side[*n].0[lane].is_finite());
        let from = (0..length).find(is_bad).unwrap_or(0);
        let step = 1.0 / (SECONDS * sample_rate).max(1.0);
        for (side, sound) in sound.iter_mut().enumerate() {
            if from > 0 {
                self.last[side].0[lane] = sound[from - 1].0[lane];
            }
            for sample in &mut sound[from..] {
                sample.0[lane] = 0.0;
            }
            let last = self.last[side].0[lane];
            self.left[side].0[lane] = if sounded { last } else { 0.0 };
            self.step[side].0[lane] = (last.abs() * step).max(f32::MIN_POSITIVE);
        }
        self.any = true;
        from
    }

    /// Adds what remains of `lane` to the sound from the sample `from` on.
    pub(super) fn fade(&mut self, lane: usize, from: usize, sound: &mut [&mut [Lanes<N>]; 2]) {
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
