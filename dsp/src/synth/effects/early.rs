//! First reflections: a few taps of a delay line per side, ahead of the feedback delay network.
//!
//! J. Moorer, "About this reverberation business", Computer Music Journal 3 (1979). The times of the reflections convey the
//! size of the room: the modes of the network are dense at every size.

use super::crossfade::{Crossfade, approach, glide};
use super::delay_line::DelayLine;
use crate::rt::{Ramp, TICK};

const TAPS: usize = 6;
/// Times of the taps at full size in seconds, left and right. Odd taps take the sound of the other side.
const TIMES: [[f64; TAPS]; 2] = [
    [3.83e-3, 8.17e-3, 13.61e-3, 19.43e-3, 28.67e-3, 39.19e-3],
    [4.19e-3, 7.39e-3, 14.47e-3, 21.71e-3, 26.83e-3, 41.57e-3],
];
/// Factor of the times at the smallest size.
const SMALLEST: f64 = 0.25;
/// Gains of the taps in a reverb that does not decay.
const GAINS: [f64; TAPS] = [0.31, -0.27, 0.24, 0.21, -0.18, 0.15];
/// Duration of the cross-fade to another size in seconds.
const FADE: f32 = 0.06;
/// Time constant of the gains in seconds.
const GLIDE: f32 = 0.015;

/// First reflections of both sides.
#[derive(Debug, Default)]
pub struct EarlyReflections {
    lines: [DelayLine; 2],
    sample_rate: f64,
    /// Size and decay that the targets were computed for.
    tuned: Option<(f32, f32)>,
    places: Crossfade<[[usize; TAPS]; 2]>,
    goal_places: [[usize; TAPS]; 2],
    gains: [Ramp; TAPS],
    target_gains: [f32; TAPS],
    /// Share of the way to its target that a gain moves by per tick.
    glide: f32,
}

impl EarlyReflections {
    /// Prepares for `sample_rate` in Hz. Allocates.
    pub fn prepare(&mut self, sample_rate: f64) {
        self.sample_rate = sample_rate;
        let longest = TIMES.as_flattened().iter().fold(0.0, |a: f64, b| a.max(*b));
        for line in &mut self.lines {
            line.prepare((longest * sample_rate).ceil() as usize + TICK);
        }
        self.places.prepare(FADE, sample_rate as f32);
        self.glide = glide(GLIDE, sample_rate as f32);
        self.tuned = None;
        self.jump_to(1.0, 1.0);
    }

    /// Clears all sound.
    pub fn clear(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::clear);
    }

    /// Replaces everything in one line by NaN.
    #[cfg(test)]
    pub fn poison(&mut self) {
        self.lines[1].poison();
    }

    /// At a tick, while silent: jumps to `size`, 0 to 1, and `decay`, the time to −60 dB in seconds.
    pub fn jump_to(&mut self, size: f32, decay: f32) {
        self.tune(size, decay);
        self.places.jump_to(self.goal_places);
        self.gains = self.target_gains.map(Ramp::constant);
    }

    /// At a tick: moves towards `size` and `decay`.
    pub fn ramp_to(&mut self, size: f32, decay: f32) {
        self.tune(size, decay);
        self.places.ramp_to(self.goal_places);
        for (ramp, target) in self.gains.iter_mut().zip(self.target_gains) {
            approach(ramp, target, self.glide);
        }
    }

    /// Fills `out` with the reflections of `sound`, a piece of a tick.
    #[inline(always)]
    pub fn process(&mut self, phase: usize, sound: [&[f32]; 2], out: &mut [[f32; TICK]; 2]) {
        let count = sound[0].len().min(TICK);
        for (line, sound) in self.lines.iter_mut().zip(sound) {
            line.write(sound);
        }
        for (side, out) in out.iter_mut().enumerate() {
            for tap in 0..TAPS {
                let line = &self.lines[side ^ (tap & 1)];
                let mut heard = [0.0; TICK];
                line.read(count + self.places.from()[side][tap], &mut heard[..count]);
                if self.places.is_running() {
                    let mut next = [0.0; TICK];
                    line.read(count + self.places.to()[side][tap], &mut next[..count]);
                    let share = self.places.mix();
                    for n in 0..count {
                        heard[n] += share.at(phase + n) * (next[n] - heard[n]);
                    }
                }
                let gain = &self.gains[tap];
                for n in 0..count {
                    out[n] += gain.at(phase + n) * heard[n];
                }
            }
        }
    }

    fn tune(&mut self, size: f32, decay: f32) {
        if self.tuned == Some((size, decay)) {
            return;
        }
        self.tuned = Some((size, decay));
        let scale = SMALLEST.powf(1.0 - f64::from(size));
        self.goal_places =
            TIMES.map(|side| side.map(|time| (time * scale * self.sample_rate).round() as usize));
        for (tap, gain) in self.target_gains.iter_mut().enumerate() {
            let seconds = scale * 0.5 * (TIMES[0][tap] + TIMES[1][tap]);
            *gain = (GAINS[tap] * 10.0_f64.powf(-3.0 * seconds / f64::from(decay))) as f32;
        }
    }
}
