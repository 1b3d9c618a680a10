//! The smoothing bank: all smoothed parameters side by side, advancing together once per tick.

mod chunk;
mod lines;
mod shape;

pub use chunk::LANES;
pub use lines::Lines;
pub use shape::Style;

use chunk::Chunk;
use lines::ChunkLines;
use shape::{Course, Shape};

use super::bits::BitSet;
use super::{Ramp, ones};

/// `CHUNKS` times [`LANES`] smoothed parameters, `CHUNKS` being 1 to 128 times `WORDS`. `[audio]`
///
/// Within a tick every lane is a straight line ([`Ramp`]) that joins the line before it. A lane that was
/// told a target sets out at the next [`tick`](Self::tick) and arrives on it to the last bit, when as many
/// ticks have passed as its shape has. When within a tick it was told, and how often, makes no
/// difference: the last target counts, and a lane already on its way to it keeps its pace.
///
/// What rests costs nothing: a tick looks only at chunks of which a lane is on its way.
///
/// Targets that are not finite are ignored. All others may be as large as sums of two remain finite.
#[derive(Clone, Debug)]
pub struct SmoothingBank<const CHUNKS: usize, const WORDS: usize = 1> {
    chunks: [Chunk; CHUNKS],
    told: [Told; CHUNKS],
    shapes: [[Shape; LANES]; CHUNKS],
    /// The chunks of which a lane moves in the running tick or has not arrived.
    moving: BitSet<WORDS>,
    /// The chunks of which a lane sets out at the next tick.
    pending: BitSet<WORDS>,
}

/// What the lanes of a chunk were told since the last tick.
#[derive(Clone, Debug, Default)]
struct Told {
    goals: [f32; LANES],
    /// The lanes that were told anything, one bit each.
    lanes: u16,
    /// Of these the ones that are to arrive within a tick.
    hasty: u16,
}

impl<const CHUNKS: usize, const WORDS: usize> Default for SmoothingBank<CHUNKS, WORDS> {
    /// Every lane rests at 0 and takes one tick to go anywhere.
    fn default() -> Self {
        const { assert!(CHUNKS >= 1 && CHUNKS <= BitSet::<WORDS>::CAPACITY) };
        Self {
            chunks: std::array::from_fn(|_| Chunk::default()),
            told: std::array::from_fn(|_| Told::default()),
            shapes: [[Shape::default(); LANES]; CHUNKS],
            moving: BitSet::EMPTY,
            pending: BitSet::EMPTY,
        }
    }
}

impl<const CHUNKS: usize, const WORDS: usize> SmoothingBank<CHUNKS, WORDS> {
    /// How many lanes there are. They are counted from 0.
    pub const LANES: usize = CHUNKS * LANES;

    /// Along what curve `lane` moves from its next target on, and how many ticks it takes. 0 is as 1 for
    /// what starts at a tick; what is [launched](Self::launch) then arrives at the end of the running tick.
    pub fn set_shape(&mut self, lane: usize, style: Style, ticks: u32) {
        self.shapes[lane / LANES][lane % LANES] = Shape::new(style, ticks);
    }

    /// Sends `lane` to `target` from the next tick on.
    #[inline]
    pub fn set_target(&mut self, lane: usize, target: f32) {
        if !target.is_finite() {
            return;
        }
        let told = &mut self.told[lane / LANES];
        // 0 has one sign, so that equal values have equal bits.
        told.goals[lane % LANES] = target + 0.0;
        told.lanes |= 1 << (lane % LANES);
        self.pending.insert(lane / LANES);
    }

    /// Sends `lane` to `target`, and lets it arrive there within the next tick, whatever its shape. That
    /// holds for other targets told before the tick as well, so that an echo does not undo it.
    pub fn hasten(&mut self, lane: usize, target: f32) {
        if target.is_finite() {
            self.set_target(lane, target);
            self.told[lane / LANES].hasty |= 1 << (lane % LANES);
        }
    }

    /// Sends `lane` to `target` from the sample `phase`, `0..TICK`, of the running tick on. It arrives when
    /// as many ticks have passed after the running one as its shape has.
    ///
    /// Afterwards [`ramp`](Self::ramp) is the course of the rest of the tick; what lies before `phase` is
    /// to be read before.
    pub fn launch(&mut self, lane: usize, phase: usize, target: f32) {
        if !target.is_finite() {
            return;
        }
        let target = target + 0.0;
        let (place, bit) = (lane / LANES, 1 << (lane % LANES));
        if self.told[place].hasty & bit != 0 {
            return self.set_target(lane, target);
        }
        self.forget(lane);
        let lane = lane % LANES;
        let chunk = &mut self.chunks[place];
        if chunk.target[lane] == target {
            return;
        }
        let from = chunk.ramp(lane).at(phase);
        let (course, end) = self.shapes[place][lane].course_within(from, target, phase);
        chunk.bend(lane, phase, end);
        chunk.set_out(lane, &course, target);
        self.moving.insert(place);
    }

    /// Puts `lane` on `value` at once, in the running tick too, and forgets where it was bound for.
    pub fn snap(&mut self, lane: usize, value: f32) {
        if value.is_finite() {
            self.forget(lane);
            self.chunks[lane / LANES].snap(lane % LANES, value + 0.0);
        }
    }

