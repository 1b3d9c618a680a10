//! Limit on the number of splits that events cause within a tick.
//!
//! A split costs as much as some tens of samples, because per-segment work of all voices is repeated. Music needs a few
//! splits in 10 ms; a flood of events would need one at every sample, at several times the cost of real time. So in
//! every [`SPAN`] samples a limited number of splits lie on the events' own samples, and further events wait for the
//! next multiple of [`GRID`] samples. Both are counted from the last reset and not from the start of a block, so that
//! block sizes make no difference.

use crate::rt::TICK;

/// Number of samples within which splits are counted: 10.7 ms at 48 kHz.
pub(super) const SPAN: u64 = 512;
/// Number of splits per span that lie on any sample: 6000 a second at 48 kHz.
const FREE: u32 = 64;
/// Grid of further splits in samples.
pub(super) const GRID: u64 = 8;

const _: () = assert!((TICK as u64).is_multiple_of(GRID) && SPAN.is_multiple_of(TICK as u64));

/// Counts the splits in the running span. `[audio]`
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SplitLimiter {
    /// Number of the running span.
    span: u64,
    count: u32,
}

impl SplitLimiter {
    /// Returns true if an event may take effect at `position`, in samples since the last reset.
    pub(super) fn allow(&self, position: u64) -> bool {
        let spent = position / SPAN == self.span && self.count >= FREE;
        !spent || position.is_multiple_of(GRID)
    }

    /// Returns the first position from `position` on at which an event may take effect.
    pub(super) fn next(&self, position: u64) -> u64 {
        if self.allow(position) {
            position
        } else {
            position.next_multiple_of(GRID)
        }
    }

    /// Counts a split at `position`. Ticks are split anyway and do not count.
    pub(super) fn record(&mut self, position: u64) {
        if position.is_multiple_of(TICK as u64) {
            return;
        }
        let span = position / SPAN;
        if span != self.span {
            *self = Self { span, count: 0 };
        }
        self.count = self.count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_on_the_grid_once_its_span_is_spent_and_music_is_not() {
        let mut limiter = SplitLimiter::default();
        let mut made = Vec::new();
        for position in 0..2 * SPAN {
            if limiter.allow(position) {
                limiter.record(position);
                made.push(position);
            } else {
                let next = limiter.next(position);
                assert!(next > position && next - position < GRID && limiter.allow(next));
            }
        }
        for span in made.chunk_by(|a, b| a / SPAN == b / SPAN) {
            let within = span.iter().filter(|at| !at.is_multiple_of(TICK as u64));
            assert!(within.clone().count() <= (u64::from(FREE) + SPAN / GRID) as usize);
            let early = within.take(FREE as usize);
            assert!(early.into_iter().any(|at| !at.is_multiple_of(GRID)));
        }
        let mut limiter = SplitLimiter::default();
        for position in (0..100 * SPAN).step_by(9) {
            assert_eq!(limiter.next(position), position);
            limiter.record(position);
        }
    }
}
