//! The smoothing bank: all smoothed parameters side by side, advancing together once per tick.

mod control_block;
mod ramp_shape;

pub use control_block::CONTROLS_PER_BLOCK;
pub use ramp_shape::Style;

use control_block::ControlBlock;
use ramp_shape::{RampCurve, Shape};

use super::bits::BitSet;
use super::{Ramp, ones};

/// `BLOCKS` times [`CONTROLS_PER_BLOCK`] smoothed parameters, `BLOCKS` being 1 to 128 times `WORDS`. `[audio]`
///
/// Within a tick every control is a straight line ([`Ramp`]) that joins the line before it. A control that was
/// told a target sets out at the next [`tick`](Self::tick) and arrives on it to the last bit, when as many
/// ticks have passed as its shape has. When within a tick it was told, and how often, makes no
/// difference: the last target counts, and a control already on its way to it keeps its pace.
///
/// What rests costs nothing: a tick looks only at blocks of which a control is on its way.
///
/// Targets that are not finite are ignored. All others may be as large as sums of two remain finite.
#[derive(Clone, Debug)]
pub struct SmoothingBank<const BLOCKS: usize, const WORDS: usize = 1> {
    blocks: [ControlBlock; BLOCKS],
    pending: [Pending; BLOCKS],
    shapes: [[Shape; CONTROLS_PER_BLOCK]; BLOCKS],
    /// The blocks of which a control moves in the running tick or has not arrived.
    moving_blocks: BitSet<WORDS>,
    /// The blocks of which a control sets out at the next tick.
    pending_blocks: BitSet<WORDS>,
}

/// What the controls of a block were told since the last tick.
#[derive(Clone, Debug, Default)]
struct Pending {
    targets: [f32; CONTROLS_PER_BLOCK],
    /// The controls that were told anything, one bit each.
    controls: u16,
    /// Of these the ones that are to arrive within a tick.
    one_tick: u16,
}

impl<const BLOCKS: usize, const WORDS: usize> Default for SmoothingBank<BLOCKS, WORDS> {
    /// Every control rests at 0 and takes one tick to go anywhere.
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
    /// How many controls there are. They are counted from 0.
    pub const CONTROLS: usize = BLOCKS * CONTROLS_PER_BLOCK;

    /// Along what curve `control` moves from its next target on, and how many ticks it takes. 0 is as 1 for
    /// what starts at a tick; what is [launched](Self::retarget_now) then arrives at the end of the running tick.
    pub fn set_shape(&mut self, control: usize, style: Style, ticks: u32) {
        self.shapes[control / CONTROLS_PER_BLOCK][control % CONTROLS_PER_BLOCK] =
            Shape::new(style, ticks);
    }

    /// Sends `control` to `target` from the next tick on.
    #[inline]
    pub fn set_target(&mut self, control: usize, target: f32) {
        if !target.is_finite() {
            return;
        }
        let pending = &mut self.pending[control / CONTROLS_PER_BLOCK];
        // 0 has one sign, so that equal values have equal bits.
        pending.targets[control % CONTROLS_PER_BLOCK] = target + 0.0;
        pending.controls |= 1 << (control % CONTROLS_PER_BLOCK);
        self.pending_blocks.insert(control / CONTROLS_PER_BLOCK);
    }

    /// Sends `control` to `target`, and lets it arrive there within the next tick, whatever its shape. That
    /// holds for other targets told before the tick as well, so that an echo does not undo it.
    pub fn finish_next_tick(&mut self, control: usize, target: f32) {
        if target.is_finite() {
            self.set_target(control, target);
            self.pending[control / CONTROLS_PER_BLOCK].one_tick |=
                1 << (control % CONTROLS_PER_BLOCK);
        }
    }

    /// Sends `control` to `target` from the sample `phase`, `0..TICK`, of the running tick on. It arrives when
    /// as many ticks have passed after the running one as its shape has.
    ///
    /// Afterwards [`ramp`](Self::ramp) is the course of the rest of the tick; what lies before `phase` is
    /// to be read before.
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

    /// Puts `control` on `value` at once, in the running tick too, and forgets where it was bound for.
    pub fn jump_to(&mut self, control: usize, value: f32) {
        if value.is_finite() {
            self.clear_pending(control);
            self.blocks[control / CONTROLS_PER_BLOCK]
                .jump_to(control % CONTROLS_PER_BLOCK, value + 0.0);
        }
    }

    /// Forgets what `control` was told since the last tick.
    fn clear_pending(&mut self, control: usize) {
        let pending = &mut self.pending[control / CONTROLS_PER_BLOCK];
        pending.controls &= !(1 << (control % CONTROLS_PER_BLOCK));
        pending.one_tick &= pending.controls;
        if pending.controls == 0 {
            self.pending_blocks.remove(control / CONTROLS_PER_BLOCK);
        }
    }

    /// Begins the next tick: what was told a target sets out, and everything on its way moves on.
    #[inline]
    pub fn tick(&mut self) {
        if !(self.moving_blocks.is_empty() && self.pending_blocks.is_empty()) {
            self.start_pending();
            // Not a `for` loop, for that would ask at every block which word it is in.
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

    /// Starts the ramps that were told since the last tick.
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

    /// The value of `control` at the end of the running tick.
    #[inline]
    pub fn value(&self, control: usize) -> f32 {
        self.blocks[control / CONTROLS_PER_BLOCK].value[control % CONTROLS_PER_BLOCK]
    }

    /// The values of all controls of `block`, below `BLOCKS`.
    #[inline]
    pub fn values(&self, block: usize) -> &[f32; CONTROLS_PER_BLOCK] {
        &self.blocks[block].value
    }

    /// Where `control` is bound for, or where it rests.
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

    /// The course of `control` across the running tick.
    #[inline]
    pub fn ramp(&self, control: usize) -> Ramp {
        self.blocks[control / CONTROLS_PER_BLOCK].ramp(control % CONTROLS_PER_BLOCK)
    }

    /// Whether `control` holds one value through the running tick.
    #[inline]
    pub fn is_constant(&self, control: usize) -> bool {
        self.ramp(control).is_constant()
    }

    /// Whether any control of `block`, below `BLOCKS`, moves in the running tick or is still on its way. If
    /// not, all of them rest.
    #[inline]
    pub fn block_moves(&self, block: usize) -> bool {
        self.moving_blocks.contains(block)
    }

    /// Whether that holds for any block from `first`, below `BLOCKS`, to before `end`.
    pub fn any_block_moves(&self, first: usize, end: usize) -> bool {
        self.moving_blocks.any(first, end)
    }

    /// Writes the values that `control` has from the sample `phase` of the running tick on. `phase` and the
    /// length of `out` are at most [`TICK`](super::TICK) together.
    pub fn fill(&self, control: usize, phase: usize, out: &mut [f32]) {
        self.ramp(control).fill(phase, out);
    }
}

#[cfg(test)]
mod spectrum;
#[cfg(test)]
mod tests;
