//! Portamento of a group of voices: each slides to its key in a straight line of pitch.

#[cfg(test)]
mod tests;

use super::f32s::{F32s, Mask};
use crate::rt::{TICK, ones};

/// The longest time in seconds.
const LONGEST: f32 = 100.0;
/// Pitches are taken into this range, in keys either side of 0.
const FAREST: f32 = 10_000.0;

/// What the time of a glide is the time of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlideMode {
    /// Of every glide, however far.
    #[default]
    ConstantTime,
    /// Of an octave: it takes longer to go farther.
    ConstantRate,
}

/// `N` pitches in MIDI keys, each on its way to one.
#[derive(Clone, Copy, Debug)]
pub struct Glide<const N: usize> {
    to: F32s<N>,
    /// Keys from where the glide began to where it ends.
    way: [f64; N],
    /// The share of the way that is still to go: exact for glides of any length, which a pitch that takes tiny steps
    /// is not.
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
    /// The lanes in `mask` are at `from` and set out for `to` at the next tick.
    pub fn start(&mut self, mask: Mask, from: F32s<N>, to: F32s<N>) {
        self.pitch = self.pitch.blend(from.clamp(-FAREST, FAREST), mask);
        self.retarget(mask, to);
    }

    /// The lanes in `mask` set out for `to` from where they are.
    pub fn retarget(&mut self, mask: Mask, to: F32s<N>) {
        self.to = self.to.blend(to.clamp(-FAREST, FAREST), mask);
        for lane in ones(u64::from(mask)) {
            self.way[lane] = f64::from(self.to.0[lane]) - f64::from(self.pitch.0[lane]);
            self.left[lane] = if self.way[lane] == 0.0 { 0.0 } else { 1.0 };
        }
    }

    /// At a tick: the pitches at the end of the tick that begins. `time` is in seconds, 0 (there at the end of
    /// the tick) to 100.
    #[inline(always)]
    pub fn tick(&mut self, time: F32s<N>, mode: GlideMode, sample_rate: f32) -> F32s<N> {
        self.advance(TICK, time, mode, sample_rate, Mask::MAX)
    }

    /// As [`tick`](Self::tick), for the lanes in `mask` and the `samples` that are left of a tick.
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
            // A way that is over before the tick is.
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

    /// The pitches that were last told.
    #[inline(always)]
    pub fn pitch(&self) -> F32s<N> {
        self.pitch
    }

    /// The lanes that have not arrived.
    pub fn gliding(&self) -> Mask {
        (0..N).fold(0, |mask, lane| {
            mask | Mask::from(self.left[lane] != 0.0) << lane
        })
    }
}
