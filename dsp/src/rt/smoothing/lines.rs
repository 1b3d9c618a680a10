//! Ramps of whole blocks, for callers that need slices of samples instead of one tick after the other.

use super::control_block::{CONTROLS_PER_BLOCK, ControlBlock, Values};
use crate::rt::ones;
use crate::rt::{Ramp, TICK};

/// Ramps of every control through a block of up to [`Lines::MAX_TICKS`] ticks; see
/// [`SmoothingBank::draw`](super::SmoothingBank::draw). `[audio]`
#[derive(Clone, Debug)]
pub struct Lines<const BLOCKS: usize> {
    pub(super) blocks: [BlockLines; BLOCKS],
    pub(super) ticks: usize,
}

/// Ramps of the controls of one control block.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub(super) struct BlockLines {
    /// Values at the start of each tick and at the end of the last one. For controls that did not move, only the first is
    /// valid.
    corners: [Values; MAX_TICKS + 1],
    /// Controls that moved, one bit each.
    moved: u16,
}

const MAX_TICKS: usize = 16;

impl<const BLOCKS: usize> Default for Lines<BLOCKS> {
    fn default() -> Self {
        Self {
            blocks: std::array::from_fn(|_| BlockLines::default()),
            ticks: 0,
        }
    }
}

impl<const BLOCKS: usize> Lines<BLOCKS> {
    /// Maximum number of ticks in a block: 512 samples.
    pub const MAX_TICKS: usize = MAX_TICKS;

    /// Returns the controls that move in the block, in ascending order. Every other one has a constant value.
    pub fn moved(&self) -> impl Iterator<Item = usize> {
        let blocks = self.blocks.iter().enumerate();
        blocks.flat_map(|(place, block)| {
            ones(block.moved).map(move |control| place * CONTROLS_PER_BLOCK + control)
        })
    }

    /// Returns true if `control` has one value throughout the block.
    #[inline]
    pub fn is_constant(&self, control: usize) -> bool {
        self.blocks[control / CONTROLS_PER_BLOCK].moved & (1 << (control % CONTROLS_PER_BLOCK)) == 0
    }

    /// Returns the value of `control` at the start of the block.
    #[inline]
    pub fn start(&self, control: usize) -> f32 {
        self.blocks[control / CONTROLS_PER_BLOCK].corners[0][control % CONTROLS_PER_BLOCK]
    }

    /// Returns the ramp of `control` across one of the block's ticks.
    #[inline]
    pub fn ramp(&self, control: usize, tick: usize) -> Ramp {
        debug_assert!(tick < self.ticks);
        if self.is_constant(control) {
            return Ramp::constant(self.start(control));
        }
        let corners = &self.blocks[control / CONTROLS_PER_BLOCK].corners;
        Ramp::new(
            corners[tick][control % CONTROLS_PER_BLOCK],
            corners[tick + 1][control % CONTROLS_PER_BLOCK],
        )
    }

    /// Fills `out` with the values of `control` through the block; `out` is as long as the block.
    #[inline]
    pub fn fill(&self, control: usize, out: &mut [f32]) {
        debug_assert_eq!(out.len(), self.ticks * TICK);
        if self.is_constant(control) {
            out.fill(self.start(control));
        } else {
            fill(
                &self.blocks[control / CONTROLS_PER_BLOCK].corners,
                control % CONTROLS_PER_BLOCK,
                out,
            );
        }
    }
}

impl BlockLines {
    /// Records the values of `block` at the start, and its moving controls.
    pub(super) fn begin(&mut self, block: &ControlBlock) {
        self.corners[0] = block.value;
        self.moved = block.moving();
    }

    /// Advances blocks by `ticks`, at most [`MAX_TICKS`], and records their ramps.
    pub(super) fn draw<const N: usize>(blocks: [(&mut ControlBlock, &mut Self); N], ticks: usize) {
        draw(
            blocks.map(|(block, lines)| (block, &mut lines.corners[1..])),
            ticks,
        );
    }
}

// Both loops exist twice, once for every processor and once for those with AVX2, which take twice as many
// controls or samples at once. Without fused multiplication, so that the bits are the same everywhere.

fn draw<const N: usize>(blocks: [(&mut ControlBlock, &mut [Values]); N], ticks: usize) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: AVX2, which this function is compiled for, has just been detected.
        return unsafe { draw_avx2(blocks, ticks) };
    }
    ControlBlock::draw(blocks, ticks);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn draw_avx2<const N: usize>(blocks: [(&mut ControlBlock, &mut [Values]); N], ticks: usize) {
    ControlBlock::draw(blocks, ticks);
}

