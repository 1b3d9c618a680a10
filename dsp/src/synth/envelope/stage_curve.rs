//! How an envelope goes from one level to another: each sample, and each tick, takes a fixed part of the way to an
//! asymptote that lies beyond the target.
//!
//! In double precision: 20 s at 768 kHz are steps of a ten-millionth, and 500 000 ticks of them have to arrive.

use std::array::from_fn;

use crate::rt::TICK;
use crate::synth::f32s::Mask;

/// The least bend. A line that is bent so little leaves the straight one by an eighth of it, which single precision
/// cannot tell, and its asymptote is not too far away for double precision.
const MIN_BEND: f64 = 1e-6;

/// The courses of `N` lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct StageCurve<const N: usize> {
    /// The level to which it would go if it never stopped.
    pub(super) asymptote: [f64; N],
    /// The part of the way there that one sample takes.
    pub(super) pull: [f64; N],
    /// The part of it that a tick takes.
    pub(super) pull_of_tick: [f64; N],
}

impl<const N: usize> Default for StageCurve<N> {
    /// Nobody moves.
    fn default() -> Self {
        Self {
            asymptote: [0.0; N],
            pull: [0.0; N],
            pull_of_tick: [0.0; N],
        }
    }
}

impl<const N: usize> StageCurve<N> {
    /// This, but `other` in the lanes in `mask`.
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

    /// `lane` takes a course of its own.
    pub(super) fn set(&mut self, lane: usize, course: &StageCurve<1>) {
        self.asymptote[lane] = course.asymptote[0];
        self.pull[lane] = course.pull[0];
        self.pull_of_tick[lane] = course.pull_of_tick[0];
    }
}

/// Courses from `levels` to `targets` within `samples`, along which what is still to go falls `bends` times to one part
/// in e, or grows if that is negative. Who has no end, or nowhere to go, stays.
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

/// The part of a way that two steps take, of which each takes `part`.
#[inline(always)]
fn twice(part: f64) -> f64 {
    part * (2.0 - part)
}

/// 1 − exp(−`retarget_at`), for −7 to 7, with all its digits however small. Own arithmetic, so that every machine has the same.
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
