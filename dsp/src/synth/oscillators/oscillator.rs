//! One oscillator: up to eight waves per voice, band-limited after E. Brandt, "Hard Sync Without Aliasing", ICMC 2001.
//!
//! The naive waves of all voices of a group are computed side by side and delayed by half the kernel. Discontinuities
//! occur at few samples in few lanes; each adds its correction to the residual of its lane, which is stored along time.

use super::super::f32s::{F32s, Mask};
use super::super::hash::start_phase;
use super::super::phase_ramps::{PhaseRamps, TickRemainder, lanes};
use super::super::pitch::{CONCERT_HERTZ, concert_ratio};
use super::OscillatorControls;
use super::blep_buffer::{BlepBuffer, Discontinuity, DiscontinuityBatch};
use super::blep_kernel::Kernel;
use super::unison::{UNISON, Unison};
use super::wave::{Marks, Segment, Shape, advance, differ};
use crate::rt::{TICK, part_halfway};

/// Maximum frequency in cycles per sample.
const MAX_FREQUENCY: f32 = 0.45;
/// One cycle in the units of a phase.
const CYCLE: f32 = 4_294_967_296.0;
/// Phase at which sine, triangle and saw rise through zero.
const RISING: u32 = 1 << 31;

/// One oscillator of `N` voices.
#[derive(Clone, Copy, Debug)]
pub struct Oscillator<const N: usize> {
    phases: [[u32; N]; UNISON],
    increments: [PhaseRamps<N>; UNISON],
    shape: Shape<N>,
    unison: Unison<N>,
    pitch: F32s<N>,
    pitch_moves: bool,
    /// Unison voices that sound in this tick, including those that fade out.
    running: usize,
    /// Ticks for which left and right may still differ.
    stereo: usize,
    channels: [BlepBuffer<N>; 2],
}

impl<const N: usize> Default for Oscillator<N> {
    fn default() -> Self {
        Self {
            phases: [[RISING; N]; UNISON],
            increments: [PhaseRamps::default(); UNISON],
            shape: Shape::default(),
            unison: Unison::default(),
            pitch: F32s::splat(f32::NAN),
            pitch_moves: false,
            running: 1,
            stereo: 0,
            channels: Default::default(),
        }
    }
}

/// Trace of a rendered stretch, from which its discontinuities and the slave's phases are computed.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<const N: usize> {
    /// Phases before the stretch.
    phases: [[u32; N]; UNISON],
    /// Samples before which each unison voice wrapped.
    wraps: [Marks<N>; UNISON],
}

/// A slave's view of its master.
pub type Master<'a, const N: usize> = (&'a Oscillator<N>, &'a Stretch<N>);

