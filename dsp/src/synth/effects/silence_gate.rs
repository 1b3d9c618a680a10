//! Silence gate of an effect: decides when the effect is idle, and zeroes invalid input.

use crate::rt::TICK;
use crate::synth::denormals::flush;

/// −120 dBFS, below which a tail is not worth computing.
const QUIET: i32 = 1e-6_f32.to_bits() as i32;
/// +120 dBFS, beyond which a sample is a fault, which would take minutes to decay.
const MOST: f32 = 1e6;
/// Bits of infinity. Magnitudes are compared as bits: the order is the same, and NaN lies above all finite values.
const INFINITE: i32 = f32::INFINITY.to_bits() as i32;

/// Decides when an effect goes idle and when it wakes.
///
/// An effect goes idle at the tick at which its input has been zero for a tick and everything that it can still read is
/// below −120 dBFS. It wakes at the first sample that is not zero, wherever the tick is split.
#[derive(Clone, Copy, Debug)]
pub struct SilenceGate {
    idle: bool,
    input: i32,
    inside: i32,
    quiet: usize,
    non_finite: u32,
}

impl Default for SilenceGate {
    fn default() -> Self {
        Self {
            idle: true,
            input: 0,
            inside: 0,
            quiet: 0,
            non_finite: 0,
        }
    }
}

impl SilenceGate {
    /// Goes idle, as if nothing had been observed. The non-finite count is kept.
    pub fn reset(&mut self) {
        *self = Self {
            non_finite: self.non_finite,
            ..Self::default()
        };
    }

    /// Observes the input and returns the index that the effect has to compute from: the length of the input if it stays
    /// idle.
    ///
    /// Samples below −300 dBFS become 0. NaN, infinities and samples beyond +120 dBFS become 0 too, and are counted.
    #[inline(always)]
    pub fn observe_input(&mut self, left: &mut [f32], right: &mut [f32]) -> usize {
        let mut loudest = tame(left).max(tame(right));
        if loudest > MOST.to_bits() as i32 {
            loudest = self.zero_invalid(left).max(self.zero_invalid(right));
        }
        self.input = self.input.max(loudest);
        if !self.idle {
            return 0;
        }
        if loudest == 0 {
            return left.len();
        }
        let sounding = left.iter().zip(&*right);
        let first = sounding.take_while(|(l, r)| **l == 0.0 && **r == 0.0);
        let first = first.count();
        self.idle = first == left.len();
        first
    }

    /// Observes samples that are written where they will be read again.
    #[inline(always)]
    pub fn observe_feedback(&mut self, samples: &[f32]) {
        self.inside = self.inside.max(loudest(samples));
    }

    /// At a tick: returns true if the effect has to clear itself, because it goes idle or because a sample in it is not
    /// finite. `reach` is the distance in samples that the effect reads back.
    pub fn update_idle(&mut self, reach: usize) -> bool {
        if self.idle {
            return false;
        }
        let broken = self.inside >= INFINITE;
        self.non_finite = self.non_finite.saturating_add(u32::from(broken));
        self.quiet = if self.inside < QUIET {
            self.quiet.saturating_add(TICK)
        } else {
            0
        };
        let silent = self.input == 0 && self.quiet >= reach;
        self.input = 0;
        self.inside = 0;
        if broken || silent {
            self.reset();
        }
        self.idle
    }

    /// Counts a value in the effect that is not finite.
    #[cold]
    pub fn count_non_finite(&mut self) {
        self.non_finite = self.non_finite.saturating_add(1);
    }

    /// Returns true if the effect is silent and cleared.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// Returns the number of values that were not finite or beyond +120 dBFS since the last call.
    pub fn non_finite_count(&mut self) -> u32 {
        std::mem::take(&mut self.non_finite)
    }

    #[cold]
    fn zero_invalid(&mut self, samples: &mut [f32]) -> i32 {
        for x in &mut *samples {
            if magnitude(*x) > MOST.to_bits() as i32 {
                *x = 0.0;
                self.non_finite = self.non_finite.saturating_add(1);
            }
        }
        loudest(samples)
    }
}

/// Returns `x`, or 0 if it is not finite.
#[inline(always)]
pub fn finite(x: f32) -> f32 {
    if x.abs() < f32::INFINITY { x } else { 0.0 }
}

/// Returns the bits of the largest magnitude.
#[inline(always)]
pub fn loudest(samples: &[f32]) -> i32 {
    samples
        .iter()
        .fold(0, |loudest, x| loudest.max(magnitude(*x)))
}

/// Returns true if all samples are finite.
#[inline(always)]
pub fn all_finite(samples: &[f32]) -> bool {
    loudest(samples) < INFINITE
}

#[inline(always)]
fn magnitude(x: f32) -> i32 {
    (x.to_bits() & 0x7fff_ffff) as i32
}

/// Flushes the samples and returns the bits of the largest magnitude.
#[inline(always)]
fn tame(samples: &mut [f32]) -> i32 {
    let mut loudest = 0;
    for x in samples {
        *x = flush(*x);
        loudest = loudest.max(magnitude(*x));
    }
    loudest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_wakes_on_the_sample_and_sleeps_when_all_is_quiet() {
        let mut gate = SilenceGate::default();
        let mut none = [0.0; 32];
        let mut some = [-0.0, 1e-30, 0.0, 0.5];
        assert_eq!(gate.observe_input(&mut none, &mut [0.0; 32]), 32);
        assert_eq!(gate.observe_input(&mut [0.0; 4], &mut some), 3);
        assert_eq!(
            some.map(f32::to_bits),
            [0.0, 0.0, 0.0, 0.5].map(f32::to_bits)
        );
        assert!(!gate.update_idle(64), "there was input");
        gate.observe_feedback(&[0.0, -1e-3]);
        assert!(!gate.update_idle(64), "something sounds inside");
        gate.observe_feedback(&[1e-7]);
        assert!(!gate.update_idle(64), "some of it can still be read");
        assert!(gate.update_idle(64) && gate.is_idle());
    }

    #[test]
    fn values_that_are_not_finite_are_counted() {
        let mut gate = SilenceGate::default();
        let mut left = [f32::NAN, 0.0, f32::INFINITY, 1e30];
        let mut right = [0.0, 0.0, -1e6, 1e-40];
        assert_eq!(gate.observe_input(&mut left, &mut right), 2);
        assert_eq!((left, right), ([0.0; 4], [0.0, 0.0, -1e6, 0.0]));
        assert_eq!((gate.non_finite_count(), gate.non_finite_count()), (3, 0));
        gate.observe_feedback(&[1.0, f32::NAN, 2.0]);
        assert!(gate.update_idle(1000));
        assert_eq!(gate.non_finite_count(), 1);
    }
}
