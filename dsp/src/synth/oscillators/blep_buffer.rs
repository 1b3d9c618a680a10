//! What is on its way to the output: the sharp waves of all voices of a unison, delayed, and what smooths them.
//!
//! Events are few, and each in one lane: their residual lies along time, a row for each lane, and is turned into lanes
//! when it comes out.

use std::array::from_fn;
use std::mem::replace;

use super::super::f32s::F32s;
use super::blep_kernel::{DELAY, Kernel, Order, TAPS};
use crate::rt::TICK;

/// What is on its way to one side, of `N` voices.
#[derive(Clone, Copy, Debug)]
pub struct BlepBuffer<const N: usize> {
    /// The last sharp samples, at the place in the tick where they were made.
    delayed: [F32s<N>; DELAY],
    /// The residual of each lane from the beginning of the tick on.
    residual: [[f32; 2 * TICK]; N],
    /// Ticks for which the residual may be other than nothing yet.
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
    /// Nothing is on its way in a lane any more.
    pub fn clear(&mut self, lane: usize) {
        for delayed in &mut self.delayed {
            delayed.0[lane] = 0.0;
        }
        self.residual[lane] = [0.0; 2 * TICK];
    }

    /// A lane goes on as that of `other`, which has taken its first [`DELAY`] samples: they come out from the sample `from`
    /// on.
    pub fn take_over(&mut self, from: usize, other: &Self, lane: usize) {
        for n in 0..DELAY {
            self.delayed[(from + n) % DELAY].0[lane] = other.delayed[n].0[lane];
        }
        let residual = &other.residual[lane][DELAY..DELAY + TAPS];
        self.residual[lane][from..from + TAPS].copy_from_slice(residual);
        self.pending = self.pending.max(other.pending);
    }

    /// Takes the sharp wave from the sample `from` of the tick on and gives what comes out instead.
    #[inline(always)]
    pub fn process(&mut self, from: usize, wave: &mut [F32s<N>]) {
        // Without a residual a zero is added all the same: it gives a zero the sign that it has with one.
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

/// One jump of one wave.
#[derive(Clone, Copy, Debug)]
pub struct Discontinuity {
    /// What jumps.
    pub order: Order,
    /// Samples between it and the one at `index` in the tick, which comes after it.
    pub since: f32,
    /// By how much.
    pub height: f32,
    /// Whose it is.
    pub lane: u16,
    /// Place in the tick of the sample that comes after it.
    pub index: u16,
    /// How much of it goes to the left and to the right.
    pub gains: [f32; 2],
}

/// Events that have been found and wait for their residual, so that finding and adding keep out of each other's way.
#[derive(Clone, Copy, Debug)]
pub struct DiscontinuityBatch {
    events: [Discontinuity; Self::SIZE],
    count: usize,
}

impl DiscontinuityBatch {
    const SIZE: usize = 32;
    /// The most that one wave has at one sample.
    const AT_ONCE: usize = 12;

    /// Takes an event; one of no height is none.
    #[inline(always)]
    pub fn push(&mut self, event: Discontinuity) {
        self.events[self.count] = event;
        self.count += usize::from(event.height != 0.0);
    }

    /// Whether there is no room for all that one wave may have at one sample.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.count > Self::SIZE - Self::AT_ONCE
    }

    /// Adds the residuals of all of them to the channels, or to the left one alone.
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
