//! Where the voices of a unison stand: in pitch, between left and right, and how loud.
//!
//! The lowest and the highest are `detune` apart and the others at equal distances between them; neighbours in pitch
//! stand on opposite sides, so that neither side is flat or sharp. The power of all is that of one.

use std::array::from_fn;
use std::f32::consts::SQRT_2;

use super::super::f32s::{F32s, Mask, Ramps, cosine, exp2, sine};
use super::wave::differ;

/// The most voices of a unison.
pub const UNISON: usize = 8;

/// The unison of each of `N` voices. What follows from a control is computed when that moves.
#[derive(Clone, Copy, Debug)]
pub struct Unison<const N: usize> {
    ratios: [F32s<N>; UNISON],
    /// The ratios halfway to those, while they move.
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
    /// At a tick: sets out for `count` voices, `detune` in semitones and `spread` 0 to 1. Whether the ratios are others
    /// now.
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

    /// The lanes in `mask` are there without a way.
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

    /// Within the tick: from the sample `from` on, the lanes in `mask` go to `spread` at its end, and have the ratios of
    /// `detune`. Answers whether these are others now.
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

    /// Takes both for moved at the next [`ramp_to`](Self::ramp_to).
    pub fn forget(&mut self) {
        self.detune = F32s::splat(f32::NAN);
        self.spread = F32s::splat(f32::NAN);
    }

    /// The frequency of a voice over that of the note.
    #[inline(always)]
    pub fn ratio(&self, u: usize) -> F32s<N> {
        self.ratios[u]
    }

    /// The same halfway from the last tick to this one.
    #[inline(always)]
    pub fn ratio_halfway(&self, u: usize) -> F32s<N> {
        self.halfway[u]
    }

    /// The gains of a voice, left and right.
    #[inline(always)]
    pub fn gains(&self, u: usize) -> &[Ramps<N>; 2] {
        &self.gains[u]
    }

    /// Puts the wave of voice `u` between left and right from the sample `from` of the tick on: the first one instead of
    /// what is there, the others beside it.
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

    /// How many voices the last tick set out for.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Where voice `u` of `count` stands in pitch, −1 to 1.
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

/// Equal power from side to side, 1 on each where `spread` is 0.
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
