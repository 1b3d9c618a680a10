//! The engine's clock: a sample counter and the grid of ticks on it.
//!
//! Ticks are counted from the absolute sample position and never from the start of a host block, so that the host's
//! block size does not affect the output.

/// Samples per tick, the control period. A power of two, so that positions within a tick are exact in `f32`.
pub const TICK: usize = 32;

/// Returns the samples from `phase` to the middle of the rest of the tick, rounded down.
pub const fn halfway(phase: usize) -> usize {
    (TICK - phase) / 2
}

/// Returns [`halfway`] as a fraction of the rest of the tick: a half, or slightly less.
pub const fn part_halfway(phase: usize) -> f32 {
    halfway(phase) as f32 / (TICK - phase) as f32
}

/// Position of the engine in samples and ticks. `[audio]`
#[derive(Clone, Copy, Debug, Default)]
pub struct TickClock {
    position: u64,
}

impl TickClock {
    /// Samples since the last reset.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Samples since the last tick, below [`TICK`].
    pub fn phase(&self) -> usize {
        (self.position % TICK as u64) as usize
    }

    /// Samples up to the next tick, at least 1 and at most [`TICK`].
    pub fn until_next(&self) -> usize {
        TICK - self.phase()
    }

    /// Advances by `samples`.
    pub fn advance(&mut self, samples: usize) {
        self.position += samples as u64;
    }

    /// Advances to the next multiple of `samples`, itself a multiple of [`TICK`], unless the position is one.
    pub fn align(&mut self, samples: u64) {
        self.position = self.position.next_multiple_of(samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_hangs_on_the_absolute_position() {
        let mut clock = TickClock::default();
        let mut ticks = Vec::new();
        for step in [1, 5, 26, 32, 31, 1, 7].into_iter().cycle().take(200) {
            let step = step.min(clock.until_next());
            if clock.phase() == 0 {
                ticks.push(clock.position());
            }
            clock.advance(step);
        }
        assert!(ticks.len() > 50);
        assert!(
            ticks
                .iter()
                .enumerate()
                .all(|(n, at)| *at == (n * TICK) as u64)
        );
    }
}
