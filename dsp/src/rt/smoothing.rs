//! The smoothing bank: all smoothed parameters side by side, advancing together once per tick.

mod control_block;
mod ramp_shape;

pub use control_block::CONTROLS_PER_BLOCK;
pub use ramp_shape::Style;

use control_block::ControlBlock;
use ramp_shape::{RampCurve, Shape};

use super::bits::BitSet;
use super::{Ramp, ones};

/// `BLOCKS` times [`CONTROLS_PER_BLOCK`] smoothed parameters; `BLOCKS` is 1 to 128 times `WORDS`. `[audio]`
///
/// Within a tick every control is a linear [`Ramp`] that continues the one before. A control with a new target starts at
/// the next [`tick`](Self::tick) and reaches the target exactly after the number of ticks in its shape. The time and
/// number of calls within a tick make no difference: the last target counts, and a control already moving to it keeps
/// its pace.
///
/// Idle controls cost nothing: a tick processes only blocks with a moving control.
///
/// Targets that are not finite are ignored. All others may be so large that the sum of any two is still finite.
///
/// ```
/// use tidepool_dsp::rt::{SmoothingBank, Style, TICK};
///
/// let mut bank = SmoothingBank::<1>::default(); // 16 controls
/// bank.set_shape(3, Style::Linear, 2);
/// bank.set_target(3, 1.0);
/// bank.tick();
/// let mut gain = [0.0; TICK];
/// bank.fill(3, 0, &mut gain);
/// assert_eq!((gain[0], gain[16]), (0.0, 0.25));
/// bank.tick();
/// assert_eq!(bank.value(3), 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct SmoothingBank<const BLOCKS: usize, const WORDS: usize = 1> {
    blocks: [ControlBlock; BLOCKS],
    pending: [Pending; BLOCKS],
    shapes: [[Shape; CONTROLS_PER_BLOCK]; BLOCKS],
    /// Blocks with a control that moves in the running tick or has not reached its target.
    moving_blocks: BitSet<WORDS>,
    /// Blocks with a control that starts at the next tick.
    pending_blocks: BitSet<WORDS>,
}

/// Targets of a block's controls that take effect at the next tick.
#[derive(Clone, Debug, Default)]
struct Pending {
    targets: [f32; CONTROLS_PER_BLOCK],
    /// Controls with a pending target, one bit each.
    controls: u16,
    /// Controls that are to reach it within one tick.
    one_tick: u16,
}

impl<const BLOCKS: usize, const WORDS: usize> Default for SmoothingBank<BLOCKS, WORDS> {
    /// Every control is idle at 0 and takes one tick to reach a target.
    fn default() -> Self {
        const { assert!(BLOCKS >= 1 && BLOCKS <= BitSet::<WORDS>::CAPACITY) };
        Self {
            blocks: std::array::from_fn(|_| ControlBlock::default()),
            pending: std::array::from_fn(|_| Pending::default()),
            shapes: [[Shape::default(); CONTROLS_PER_BLOCK]; BLOCKS],
            moving_blocks: BitSet::EMPTY,
            pending_blocks: BitSet::EMPTY,
        }
    }
}

impl<const BLOCKS: usize, const WORDS: usize> SmoothingBank<BLOCKS, WORDS> {
    /// Number of controls; they are numbered from 0.
    pub const CONTROLS: usize = BLOCKS * CONTROLS_PER_BLOCK;

    /// Sets the curve and the length in ticks of `control`'s ramps, from its next target on. A length of 0 acts as 1 for
    /// ramps that start at a tick; a control [retargeted](Self::retarget_now) then arrives at the end of the running tick.
    pub fn set_shape(&mut self, control: usize, style: Style, ticks: u32) {
        self.shapes[control / CONTROLS_PER_BLOCK][control % CONTROLS_PER_BLOCK] =
            Shape::new(style, ticks);
    }

    /// Sets the target of `control` from the next tick on.
    #[inline]
    pub fn set_target(&mut self, control: usize, target: f32) {
        if !target.is_finite() {
            return;
        }
        let pending = &mut self.pending[control / CONTROLS_PER_BLOCK];
        // Adding 0.0 turns -0.0 into 0.0, so that equal values have equal bits.
        pending.targets[control % CONTROLS_PER_BLOCK] = target + 0.0;
        pending.controls |= 1 << (control % CONTROLS_PER_BLOCK);
        self.pending_blocks.insert(control / CONTROLS_PER_BLOCK);
    }

    /// Sets the target of `control`, to be reached within the next tick regardless of its shape. This also holds for other
    /// targets set before that tick, so that an echo does not undo it.
    pub fn finish_next_tick(&mut self, control: usize, target: f32) {
        if target.is_finite() {
            self.set_target(control, target);
            self.pending[control / CONTROLS_PER_BLOCK].one_tick |=
                1 << (control % CONTROLS_PER_BLOCK);
        }
    }

