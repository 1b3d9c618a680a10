//! Four allpasses in series, which spread an impulse into a short burst of noise.
//!
//! M. Schroeder, "Natural sounding artificial reverberation", J. Audio Eng. Soc. 10 (1962); times and
//! coefficients near those of J. Dattorro, "Effect design, part 1: reverberator and other filters", J. Audio
//! Eng. Soc. 45 (1997).

use super::delay_line::DelayLine;
use crate::rt::{Ramp, TICK};
use crate::synth::denormals::flush;

/// Number of allpasses in series.
pub const STAGES: usize = 4;
/// Delays in seconds, left and right: none is a simple multiple of another.
const TIMES: [[f64; STAGES]; 2] = [
    [4.77e-3, 3.59e-3, 12.73e-3, 9.31e-3],
    [5.11e-3, 3.91e-3, 11.83e-3, 8.69e-3],
];
/// Coefficients for a long reverb.
const MOST: [f32; STAGES] = [0.75, 0.75, 0.625, 0.625];
/// Maximum decay time of an allpass by itself, as a share of the reverb's.
const SHARE: f64 = 0.5;

/// Diffuser of one side.
#[derive(Debug, Default)]
pub struct Diffuser {
    lines: [DelayLine; STAGES],
    lengths: [usize; STAGES],
}

impl Diffuser {
    /// Prepares the left (0) or the right (1) side for `sample_rate` in Hz. Allocates.
    pub fn prepare(&mut self, side: usize, sample_rate: f64) {
        for ((line, length), time) in self
            .lines
            .iter_mut()
            .zip(&mut self.lengths)
            .zip(TIMES[side])
        {
            // A piece of a tick has to be read before it is written.
            *length = ((time * sample_rate) as usize).max(TICK);
            line.prepare(*length);
        }
    }

    /// Clears all sound.
    pub fn clear(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::clear);
    }

    /// Replaces everything in one stage by NaN.
    #[cfg(test)]
    pub fn poison(&mut self) {
        self.lines[1].poison();
    }

    /// Returns the coefficients for a reverb of `seconds` to −60 dB, limited so that the allpasses do not make it longer.
    pub fn coefficients(seconds: f32) -> [f32; STAGES] {
        std::array::from_fn(|stage| {
            let time = TIMES[0][stage].max(TIMES[1][stage]);
            let ringing = 10.0_f64.powf(-3.0 * time / (SHARE * f64::from(seconds)));
            MOST[stage].min(ringing as f32)
        })
    }

    /// Returns the distance that is read back through all stages, in samples.
    pub fn memory_length(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Diffuses a piece of a tick.
    #[inline(always)]
    pub fn process(&mut self, phase: usize, coefficients: &[Ramp; STAGES], sound: &mut [f32]) {
        let count = sound.len().min(TICK);
        let stages = self.lines.iter_mut().zip(self.lengths).zip(coefficients);
        for ((line, length), coefficient) in stages {
            let mut delayed = [0.0; TICK];
            line.read(length, &mut delayed[..count]);
            let mut written = [0.0; TICK];
            for n in 0..count {
                let g = coefficient.at(phase + n);
                // Flushed, because the tail of the allpass would decay into denormal numbers.
                let v = flush(sound[n] - g * delayed[n]);
                written[n] = v;
                sound[n] = delayed[n] + g * v;
            }
            line.write(&written[..count]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn it_keeps_the_energy_of_a_click_and_spreads_it() {
        for side in 0..2 {
            let mut diffuser = Diffuser::default();
            diffuser.prepare(side, 48_000.0);
            let coefficients = Diffuser::coefficients(2.0).map(Ramp::constant);
            let mut sound = vec![0.0; 1000 * TICK];
            sound[0] = 1.0;
            for tick in sound.chunks_exact_mut(TICK) {
                diffuser.process(0, &coefficients, tick);
            }
            let energy = power(&sound) * sound.len() as f64;
            assert!((energy - 1.0).abs() < 1e-4, "{energy}");
            assert!(peak(&sound) < 0.4, "{}", peak(&sound));
        }
    }

    #[test]
    fn it_rings_no_longer_than_the_reverb() {
        for seconds in [0.1, 0.3, 30.0] {
            for (g, time) in Diffuser::coefficients(seconds).into_iter().zip(TIMES[0]) {
                let ringing = -3.0 * time / f64::from(g.log10());
                assert!(ringing < 0.51 * f64::from(seconds), "{ringing} s");
                assert!(g > 0.15);
            }
        }
    }
}
