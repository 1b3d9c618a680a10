//! A straight line across one tick.

use super::TICK;

/// A value that moves linearly from the start of a tick to the start of the next one.
///
/// The value at a sample is computed from its place in the tick instead of being accumulated, so
/// that cutting the tick into pieces changes no bit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramp {
    start: f32,
    end: f32,
}

impl Ramp {
    /// A line that rests at `value`.
    pub fn resting(value: f32) -> Self {
        Self {
            start: value,
            end: value,
        }
    }

    /// At a tick: goes on from where the last line ended, towards `end`.
    pub fn aim(&mut self, end: f32) {
        *self = Self {
            start: self.end,
            end,
        };
    }

    /// The value `index` samples into the tick, `0..TICK`.
    #[inline(always)]
    pub fn at(&self, index: usize) -> f32 {
        self.start + (self.end - self.start) * (index as f32 * (1.0 / TICK as f32))
    }

    /// The value that the tick ends on.
    pub fn end(&self) -> f32 {
        self.end
    }

    /// Whether the whole tick holds one value.
    pub fn rests(&self) -> bool {
        self.start == self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_lines_join_and_a_resting_one_is_exact() {
        let mut ramp = Ramp::resting(0.1);
        assert!((0..TICK).all(|i| ramp.at(i) == 0.1));
        ramp.aim(0.7);
        assert_eq!(ramp.at(0), 0.1);
        let last = ramp.at(TICK - 1);
        ramp.aim(0.7);
        assert!((0.7 - last - 0.6 / TICK as f32).abs() < 1e-6);
        assert!(ramp.rests() && (0..TICK).all(|i| ramp.at(i) == 0.7));
    }
}