impl<const N: usize> Oscillator<N> {
    /// Starts the lanes in `mask`: the first unison voice where the wave rises through zero, the others at phases derived
    /// from `seeds`.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask, seeds: &[u32; N]) {
        for lane in lanes(mask) {
            for (u, phases) in self.phases.iter_mut().enumerate() {
                phases[lane] = if u == 0 {
                    RISING
                } else {
                    start_phase(seeds[lane].wrapping_add(u as u32))
                };
            }
            for channel in &mut self.channels {
                channel.clear(lane);
            }
        }
    }

    /// Clears the delayed output.
    pub fn silence(&mut self) {
        self.channels = Default::default();
    }

    /// Ramps to `controls` and `count` unison voices across the tick that begins.
    #[inline(always)]
    pub fn ramp_to(&mut self, controls: &OscillatorControls<N>, count: usize, sample_rate: f32) {
        let OscillatorControls {
            pitch,
            shape,
            width,
            detune,
            spread,
            curvature,
        } = controls.in_range();
        let leaving = self.unison.count();
        let moved = self.unison.ramp_to(count, detune, spread) | !pitch.equals(self.pitch);
        self.run(count.max(leaving));
        if moved {
            let middle = frequency((self.pitch + pitch) * 0.5 + curvature, sample_rate);
            self.pitch = pitch;
            let base = frequency(pitch, sample_rate);
            for (u, increments) in self.increments.iter_mut().enumerate().take(self.running) {
                let middle = increment(middle * self.unison.ratio_halfway(u));
                increments.ramp_through(middle, increment(base * self.unison.ratio(u)), TICK);
            }
        } else if self.pitch_moves {
            for increments in &mut self.increments {
                increments.hold_value();
            }
        }
        self.pitch_moves = moved;
        self.shape.ramp_to(shape, width);
    }

    /// Sets the lanes in `mask` to `controls` without a ramp.
    #[inline(always)]
    pub fn jump_to(
        &mut self,
        controls: &OscillatorControls<N>,
        count: usize,
        mask: Mask,
        sample_rate: f32,
    ) {
        let OscillatorControls {
            pitch,
            shape,
            width,
            detune,
            spread,
            ..
        } = controls.in_range();
        self.unison.jump_to(count, detune, spread, mask);
        if count > self.running {
            self.run(count);
        }
        self.pitch = self.pitch.blend(pitch, mask);
        let base = frequency(pitch, sample_rate);
        for (u, increments) in self.increments.iter_mut().enumerate() {
            increments.jump_to(increment(base * self.unison.ratio(u)), mask);
        }
        self.shape.jump_to(shape, width, mask);
    }

    /// Ramps the lanes in `mask` from sample `from` of the tick, after [`jump_to`](Self::jump_to), to `controls`.
    pub fn ramp_from(
        &mut self,
        from: usize,
        controls: &OscillatorControls<N>,
        count: usize,
        mask: Mask,
        sample_rate: f32,
    ) {
        let OscillatorControls {
            pitch,
            shape,
            width,
            detune,
            spread,
            curvature,
        } = controls.in_range();
        self.shape.retarget_at(from, shape, width, mask);
        let tuned = self.unison.retarget_at(from, count, detune, spread, mask);
        if !tuned & (differ(pitch, self.pitch) & mask == 0) {
            return;
        }
        let middle = self.pitch + (pitch - self.pitch) * part_halfway(from) + curvature;
        let (middle, base) = (
            frequency(middle, sample_rate),
            frequency(pitch, sample_rate),
        );
        self.pitch = self.pitch.blend(pitch, mask);
        self.pitch_moves = true;
        for (u, increments) in self.increments.iter_mut().enumerate() {
            let middle = increment(middle * self.unison.ratio_halfway(u));
            let end = increment(base * self.unison.ratio(u));
            increments.retarget_through(TickRemainder::new(from, 1), middle, end, mask);
        }
    }

    /// Moves the phases of the lanes in `mask` back by a sample.
    pub fn step_back(&mut self, mask: Mask) {
        for (phases, increments) in self.phases.iter_mut().zip(&self.increments) {
            for lane in lanes(mask) {
                phases[lane] = phases[lane].wrapping_sub(increments.lane(lane, 0));
            }
        }
    }

    /// Copies the lanes in `mask` from `other`, which has rendered [`DELAY`](super::DELAY) samples from sample 0 on
    /// without ramps: its delayed output appears from sample `from` on.
    pub fn take_over(&mut self, from: usize, other: &Self, mask: Mask) {
        for lane in lanes(mask) {
            for (phases, other) in self.phases.iter_mut().zip(&other.phases) {
                phases[lane] = other[lane];
            }
            for (channel, other) in self.channels.iter_mut().zip(&other.channels) {
                channel.take_over(from, other, lane);
            }
        }
    }

    /// Ramps the lanes in `mask` from sample `from` of the tick to another pitch.
    pub fn retarget_at(&mut self, from: usize, pitch: F32s<N>, mask: Mask, sample_rate: f32) {
        let pitch = OscillatorControls {
            pitch,
            ..Default::default()
        }
        .in_range()
        .pitch;
        self.pitch = self.pitch.blend(pitch, mask);
        self.pitch_moves = true;
        let base = frequency(pitch, sample_rate);
        for (u, increments) in self.increments.iter_mut().enumerate().take(self.running) {
            let end = increment(base * self.unison.ratio(u));
            increments.retarget_at(TickRemainder::new(from, 1), end, mask);
        }
    }

    /// Invalidates cached detune and spread, so that the next tick computes them again.
    pub fn forget(&mut self) {
        self.unison.forget();
    }

    /// Returns true if left and right may differ.
    #[inline(always)]
    pub fn stereo(&self) -> bool {
        self.stereo > 0
    }

    /// Sets the number of unison voices that sound. A single one is mono once the delayed output of the others has ended.
    #[inline(always)]
    fn run(&mut self, running: usize) {
        self.running = running;
        let was_mono = self.stereo == 0;
        self.stereo = if running > 1 {
            2
        } else {
            self.stereo.saturating_sub(1)
        };
        if was_mono && self.stereo > 0 {
            self.channels[1] = self.channels[0];
        }
    }

    /// Advances the phases by `count` samples from sample `from` of the tick without rendering, as the master of a
    /// hard-synced oscillator.
    #[inline(always)]
    pub fn run_silently(&mut self, from: usize, count: usize) -> Stretch<N> {
        let mut stretch = Stretch {
            phases: self.phases,
            wraps: [[0; N]; UNISON],
        };
        for u in 0..self.running {
            stretch.wraps[u] = advance(&mut self.phases[u], &self.increments[u], from, count);
        }
        self.shape.pass(from, count);
        stretch
    }

    /// Renders from sample `from` of the tick on, left and right. Each unison voice restarts where that of `master` does.
    #[inline(always)]
    pub fn render(
        &mut self,
        kernel: &Kernel,
        from: usize,
        master: Option<Master<'_, N>>,
        out: &mut [&mut [F32s<N>]; 2],
    ) -> Stretch<N> {
        match master {
            None => self.render_as::<false>(kernel, from, None, out),
            Some(_) => self.render_as::<true>(kernel, from, master, out),
        }
    }

    #[inline(always)]
    fn render_as<const SYNC: bool>(
        &mut self,
        kernel: &Kernel,
        from: usize,
        master: Option<Master<'_, N>>,
        [left, right]: &mut [&mut [F32s<N>]; 2],
    ) -> Stretch<N> {
        let count = left.len();
        let mut stretch = Stretch {
            phases: self.phases,
            wraps: [[0; N]; UNISON],
        };
        let mut events = [[0; UNISON]; N];
        let mut jumps = [[0; N]; TICK];
        let mut wave = [F32s::ZERO; TICK];
        for u in 0..self.running {
            let resets = match master.filter(|_| SYNC) {
                Some(master) => self.follow(master, &stretch, u, from, &mut jumps),
                None => [0; N],
            };
            let (phase, increments) = (&mut self.phases[u], &self.increments[u]);
            let (wave, sides): (&mut [F32s<N>], _) = match self.stereo > 0 {
                true => (&mut wave[..count], Some([&mut **left, &mut **right])),
                false => (&mut **left, None),
            };
            let trace = self
                .shape
                .trace::<SYNC>(phase, increments, from, &jumps, wave);
            stretch.wraps[u] = trace.wraps;
            for (lane, events) in events.iter_mut().enumerate() {
                events[u] = trace.events[lane] | resets[lane];
                let mut behind = resets[lane];
                while let Some(n) = take_first(&mut behind) {
                    jumps[n][lane] = 0;
                }
            }
            if let Some(sides) = sides {
                self.unison.pan(u, from, wave, sides);
            }
        }
        self.smooth::<SYNC>(kernel, from, &stretch, master, &events);
        self.shape.pass(from, count);
        self.channels[0].process(from, left);
        if self.stereo > 0 {
            self.channels[1].process(from, right);
        } else {
            right.copy_from_slice(left);
        }
        stretch
    }

    /// Computes the phase offsets of unison voice `u` where the master wraps, and returns the samples at which it does.
    #[inline(always)]
    fn follow(
        &self,
        (oscillator, of_master): Master<'_, N>,
        stretch: &Stretch<N>,
        u: usize,
        from: usize,
        jumps: &mut [[u32; N]; TICK],
    ) -> Marks<N> {
        let m = u % oscillator.running;
        for (lane, mut ahead) in of_master.wraps[m].into_iter().enumerate() {
            let mut offset = 0_u32;
            while let Some(n) = take_first(&mut ahead) {
                let phase = self
                    .phase_before(stretch, u, lane, from, n)
                    .wrapping_add(offset);
                let since = oscillator.since_wrap(of_master, m, lane, from, n);
                let reset = Reset::new(phase, self.increments[u].lane(lane, from + n), since);
                jumps[n][lane] = reset.jump;
                offset = offset.wrapping_add(reset.jump);
            }
        }
        of_master.wraps[m]
    }

    /// Adds the residuals of all discontinuities, in each lane in the order of time: the rounding of a sum depends on its
    /// order, and the output must not depend on where a stretch ends.
    #[inline(always)]
    fn smooth<const SYNC: bool>(
        &mut self,
        kernel: &Kernel,
        from: usize,
        stretch: &Stretch<N>,
        master: Option<Master<'_, N>>,
        events: &[Marks<UNISON>; N],
    ) {
        let stereo = self.stereo > 0;
        let mut batch = DiscontinuityBatch::default();
        for (lane, events) in events.iter().enumerate() {
            let mut ahead = events.iter().fold(0, |any, marks| any | marks);
            let mut offsets = [0_u32; UNISON];
            while let Some(n) = take_first(&mut ahead) {
                let index = from + n;
                // One bit for each unison voice with a discontinuity here.
                let voices =
                    (0..UNISON).fold(0, |voices, u| voices | (((events[u] >> (31 - n)) & 1) << u));
                for u in lanes(voices) {
                    let increment = self.increments[u].lane(lane, index);
                    let phase = self
                        .phase_before(stretch, u, lane, from, n)
                        .wrapping_add(offsets[u]);
                    let whole = Segment {
                        phase,
                        advance: increment,
                        since: [1.0, 0.0],
                    };
                    let corner = self.shape.around(lane, index, n, increment);
                    let gains = if stereo {
                        self.unison
                            .gains(u)
                            .each_ref()
                            .map(|gain| gain.lane(lane, index))
                    } else {
                        [1.0; 2]
                    };
                    let mut event = |order, since, height| {
                        batch.push(Discontinuity {
                            order,
                            since,
                            height,
                            lane: lane as u16,
                            index: index as u16,
                            gains,
                        })
                    };
                    match master.filter(|_| SYNC) {
                        Some((oscillator, of_master))
                            if of_master.wraps[u % oscillator.running][lane] & bit(n) != 0 =>
                        {
                            let since = oscillator.since_wrap(
                                of_master,
                                u % oscillator.running,
                                lane,
                                from,
                                n,
                            );
                            let reset = Reset::new(phase, increment, since);
                            let before = Segment {
                                advance: increment - reset.after,
                                since: [1.0, since],
                                ..whole
                            };
                            corner.cross(before, &mut event);
                            corner.reset(phase.wrapping_add(before.advance), since, &mut event);
                            corner.cross(
                                Segment {
                                    phase: 0,
                                    advance: reset.after,
                                    since: [since, 0.0],
                                },
                                &mut event,
                            );
                            offsets[u] = offsets[u].wrapping_add(reset.jump);
                        }
                        _ => corner.cross(whole, event),
                    }
                    if batch.is_full() {
                        batch.mix(kernel, &mut self.channels, stereo);
                    }
                }
            }
        }
        batch.mix(kernel, &mut self.channels, stereo);
    }

    /// Returns the phase of a unison voice before the `n`-th sample of a stretch, without resets.
    #[inline(always)]
    fn phase_before(
        &self,
        stretch: &Stretch<N>,
        u: usize,
        lane: usize,
        from: usize,
        n: usize,
    ) -> u32 {
        stretch.phases[u][lane].wrapping_add(self.increments[u].sum(lane, from, n))
    }

    /// Returns the time in samples between the wrap of a unison voice and the `n`-th sample of a stretch, which follows
    /// it.
    #[inline(always)]
    fn since_wrap(
        &self,
        stretch: &Stretch<N>,
        u: usize,
        lane: usize,
        from: usize,
        n: usize,
    ) -> f32 {
        let phase = self.phase_before(stretch, u, lane, from, n + 1);
        (phase as f32 / self.increments[u].lane(lane, from + n) as f32).min(1.0)
    }
}

