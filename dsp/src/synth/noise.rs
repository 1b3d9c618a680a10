//! Noise of several slopes, seeded so that renders repeat.
//!
//! White noise comes from xorshift generators (G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8, 2003). Pink and
//! blue are white through poles and zeros that alternate evenly on a logarithmic axis, which is as near to half an
//! order as first-order sections get (A. Oustaloup's approximation, 2000); brown through the integrator of M. A. Al-Alaoui
//! ("Novel digital integrator and differentiator", Electronics Letters 29, 1993).

use super::lanes::{Lanes, Mask};

/// Sections of pink and blue.
const SECTIONS: usize = 8;
/// Where they begin, in Hz, and where they end, as a part of the sample rate.
const LOWEST: f64 = 10.0;
const HIGHEST: f64 = 0.24;
/// Below it brown noise is flat, in Hz.
const LEAK: f64 = 10.0;
/// Root mean square of every slope.
const LOUDNESS: f32 = 0.3;
/// Where the energy of a slope is looked at to find out its loudness.
const LOOKS: usize = 128;

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
    pub rate: Lanes<N>,
}

/// y = now·x + before·x₁ + back·y₁.
#[derive(Clone, Copy, Debug, Default)]
struct Section {
    now: f32,
    before: f32,
    back: f32,
}

/// What white noise goes through.
#[derive(Clone, Copy, Debug, Default)]
struct Slope {
    sections: [Section; SECTIONS],
    /// How many of them there are.
    count: usize,
    gain: f32,
}

/// The noise of `N` voices.
#[derive(Clone, Debug)]
pub struct Noise<const N: usize> {
    state: [u32; N],
    /// Of each section, its last input and output.
    memory: [[Lanes<N>; 2]; SECTIONS],
    /// Of sample-and-hold: where it is in its cycle, how far it goes each sample, and what it holds.
    phase: [u32; N],
    step: [u32; N],
    held: Lanes<N>,
    slope: Slope,
    /// What the slope was made for.
    made_for: (NoiseColour, f32),
}

