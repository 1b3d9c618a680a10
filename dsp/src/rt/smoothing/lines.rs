//! The lines of whole blocks, for those who take slices of samples instead of one tick after the other.

use super::chunk::{Chunk, LANES, Lanes};
use crate::rt::ones;
use crate::rt::{Ramp, TICK};

/// The course of every lane through a block of up to [`Lines::MOST_TICKS`] ticks; see
/// [`SmoothingBank::draw`](super::SmoothingBank::draw). `[audio]`
#[derive(Clone, Debug)]
pub struct Lines<const CHUNKS: usize> {
    pub(super) chunks: [ChunkLines; CHUNKS],
    pub(super) ticks: usize,
}

/// Of the lanes of a chunk.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub(super) struct ChunkLines {
    /// The values at the start of each tick and at the end of the last one. Of the lanes that did not move
    /// only the first is kept up.
    corners: [Lanes; MOST_TICKS + 1],
    /// The lanes that moved, one bit each.
    moved: u16,
}

const MOST_TICKS: usize = 16;

impl<const CHUNKS: usize> Default for Lines<CHUNKS> {
    fn default() -> Self {
        Self {
            chunks: std::array::from_fn(|_| ChunkLines::default()),
            ticks: 0,
        }
    }
}

impl<const CHUNKS: usize> Lines<CHUNKS> {
    /// The most ticks of a block: 512 samples.
    pub const MOST_TICKS: usize = MOST_TICKS;

    /// The lanes that move in the block, in rising order. Every other one holds its value throughout.
    pub fn moved(&self) -> impl Iterator<Item = usize> {
        let chunks = self.chunks.iter().enumerate();
        chunks.flat_map(|(place, chunk)| ones(chunk.moved).map(move |lane| place * LANES + lane))
    }

    /// Whether `lane` holds one value through the whole block.
    #[inline]
    pub fn rests(&self, lane: usize) -> bool {
        self.chunks[lane / LANES].moved & (1 << (lane % LANES)) == 0
    }

    /// The value of `lane` at the start of the block.
    #[inline]
    pub fn start(&self, lane: usize) -> f32 {
        self.chunks[lane / LANES].corners[0][lane % LANES]
    }

    /// The course of `lane` across one of the block's ticks.
    #[inline]
    pub fn ramp(&self, lane: usize, tick: usize) -> Ramp {
        debug_assert!(tick < self.ticks);
        if self.rests(lane) {
            return Ramp::resting(self.start(lane));
        }
        let corners = &self.chunks[lane / LANES].corners;
        Ramp::new(corners[tick][lane % LANES], corners[tick + 1][lane % LANES])
    }

    /// Writes the values of `lane` through the block into `out`, which is as long.
    #[inline]
    pub fn fill(&self, lane: usize, out: &mut [f32]) {
        debug_assert_eq!(out.len(), self.ticks * TICK);
        if self.rests(lane) {
            out.fill(self.start(lane));
        } else {
            fill(&self.chunks[lane / LANES].corners, lane % LANES, out);
        }
    }
}

impl ChunkLines {
    /// Notes where `chunk` is before a block, and who moves in it.
    pub(super) fn begin(&mut self, chunk: &Chunk) {
        self.corners[0] = chunk.value;
        self.moved = chunk.travelling();
    }

    /// Advances chunks by `ticks`, at most [`MOST_TICKS`], and notes their lines.
    pub(super) fn draw<const N: usize>(chunks: [(&mut Chunk, &mut Self); N], ticks: usize) {
        draw(
            chunks.map(|(chunk, lines)| (chunk, &mut lines.corners[1..])),
            ticks,
        );
    }
}

// Both loops exist twice, once for every processor and once for those with AVX2, which take twice as many
// lanes or samples at once. Without fused multiplication, so that the bits are the same everywhere.

fn draw<const N: usize>(chunks: [(&mut Chunk, &mut [Lanes]); N], ticks: usize) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to have the instructions that this is compiled to.
        return unsafe { draw_avx2(chunks, ticks) };
    }
    Chunk::draw(chunks, ticks);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn draw_avx2<const N: usize>(chunks: [(&mut Chunk, &mut [Lanes]); N], ticks: usize) {
    Chunk::draw(chunks, ticks);
}

