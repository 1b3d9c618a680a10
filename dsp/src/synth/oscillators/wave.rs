//! Oscillator shapes: naive waves as functions of phase, and the place and height of their discontinuities.
//!
//! With `s` from −½ to ½ for a phase from 0 to 1 all shapes are in phase with sin 2πs, so that cross-fades between them
//! cancel nothing, and all have the same power. Saw and pulse fall where the phase wraps, which is also the phase that
//! hard sync resets to.

use std::array::from_fn;

use super::super::f32s::{F32s, Mask, Ramps, sine, sine_of_quarter};
use super::super::phase_ramps::{PhaseRamps, TickRemainder, lanes};
use super::blep_kernel::Order;
use crate::rt::TICK;

/// Number of shapes: sine, triangle, saw, pulse.
pub const SHAPES: usize = 4;
/// Levels of the shapes, which give each the power of a saw between −1 and 1 (the pulse at a duty cycle of ½).
pub const LEVELS: [f32; SHAPES] = [0.816_496_6, 1.0, 1.0, 0.577_350_26];

const SINE: usize = 0;
const TRIANGLE: usize = 1;
const SAW: usize = 2;
const PULSE: usize = 3;

/// Mask with a bit for each shape.
const ALL: u32 = (1 << SHAPES) - 1;

/// 2⁻³², the factor from phase units to cycles.
const CYCLES: f32 = 1.0 / 4_294_967_296.0;
/// Half a cycle.
const HALF: u32 = 1 << 31;
/// A quarter of a cycle.
const QUARTER: u32 = 1 << 30;

/// Samples of a stretch that follow an event, a bit each in every lane: the first sample is the highest bit.
pub type Marks<const N: usize> = [u32; N];

/// Wave shape of each of `N` voices.
#[derive(Clone, Copy, Debug)]
pub struct Shape<const N: usize> {
    weights: [Ramps<N>; SHAPES],
    /// Phase at which the pulse rises.
    edge: PhaseRamps<N>,
    /// Value of `edge` at the last sample.
    edge_before: [u32; N],
    /// One bit for each shape that a voice uses. A shape that is alone has its full weight.
    live: u32,
    shape: F32s<N>,
    width: F32s<N>,
    weights_move: bool,
    edge_moves: bool,
}

impl<const N: usize> Default for Shape<N> {
    fn default() -> Self {
        Self {
            weights: Default::default(),
            edge: PhaseRamps::default(),
            edge_before: [0; N],
            live: ALL,
            shape: F32s::splat(f32::NAN),
            width: F32s::splat(f32::NAN),
            weights_move: false,
            edge_moves: false,
        }
    }
}

impl<const N: usize> Shape<N> {
    /// Ramps to `shape`, 0 to 3, and `width`, both in range, across the tick that begins.
    #[inline(always)]
    pub fn ramp_to(&mut self, shape: F32s<N>, width: F32s<N>) {
        let moved = !shape.equals(self.shape);
        if moved {
            self.shape = shape;
            for (k, weight) in self.weights.iter_mut().enumerate() {
                weight.ramp_to(weight_of(k, shape));
            }
        } else if self.weights_move {
            for weight in &mut self.weights {
                weight.ramp_to(weight.end());
            }
        }
        if moved || self.weights_move {
            self.classify();
        }
        self.weights_move = moved;

        let moved = !width.equals(self.width);
        if moved {
            self.width = width;
            self.edge.ramp_to(edge_of(width));
        } else if self.edge_moves {
            self.edge.hold_value();
        }
        self.edge_moves = moved;
    }

    /// Sets the lanes in `mask` to `shape` and `width` for all of the tick.
    #[inline(always)]
    pub fn jump_to(&mut self, shape: F32s<N>, width: F32s<N>, mask: Mask) {
        self.shape = self.shape.blend(shape, mask);
        self.width = self.width.blend(width, mask);
        for (k, weight) in self.weights.iter_mut().enumerate() {
            weight.jump_to(weight_of(k, shape), mask);
        }
        let edge = edge_of(width);
        self.edge.jump_to(edge, mask);
        for lane in lanes(mask) {
            self.edge_before[lane] = edge[lane];
        }
        self.classify();
    }

    /// Ramps the lanes in `mask` from sample `from` of the tick to `shape` and `width` at its end.
    pub fn retarget_at(&mut self, from: usize, shape: F32s<N>, width: F32s<N>, mask: Mask) {
        if differ(shape, self.shape) & mask != 0 {
            self.shape = self.shape.blend(shape, mask);
            for (k, weight) in self.weights.iter_mut().enumerate() {
                weight.retarget_at(from, weight_of(k, shape), mask);
            }
            self.classify();
            self.weights_move = true;
        }
        if differ(width, self.width) & mask != 0 {
            self.width = self.width.blend(width, mask);
            self.edge
                .retarget_at(TickRemainder::new(from, 1), edge_of(width), mask);
            self.edge_moves = true;
        }
    }

