//! A control block: sixteen controls that advance together.

use super::ramp_shape::RampCurve;
use crate::rt::Ramp;
use crate::rt::ones;

/// Controls per block. Four accumulators of the narrowest vectors in use, which hides their latency.
pub const CONTROLS_PER_BLOCK: usize = 16;

/// Values of a quantity, one per control.
pub(super) type Values = [f32; CONTROLS_PER_BLOCK];

/// State of the controls of a block, one array per quantity, so that the compiler advances as many controls at once as
/// fit into the processor's vectors.
///
/// Advancing has no branches and no special cases. An idle control stays where it is because there is no distance between
/// its value and its target; arrivals are checked only in the tick in which the next one is due.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct ControlBlock {
    /// Start and end of the ramp across the running tick.
    pub(super) start: Values,
    pub(super) value: Values,
    /// Target of the control, once its ramp has started.
    pub(super) target: Values,
    /// State of the curve; see [`RampCurve`].
    curve: Values,
    decay: Values,
    add: Values,
    base: Values,
    scale: Values,
    /// Remaining ticks of each control when `gone` was 0.
    left: [u32; CONTROLS_PER_BLOCK],
    /// Ticks since then.
    gone: u32,
    /// Value of `gone` at the next arrival, or a lower one if controls were halted.
    next_arrival: u32,
    /// Controls that have not reached their target, one bit each.
    moving: u16,
}

impl Default for ControlBlock {
    fn default() -> Self {
        Self {
            start: [0.0; CONTROLS_PER_BLOCK],
            value: [0.0; CONTROLS_PER_BLOCK],
            target: [0.0; CONTROLS_PER_BLOCK],
            curve: [0.0; CONTROLS_PER_BLOCK],
            decay: [0.0; CONTROLS_PER_BLOCK],
            add: [0.0; CONTROLS_PER_BLOCK],
            base: [0.0; CONTROLS_PER_BLOCK],
            scale: [0.0; CONTROLS_PER_BLOCK],
            left: [0; CONTROLS_PER_BLOCK],
            gone: 0,
            next_arrival: u32::MAX,
            moving: 0,
        }
    }
}

impl ControlBlock {
    /// Returns the controls that have not reached their target, one bit each.
    pub(super) fn moving(&self) -> u16 {
        self.moving
    }

    /// Returns the ramp of a control across the running tick.
    #[inline]
    pub(super) fn ramp(&self, control: usize) -> Ramp {
        Ramp::new(self.start[control], self.value[control])
    }

    /// Bends the ramp of a control in the running tick.
    pub(super) fn retarget_at(&mut self, control: usize, phase: usize, end: f32) {
        let mut ramp = self.ramp(control);
        ramp.retarget_at(phase, end);
        self.start[control] = ramp.start();
        self.value[control] = end;
    }

    /// Starts a ramp of a control to `target`. With 0 ticks the control arrives at the end of the running tick.
    pub(super) fn start_ramp(&mut self, control: usize, course: &RampCurve, target: f32) {
        self.target[control] = target;
        if course.ticks == 0 {
            return self.halt(control);
        }
        self.curve[control] = course.curve;
        self.decay[control] = course.decay;
        self.add[control] = course.add;
        self.base[control] = course.base;
        self.scale[control] = course.scale;
        self.moving |= 1 << control;
        self.arrive_after(control, course.ticks);
    }

    /// Makes a moving control arrive at the end of the next tick.
    pub(super) fn finish_next_tick(&mut self, control: usize) {
        if self.moving & (1 << control) != 0 {
            self.arrive_after(control, 1);
        }
    }

    fn arrive_after(&mut self, control: usize, ticks: u32) {
        self.left[control] = self.gone + ticks;
        self.next_arrival = self.next_arrival.min(self.left[control]);
    }

    /// Sets a control to `value` without a ramp.
    pub(super) fn jump_to(&mut self, control: usize, value: f32) {
        self.start[control] = value;
        self.value[control] = value;
        self.target[control] = value;
        self.halt(control);
    }

    /// Stops a control and its curve, which would otherwise run on while others move, into the range where arithmetic is
    /// slow.
    fn halt(&mut self, control: usize) {
        self.moving &= !(1 << control);
        self.decay[control] = 0.0;
        self.add[control] = 0.0;
    }

    /// Begins a tick in which every control is idle.
    pub(super) fn hold_value(&mut self) {
        self.start = self.value;
    }

    /// Begins a tick: advances every control.
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

    /// Advances the values and curves of all controls by a tick, without arrivals.
    #[inline(always)]
    fn step(&self, value: &mut Values, curve: &mut Values) {
        for control in 0..CONTROLS_PER_BLOCK {
            curve[control] += curve[control] * self.decay[control] + self.add[control];
            let next = self.base[control] + self.scale[control] * curve[control];
            value[control] = between(value[control], self.target[control], next);
        }
    }

    /// Sets the controls that are due to their targets, and finds the next arrival.
    fn arrive(&mut self) {
        let mut next_arrival = u32::MAX;
        for control in ones(self.moving) {
            self.left[control] -= self.gone;
            if self.left[control] == 0 {
                self.value[control] = self.target[control];
                self.halt(control);
            } else {
                next_arrival = next_arrival.min(self.left[control]);
            }
        }
        self.gone = 0;
        self.next_arrival = next_arrival;
    }
}

/// Clamps `value` between `here` and `target`, because rounding must neither reverse a control nor carry it past its
/// target. Returns exactly `target` if both are equal.
#[inline(always)]
fn between(here: f32, target: f32, value: f32) -> f32 {
    let (low, high) = (lesser(here, target), greater(here, target));
    lesser(greater(low, value), high)
}

/// Returns the lesser value like `f32::min`, except for NaN, for which it matches the processor's own minimum.
#[inline(always)]
fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// Returns the greater value like `f32::max`; see [`lesser`].
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
            let mut block = ControlBlock::default();
            let course = RampCurve {
                curve: 1.0,
                decay,
                add,
                base: 0.0,
                scale: 1.0,
                ticks: 3,
            };
            block.start_ramp(0, &course, 1.0);
            let longer = RampCurve {
                ticks: 10_000,
                ..course
            };
            block.start_ramp(1, &longer, 2.0);
            for _ in 0..3 {
                block.advance();
            }
            let arrived = block.curve[0];
            for _ in 0..5000 {
                block.advance();
            }
            assert_eq!(block.curve[0], arrived);
            assert_ne!(block.curve[1], arrived);
        }
    }
}
