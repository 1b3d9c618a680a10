//! Sixteen lanes side by side.

use super::shape::Course;
use crate::rt::Ramp;
use crate::rt::ones;

/// Lanes of a chunk. Four accumulators of the narrowest vectors in use, which hides their latency.
pub const LANES: usize = 16;

/// A lane each.
pub(super) type Lanes = [f32; LANES];

/// The state of the lanes of a chunk, one array per quantity, so that the compiler advances as many lanes
/// at once as the processor's vectors hold.
///
/// Advancing knows no branches and no lanes that are different. One that rests stays, because there is no
/// room between where it is and where it is bound for; and who arrives is asked only in the tick in which the
/// next one does.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Chunk {
    /// The line across the running tick.
    pub(super) start: Lanes,
    pub(super) value: Lanes,
    /// Where the lane is bound for, once it has set out.
    pub(super) target: Lanes,
    /// See [`Course`].
    curve: Lanes,
    decay: Lanes,
    add: Lanes,
    base: Lanes,
    scale: Lanes,
    /// The ticks that each lane had still to go when `gone` was 0.
    left: [u32; LANES],
    /// The ticks since then.
    gone: u32,
    /// What `gone` will be when the next lane has arrived; at most that, if lanes were stopped.
    next_arrival: u32,
    /// The lanes that have not arrived, one bit each.
    travelling: u16,
}

impl Default for Chunk {
    fn default() -> Self {
        Self {
            start: [0.0; LANES],
            value: [0.0; LANES],
            target: [0.0; LANES],
            curve: [0.0; LANES],
            decay: [0.0; LANES],
            add: [0.0; LANES],
            base: [0.0; LANES],
            scale: [0.0; LANES],
            left: [0; LANES],
            gone: 0,
            next_arrival: u32::MAX,
            travelling: 0,
        }
    }
}

impl Chunk {
    /// The lanes that have not arrived where they are bound for, one bit each.
    pub(super) fn travelling(&self) -> u16 {
        self.travelling
    }

    /// The course of a lane across the running tick.
    #[inline]
    pub(super) fn ramp(&self, lane: usize) -> Ramp {
        Ramp::new(self.start[lane], self.value[lane])
    }

    /// Bends the course of a lane in the running tick.
    pub(super) fn bend(&mut self, lane: usize, phase: usize, end: f32) {
        let mut ramp = self.ramp(lane);
        ramp.bend(phase, end);
        self.start[lane] = ramp.start();
        self.value[lane] = end;
    }

    /// Puts a lane on a course to `target`. If there are no ticks to go, it is there with this one.
    pub(super) fn set_out(&mut self, lane: usize, course: &Course, target: f32) {
        self.target[lane] = target;
        if course.ticks == 0 {
            return self.halt(lane);
        }
        self.curve[lane] = course.curve;
        self.decay[lane] = course.decay;
        self.add[lane] = course.add;
        self.base[lane] = course.base;
        self.scale[lane] = course.scale;
        self.travelling |= 1 << lane;
        self.arrive_after(lane, course.ticks);
    }

    /// Lets a lane that is on its way arrive with the next tick.
    pub(super) fn hasten(&mut self, lane: usize) {
        if self.travelling & (1 << lane) != 0 {
            self.arrive_after(lane, 1);
        }
    }

    fn arrive_after(&mut self, lane: usize, ticks: u32) {
        self.left[lane] = self.gone + ticks;
        self.next_arrival = self.next_arrival.min(self.left[lane]);
    }

    /// Puts a lane on `value`, to stay there.
    pub(super) fn snap(&mut self, lane: usize, value: f32) {
        self.start[lane] = value;
        self.value[lane] = value;
        self.target[lane] = value;
        self.halt(lane);
    }

    /// Leaves a lane where it is, with a curve that no longer changes: while others move, it would run off
    /// to where arithmetic is slow.
    fn halt(&mut self, lane: usize) {
        self.travelling &= !(1 << lane);
        self.decay[lane] = 0.0;
        self.add[lane] = 0.0;
    }

    /// Begins a tick in which every lane rests.
    pub(super) fn rest(&mut self) {
        self.start = self.value;
    }

    /// Whether every lane rests in the running tick and the following ones.
    pub(super) fn rests(&self) -> bool {
        self.travelling == 0 && self.start == self.value
    }

