//! Curves of envelope stages: each sample, and each tick, covers a fixed part of the distance to an asymptote beyond the
//! target.
//!
//! Double precision is needed: 20 s at 768 kHz are steps of a ten-millionth, and 500 000 ticks of them have to reach the
//! target.

use std::array::from_fn;

use crate::rt::TICK;
use crate::synth::f32s::Mask;

/// Minimum bend. Its deviation from a straight line is an eighth of it, below the resolution of single precision, and its
/// asymptote is not too far away for double precision.
const MIN_BEND: f64 = 1e-6;

/// Curves of `N` lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct StageCurve<const N: usize> {
    /// Level that the curve approaches.
    pub(super) asymptote: [f64; N],
    /// Part of the distance to the asymptote that one sample covers.
    pub(super) pull: [f64; N],
    /// Part of the distance that a tick covers.
    pub(super) pull_of_tick: [f64; N],
}

impl<const N: usize> Default for StageCurve<N> {
    /// All lanes constant.
    fn default() -> Self {
        Self {
            asymptote: [0.0; N],
            pull: [0.0; N],
            pull_of_tick: [0.0; N],
        }
    }
}

impl<const N: usize> StageCurve<N> {
    /// Returns these curves with the lanes in `mask` replaced by those of `other`.
    #[inline(always)]
    pub(super) fn blend(&self, other: &Self, mask: Mask) -> Self {
        let blend = |a: &[f64; N], b: &[f64; N]| {
            from_fn(|lane| {
                if mask & (1 << lane) != 0 {
                    b[lane]
                } else {
                    a[lane]
                }
            })
        };
        Self {
            asymptote: blend(&self.asymptote, &other.asymptote),
            pull: blend(&self.pull, &other.pull),
            pull_of_tick: blend(&self.pull_of_tick, &other.pull_of_tick),
        }
    }

    /// Sets the curve of `lane`.
    pub(super) fn set(&mut self, lane: usize, course: &StageCurve<1>) {
        self.asymptote[lane] = course.asymptote[0];
        self.pull[lane] = course.pull[0];
        self.pull_of_tick[lane] = course.pull_of_tick[0];
    }
}

/// Returns curves from `levels` to `targets` within `samples`, along which the slope falls by a factor of e `bends`
/// times, or grows if that is negative. Lanes without an end, or already at their target, stay constant.
#[inline(always)]
pub(super) fn stage_curves<const N: usize>(
    levels: [f64; N],
    targets: [f64; N],
    samples: [f64; N],
    bends: [f64; N],
) -> StageCurve<N> {
    // Loops throughout: a closure that is not inlined is not compiled for wide vectors.
    let mut course = StageCurve {
        asymptote: levels,
        pull: [0.0; N],
        pull_of_tick: [0.0; N],
    };
    for lane in 0..N {
        let bend = if bends[lane].abs() < MIN_BEND {
            MIN_BEND
        } else {
            bends[lane]
        };
        course.asymptote[lane] += (targets[lane] - levels[lane]) / part(bend);
        course.pull[lane] = part(bend / samples[lane].max(1.0));
        course.pull_of_tick[lane] = course.pull[lane];
    }
    for _ in 0..TICK.ilog2() {
        for pull in &mut course.pull_of_tick {
            *pull = twice(*pull);
        }
    }
    course
}

/// Returns the part of a distance that two steps cover, each of which covers `part` of the rest.
#[inline(always)]
fn twice(part: f64) -> f64 {
    part * (2.0 - part)
}

/// Returns 1 − exp(−`bend`), for −7 to 7, at full relative precision however small. Own arithmetic gives the same bits on
/// every machine.
#[inline(always)]
fn part(bend: f64) -> f64 {
    const HALVINGS: usize = 7;
    let x = bend * (1.0 / (1 << HALVINGS) as f64);
    let mut part = 1.0;
    let mut n = 9;
    while n >= 2 {
        part = 1.0 - part * x * (1.0 / n as f64);
        n -= 1;
    }
    part *= x;
    for _ in 0..HALVINGS {
        part = twice(part);
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_all_their_digits() {
        for n in -700..=700 {
            for scale in [1e-2, 1e-5, 1e-9] {
                let bend = f64::from(n) * scale;
                let (got, want) = (part(bend), -(-bend).exp_m1());
                assert!(
                    (got - want).abs() <= 1e-13 * want.abs(),
                    "{bend}: {got} for {want}"
                );
            }
        }
    }
}
