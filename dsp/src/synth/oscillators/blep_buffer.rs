//! Delayed output of an oscillator: the sum of the naive waves of a unison, and the residuals of their discontinuities.
//!
//! Discontinuities are few, and each lies in one lane: residuals are stored along time, a row for each lane, and
//! transposed when they are output.

use std::array::from_fn;
use std::mem::replace;

use super::super::f32s::F32s;
use super::blep_kernel::{DELAY, Kernel, Order, TAPS};
use crate::rt::TICK;

/// Delayed output of one side, for `N` voices.
#[derive(Clone, Copy, Debug)]
pub struct BlepBuffer<const N: usize> {
    /// The last naive samples, indexed by their position in the tick modulo the delay.
    delayed: [F32s<N>; DELAY],
    /// Residual of each lane from the beginning of the tick on.
    residual: [[f32; 2 * TICK]; N],
    /// Ticks for which the residual may still be nonzero.
    pending: usize,
}

impl<const N: usize> Default for BlepBuffer<N> {
    fn default() -> Self {
        Self {
            delayed: [F32s::ZERO; DELAY],
            residual: [[0.0; 2 * TICK]; N],
            pending: 0,
        }
    }
}

impl<const N: usize> BlepBuffer<N> {
    /// Clears the delayed output of a lane.
    pub fn clear(&mut self, lane: usize) {
        for delayed in &mut self.delayed {
            delayed.0[lane] = 0.0;
        }
        self.residual[lane] = [0.0; 2 * TICK];
    }

    /// Copies a lane from `other`, which has taken in its first [`DELAY`] samples: they are output from sample `from` on.
    pub fn take_over(&mut self, from: usize, other: &Self, lane: usize) {
        for n in 0..DELAY {
            self.delayed[(from + n) % DELAY].0[lane] = other.delayed[n].0[lane];
        }
        let residual = &other.residual[lane][DELAY..DELAY + TAPS];
        self.residual[lane][from..from + TAPS].copy_from_slice(residual);
        self.pending = self.pending.max(other.pending);
    }

    /// Takes in the naive wave from sample `from` of the tick on and replaces it by the delayed output.
    #[inline(always)]
    pub fn process(&mut self, from: usize, wave: &mut [F32s<N>]) {
        // Without a residual 0 is added all the same, so that a zero has the same sign in both cases.
        if self.pending > 0 {
            for (n, wave) in wave.iter_mut().enumerate() {
                let residual = F32s(from_fn(|lane| self.residual[lane][from + n]));
                *wave = replace(&mut self.delayed[(from + n) % DELAY], *wave) + residual;
            }
        } else {
            for (n, wave) in wave.iter_mut().enumerate() {
                *wave = replace(&mut self.delayed[(from + n) % DELAY], *wave) + F32s::ZERO;
            }
        }
        if from + wave.len() == TICK && self.pending > 0 {
            for residual in &mut self.residual {
                residual.copy_within(TICK.., 0);
                residual[TICK..].fill(0.0);
            }
            self.pending -= 1;
        }
    }
}

/// Discontinuity of one wave.
#[derive(Clone, Copy, Debug)]
pub struct Discontinuity {
    /// Order of the derivative that jumps.
    pub order: Order,
    /// Samples between the event and the sample at `index` of the tick, which follows it.
    pub since: f32,
    /// Height of the jump.
    pub height: f32,
    /// Lane of the voice.
    pub lane: u16,
    /// Position in the tick of the sample that follows the event.
    pub index: u16,
    /// Gains for left and right.
    pub gains: [f32; 2],
}

/// Discontinuities that wait for their residuals to be added, so that finding and adding are separate loops.
#[derive(Clone, Copy, Debug)]
pub struct DiscontinuityBatch {
    events: [Discontinuity; Self::SIZE],
    count: usize,
}

impl DiscontinuityBatch {
    const SIZE: usize = 32;
    /// Maximum number of discontinuities of one wave at one sample.
    const AT_ONCE: usize = 12;

    /// Adds a discontinuity; one of height 0 is ignored.
    #[inline(always)]
    pub fn push(&mut self, event: Discontinuity) {
        self.events[self.count] = event;
        self.count += usize::from(event.height != 0.0);
    }

    /// Returns true if there is no room for the maximum of one wave at one sample.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.count > Self::SIZE - Self::AT_ONCE
    }

    /// Adds all residuals to both channels, or to the left one alone, and empties the batch.
    #[inline(always)]
    pub fn mix<const N: usize>(
        &mut self,
        kernel: &Kernel,
        channels: &mut [BlepBuffer<N>; 2],
        stereo: bool,
    ) {
        for event in &self.events[..self.count] {
            let taps = kernel
                .taps(event.order, event.since)
                .map(|tap| tap * event.height);
            for (channel, gain) in
                channels
                    .iter_mut()
                    .zip(event.gains)
                    .take(if stereo { 2 } else { 1 })
            {
                channel.pending = 2;
                let index = usize::from(event.index);
                let place = &mut channel.residual[usize::from(event.lane)][index..index + TAPS];
                for (residual, tap) in place.iter_mut().zip(&taps) {
                    *residual += tap * gain;
                }
            }
        }
        self.count = 0;
    }
}

impl Default for DiscontinuityBatch {
    #[inline(always)]
    fn default() -> Self {
        let none = Discontinuity {
            order: Order::Step,
            since: 0.0,
            height: 0.0,
            lane: 0,
            index: 0,
            gains: [0.0; 2],
        };
        Self {
            events: [none; Self::SIZE],
            count: 0,
        }
    }
}
