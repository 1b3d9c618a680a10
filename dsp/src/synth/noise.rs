//! Noise of several slopes, seeded so that renders repeat.
//!
//! White noise comes from xorshift generators (G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8, 2003).
//! Pink and blue noise are white noise filtered by poles and zeros that alternate evenly on a logarithmic axis, the best
//! approximation of half an order by first-order sections (A. Oustaloup, 2000); brown noise is integrated by the filter
//! of M. A. Al-Alaoui ("Novel digital integrator and differentiator", Electronics Letters 29, 1993).
//!
//! The power per Hz below 20 kHz equals that at 48 kHz, whatever the sample rate. White and blue noise, whose power would
//! grow with it, pass a low-pass at 24 kHz at higher rates (S. Butterworth, "On the Theory of Filter Amplifiers", 1930),
//! so that their level at a saturation is the same as at 48 kHz.

mod slope;
#[cfg(test)]
mod tests;

use super::f32s::{F32s, Mask};
use super::hash::{bipolar, noise_state};
use slope::{POLE_PAIRS, SECTIONS, Slope};

/// Slope of the noise's power over frequency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoiseColour {
    /// White, flat.
    #[default]
    White,
    /// Pink, −3 dB per octave.
    Pink,
    /// Brown, −6 dB per octave.
    Brown,
    /// Blue, +3 dB per octave.
    Blue,
    /// Random values, each held until the next one.
    SampleAndHold,
}

impl NoiseColour {
    /// All colours, in order.
    pub const ALL: [Self; 5] = [
        Self::White,
        Self::Pink,
        Self::Brown,
        Self::Blue,
        Self::SampleAndHold,
    ];
}

/// Controls of the noise of `N` voices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NoiseControls<const N: usize> {
    /// Rate of [`NoiseColour::SampleAndHold`] in Hz, up to the sample rate.
    pub rate: F32s<N>,
}

/// Noise generators of `N` voices.
#[derive(Clone, Debug)]
pub struct Noise<const N: usize> {
    state: [u32; N],
    /// Last input and output of each section.
    memory: [[F32s<N>; 2]; SECTIONS],
    /// Two states of each pole pair of the low-pass.
    low_pass: [[F32s<N>; 2]; POLE_PAIRS],
    /// Sample-and-hold: phase, increment per sample, and held value.
    phase: [u32; N],
    step: [u32; N],
    held: F32s<N>,
    slope: Slope,
    /// Colour and sample rate of the slope.
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
    /// Starts the voices in `mask`, each from its seed.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask, seeds: &[u32; N]) {
        for lane in (0..N).filter(|lane| mask & (1 << lane) != 0) {
            // Zero is the one state that a generator does not leave. At this phase the first value is held at once.
            self.state[lane] = noise_state(seeds[lane]).max(1);
            self.phase[lane] = u32::MAX;
        }
        let memories = self.memory.iter_mut().chain(&mut self.low_pass);
        for memory in memories.flatten() {
            *memory = memory.blend(F32s::ZERO, mask);
        }
        self.held = self.held.blend(F32s::ZERO, mask);
    }

    /// Sets the controls of all voices; called at ticks.
    #[inline(always)]
    pub fn ramp_to(&mut self, controls: &NoiseControls<N>, colour: NoiseColour, sample_rate: f32) {
        self.jump_to(controls, colour, sample_rate, Mask::MAX);
    }

    /// Sets the controls of the voices in `mask`, on any sample. Noise has no ramps.
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
            // The states for one slope would be tens of times too loud in another.
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

    /// Fills `out` with noise.
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
            *memory = [input, output.flush()];
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
            *memory = [next.flush(), later.flush()];
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
                // With a whole cycle per sample, the phase would never wrap.
                if phase < self.phase[lane] || self.step[lane] == u32::MAX {
                    self.held.0[lane] = value.0[lane];
                }
                self.phase[lane] = phase;
            }
            *sample = self.held * self.slope.gain;
        }
    }
}

/// Returns the next random value of each generator, uniform from −1 to 1.
#[inline(always)]
fn next<const N: usize>(state: &mut [u32; N]) -> F32s<N> {
    let mut values = F32s::ZERO;
    for (value, state) in values.0.iter_mut().zip(state) {
        let mut x = *state;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        *state = x;
        *value = bipolar(x);
    }
    values
}
