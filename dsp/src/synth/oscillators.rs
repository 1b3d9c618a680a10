//! The two virtual-analogue oscillators: a shape from sine to pulse, unison, hard sync of B to A, and ring modulation.
//!
//! `oscillators/oscillator.rs` describes the synthesis.

mod blep_buffer;
mod blep_kernel;
mod oscillator;
mod ring;
#[cfg(test)]
mod tests;
mod unison;
mod wave;

use blep_kernel::Kernel;
use oscillator::Oscillator;
use ring::Ring;

use super::f32s::{F32s, Mask, all};
use super::hash::GOLDEN;

pub use blep_kernel::DELAY;
pub use ring::RING_DELAY;
pub use unison::UNISON;

/// Targets of an oscillator of `N` voices at the end of a tick. Values out of range are clamped, a NaN to the lower end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OscillatorControls<const N: usize> {
    /// Pitch in MIDI keys. The frequency is limited to 0.45 of the sample rate.
    pub pitch: F32s<N>,
    /// 0 sine, 1 triangle, 2 saw, 3 pulse; values between two of them cross-fade.
    pub shape: F32s<N>,
    /// Duty cycle of the pulse, 0.02 to 0.98.
    pub width: F32s<N>,
    /// Semitones from the lowest voice of the unison to the highest, 0 to 2.
    pub detune: F32s<N>,
    /// Stereo width of the unison, 0 to 1.
    pub spread: F32s<N>,
    /// Deviation of the pitch from a straight line in the middle of the tick, in semitones.
    pub curvature: F32s<N>,
}

impl<const N: usize> Default for OscillatorControls<N> {
    /// A saw at 440 Hz.
    fn default() -> Self {
        Self {
            pitch: F32s::splat(69.0),
            shape: F32s::splat(2.0),
            width: F32s::splat(0.5),
            detune: F32s::ZERO,
            spread: F32s::ZERO,
            curvature: F32s::ZERO,
        }
    }
}

impl<const N: usize> OscillatorControls<N> {
    #[inline(always)]
    fn in_range(&self) -> Self {
        Self {
            pitch: self.pitch.clamp(-128.0, 256.0),
            shape: self.shape.clamp(0.0, 3.0),
            width: self.width.clamp(0.02, 0.98),
            detune: self.detune.clamp(0.0, 2.0),
            spread: self.spread.clamp(0.0, 1.0),
            curvature: self.curvature.clamp(-128.0, 128.0),
        }
    }
}

/// Settings that all voices of an oscillator share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OscillatorSettings {
    /// Unison voices per note, 1 to [`UNISON`]. A single one is mono.
    pub unison: usize,
}

impl Default for OscillatorSettings {
    fn default() -> Self {
        Self { unison: 1 }
    }
}

/// Settings that all voices of a pair share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PairSettings {
    /// Oscillator A, the master of hard sync.
    pub a: OscillatorSettings,
    /// Oscillator B.
    pub b: OscillatorSettings,
    /// True for hard sync: the phase of B restarts whenever that of A does.
    pub sync: bool,
    /// True if the product of both is computed.
    pub ring: bool,
    /// True to compute the product at twice the sample rate, [`RING_DELAY`] later than the waves.
    pub oversampled: bool,
    /// True if the output of A is needed; unused outputs are not computed.
    pub a_used: bool,
    /// True if the output of B is needed.
    pub b_used: bool,
}

impl PairSettings {
    /// Returns true for each oscillator whose sound is computed.
    #[inline(always)]
    fn audible(&self) -> [bool; 2] {
        [self.a_used | self.ring, self.b_used | self.ring]
    }

    /// Returns true for each oscillator whose phase runs.
    #[inline(always)]
    fn running(&self) -> [bool; 2] {
        let [a, b] = self.audible();
        [a | (b & self.sync), b]
    }

    #[inline(always)]
    fn counts(&self) -> [usize; 2] {
        [self.a, self.b].map(|settings| settings.unison.clamp(1, UNISON))
    }
}