    /// Determines which shapes have to be computed.
    #[inline(always)]
    fn classify(&mut self) {
        let absent = |k: usize| self.weights[k].is_constant_at(0.0);
        self.live = (0..SHAPES).fold(0, |live, k| live | (u32::from(!absent(k)) << k));
        let alone = self.live.trailing_zeros() as usize;
        if self.live.is_power_of_two() && !self.weights[alone].is_constant_at(LEVELS[alone]) {
            self.live = ALL;
        }
    }

    /// Stores the pulse edge of the last sample, after `count` samples from `from` on have been rendered.
    #[inline(always)]
    pub fn pass(&mut self, from: usize, count: usize) {
        self.edge_before = self.edge.at(from + count - 1);
    }

    /// Renders the naive wave from sample `from` of the tick on and returns the samples with events; `jumps` is what hard
    /// sync adds to the phase at each sample.
    #[inline(always)]
    pub fn trace<const SYNC: bool>(
        &self,
        phase: &mut [u32; N],
        increments: &PhaseRamps<N>,
        from: usize,
        jumps: &[[u32; N]; TICK],
        wave: &mut [F32s<N>],
    ) -> Trace<N> {
        match self.live {
            0b0001 => self.trace_as::<0b0001, SYNC>(phase, increments, from, jumps, wave),
            0b0010 => self.trace_as::<0b0010, SYNC>(phase, increments, from, jumps, wave),
            0b0011 => self.trace_as::<0b0011, SYNC>(phase, increments, from, jumps, wave),
            0b0100 => self.trace_as::<0b0100, SYNC>(phase, increments, from, jumps, wave),
            0b0110 => self.trace_as::<0b0110, SYNC>(phase, increments, from, jumps, wave),
            0b1000 => self.trace_as::<0b1000, SYNC>(phase, increments, from, jumps, wave),
            0b1100 => self.trace_as::<0b1100, SYNC>(phase, increments, from, jumps, wave),
            _ => self.trace_as::<0b1111, SYNC>(phase, increments, from, jumps, wave),
        }
    }

    #[inline(always)]
    fn trace_as<const LIVE: u32, const SYNC: bool>(
        &self,
        phase: &mut [u32; N],
        increments: &PhaseRamps<N>,
        from: usize,
        jumps: &[[u32; N]; TICK],
        wave: &mut [F32s<N>],
    ) -> Trace<N> {
        let count = wave.len();
        let (has, alone) = (|k: usize| LIVE & (1 << k) != 0, LIVE.is_power_of_two());
        let mut t = *phase;
        let mut increment = increments.at(from);
        let (mut slope, curve) = (increments.step(from), increments.curve());
        let mut edge = self.edge.at(from);
        let edge_slope = self.edge.step(from);
        // A bit for each sample: the upper half of the cycle, the same a quarter later, and the pulse being high.
        let (mut upper, mut turned, mut high) = ([0_u32; N], [0_u32; N], [0_u32; N]);
        for (n, (wave, jump)) in wave.iter_mut().zip(jumps).enumerate() {
            for lane in 0..N {
                t[lane] = t[lane].wrapping_add(increment[lane]);
                if SYNC {
                    t[lane] = t[lane].wrapping_add(jump[lane]);
                }
                increment[lane] = increment[lane].wrapping_add(slope[lane]);
                slope[lane] = slope[lane].wrapping_add(curve[lane]);
                upper[lane] = (upper[lane] << 1) | (t[lane] >> 31);
            }
            let s = F32s(t.map(|t| (t ^ HALF) as i32 as f32 * CYCLES));
            if has(TRIANGLE) {
                for lane in 0..N {
                    turned[lane] = (turned[lane] << 1) | (t[lane].wrapping_add(QUARTER) >> 31);
                }
            }
            let folded = fold(s);
            let level = |k: usize| {
                if alone {
                    F32s::splat(LEVELS[k])
                } else {
                    self.weights[k].at(from + n)
                }
            };
            let mut mixed = F32s::ZERO;
            if has(SINE) {
                mixed += folded.map(sine_of_quarter) * level(SINE);
            }
            if has(TRIANGLE) {
                mixed += folded * 4.0 * level(TRIANGLE);
            }
            if has(SAW) {
                mixed += s * 2.0 * level(SAW);
            }
            if has(PULSE) {
                let pulse = F32s(from_fn(|lane| {
                    let sign = if t[lane] >= edge[lane] { 1.0 } else { -1.0 };
                    // The mean is subtracted.
                    sign + (edge[lane] ^ HALF) as i32 as f32 * (2.0 * CYCLES)
                }));
                mixed += pulse * level(PULSE);
                for lane in 0..N {
                    high[lane] = (high[lane] << 1) | u32::from(t[lane] >= edge[lane]);
                    edge[lane] = edge[lane].wrapping_add(edge_slope[lane]);
                }
            }
            *wave = mixed;
        }

        // An increment is less than half a cycle, so the phase gets from the upper half to the lower one only by
        // wrapping.
        let wraps = falls(upper, phase.map(|t| t >= HALF), count);
        let first = from_fn(|lane| phase[lane] >= self.edge_before[lane]);
        let crossed = changes(high, first, count);
        let edges: Marks<N> = from_fn(|lane| crossed[lane] ^ wraps[lane]);
        let corners = changes(
            turned,
            phase.map(|t| t.wrapping_add(QUARTER) >= HALF),
            count,
        );
        let events = from_fn(|lane| {
            // Some lanes may not have a shape that others have.
            let of = |k: usize| {
                if has(k) && (alone || self.weighs(k, lane)) {
                    !0
                } else {
                    0
                }
            };
            let (triangle, saw, pulse) = (of(TRIANGLE), of(SAW), of(PULSE));
            (wraps[lane] & (saw | pulse)) | (edges[lane] & pulse) | (corners[lane] & triangle)
        });
        *phase = t;
        Trace { wraps, events }
    }

