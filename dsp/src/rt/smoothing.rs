//! The smoothing bank: all smoothed parameters side by side, advancing together once per tick.

/// `N` linear ramps. A lane that rests is skipped, and arrives exactly when it moves. `[audio]`
#[derive(Clone, Debug)]
pub struct SmoothingBank<const N: usize> {
    value: [f32; N],
    target: [f32; N],
    step: [f32; N],
    ticks_left: [u32; N],
}

impl<const N: usize> Default for SmoothingBank<N> {
    fn default() -> Self {
        Self {
            value: [0.0; N],
            target: [0.0; N],
            step: [0.0; N],
            ticks_left: [0; N],
        }
    }
}

impl<const N: usize> SmoothingBank<N> {
    /// Sends `lane` to `target` within `ticks` (0: at the next tick). A lane already on its way
    /// there keeps its pace.
    pub fn set_target(&mut self, lane: usize, target: f32, ticks: u32) {
        if self.target[lane] == target {
            return;
        }
        let ticks = ticks.max(1);
        self.target[lane] = target;
        self.ticks_left[lane] = ticks;
        self.step[lane] = (target - self.value[lane]) / ticks as f32;
    }

    /// Puts `lane` on `value` at once.
    pub fn snap(&mut self, lane: usize, value: f32) {
        self.value[lane] = value;
        self.target[lane] = value;
        self.ticks_left[lane] = 0;
    }

    /// Moves every lane on by one tick.
    pub fn tick(&mut self) {
        for lane in 0..N {
            match self.ticks_left[lane] {
                0 => continue,
                1 => self.value[lane] = self.target[lane],
                _ => self.value[lane] += self.step[lane],
            }
            self.ticks_left[lane] -= 1;
        }
    }

    /// Where `lane` is now.
    pub fn value(&self, lane: usize) -> f32 {
        self.value[lane]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_climbs_evenly_and_arrives_exactly() {
        let mut bank = SmoothingBank::<2>::default();
        bank.snap(0, 1.0);
        bank.set_target(0, 4.1, 7);
        let mut last = 1.0;
        for tick in 1..=7 {
            bank.tick();
            let step = bank.value(0) - last;
            assert!(
                (step - 3.1 / 7.0).abs() < 1e-5,
                "step {step} at tick {tick}"
            );
            last = bank.value(0);
        }
        assert_eq!(bank.value(0), 4.1);
        bank.tick();
        assert_eq!(bank.value(0), 4.1);
        assert_eq!(bank.value(1), 0.0);
    }

    #[test]
    fn the_same_target_again_does_not_slow_the_ramp() {
        let mut bank = SmoothingBank::<1>::default();
        for _ in 0..4 {
            bank.set_target(0, 1.0, 4);
            bank.tick();
        }
        assert_eq!(bank.value(0), 1.0);
    }
}