fn fill(corners: &[Values], control: usize, out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: AVX2, which this function is compiled for, has just been detected.
        return unsafe { fill_avx2(corners, control, out) };
    }
    fill_ticks(corners, control, out, fill_tick);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn fill_avx2(corners: &[Values], control: usize, out: &mut [f32]) {
    fill_ticks(corners, control, out, |line, out| line.fill(0, out));
}

#[inline(always)]
fn fill_ticks(
    corners: &[Values],
    control: usize,
    out: &mut [f32],
    fill: impl Fn(Ramp, &mut [f32]),
) {
    let mut start = corners[0][control];
    for (corners, out) in corners[1..].iter().zip(out.chunks_exact_mut(TICK)) {
        let end = corners[control];
        fill(Ramp::new(start, end), out);
        start = end;
    }
}

/// Not inlined, because the compiler would compute four ticks side by side and spend most of the time reordering
/// their samples.
#[inline(never)]
fn fill_tick(line: Ramp, out: &mut [f32]) {
    line.fill(0, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::{SmoothingBank, Style};

    /// Returns controls of all styles, some of which arrive within the block, some later, and some are idle.
    fn bank() -> SmoothingBank<1> {
        let mut bank = SmoothingBank::default();
        let styles = [Style::Linear, Style::Exponential, Style::Logarithmic];
        for control in 0..CONTROLS_PER_BLOCK {
            bank.set_shape(control, styles[control % 3], 1 + 3 * control as u32);
            bank.jump_to(control, 0.3 + control as f32);
            if control % 5 != 0 {
                bank.set_target(control, 100.0 / (control as f32 + 1.7));
            }
        }
        bank
    }

    #[test]
    fn a_block_has_the_bits_of_its_ticks() {
        let (mut whole, mut single) = (bank(), bank());
        let mut lines = Lines::default();
        for ticks in [16, 1, 5, 16, 16, 7] {
            // Arrives within one tick, inside the block.
            for bank in [&mut whole, &mut single] {
                bank.finish_next_tick(5, ticks as f32);
            }
            whole.draw(ticks, &mut lines);
            let mut slices = [[0.0; 16 * TICK]; CONTROLS_PER_BLOCK];
            for (control, slice) in slices.iter_mut().enumerate() {
                lines.fill(control, &mut slice[..ticks * TICK]);
            }
            let mut moved = [false; CONTROLS_PER_BLOCK];
            for tick in 0..ticks {
                single.tick();
                for control in 0..CONTROLS_PER_BLOCK {
                    let ramp = single.ramp(control);
                    assert_eq!(
                        lines.ramp(control, tick),
                        ramp,
                        "lane {control}, tick {tick}"
                    );
                    let slice = &slices[control][tick * TICK..][..TICK];
                    assert!((0..TICK).all(|i| slice[i].to_bits() == ramp.at(i).to_bits()));
                    moved[control] |= !ramp.is_constant();
                }
            }
            let said: Vec<_> = lines.moved().collect();
            assert!(
                (0..CONTROLS_PER_BLOCK)
                    .all(|control| said.contains(&control) != lines.is_constant(control))
            );
            assert!(
                (0..CONTROLS_PER_BLOCK)
                    .all(|control| !moved[control] || !lines.is_constant(control))
            );
            assert_eq!(whole.block_moves(0), single.block_moves(0));
        }
        whole.draw(1, &mut lines);
        assert_eq!(lines.moved().count(), 0);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn wide_vectors_give_the_same_bits() {
        if !std::is_x86_feature_detected!("avx2") {
            return;
        }
        let bits = |values: &[f32]| {
            values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        let (mut narrow, mut wide) = (bank(), bank());
        for bank in [&mut narrow, &mut wide] {
            bank.start_pending();
        }
        for _ in 0..4 {
            let mut corners = [[[0.0; CONTROLS_PER_BLOCK]; MAX_TICKS]; 2];
            let [plain, avx2] = &mut corners;
            ControlBlock::draw([(&mut narrow.blocks[0], plain)], MAX_TICKS);
            // SAFETY: AVX2 has just been detected.
            unsafe { draw_avx2([(&mut wide.blocks[0], avx2)], MAX_TICKS) };
            assert_eq!(bits(plain.as_flattened()), bits(avx2.as_flattened()));
            for control in 0..CONTROLS_PER_BLOCK {
                let mut slices = [[0.0; MAX_TICKS * TICK]; 2];
                fill_ticks(plain, control, &mut slices[0], fill_tick);
                // SAFETY: as above.
                unsafe { fill_avx2(avx2, control, &mut slices[1]) };
                assert_eq!(bits(&slices[0]), bits(&slices[1]));
            }
        }
    }
}
