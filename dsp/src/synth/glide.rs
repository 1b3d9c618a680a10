//! Portamento of a group of voices: pitch glides linearly to the next key.

#[cfg(test)]
mod tests;

use super::f32s::{F32s, Mask};
use crate::rt::{TICK, ones};

/// Maximum time in seconds.
const LONGEST: f32 = 100.0;
/// Limit of the pitch, in keys either side of 0.
const FAREST: f32 = 10_000.0;

/// Meaning of the glide time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlideMode {
    /// Time of every glide, whatever its interval.
    #[default]
    ConstantTime,
    /// Time per octave: wider intervals take longer.
    ConstantRate,
}

/// Pitches of `N` voices in MIDI keys, each gliding to a target.
#[derive(Clone, Copy, Debug)]
pub struct Glide<const N: usize> {
    to: F32s<N>,
    /// Interval of the whole glide, in keys.
    way: [f64; N],
    /// Part of the glide that is left: exact for glides of any length, while a pitch accumulated in tiny steps would not
    /// be.
    left: [f64; N],
    pitch: F32s<N>,
}

impl<const N: usize> Default for Glide<N> {
    fn default() -> Self {
        Self {
            to: F32s::ZERO,
            way: [0.0; N],
            left: [0.0; N],
            pitch: F32s::ZERO,
        }
    }
}

impl<const N: usize> Glide<N> {
    /// Sets the lanes in `mask` to `from`, to glide to `to` from the next tick on.
    pub fn start(&mut self, mask: Mask, from: F32s<N>, to: F32s<N>) {
        self.pitch = self.pitch.blend(from.clamp(-FAREST, FAREST), mask);
        self.retarget(mask, to);
    }

    /// Starts a glide of the lanes in `mask` from their present pitches to `to`.
    pub fn retarget(&mut self, mask: Mask, to: F32s<N>) {
        self.to = self.to.blend(to.clamp(-FAREST, FAREST), mask);
        for lane in ones(u64::from(mask)) {
            self.way[lane] = f64::from(self.to.0[lane]) - f64::from(self.pitch.0[lane]);
            self.left[lane] = if self.way[lane] == 0.0 { 0.0 } else { 1.0 };
        }
    }

    /// Advances all lanes by a tick and returns their pitches at its end. `time` is in seconds, 0 (arrival at the end of
    /// the tick) to 100.
    #[inline(always)]
    pub fn tick(&mut self, time: F32s<N>, mode: GlideMode, sample_rate: f32) -> F32s<N> {
        self.advance(TICK, time, mode, sample_rate, Mask::MAX)
    }

    /// Advances the lanes in `mask` like [`tick`](Self::tick), by the `samples` that are left of a tick.
    #[inline(always)]
    pub fn advance(
        &mut self,
        samples: usize,
        time: F32s<N>,
        mode: GlideMode,
        sample_rate: f32,
        mask: Mask,
    ) -> F32s<N> {
        let seconds = samples as f64 / f64::from(sample_rate);
        let times = time.clamp(0.0, LONGEST);
        for lane in 0..N {
            let time = f64::from(times.0[lane]);
            let whole = match mode {
                GlideMode::ConstantTime => time,
                GlideMode::ConstantRate => time * self.way[lane].abs() * (1.0 / 12.0),
            };
            // The glide may end before the tick does.
            let left = self.left[lane] * whole - seconds;
            let left = if left > 0.0 { left / whole } else { 0.0 };
            let pitch = (f64::from(self.to.0[lane]) - self.way[lane] * left) as f32;
            if mask & (1 << lane) != 0 {
                self.left[lane] = left;
                self.pitch.0[lane] = pitch;
            }
        }
        self.pitch
    }

    /// Returns the pitches that were last computed.
    #[inline(always)]
    pub fn pitch(&self) -> F32s<N> {
        self.pitch
    }

    /// Returns the lanes whose glide has not ended.
    pub fn gliding(&self) -> Mask {
        (0..N).fold(0, |mask, lane| {
            mask | Mask::from(self.left[lane] != 0.0) << lane
        })
    }
}