    /// Returns true if a lane uses shape `k` in this tick.
    #[inline(always)]
    fn weighs(&self, k: usize, lane: usize) -> bool {
        (self.weights[k].start().0[lane] != 0.0) | (self.weights[k].end().0[lane] != 0.0)
    }

    /// Returns the wave of one lane at sample `index` of the tick, which is the `n`-th of the stretch.
    #[inline(always)]
    pub fn around(&self, lane: usize, index: usize, n: usize, increment: u32) -> Corner {
        let edge = self.edge.lane(lane, index);
        let edge_before = if n == 0 {
            self.edge_before[lane]
        } else {
            self.edge.lane(lane, index - 1)
        };
        Corner {
            weights: from_fn(|k| self.weights[k].lane(lane, index)),
            edges: [edge_before, edge],
            frequency: increment as f32 * CYCLES,
        }
    }
}

/// Wave of one lane from one sample to the next.
#[derive(Clone, Copy, Debug)]
pub struct Corner {
    weights: [f32; SHAPES],
    edges: [u32; 2],
    /// Frequency in cycles per sample.
    frequency: f32,
}

/// A part of the time from one sample to the next.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Phase at its start.
    pub phase: u32,
    /// Phase increment, less than half a cycle.
    pub advance: u32,
    /// Start and end, in samples before the next sample.
    pub since: [f32; 2],
}

impl Corner {
    /// Calls `event` for each discontinuity of the wave itself within `segment`: order, samples before the end, height.
    #[inline(always)]
    pub fn cross(&self, segment: Segment, mut event: impl FnMut(Order, f32, f32)) {
        let Segment {
            phase,
            advance,
            since: [start, end],
        } = segment;
        let [_, triangle, saw, pulse] = self.weights;
        let (now, way) = (phase.wrapping_add(advance), start - end);
        let since = |past: u32, speed: u32| {
            let part = past as i32 as f32 / speed as i32 as f32;
            // A NaN becomes 0 as well.
            end + way * if part > 0.0 { part.min(1.0) } else { 0.0 }
        };

        let wrapped = now < advance;
        if wrapped {
            event(Order::Step, since(now, advance), -2.0 * (saw + pulse));
        }
        if pulse != 0.0 {
            let [from, to] = [self.edge(start), self.edge(end)];
            let high = now >= to;
            if (phase >= from) ^ high ^ wrapped {
                // An edge that moves faster than the phase crosses it in the other direction.
                let height = if high | wrapped { 2.0 } else { -2.0 };
                let speed = advance.wrapping_sub(to.wrapping_sub(from));
                event(
                    Order::Step,
                    since(now.wrapping_sub(to), speed),
                    height * pulse,
                );
            }
        }
        if triangle != 0.0 {
            let [from, to] = [phase, now].map(|phase| phase.wrapping_add(QUARTER));
            if (from ^ to) >= HALF {
                let slope = if to >= HALF { 8.0 } else { -8.0 };
                event(
                    Order::Ramp,
                    since(to & !HALF, advance),
                    slope * self.frequency * triangle,
                );
            }
        }
    }