    /// Sets the target of `control` from the sample `phase`, `0..TICK`, of the running tick on. The control arrives when the
    /// ticks of its shape have passed after the running one.
    ///
    /// Afterwards [`ramp`](Self::ramp) is valid for the rest of the tick; samples before `phase` have to be read before
    /// the call.
    pub fn retarget_now(&mut self, control: usize, phase: usize, target: f32) {
        if !target.is_finite() {
            return;
        }
        let target = target + 0.0;
        let (block_index, bit) = (
            control / CONTROLS_PER_BLOCK,
            1 << (control % CONTROLS_PER_BLOCK),
        );
        if self.pending[block_index].one_tick & bit != 0 {
            return self.set_target(control, target);
        }
        self.clear_pending(control);
        let control = control % CONTROLS_PER_BLOCK;
        let block = &mut self.blocks[block_index];
        if block.target[control] == target {
            return;
        }
        let from = block.ramp(control).at(phase);
        let (course, end) = self.shapes[block_index][control].course_within(from, target, phase);
        block.retarget_at(control, phase, end);
        block.start_ramp(control, &course, target);
        self.moving_blocks.insert(block_index);
    }

    /// Sets `control` to `value` at once, including the running tick, and discards its target.
    pub fn jump_to(&mut self, control: usize, value: f32) {
        if value.is_finite() {
            self.clear_pending(control);
            self.blocks[control / CONTROLS_PER_BLOCK]
                .jump_to(control % CONTROLS_PER_BLOCK, value + 0.0);
        }
    }

    /// Discards the pending target of `control`.
    fn clear_pending(&mut self, control: usize) {
        let pending = &mut self.pending[control / CONTROLS_PER_BLOCK];
        pending.controls &= !(1 << (control % CONTROLS_PER_BLOCK));
        pending.one_tick &= pending.controls;
        if pending.controls == 0 {
            self.pending_blocks.remove(control / CONTROLS_PER_BLOCK);
        }
    }

    /// Begins the next tick: starts pending ramps and advances all moving controls.
    #[inline]
    pub fn tick(&mut self) {
        if !(self.moving_blocks.is_empty() && self.pending_blocks.is_empty()) {
            self.start_pending();
            // Not a `for` loop, which would check at every block in which word it is.
            self.moving_blocks.iter().for_each(|block_index| {
                let block = &mut self.blocks[block_index];
                if block.moving() == 0 {
                    block.hold_value();
                    self.moving_blocks.remove(block_index);
                } else {
                    block.advance();
                }
            });
        }
    }

    /// Starts the ramps to all pending targets.
    fn start_pending(&mut self) {
        self.pending_blocks.iter().for_each(|block_index| {
            let (block, pending) = (
                &mut self.blocks[block_index],
                &mut self.pending[block_index],
            );
            for control in ones(pending.controls) {
                let one_tick = pending.one_tick & (1 << control) != 0;
                let target = pending.targets[control];
                if block.target[control] != target {
                    let course = if one_tick {
                        RampCurve::ONE_TICK
                    } else {
                        self.shapes[block_index][control].course(block.value[control], target)
                    };
                    block.start_ramp(control, &course, target);
                } else if one_tick {
                    block.finish_next_tick(control);
                }
            }
            pending.controls = 0;
            pending.one_tick = 0;
        });
        self.moving_blocks.take(&mut self.pending_blocks);
    }

    /// Returns the value of `control` at the end of the running tick.
    #[inline]
    pub fn value(&self, control: usize) -> f32 {
        self.blocks[control / CONTROLS_PER_BLOCK].value[control % CONTROLS_PER_BLOCK]
    }

    /// Returns the values of all controls of `block`, below `BLOCKS`.
    #[inline]
    pub fn values(&self, block: usize) -> &[f32; CONTROLS_PER_BLOCK] {
        &self.blocks[block].value
    }

    /// Returns the target of `control`, which is its value if it is idle.
    #[inline]
    pub fn target(&self, control: usize) -> f32 {
        let (block_index, control) = (control / CONTROLS_PER_BLOCK, control % CONTROLS_PER_BLOCK);
        let pending = &self.pending[block_index];
        if pending.controls & (1 << control) != 0 {
            pending.targets[control]
        } else {
            self.blocks[block_index].target[control]
        }
    }

    /// Returns the ramp of `control` across the running tick.
    #[inline]
    pub fn ramp(&self, control: usize) -> Ramp {
        self.blocks[control / CONTROLS_PER_BLOCK].ramp(control % CONTROLS_PER_BLOCK)
    }

    /// Returns true if `control` has one value throughout the running tick.
    #[inline]
    pub fn is_constant(&self, control: usize) -> bool {
        self.ramp(control).is_constant()
    }

    /// Returns true if any control of `block`, below `BLOCKS`, moves in the running tick or has not reached its target. If
    /// not, all of them are idle.
    #[inline]
    pub fn block_moves(&self, block: usize) -> bool {
        self.moving_blocks.contains(block)
    }

    /// Returns true if any block in `first..end` moves; `first` is below `BLOCKS`.
    pub fn any_block_moves(&self, first: usize, end: usize) -> bool {
        self.moving_blocks.any(first, end)
    }

    /// Fills `out` with the values of `control` from the sample `phase` of the running tick on. The sum of `phase` and the
    /// length of `out` is at most [`TICK`](super::TICK).
    pub fn fill(&self, control: usize, phase: usize, out: &mut [f32]) {
        self.ramp(control).fill(phase, out);
    }
}

#[cfg(test)]
mod spectrum;
#[cfg(test)]
mod tests;