/// Output buffers of a pair: left and right of A, of B and of their product. All slices have the same length; outputs in
/// use are overwritten, the others left as they are.
#[derive(Debug)]
pub struct PairOutput<'a, const N: usize> {
    /// Oscillator A.
    pub a: [&'a mut [F32s<N>]; 2],
    /// Oscillator B.
    pub b: [&'a mut [F32s<N>]; 2],
    /// Product of A and B.
    pub ring: [&'a mut [F32s<N>]; 2],
}

/// The two oscillators of `N` voices. Their output is delayed by [`DELAY`] samples, except for notes that [begin
/// early](Self::begin_early).
#[derive(Clone, Debug)]
pub struct Oscillators<const N: usize> {
    pair: [Oscillator<N>; 2],
    /// Oversampled ring modulators, left and right.
    rings: [Ring<N>; 2],
    settings: PairSettings,
    kernel: &'static Kernel,
}

impl<const N: usize> Default for Oscillators<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Oscillators<N> {
    /// Returns a pair with unused oscillators. The first call also computes the kernel tables, which allocates.
    pub fn new() -> Self {
        Self {
            pair: Default::default(),
            rings: Default::default(),
            settings: PairSettings::default(),
            kernel: Kernel::get(),
        }
    }

    /// `[audio]` Starts the lanes in `mask` from silence: the first voice of each unison where its wave rises through
    /// zero, the others at phases derived from the seed of the lane. [`jump_to`](Self::jump_to) has to be called next.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask, seeds: &[u32; N]) {
        let [a, b] = &mut self.pair;
        a.start(mask, seeds);
        b.start(mask, &seeds.map(|seed| seed ^ GOLDEN));
        self.rings.iter_mut().for_each(|ring| ring.start(mask));
    }

    /// `[audio]` Ramps all lanes to `controls` of A and B across the tick that begins. If the number of unison voices
    /// changes, voices fade in or out.
    #[inline(always)]
    pub fn ramp_to(
        &mut self,
        controls: &[OscillatorControls<N>; 2],
        settings: &PairSettings,
        sample_rate: f32,
    ) {
        let were = self.adopt(settings);
        self.stay();
        let (running, counts) = (settings.running(), settings.counts());
        for (k, oscillator) in self.pair.iter_mut().enumerate() {
            if running[k] {
                oscillator.ramp_to(&controls[k], counts[k], sample_rate);
                if !were[k] {
                    oscillator.jump_to(&controls[k], counts[k], all::<N>(), sample_rate);
                }
            }
        }
    }

    /// `[audio]` Replaces [`ramp_to`](Self::ramp_to) at a tick on which all ramps are constant, for the same controls and
    /// settings.
    #[inline(always)]
    pub fn stay(&mut self) {
        if self.settings.ring & self.settings.oversampled {
            self.rings.iter_mut().for_each(Ring::tidy);
        }
    }

    /// `[audio]` Sets the lanes in `mask` to `controls` without a ramp, on any sample.
    #[inline(always)]
    pub fn jump_to(
        &mut self,
        controls: &[OscillatorControls<N>; 2],
        settings: &PairSettings,
        mask: Mask,
        sample_rate: f32,
    ) {
        self.adopt(settings);
        let counts = settings.counts();
        for (k, oscillator) in self.pair.iter_mut().enumerate() {
            oscillator.jump_to(&controls[k], counts[k], mask, sample_rate);
        }
    }

    /// `[audio]` Renders the first [`DELAY`] samples of the lanes in `mask` in advance, after [`jump_to`](Self::jump_to)
    /// at sample `phase` of the tick, so that they are audible from that sample on.
    pub fn begin_early(&mut self, phase: usize, mask: Mask) {
        let mut early = self.clone();
        // The first sample is the very beginning of the wave, as that of an operator is.
        early
            .pair
            .iter_mut()
            .for_each(|oscillator| oscillator.step_back(mask));
        let mut waves = [[F32s::ZERO; DELAY]; 6];
        let [a, b, c, d, e, f] = waves.each_mut().map(|wave| &mut wave[..]);
        early.render(
            0,
            &mut PairOutput {
                a: [a, b],
                b: [c, d],
                ring: [e, f],
            },
        );
        for (oscillator, early) in self.pair.iter_mut().zip(&early.pair) {
            oscillator.take_over(phase, early, mask);
        }
    }

    /// `[audio]` Ramps the lanes in `mask` from sample `phase` of the tick, after [`jump_to`](Self::jump_to), to
    /// `controls`.
    pub fn ramp_from(
        &mut self,
        phase: usize,
        controls: &[OscillatorControls<N>; 2],
        settings: &PairSettings,
        mask: Mask,
        sample_rate: f32,
    ) {
        let counts = settings.counts();
        for (k, oscillator) in self.pair.iter_mut().enumerate() {
            oscillator.ramp_from(phase, &controls[k], counts[k], mask, sample_rate);
        }
    }

    /// `[audio]` Ramps the lanes in `mask` from sample `phase` of the tick to other pitches of A and B.
    pub fn retarget_at(
        &mut self,
        phase: usize,
        pitches: [F32s<N>; 2],
        mask: Mask,
        sample_rate: f32,
    ) {
        for (oscillator, pitch) in self.pair.iter_mut().zip(pitches) {
            oscillator.retarget_at(phase, pitch, mask, sample_rate);
        }
    }

    /// `[audio]` Invalidates cached detune and spread, so that the next [`ramp_to`](Self::ramp_to) computes ratios, pans
    /// and levels of the unisons again. For measuring what the cache saves.
    pub fn forget_cache(&mut self) {
        for oscillator in &mut self.pair {
            oscillator.forget();
        }
    }

    /// Returns true, for A and for B, if left and right may differ.
    #[inline(always)]
    pub fn stereo(&self) -> [bool; 2] {
        [self.pair[0].stereo(), self.pair[1].stereo()]
    }

    /// `[audio]` Renders from sample `phase` of the tick on: at least 1 sample, at most to the end of the tick.
    #[inline(always)]
    pub fn render(&mut self, phase: usize, out: &mut PairOutput<'_, N>) {
        let [a, b] = &mut self.pair;
        let [a_heard, b_heard] = self.settings.audible();
        let [a_runs, _] = self.settings.running();
        let count = out.a[0].len();

        let master = if a_heard {
            Some(a.render(self.kernel, phase, None, &mut out.a))
        } else if a_runs {
            // A closure here would not be compiled for wide vectors.
            Some(a.run_silently(phase, count))
        } else {
            None
        };
        if b_heard {
            let master = master
                .as_ref()
                .filter(|_| self.settings.sync)
                .map(|stretch| (&*a, stretch));
            b.render(self.kernel, phase, master, &mut out.b);
        }
        if self.settings.ring {
            let stereo = a.stereo() | b.stereo();
            for side in 0..2 {
                if self.settings.oversampled {
                    if side == 0 || stereo {
                        self.rings[side].render(out.a[side], out.b[side], out.ring[side]);
                    } else {
                        let [left, right] = &mut out.ring;
                        right.copy_from_slice(left);
                        self.rings[1] = self.rings[0];
                    }
                    continue;
                }
                for (ring, (a, b)) in out.ring[side]
                    .iter_mut()
                    .zip(out.a[side].iter().zip(&*out.b[side]))
                {
                    *ring = *a * *b;
                }
            }
        }
    }

    /// Adopts `settings` and returns which oscillators ran before.
    #[inline(always)]
    fn adopt(&mut self, settings: &PairSettings) -> [bool; 2] {
        let (heard, running) = (self.settings.audible(), self.settings.running());
        if self.settings != *settings {
            let now = settings.audible();
            if settings.ring & !self.settings.ring {
                self.rings = Default::default();
            }
            for (k, oscillator) in self.pair.iter_mut().enumerate() {
                if now[k] && !heard[k] {
                    oscillator.silence();
                }
            }
            self.settings = *settings;
        }
        running
    }
}