    /// Calls `event` for each discontinuity caused by a reset from `phase` to 0, `since` samples before the end.
    #[inline(always)]
    pub fn reset(&self, phase: u32, since: f32, mut event: impl FnMut(Order, f32, f32)) {
        let [sines, triangles, saw, pulse] = self.weights;
        let s = (phase ^ HALF) as i32 as f32 * CYCLES;
        let high = if phase >= self.edge(since) { 2.0 } else { 0.0 };
        let folded = fold(F32s([s])).0[0];
        event(
            Order::Step,
            since,
            -(2.0 * s + 1.0) * saw - high * pulse - folded * 4.0 * triangles,
        );
        if triangles != 0.0 && s.abs() < 0.25 {
            event(Order::Ramp, since, -8.0 * self.frequency * triangles);
        }
        if sines != 0.0 {
            let [sin, cos] = sine(F32s([s, 0.25 - s.abs()])).0;
            let w = std::f32::consts::TAU * self.frequency;
            event(Order::Step, since, -sin * sines);
            event(Order::Ramp, since, -(1.0 + cos) * w * sines);
            event(Order::Curve, since, sin * w * w * sines);
            event(Order::Cubic, since, (1.0 + cos) * w * w * w * sines);
        }
    }

    /// Returns the phase at which the pulse rises, `since` samples before the end.
    #[inline(always)]
    fn edge(&self, since: f32) -> u32 {
        let [before, now] = self.edges;
        if since >= 1.0 {
            return before;
        }
        let way = before.wrapping_sub(now) as i32 as f32;
        now.wrapping_add((way * since) as i32 as u32)
    }
}

/// Advances the phases by `count` samples and returns the samples at which they wrap.
#[inline(always)]
pub fn advance<const N: usize>(
    phase: &mut [u32; N],
    increments: &PhaseRamps<N>,
    from: usize,
    count: usize,
) -> Marks<N> {
    let first = phase.map(|t| t >= HALF);
    let (mut increment, mut slope) = (increments.at(from), increments.step(from));
    let curve = increments.curve();
    let mut upper = [0; N];
    for _ in 0..count {
        for lane in 0..N {
            phase[lane] = phase[lane].wrapping_add(increment[lane]);
            increment[lane] = increment[lane].wrapping_add(slope[lane]);
            slope[lane] = slope[lane].wrapping_add(curve[lane]);
            upper[lane] = (upper[lane] << 1) | (phase[lane] >> 31);
        }
    }
    falls(upper, first, count)
}

/// Returns the lanes in which two values differ.
#[inline(always)]
pub fn differ<const N: usize>(a: F32s<N>, b: F32s<N>) -> Mask {
    (a - b).mask_where(|way| way != 0.0)
}

/// Marks the bits, the last one lowest, that differ from the ones before them; `first` precedes the first one.
#[inline(always)]
fn changes<const N: usize>(bits: [u32; N], first: [bool; N], count: usize) -> Marks<N> {
    let spare = 32 - count as u32;
    from_fn(|lane| {
        let bits = bits[lane] << spare;
        (bits ^ ((bits >> 1) | (u32::from(first[lane]) << 31))) & (!0 << spare)
    })
}

/// Marks the bits that are 0 after a 1.
#[inline(always)]
fn falls<const N: usize>(bits: [u32; N], first: [bool; N], count: usize) -> Marks<N> {
    let spare = 32 - count as u32;
    let changes = changes(bits, first, count);
    from_fn(|lane| changes[lane] & !(bits[lane] << spare))
}

/// Folds half a cycle either way into the quarter next to 0: a triangle, and the argument of the sine.
#[inline(always)]
fn fold<const N: usize>(s: F32s<N>) -> F32s<N> {
    let outside = s.map(|s| (s.abs() - 0.25).abs());
    outside.zip(s, |outside, s| (0.25 - outside).copysign(s))
}

/// Returns the weight of shape `k`.
#[inline(always)]
fn weight_of<const N: usize>(k: usize, shape: F32s<N>) -> F32s<N> {
    shape.map(|shape| (1.0 - (shape - k as f32).abs()).max(0.0) * LEVELS[k])
}

/// Returns the phase at which a pulse rises that is high for the last `width` of the cycle.
#[inline(always)]
fn edge_of<const N: usize>(width: F32s<N>) -> [u32; N] {
    from_fn(|lane| ((0.5 - width.0[lane]) / CYCLES) as i32 as u32 ^ HALF)
}

/// Events of one wave of each of `N` voices in a stretch.
#[derive(Clone, Copy, Debug)]
pub struct Trace<const N: usize> {
    /// Samples at which the phase wraps.
    pub wraps: Marks<N>,
    /// Samples before which a discontinuity lies.
    pub events: Marks<N>,
}
