//! The clock of the engine: a sample counter and the grid of ticks laid over it.
//!
//! Ticks are counted from the absolute sample position and never from the start of a host block, so
//! that the way a host cuts time into blocks cannot be heard.

/// Samples per tick, the control period. A power of two, so that positions within it are exact in
/// `f32`.
pub const TICK: usize = 32;

/// Samples from the one at `phase` in a tick to the middle of what is left of it.
pub const fn halfway(phase: usize) -> usize {
    (TICK - phase) / 2
}

/// The part of the rest of a tick that lies before that: a half, or a little less.
pub const fn part_halfway(phase: usize) -> f32 {
    halfway(phase) as f32 / (TICK - phase) as f32
}

/// Where the engine is in time. `[audio]`
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

    /// Moves on by `samples`.
    pub fn advance(&mut self, samples: usize) {
        self.position += samples as u64;
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