fn fill(corners: &[Lanes], lane: usize, out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been found to have the instructions that this is compiled to.
        return unsafe { fill_avx2(corners, lane, out) };
    }
    fill_ticks(corners, lane, out, fill_tick);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn fill_avx2(corners: &[Lanes], lane: usize, out: &mut [f32]) {
    fill_ticks(corners, lane, out, |line, out| line.fill(0, out));
}

#[inline(always)]
fn fill_ticks(corners: &[Lanes], lane: usize, out: &mut [f32], fill: impl Fn(Ramp, &mut [f32])) {
    let mut start = corners[0][lane];
    for (corners, out) in corners[1..].iter().zip(out.chunks_exact_mut(TICK)) {
        let end = corners[lane];
        fill(Ramp::new(start, end), out);
        start = end;
    }
}

/// Not to be inlined: the compiler would take four ticks side by side, and then needs most of its time to
/// sort their samples.
#[inline(never)]
fn fill_tick(line: Ramp, out: &mut [f32]) {
    line.fill(0, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::{SmoothingBank, Style};

    /// Lanes of all styles, of which some arrive within the block, some later, and some rest.
    fn bank() -> SmoothingBank<1> {
        let mut bank = SmoothingBank::default();
        let styles = [Style::Linear, Style::Exponential, Style::Logarithmic];
        for lane in 0..LANES {
            bank.set_shape(lane, styles[lane % 3], 1 + 3 * lane as u32);
            bank.snap(lane, 0.3 + lane as f32);
            if lane % 5 != 0 {
                bank.set_target(lane, 100.0 / (lane as f32 + 1.7));
            }
        }
        bank
    }

    #[test]
    fn a_block_has_the_bits_of_its_ticks() {
        let (mut whole, mut single) = (bank(), bank());
        let mut lines = Lines::default();
        for ticks in [16, 1, 5, 16, 16, 7] {
            // Arrives with a jump, within the block.
            for bank in [&mut whole, &mut single] {
                bank.hasten(5, ticks as f32);
            }
            whole.draw(ticks, &mut lines);
            let mut slices = [[0.0; 16 * TICK]; LANES];
            for (lane, slice) in slices.iter_mut().enumerate() {
                lines.fill(lane, &mut slice[..ticks * TICK]);
            }
            let mut moved = [false; LANES];
            for tick in 0..ticks {
                single.tick();
                for lane in 0..LANES {
                    let ramp = single.ramp(lane);
                    assert_eq!(lines.ramp(lane, tick), ramp, "lane {lane}, tick {tick}");
                    let slice = &slices[lane][tick * TICK..][..TICK];
                    assert!((0..TICK).all(|i| slice[i].to_bits() == ramp.at(i).to_bits()));
                    moved[lane] |= !ramp.rests();
                }
            }
            let said: Vec<_> = lines.moved().collect();
            assert!((0..LANES).all(|lane| said.contains(&lane) != lines.rests(lane)));
            assert!((0..LANES).all(|lane| !moved[lane] || !lines.rests(lane)));
            assert_eq!(whole.chunk_moves(0), single.chunk_moves(0));
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
            bank.set_out();
        }
        for _ in 0..4 {
            let mut corners = [[[0.0; LANES]; MOST_TICKS]; 2];
            let [plain, avx2] = &mut corners;
            Chunk::draw([(&mut narrow.chunks[0], plain)], MOST_TICKS);
            // SAFETY: the processor has just been found to have AVX2.
            unsafe { draw_avx2([(&mut wide.chunks[0], avx2)], MOST_TICKS) };
            assert_eq!(bits(plain.as_flattened()), bits(avx2.as_flattened()));
            for lane in 0..LANES {
                let mut slices = [[0.0; MOST_TICKS * TICK]; 2];
                fill_ticks(plain, lane, &mut slices[0], fill_tick);
                // SAFETY: as above.
                unsafe { fill_avx2(avx2, lane, &mut slices[1]) };
                assert_eq!(bits(&slices[0]), bits(&slices[1]));
            }
        }
    }
}