impl<const N: usize> Default for Noise<N> {
    fn default() -> Self {
        Self {
            state: [1; N],
            memory: [[Lanes::ZERO; 2]; SECTIONS],
            phase: [0; N],
            step: [0; N],
            held: Lanes::ZERO,
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
        for memory in self.memory.iter_mut().flatten() {
            *memory = memory.blend(Lanes::ZERO, mask);
        }
        self.held = self.held.blend(Lanes::ZERO, mask);
    }

    /// At a tick.
    #[inline(always)]
    pub fn aim(&mut self, controls: &NoiseControls<N>, colour: NoiseColour, sample_rate: f32) {
        self.settle(controls, colour, sample_rate, Mask::MAX);
    }

    /// On any sample, for the voices in `mask`. Noise has no way to go.
    #[inline(always)]
    pub fn settle(
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
    pub fn render(&mut self, _phase: usize, out: &mut [Lanes<N>]) {
        if self.made_for.0 == NoiseColour::SampleAndHold {
            return self.hold(out);
        }
        self.white(out);
        for (section, memory) in self.slope.sections[..self.slope.count]
            .iter()
            .zip(&mut self.memory)
        {
            let [mut input, mut output] = *memory;
            for sample in &mut *out {
                output = *sample * section.now + input * section.before + output * section.back;
                input = *sample;
                *sample = output;
            }
            *memory = [input, output.map(flush)];
        }
        for sample in out {
            *sample = *sample * self.slope.gain;
        }
    }

    #[inline(always)]
    fn white(&mut self, out: &mut [Lanes<N>]) {
        let mut state = self.state;
        for sample in out {
            *sample = next(&mut state);
        }
        self.state = state;
    }

    #[inline(always)]
    fn hold(&mut self, out: &mut [Lanes<N>]) {
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
fn next<const N: usize>(state: &mut [u32; N]) -> Lanes<N> {
    let mut values = Lanes::ZERO;
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

impl Slope {
    fn new(colour: NoiseColour, sample_rate: f64) -> Self {
        let mut slope = Self {
            gain: 1.0,
            ..Self::default()
        };
        match colour {
            NoiseColour::White | NoiseColour::SampleAndHold => {}
            NoiseColour::Pink | NoiseColour::Blue => {
                slope.count = SECTIONS;
                let span = HIGHEST * sample_rate / LOWEST;
                let ratio = span.powf(1.0 / (SECTIONS as f64 - 0.5));
                for (n, section) in (0_i32..).zip(&mut slope.sections) {
                    let warped = |hertz: f64| (std::f64::consts::PI * hertz / sample_rate).tan();
                    let first = LOWEST * ratio.powi(n);
                    let (pole, zero) = match (warped(first), warped(first * ratio.sqrt())) {
                        (low, high) if colour == NoiseColour::Pink => (low, high),
                        (low, high) => (high, low),
                    };
                    *section = Section {
                        now: ((1.0 + zero) / (1.0 + pole)) as f32,
                        before: ((zero - 1.0) / (1.0 + pole)) as f32,
                        back: ((1.0 - pole) / (1.0 + pole)) as f32,
                    };
                }
            }
            NoiseColour::Brown => {
                slope.count = 1;
                slope.sections[0] = Section {
                    now: 1.0,
                    before: 1.0 / 7.0,
                    back: (-std::f64::consts::TAU * LEAK / sample_rate).exp() as f32,
                };
            }
        }
        // A third is the power of what is even from −1 to 1.
        slope.gain = LOUDNESS / (slope.power() / 3.0).sqrt() as f32;
        slope
    }

    /// The mean of the power over all frequencies.
    fn power(&self) -> f64 {
        // Looked at evenly on a logarithmic axis, since slopes are steepest at the bottom.
        let (lowest, highest): (f64, f64) = (1e-6, 0.5);
        let octaves = (highest / lowest).ln();
        let place = |look: usize| lowest * (octaves * look as f64 / LOOKS as f64).exp();
        (0..LOOKS)
            .map(|look| {
                let (from, to) = (place(look), place(look + 1));
                self.power_at((from * to).sqrt()) * (to - from)
            })
            .sum::<f64>()
            / highest
    }

    /// At a frequency in cycles per sample.
    fn power_at(&self, frequency: f64) -> f64 {
        let (sin, cos) = (std::f64::consts::TAU * frequency).sin_cos();
        // |a + b·e^(−iω)|²
        let power = |a: f64, b: f64| (a + b * cos).powi(2) + (b * sin).powi(2);
        self.sections[..self.count]
            .iter()
            .map(|section| {
                let (now, before) = (f64::from(section.now), f64::from(section.before));
                power(now, before) / power(1.0, -f64::from(section.back))
            })
            .product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::TICK;

    const RATE: f32 = 48_000.0;

    #[test]
    fn another_colour_does_not_burst_out() {
        let loudest = |noise: &mut Noise<1>, colour, samples: usize| {
            let mut most = 0.0_f32;
            for _ in 0..samples / TICK {
                noise.aim(
                    &NoiseControls {
                        rate: Lanes::splat(RATE),
                    },
                    colour,
                    RATE,
                );
                let mut out = [Lanes::ZERO; TICK];
                noise.render(0, &mut out);
                most = out
                    .iter()
                    .fold(most, |most, lanes| most.max(lanes.0[0].abs()));
            }
            most
        };
        for from in NoiseColour::ALL {
            for to in NoiseColour::ALL {
                let mut noise = Noise::<1>::default();
                noise.start(1, &[7]);
                loudest(&mut noise, from, 48_000);
                let after = loudest(&mut noise, to, 4_800);
                let later = loudest(&mut noise, to, 48_000);
                assert!(
                    after < 1.4 * later,
                    "{from:?} to {to:?}: {after}, later {later}"
                );
            }
        }
    }

    fn render(colour: NoiseColour, rate: f32, samples: usize, sample_rate: f32) -> Vec<f64> {
        let mut noise = Noise::<2>::default();
        noise.start(3, &[7, 8]);
        let controls = NoiseControls {
            rate: Lanes::splat(rate),
        };
        let mut sound = Vec::new();
        while sound.len() < samples {
            noise.aim(&controls, colour, sample_rate);
            let mut out = [Lanes::ZERO; TICK];
            noise.render(0, &mut out);
            sound.extend(out.map(|lanes| f64::from(lanes.0[0])));
        }
        sound
    }

    /// Mean power in a band around each of `frequencies` in Hz, by Goertzel's algorithm over short pieces.
    fn powers(sound: &[f64], frequencies: &[f64]) -> Vec<f64> {
        const PIECE: usize = 4096;
        frequencies
            .iter()
            .map(|frequency| {
                let bins: Vec<f64> = (-6..=6)
                    .map(|n| (frequency / f64::from(RATE) * PIECE as f64).round() + f64::from(n))
                    .filter(|bin| *bin > 2.0)
                    .collect();
                let mut power = 0.0;
                for bin in &bins {
                    let turn = std::f64::consts::TAU * bin / PIECE as f64;
                    for piece in sound.chunks_exact(PIECE) {
                        let (mut s1, mut s2) = (0.0, 0.0);
                        for (n, x) in piece.iter().enumerate() {
                            let window = (std::f64::consts::PI * n as f64 / PIECE as f64).sin();
                            let s = x * window * window + 2.0 * turn.cos() * s1 - s2;
                            (s2, s1) = (s1, s);
                        }
                        power += s1 * s1 + s2 * s2 - 2.0 * turn.cos() * s1 * s2;
                    }
                }
                power / bins.len() as f64
            })
            .collect()
    }

    #[test]
    fn every_slope_is_what_it_is_called_and_as_loud_as_the_others() {
        let octaves: Vec<f64> = (0..6).map(|n| 500.0 * 2.0_f64.powi(n)).collect();
        for (colour, slope) in [
            (NoiseColour::White, 0.0),
            (NoiseColour::Pink, -3.01),
            (NoiseColour::Brown, -6.02),
            (NoiseColour::Blue, 3.01),
        ] {
            let sound = render(colour, 0.0, 1 << 19, RATE);
            let mean = sound.iter().map(|x| x * x).sum::<f64>() / sound.len() as f64;
            // Brown noise wanders, so that ten seconds of it are not all alike.
            let slack = if colour == NoiseColour::Brown {
                0.1
            } else {
                0.02
            };
            let loudness = mean.sqrt() / f64::from(LOUDNESS);
            assert!((loudness - 1.0).abs() < slack, "{colour:?}: {loudness}");
            let powers = powers(&sound, &octaves);
            for (n, pair) in powers.windows(2).enumerate() {
                let got = 10.0 * (pair[1] / pair[0]).log10();
                assert!(
                    (got - slope).abs() < 0.5,
                    "{colour:?}: {got:.2} dB above {} Hz",
                    octaves[n]
                );
            }
        }
    }

    /// Where chance would take minutes to average out, by the filters themselves.
    #[test]
    fn slopes_hold_from_40_hz_to_16_khz_at_every_rate() {
        for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
            for (colour, slope) in [
                (NoiseColour::Pink, -3.01),
                (NoiseColour::Brown, -6.02),
                (NoiseColour::Blue, 3.01),
            ] {
                let filter = Slope::new(colour, rate);
                let mut hertz = 40.0;
                while hertz <= 8000.0 {
                    let at = |hertz: f64| filter.power_at(hertz / rate);
                    let got = 10.0 * (at(2.0 * hertz) / at(hertz)).log10();
                    assert!(
                        (got - slope).abs() < 0.5,
                        "{colour:?} at {rate}: {got:.2} dB above {hertz} Hz"
                    );
                    hertz *= 1.1;
                }
            }
        }
    }

    #[test]
    fn held_values_last_as_long_as_their_rate_says() {
        let sound = render(NoiseColour::SampleAndHold, 1000.0, 48_000, RATE);
        let jumps = sound.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((jumps as i32 - 1000).abs() <= 1, "{jumps} jumps a second");
        assert!(sound[0] != 0.0);
        let all = render(NoiseColour::SampleAndHold, 1e9, 4800, RATE);
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn the_same_seed_gives_the_same_noise_however_the_tick_is_cut_and_whoever_is_beside_it() {
        for colour in NoiseColour::ALL {
            let play = |cuts: &[usize], lane: usize| {
                let mut noise = Noise::<4>::default();
                let mut seeds = [1, 2, 3, 4];
                seeds[lane] = 77;
                noise.start(15, &seeds);
                let controls = NoiseControls {
                    rate: Lanes::splat(3000.0),
                };
                let mut sound = Vec::new();
                for _ in 0..20 {
                    noise.aim(&controls, colour, RATE);
                    let mut at = 0;
                    for cut in cuts {
                        let mut out = vec![Lanes::ZERO; *cut];
                        noise.render(at, &mut out);
                        sound.extend(out.iter().map(|lanes| lanes.0[lane].to_bits()));
                        at += cut;
                    }
                }
                sound
            };
            assert_eq!(play(&[32], 0), play(&[1, 7, 24], 3), "{colour:?}");
        }
    }

    #[test]
    fn neighbours_have_nothing_in_common() {
        let mut noise = Noise::<2>::default();
        noise.start(3, &[1, 2]);
        noise.aim(&NoiseControls::default(), NoiseColour::White, RATE);
        let (mut product, mut power) = (0.0, 0.0);
        for _ in 0..1000 {
            let mut out = [Lanes::ZERO; TICK];
            noise.render(0, &mut out);
            for Lanes([a, b]) in out {
                product += f64::from(a * b);
                power += f64::from(a * a);
            }
        }
        assert!((product / power).abs() < 0.02);
    }

    #[test]
    fn rates_of_any_kind_are_taken() {
        for rate in [8_000.0, 768_000.0] {
            for value in [f32::NAN, f32::INFINITY, -1.0] {
                for colour in NoiseColour::ALL {
                    let sound = render(colour, value, 1000, rate);
                    assert!(sound.iter().all(|x| x.is_finite() && x.abs() < 3.0));
                }
            }
        }
    }
}
