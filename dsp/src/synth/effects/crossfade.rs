//! A cross-fade between two read positions, and values that glide.

use crate::rt::{Ramp, TICK};

/// A read position, and a second one while it changes.
///
/// A read head that glided to a new position would bend the pitch. So a second head starts at the new position, and the
/// sound cross-fades to it along a smoothstep. A running cross-fade always ends before the next one begins, towards the
/// newest target. A target that moves at every tick is thus followed in steps of one cross-fade.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crossfade<T> {
    from: T,
    to: T,
    ticks: u32,
    done: u32,
    share: Ramp,
}

impl<T: Copy + PartialEq> Crossfade<T> {
    /// Sets the duration of a cross-fade.
    pub fn prepare(&mut self, seconds: f32, sample_rate: f32) {
        self.ticks = (seconds * sample_rate / TICK as f32).ceil().max(1.0) as u32;
    }

    /// Goes to `place` at once.
    pub fn jump_to(&mut self, place: T) {
        self.from = place;
        self.to = place;
        self.share = Ramp::default();
    }

    /// At a tick: continues a running cross-fade, or begins one to `target`.
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

    /// Returns true during a cross-fade.
    pub fn is_running(&self) -> bool {
        self.from != self.to
    }

    /// Returns the position that is faded out, or the only one.
    pub fn from(&self) -> T {
        self.from
    }

    /// Returns the position that is faded in, or the only one.
    pub fn to(&self) -> T {
        self.to
    }

    /// Returns the share of [`to`](Self::to) in the sound.
    pub fn mix(&self) -> Ramp {
        self.share
    }

    fn step(&self, done: u32) -> f32 {
        let x = done as f32 / self.ticks as f32;
        x * x * (3.0 - 2.0 * x)
    }
}

/// Returns the share of the way to its target that a value moves by per tick, for a time constant of `seconds`.
pub fn glide(seconds: f32, sample_rate: f32) -> f32 {
    1.0 - f64::from(-(TICK as f32) / (seconds * sample_rate)).exp() as f32
}

/// At a tick: ramps over `share` of the way to `target`.
pub fn approach(ramp: &mut Ramp, target: f32, share: f32) {
    ramp.ramp_to(toward(ramp.end(), target, share));
}

/// Returns the value after `share` of the way from `here` to `target`, or `target` itself if that is near.
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