    /// Begins a tick: moves every lane on.
    #[inline(always)]
    pub(super) fn advance(&mut self) {
        let (mut value, mut curve) = (self.value, self.curve);
        self.step(&mut value, &mut curve);
        self.start = self.value;
        (self.value, self.curve) = (value, curve);
        self.gone += 1;
        if self.gone == self.next_arrival {
            self.arrive();
        }
    }

    /// Begins so many ticks in each of `chunks`, at most as many as it has corners, which become the values
    /// at the ends of the ticks. To the same bits as one by one.
    ///
    /// A tick waits for the one before it. Two chunks at once fill the time in which they wait.
    #[inline(always)]
    pub(super) fn draw<const N: usize>(mut chunks: [(&mut Self, &mut [Lanes]); N], ticks: usize) {
        let mut done = 0;
        while done < ticks {
            // None arrives before the last of the steps.
            let steps = chunks.iter().fold(ticks - done, |steps, (chunk, _)| {
                steps.min((chunk.next_arrival - chunk.gone) as usize)
            });
            // In locals, which live in registers.
            let mut starts = [[0.0; LANES]; N];
            let mut values: [_; N] = std::array::from_fn(|n| chunks[n].0.value);
            let mut curves: [_; N] = std::array::from_fn(|n| chunks[n].0.curve);
            for tick in done..done + steps {
                for (n, (chunk, corners)) in chunks.iter_mut().enumerate() {
                    starts[n] = values[n];
                    chunk.step(&mut values[n], &mut curves[n]);
                    corners[tick] = values[n];
                }
            }
            done += steps;
            for (n, (chunk, corners)) in chunks.iter_mut().enumerate() {
                (chunk.start, chunk.value, chunk.curve) = (starts[n], values[n], curves[n]);
                chunk.gone += steps as u32;
                if chunk.gone == chunk.next_arrival {
                    chunk.arrive();
                    corners[done - 1] = chunk.value;
                }
            }
        }
    }

    /// Where every lane is a tick later, if it is still on its way then.
    #[inline(always)]
    fn step(&self, value: &mut Lanes, curve: &mut Lanes) {
        for lane in 0..LANES {
            curve[lane] += curve[lane] * self.decay[lane] + self.add[lane];
            let next = self.base[lane] + self.scale[lane] * curve[lane];
            value[lane] = between(value[lane], self.target[lane], next);
        }
    }

    /// Puts the lanes whose time has come where they were bound for, and looks who is next.
    fn arrive(&mut self) {
        let mut next_arrival = u32::MAX;
        for lane in ones(self.travelling) {
            self.left[lane] -= self.gone;
            if self.left[lane] == 0 {
                self.value[lane] = self.target[lane];
                self.halt(lane);
            } else {
                next_arrival = next_arrival.min(self.left[lane]);
            }
        }
        self.gone = 0;
        self.next_arrival = next_arrival;
    }
}

/// `value` held between the two others: rounding must neither turn a lane round nor carry it past its
/// target. To the bits of `target` where there is no room.
#[inline(always)]
fn between(here: f32, target: f32, value: f32) -> f32 {
    let (low, high) = (lesser(here, target), greater(here, target));
    lesser(greater(low, value), high)
}

/// Like `f32::min`, of which a processor's own minimum differs by what it makes of a NaN.
#[inline(always)]
fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// Like `f32::max`; see [`lesser`].
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_of_what_has_arrived_stands_still() {
        for (decay, add) in [(0.5, 0.0), (-0.5, 0.0), (0.0, -1.0)] {
            let mut chunk = Chunk::default();
            let course = Course {
                curve: 1.0,
                decay,
                add,
                base: 0.0,
                scale: 1.0,
                ticks: 3,
            };
            chunk.set_out(0, &course, 1.0);
            let longer = Course {
                ticks: 10_000,
                ..course
            };
            chunk.set_out(1, &longer, 2.0);
            for _ in 0..3 {
                chunk.advance();
            }
            let arrived = chunk.curve[0];
            for _ in 0..5000 {
                chunk.advance();
            }
            assert_eq!(chunk.curve[0], arrived);
            assert_ne!(chunk.curve[1], arrived);
        }
    }
}