/// Reset of a phase to 0 by hard sync.
#[derive(Clone, Copy, Debug)]
struct Reset {
    /// Phase reached at the next sample.
    after: u32,
    /// Difference from the phase that it would have reached without the reset.
    jump: u32,
}

impl Reset {
    #[inline(always)]
    fn new(phase: u32, increment: u32, since: f32) -> Self {
        let after = ((increment as f32 * since) as i32 as u32).min(increment);
        Self {
            after,
            jump: after.wrapping_sub(phase.wrapping_add(increment)),
        }
    }
}

/// Converts pitches to frequencies, in units of a phase per sample.
#[inline(always)]
fn frequency<const N: usize>(pitch: F32s<N>, sample_rate: f32) -> F32s<N> {
    concert_ratio(pitch) * (CONCERT_HERTZ * CYCLE / sample_rate)
}

#[inline(always)]
fn increment<const N: usize>(frequency: F32s<N>) -> [u32; N] {
    frequency
        .map(|frequency| (frequency + 0.5).min(MAX_FREQUENCY * CYCLE))
        .0
        .map(|units| units as i32 as u32)
}

/// Returns the bit of the `n`-th sample of a stretch.
#[inline(always)]
fn bit(n: usize) -> u32 {
    1 << (31 - n)
}

/// Removes the first marked sample and returns it.
#[inline(always)]
fn take_first(marks: &mut u32) -> Option<usize> {
    let n = marks.leading_zeros() as usize;
    (n < 32).then(|| {
        *marks &= !bit(n);
        n
    })
}
