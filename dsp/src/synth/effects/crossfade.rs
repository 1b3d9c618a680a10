//! A cross-fade between two places to read from, and values that glide.

use crate::rt::{Ramp, TICK};

/// Where to read from, and, while that changes, where from besides.
///
/// A head that glided to its new place would bend the pitch of all that it passes. So a second one is set
/// there and the sound goes over to it, on a smooth step. A fade once begun runs to its end: only then does
/// the next one begin, towards the newest target. A target that moves at every tick is thus followed in steps of
/// one fade.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crossfade<T> {
    from: T,
    to: T,
    ticks: u32,
    done: u32,
    share: Ramp,
}

impl<T: Copy + PartialEq> Crossfade<T> {
    /// How long a fade takes.
    pub fn prepare(&mut self, seconds: f32, sample_rate: f32) {
        self.ticks = (seconds * sample_rate / TICK as f32).ceil().max(1.0) as u32;
    }

    /// Rests at `place`.
    pub fn jump_to(&mut self, place: T) {
        self.from = place;
        self.to = place;
        self.share = Ramp::default();
    }

    /// At a tick.
    pub fn ramp_to(&mut self, target: T) {
        if self.is_running() {
            self.done += 1;
            if self.done >= self.ticks {
                self.from = self.to;
            }
        }
        if !self.is_running() {
            self.to = target;
            self.done = 0;
        }
        self.share = if self.is_running() {
            Ramp::new(self.step(self.done), self.step(self.done + 1))
        } else {
            Ramp::default()
        };
    }

    /// Whether there are two places.
    pub fn is_running(&self) -> bool {
        self.from != self.to
    }

    /// The place that is left, or the only one.
    pub fn from(&self) -> T {
        self.from
    }

    /// The place that is gone to.
    pub fn to(&self) -> T {
        self.to
    }

    /// How much of the sound comes from [`to`](Self::to).
    pub fn mix(&self) -> Ramp {
        self.share
    }

    fn step(&self, done: u32) -> f32 {
        let x = done as f32 / self.ticks as f32;
        x * x * (3.0 - 2.0 * x)
    }
}

/// Share of the way to a target that a value goes in a tick to follow with the time constant `seconds`.
pub fn glide(seconds: f32, sample_rate: f32) -> f32 {
    1.0 - f64::from(-(TICK as f32) / (seconds * sample_rate)).exp() as f32
}

/// At a tick: sets out over `mix` of the way to `target`.
pub fn approach(ramp: &mut Ramp, target: f32, share: f32) {
    ramp.ramp_to(toward(ramp.end(), target, share));
}

/// `mix` of the way from `here` to `target`, and all of it where that is little.
pub fn toward(here: f32, target: f32, share: f32) -> f32 {
    let way = target - here;
    if way.abs() < 1e-5 {
        target
    } else {
        here + share * way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_is_finished_before_the_newest_goal_is_followed() {
        let mut fade = Crossfade::default();
        fade.prepare(0.01, 32_000.0);
        fade.jump_to(5);
        let mut share = 0.0;
        let mut seen = Vec::new();
        for target in 6..40 {
            fade.ramp_to(target);
            seen.push(fade.to());
            if fade.mix().start() != 0.0 {
                assert_eq!(fade.mix().start(), share);
            } else {
                assert!(share == 0.0 || share == 1.0);
            }
            share = fade.mix().end();
        }
        let want: Vec<i32> = (0..34).map(|n| 6 + n / 10 * 10).collect();
        assert_eq!(seen, want);
    }
}
