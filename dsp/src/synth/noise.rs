//! Noise of several slopes, seeded so that renders repeat.
//!
//! White noise comes from xorshift generators (G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8, 2003). Pink and
//! blue are white through poles and zeros that alternate evenly on a logarithmic axis, which is as near to half an
//! order as first-order sections get (A. Oustaloup's approximation, 2000); brown through the integrator of M. A. Al-Alaoui
//! ("Novel digital integrator and differentiator", Electronics Letters 29, 1993).
//!
//! The power per Hz below 20 kHz is that at 48 kHz, whatever the sample rate. White and blue noise, whose power would
//! grow with it, pass a low-pass at 24 kHz at higher rates (S. Butterworth, "On the Theory of Filter Amplifiers", 1930),
//! so that saturation finds them as loud as at 48 kHz.

mod slope;
#[cfg(test)]
mod tests;

use super::f32s::{F32s, Mask};
use slope::{POLE_PAIRS, SECTIONS, Slope};

/// How the power of noise goes with frequency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoiseColour {
    /// Flat.
    #[default]
    White,
    /// −3 dB per octave.
    Pink,
    /// −6 dB per octave.
    Brown,
    /// +3 dB per octave.
    Blue,
    /// A random value that is held until the next one.
    SampleAndHold,
}

impl NoiseColour {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::White,
        Self::Pink,
        Self::Brown,
        Self::Blue,
        Self::SampleAndHold,
    ];
}

/// What moves the noise of `N` voices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NoiseControls<const N: usize> {
    /// Values a second of [`NoiseColour::SampleAndHold`], in Hz, up to the sample rate.
    pub rate: F32s<N>,
}

/// The noise of `N` voices.
#[derive(Clone, Debug)]
pub struct Noise<const N: usize> {
    state: [u32; N],
    /// Of each section, its last input and output.
    memory: [[F32s<N>; 2]; SECTIONS],
    /// Of each pair of poles of the low-pass, what it keeps for the next sample and the one after.
    low_pass: [[F32s<N>; 2]; POLE_PAIRS],
    /// Of sample-and-hold: where it is in its cycle, how far it goes each sample, and what it holds.
    phase: [u32; N],
    step: [u32; N],
    held: F32s<N>,
    slope: Slope,
    /// What the slope was made for.
    made_for: (NoiseColour, f32),
}

impl<const N: usize> Default for Noise<N> {
    fn default() -> Self {
        Self {
            state: [1; N],
            memory: [[F32s::ZERO; 2]; SECTIONS],
            low_pass: [[F32s::ZERO; 2]; POLE_PAIRS],
            phase: [0; N],
            step: [0; N],
            held: F32s::ZERO,
            slope: Slope::default(),
            made_for: (NoiseColour::White, 0.0),
        }
    }
}

impl<const N: usize> Noise<N> {
    /// The voices in `mask` start, each as its seed has it.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask, seeds: &[u32; N]) {
        for lane in (0..N).filter(|lane| mask & (1 << lane) != 0) {
            // Zero is the one state that a generator does not leave; the first value is to be held at once.
            self.state[lane] = scramble(seeds[lane]).max(1);
            self.phase[lane] = u32::MAX;
        }
        let memories = self.memory.iter_mut().chain(&mut self.low_pass);
        for memory in memories.flatten() {
            *memory = memory.blend(F32s::ZERO, mask);
        }
        self.held = self.held.blend(F32s::ZERO, mask);
    }

    /// At a tick.
    #[inline(always)]
    pub fn ramp_to(&mut self, controls: &NoiseControls<N>, colour: NoiseColour, sample_rate: f32) {
        self.jump_to(controls, colour, sample_rate, Mask::MAX);
    }

    /// On any sample, for the voices in `mask`. Noise has no way to go.
    #[inline(always)]
    pub fn jump_to(
        &mut self,
        controls: &NoiseControls<N>,
        colour: NoiseColour,
        sample_rate: f32,
        mask: Mask,
    ) {
        if (colour, sample_rate) != self.made_for {
            self.slope = Slope::new(colour, sample_rate.into());
            // What sections of one slope remember is tens of times too loud in those of another.
            self.memory = Default::default();
            self.low_pass = Default::default();
            self.made_for = (colour, sample_rate);
        }
        let cycles = (controls.rate * (1.0 / sample_rate)).clamp(0.0, 1.0);
        for lane in 0..N {
            if mask & (1 << lane) != 0 {
                self.step[lane] = (cycles.0[lane] * 4_294_967_296.0) as u32;
            }
        }
    }

    /// Writes the samples from `phase` samples into the tick on.
    #[inline(always)]
    pub fn render(&mut self, _phase: usize, out: &mut [F32s<N>]) {
        if self.made_for.0 == NoiseColour::SampleAndHold {
            return self.hold(out);
        }
        self.white(out);
        for (section, memory) in self.slope.sections().iter().zip(&mut self.memory) {
            let [mut input, mut output] = *memory;
            for sample in &mut *out {
                output = *sample * section.now + input * section.before + output * section.back;
                input = *sample;
                *sample = output;
            }
            *memory = [input, output.map(flush)];
        }
        for (pair, memory) in self.slope.low_pass().iter().zip(&mut self.low_pass) {
            let [mut next, mut later] = *memory;
            for sample in &mut *out {
                let input = *sample * pair.gain;
                let output = input + next;
                next = input * 2.0 + output * pair.back + later;
                later = input + output * pair.back_twice;
                *sample = output;
            }
            *memory = [next.map(flush), later.map(flush)];
        }
        for sample in out {
            *sample = *sample * self.slope.gain;
        }
    }

    #[inline(always)]
    fn white(&mut self, out: &mut [F32s<N>]) {
        let mut state = self.state;
        for sample in out {
            *sample = next(&mut state);
        }
        self.state = state;
    }

    #[inline(always)]
    fn hold(&mut self, out: &mut [F32s<N>]) {
        for sample in out {
            let value = next(&mut self.state);
            for lane in 0..N {
                let phase = self.phase[lane].wrapping_add(self.step[lane]);
                // A whole cycle for each sample would never be seen to wrap.
                if phase < self.phase[lane] || self.step[lane] == u32::MAX {
                    self.held.0[lane] = value.0[lane];
                }
                self.phase[lane] = phase;
            }
            *sample = self.held * self.slope.gain;
        }
    }
}

/// The next number of each generator, evenly from −1 to 1.
#[inline(always)]
fn next<const N: usize>(state: &mut [u32; N]) -> F32s<N> {
    let mut values = F32s::ZERO;
    for (value, state) in values.0.iter_mut().zip(state) {
        let mut x = *state;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        *state = x;
        *value = x as i32 as f32 * (1.0 / 2_147_483_648.0);
    }
    values
}

/// Seeds that differ in a bit become states that differ in half of them.
fn scramble(seed: u32) -> u32 {
    let x = seed.wrapping_add(0x9e37_79b9);
    let x = (x ^ x >> 16).wrapping_mul(0x21f0_aaad);
    let x = (x ^ x >> 15).wrapping_mul(0x735a_2d97);
    x ^ x >> 15
}

/// Nothing that takes long to compute with.
#[inline(always)]
fn flush(value: f32) -> f32 {
    if value.abs() < 1e-20 { 0.0 } else { value }
}
