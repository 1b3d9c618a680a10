//! Unison voices: detune, pan and level.
//!
//! The lowest and the highest voice are `detune` apart and the others evenly spaced between them; neighbours in pitch are
//! panned to opposite sides, so that neither side is flat or sharp. The total power is that of a single voice.

use std::array::from_fn;
use std::f32::consts::SQRT_2;

use super::super::f32s::{F32s, Mask, Ramps, cosine, exp2, sine};
use super::wave::differ;

/// Maximum number of unison voices.
pub const UNISON: usize = 8;

/// Unison of each of `N` voices. Values derived from a control are computed only when it changes.
#[derive(Clone, Copy, Debug)]
pub struct Unison<const N: usize> {
    ratios: [F32s<N>; UNISON],
    /// Frequency ratios in the middle of the tick while they move.
    halfway: [F32s<N>; UNISON],
    gains: [[Ramps<N>; 2]; UNISON],
    count: usize,
    detune: F32s<N>,
    spread: F32s<N>,
    gains_move: bool,
}

impl<const N: usize> Default for Unison<N> {
    fn default() -> Self {
        Self {
            ratios: [F32s::splat(1.0); UNISON],
            halfway: [F32s::splat(1.0); UNISON],
            gains: [[Ramps::default(); 2]; UNISON],
            count: 0,
            detune: F32s::splat(f32::NAN),
            spread: F32s::splat(f32::NAN),
            gains_move: false,
        }
    }
}

impl<const N: usize> Unison<N> {
    /// Ramps to `count` voices, `detune` in semitones and `spread` 0 to 1 across the tick that begins. Returns true if
    /// the ratios change.
    #[inline(always)]
    pub fn ramp_to(&mut self, count: usize, detune: F32s<N>, spread: F32s<N>) -> bool {
        let counted = count != self.count;
        let tuned = counted || !detune.equals(self.detune);
        let panned = counted || !spread.equals(self.spread);
        if tuned {
            self.detune = detune;
            let before = self.ratios;
            self.ratios = from_fn(|u| ratio(u, count, detune));
            self.halfway = from_fn(|u| (before[u] + self.ratios[u]) * 0.5);
        } else {
            self.halfway = self.ratios;
        }
        if panned {
            self.spread = spread;
            for (u, gains) in self.gains.iter_mut().enumerate() {
                let [left, right] = gains_of(u, count, spread);
                gains[0].ramp_to(left);
                gains[1].ramp_to(right);
            }
        } else if self.gains_move {
            for gain in self.gains.as_flattened_mut() {
                gain.ramp_to(gain.end());
            }
        }
        self.count = count;
        self.gains_move = panned;
        tuned
    }

    /// Sets the lanes in `mask` to `detune` and `spread` without a ramp.
    #[inline(always)]
    pub fn jump_to(&mut self, count: usize, detune: F32s<N>, spread: F32s<N>, mask: Mask) {
        self.detune = self.detune.blend(detune, mask);
        self.spread = self.spread.blend(spread, mask);
        for u in 0..UNISON {
            self.ratios[u] = self.ratios[u].blend(ratio(u, count, detune), mask);
            let [left, right] = gains_of(u, count, spread);
            self.gains[u][0].jump_to(left, mask);
            self.gains[u][1].jump_to(right, mask);
        }
    }

    /// Ramps the lanes in `mask` from sample `from` of the tick to `spread` at its end, and sets the ratios for `detune`.
    /// Returns true if these change.
    pub fn retarget_at(
        &mut self,
        from: usize,
        count: usize,
        detune: F32s<N>,
        spread: F32s<N>,
        mask: Mask,
    ) -> bool {
        let tuned = differ(detune, self.detune) & mask != 0;
        if tuned {
            self.detune = self.detune.blend(detune, mask);
            let before = self.ratios;
            for (u, ratios) in self.ratios.iter_mut().enumerate() {
                *ratios = ratios.blend(ratio(u, count, detune), mask);
            }
            self.halfway = from_fn(|u| (before[u] + self.ratios[u]) * 0.5);
        } else {
            self.halfway = self.ratios;
        }
        if differ(spread, self.spread) & mask != 0 {
            self.spread = self.spread.blend(spread, mask);
            for (u, gains) in self.gains.iter_mut().enumerate() {
                let [left, right] = gains_of(u, count, spread);
                gains[0].retarget_at(from, left, mask);
                gains[1].retarget_at(from, right, mask);
            }
            self.gains_move = true;
        }
        tuned
    }

    /// Invalidates cached detune and spread, so that the next [`ramp_to`](Self::ramp_to) computes them again.
    pub fn forget(&mut self) {
        self.detune = F32s::splat(f32::NAN);
        self.spread = F32s::splat(f32::NAN);
    }

    /// Returns the frequency of unison voice `u` over that of the note.
    #[inline(always)]
    pub fn ratio(&self, u: usize) -> F32s<N> {
        self.ratios[u]
    }

    /// Returns the frequency ratio in the middle of the tick.
    #[inline(always)]
    pub fn ratio_halfway(&self, u: usize) -> F32s<N> {
        self.halfway[u]
    }

    /// Returns the gains of unison voice `u`, left and right.
    #[inline(always)]
    pub fn gains(&self, u: usize) -> &[Ramps<N>; 2] {
        &self.gains[u]
    }

    /// Pans the wave of voice `u` from sample `from` of the tick on: the first voice overwrites the output, the others
    /// are added.
    #[inline(always)]
    pub fn pan(&self, u: usize, from: usize, wave: &[F32s<N>], [left, right]: [&mut [F32s<N>]; 2]) {
        let [to_left, to_right] = &self.gains[u];
        if u == 0 {
            left.fill(F32s::ZERO);
            right.fill(F32s::ZERO);
        }
        let sides = wave.iter().zip(left.iter_mut().zip(right));
        if self.gains_move {
            for (n, (wave, (left, right))) in sides.enumerate() {
                *left += *wave * to_left.at(from + n);
                *right += *wave * to_right.at(from + n);
            }
        } else {
            let (to_left, to_right) = (to_left.end(), to_right.end());
            for (wave, (left, right)) in sides {
                *left += *wave * to_left;
                *right += *wave * to_right;
            }
        }
    }

    /// Returns the number of voices set at the last tick.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Returns the position in pitch of voice `u` of `count`, −1 to 1.
#[inline(always)]
fn place(u: usize, count: usize) -> f32 {
    if count < 2 {
        0.0
    } else {
        2.0 * u as f32 / (count - 1) as f32 - 1.0
    }
}

#[inline(always)]
fn ratio<const N: usize>(u: usize, count: usize, detune: F32s<N>) -> F32s<N> {
    exp2(detune * (place(u, count) / 24.0))
}

/// Returns equal-power gains of voice `u`; both are the same where `spread` is 0.
#[inline(always)]
fn gains_of<const N: usize>(u: usize, count: usize, spread: F32s<N>) -> [F32s<N>; 2] {
    if count == 1 && u == 0 {
        return [F32s::splat(1.0); 2];
    }
    if u >= count {
        return [F32s::ZERO; 2];
    }
    let side = if u.min(count - 1 - u).is_multiple_of(2) {
        1.0
    } else {
        -1.0
    };
    let angle = 0.125 + spread * (0.125 * side * place(u, count));
    let level = SQRT_2 / (count as f32).sqrt();
    [cosine(angle) * level, sine(angle) * level]
}
