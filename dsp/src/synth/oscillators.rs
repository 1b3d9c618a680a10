//! The two virtual-analogue oscillators: one shape from sine to pulse, unison, hard sync of the second to the first, ring
//! modulation.
//!
//! See `oscillators/oscillator.rs` for how they are made.

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

pub use blep_kernel::DELAY;
pub use ring::RING_DELAY;
pub use unison::UNISON;

/// What an oscillator of `N` voices is to be at the end of a tick. What is out of range is taken into it, a NaN to its
/// lower end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OscillatorControls<const N: usize> {
    /// In MIDI keys. The frequency stays below 0.45 of the sample rate.
    pub pitch: F32s<N>,
    /// 0 sine, 1 triangle, 2 saw, 3 pulse; between two of them, they cross-fade.
    pub shape: F32s<N>,
    /// For how much of its cycle the pulse is high, 0.02 to 0.98.
    pub width: F32s<N>,
    /// Semitones from the lowest voice of the unison to the highest, 0 to 2.
    pub detune: F32s<N>,
    /// How far the voices of the unison stand apart between left and right, 0 to 1.
    pub spread: F32s<N>,
    /// Semitones by which the pitch is beside a straight line in the middle of its way.
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

/// What is the same for all voices of an oscillator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OscillatorSettings {
    /// How many waves each voice is made of, 1 to [`UNISON`]. One alone is mono.
    pub unison: usize,
}

impl Default for OscillatorSettings {
    fn default() -> Self {
        Self { unison: 1 }
    }
}

/// What is the same for all voices of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PairSettings {
    /// The first oscillator, the master of hard sync.
    pub a: OscillatorSettings,
    /// The second one.
    pub b: OscillatorSettings,
    /// Whether every voice of B begins again where that of A does.
    pub sync: bool,
    /// Whether the product of both is wanted.
    pub ring: bool,
    /// True to compute the product at twice the sample rate, [`RING_DELAY`] later than the waves.
    pub oversampled: bool,
    /// Whether A is wanted. What nobody wants is not computed.
    pub a_used: bool,
    /// Whether B is wanted.
    pub b_used: bool,
}

impl PairSettings {
    /// Which of the two make a sound.
    #[inline(always)]
    fn audible(&self) -> [bool; 2] {
        [self.a_used | self.ring, self.b_used | self.ring]
    }

    /// Which of the two run.
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

/// Where a stretch of a pair goes: left and right of A, of B and of their product. Slices of one length; those that are
/// wanted are overwritten, the others left as they are.
#[derive(Debug)]
pub struct PairOutput<'a, const N: usize> {
    /// The first oscillator.
    pub a: [&'a mut [F32s<N>]; 2],
    /// The second oscillator.
    pub b: [&'a mut [F32s<N>]; 2],
    /// The first times the second.
    pub ring: [&'a mut [F32s<N>]; 2],
}

/// The two oscillators of `N` voices. What they play comes out [`DELAY`] samples later, but for a note that is
/// [begun early](Self::begin_early).
#[derive(Clone, Debug)]
pub struct Oscillators<const N: usize> {
    pair: [Oscillator<N>; 2],
    /// The oversampled product, left and right.
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
    /// A pair that nobody wants yet. The first one that is made makes the tables too, which allocates.
    pub fn new() -> Self {
        Self {
            pair: Default::default(),
            rings: Default::default(),
            settings: PairSettings::default(),
            kernel: Kernel::get(),
        }
    }

    /// `[audio]` The lanes in `mask` start from nothing: the first wave of each unison where it rises through zero, the
    /// others at places that follow from the seed of the lane. To be followed by [`jump_to`](Self::jump_to).
    #[inline(always)]
    pub fn start(&mut self, mask: Mask, seeds: &[u32; N]) {
        let [a, b] = &mut self.pair;
        a.start(mask, seeds);
        b.start(mask, &seeds.map(|seed| seed ^ 0x9E37_79B9));
        self.rings.iter_mut().for_each(|ring| ring.start(mask));
    }

    /// `[audio]` At a tick: all lanes set out for `controls`, A's and B's. A unison that has other voices now fades
    /// these in and out on the way.
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

    /// `[audio]` At a tick on which all rest where they were led at the last ones: [`ramp_to`](Self::ramp_to) for the same controls
    /// and settings.
    #[inline(always)]
    pub fn stay(&mut self) {
        if self.settings.ring & self.settings.oversampled {
            self.rings.iter_mut().for_each(Ring::tidy);
        }
    }

    /// `[audio]` On any sample: the lanes in `mask` are where `controls` want them, without a way there.
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

    /// `[audio]` The lanes in `mask`, which have been settled on the sample `phase` of the tick, have played for
    /// [`DELAY`] samples already, so that they are heard on that sample.
    pub fn begin_early(&mut self, phase: usize, mask: Mask) {
        let mut early = self.clone();
        // The first sample is the very beginning of the wave, as that of an operator.
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

    /// `[audio]` From the sample `phase` of the tick on, the lanes in `mask`, which have been settled, set out for `controls`.
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

    /// `[audio]` From the sample `phase` of the tick on, the lanes in `mask` set out for other pitches, A's and B's.
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

    /// `[audio]` Takes detune and spread for moved at the next [`ramp_to`](Self::ramp_to), so that ratios, places and levels of the
    /// unisons are computed again. For measuring what it saves to remember them.
    pub fn forget_cache(&mut self) {
        for oscillator in &mut self.pair {
            oscillator.forget();
        }
    }

    /// Whether left and right may differ, of A, of B.
    #[inline(always)]
    pub fn stereo(&self) -> [bool; 2] {
        [self.pair[0].stereo(), self.pair[1].stereo()]
    }

    /// `[audio]` Renders the stretch from the sample `phase` of the tick on, 1 sample at least, to the end of the tick at
    /// most.
    #[inline(always)]
    pub fn render(&mut self, phase: usize, out: &mut PairOutput<'_, N>) {
        let [a, b] = &mut self.pair;
        let [a_heard, b_heard] = self.settings.audible();
        let [a_runs, _] = self.settings.running();
        let count = out.a[0].len();

        let master = if a_heard {
            Some(a.render(self.kernel, phase, None, &mut out.a))
        } else if a_runs {
            // A closure would not be compiled for wide vectors.
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

    /// Takes over settings; which oscillators ran until now.
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