    /// Forgets what `lane` was told since the last tick.
    fn forget(&mut self, lane: usize) {
        let told = &mut self.told[lane / LANES];
        told.lanes &= !(1 << (lane % LANES));
        told.hasty &= told.lanes;
        if told.lanes == 0 {
            self.pending.remove(lane / LANES);
        }
    }

    /// Begins the next tick: what was told a target sets out, and everything on its way moves on.
    #[inline]
    pub fn tick(&mut self) {
        if !(self.moving.is_empty() && self.pending.is_empty()) {
            self.set_out();
            // Not a `for` loop, for that would ask at every chunk which word it is in.
            self.moving.iter().for_each(|place| {
                let chunk = &mut self.chunks[place];
                if chunk.travelling() == 0 {
                    chunk.rest();
                    self.moving.remove(place);
                } else {
                    chunk.advance();
                }
            });
        }
    }

    /// Begins `ticks` ticks one after the other, to the same bits as as many calls of [`tick`](Self::tick).
    pub fn skip(&mut self, ticks: u64) {
        for _ in 0..ticks {
            if self.moving.is_empty() && self.pending.is_empty() {
                break;
            }
            self.tick();
        }
    }

    /// Starts the ramps that were told since the last tick.
    fn set_out(&mut self) {
        self.pending.iter().for_each(|place| {
            let (chunk, told) = (&mut self.chunks[place], &mut self.told[place]);
            for lane in ones(told.lanes) {
                let hasty = told.hasty & (1 << lane) != 0;
                let goal = told.goals[lane];
                if chunk.target[lane] != goal {
                    let course = if hasty {
                        Course::HASTY
                    } else {
                        self.shapes[place][lane].course(chunk.value[lane], goal)
                    };
                    chunk.set_out(lane, &course, goal);
                } else if hasty {
                    chunk.hasten(lane);
                }
            }
            told.lanes = 0;
            told.hasty = 0;
        });
        self.moving.take(&mut self.pending);
    }

    /// The value of `lane` at the end of the running tick.
    #[inline]
    pub fn value(&self, lane: usize) -> f32 {
        self.chunks[lane / LANES].value[lane % LANES]
    }

    /// The values of all lanes of `chunk`, below `CHUNKS`.
    #[inline]
    pub fn values(&self, chunk: usize) -> &[f32; LANES] {
        &self.chunks[chunk].value
    }

    /// Where `lane` is bound for, or where it rests.
    #[inline]
    pub fn target(&self, lane: usize) -> f32 {
        let (place, lane) = (lane / LANES, lane % LANES);
        let told = &self.told[place];
        if told.lanes & (1 << lane) != 0 {
            told.goals[lane]
        } else {
            self.chunks[place].target[lane]
        }
    }

    /// The course of `lane` across the running tick.
    #[inline]
    pub fn ramp(&self, lane: usize) -> Ramp {
        self.chunks[lane / LANES].ramp(lane % LANES)
    }

    /// Whether `lane` holds one value through the running tick.
    #[inline]
    pub fn rests(&self, lane: usize) -> bool {
        self.ramp(lane).rests()
    }

    /// Whether any lane of `chunk`, below `CHUNKS`, moves in the running tick or is still on its way. If
    /// not, all of them rest.
    #[inline]
    pub fn chunk_moves(&self, chunk: usize) -> bool {
        self.moving.contains(chunk)
    }

    /// Whether that holds for any chunk from `first`, below `CHUNKS`, to before `end`.
    pub fn any_chunk_moves(&self, first: usize, end: usize) -> bool {
        self.moving.any(first, end)
    }

    /// Writes the values that `lane` has from the sample `phase` of the running tick on. `phase` and the
    /// length of `out` are at most [`TICK`](super::TICK) together.
    pub fn fill(&self, lane: usize, phase: usize, out: &mut [f32]) {
        self.ramp(lane).fill(phase, out);
    }

    /// Begins `ticks` ticks, 1 to [`Lines::MOST_TICKS`], and draws what every lane does in them into `lines`,
    /// for those who want slices of a whole block. To the same bits as tick by tick.
    pub fn draw(&mut self, ticks: usize, lines: &mut Lines<CHUNKS>) {
        debug_assert!((1..=Lines::<CHUNKS>::MOST_TICKS).contains(&ticks));
        lines.ticks = ticks;
        self.set_out();
        for (chunk, lines) in self.chunks.iter().zip(&mut lines.chunks) {
            lines.begin(chunk);
        }
        let pairs = self.chunks.iter_mut().zip(&mut lines.chunks).enumerate();
        let mut moving = pairs.filter(|(place, _)| self.moving.contains(*place));
        while let Some((_, first)) = moving.next() {
            match moving.next() {
                Some((_, second)) => ChunkLines::draw([first, second], ticks),
                None => ChunkLines::draw([first], ticks),
            }
        }
        for place in self.moving.iter() {
            if self.chunks[place].rests() {
                self.moving.remove(place);
            }
        }
    }
}

#[cfg(test)]
mod spectrum;
#[cfg(test)]
mod tests;
