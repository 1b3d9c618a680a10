//! A feedback delay network: sixteen delay lines that feed each other through a Hadamard matrix.
//!
//! J.-M. Jot, A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90th Convention (1991): a
//! lossless matrix, and after each line a gain and a one-pole low-pass that attenuate in dB in proportion to the length of
//! the line, so that all of the sound decays at the same rate. The output is taken after the gains, where sound that has
//! travelled for a time t is 60·t/decay dB down on any path.

use super::crossfade::{Crossfade, approach, glide, toward};
use super::delay_line::{DelayLine, Sweep};
use super::phasor::Phasor;
use super::silence_gate::SilenceGate;
use crate::rt::{Ramp, TICK};
use crate::synth::denormals::flush;

const LINES: usize = 16;
/// Lengths of the lines at full size in seconds, far from each other's simple multiples. The number of modes per Hz is the
/// sum of the lengths in seconds. Of 1000 random sets that grow about evenly from 47 to 115 ms, these have the least colour
/// at the worst of nine sizes and four sample rates: a crest 1.5 dB above that of noise.
const TIMES: [f64; LINES] = [
    46.61e-3, 49.70e-3, 52.69e-3, 55.83e-3, 57.59e-3, 61.08e-3, 67.87e-3, 71.56e-3, 75.75e-3,
    79.05e-3, 83.69e-3, 90.30e-3, 96.27e-3, 103.84e-3, 110.43e-3, 115.17e-3,
];
/// Factor of the lengths at the smallest size: 0.8 modes per Hz are left, with which a tail is still close to noise. The
/// first reflections convey a small room.
const SMALLEST: f64 = 0.66;
/// Decay in seconds below which the lines get shorter in proportion to its square root, so that the sound mixes before it
/// has decayed. Modes that decay so fast overlap in any case.
const SHORT: f64 = 0.5;
/// Duration of the cross-fade to another size, in seconds.
const FADE: f32 = 0.06;
/// Time constant of the gains in seconds: another size changes them by decibels, which must not happen faster than the
/// cross-fade.
const GLIDE: f32 = 0.015;
/// Modulation of each line: deviation in seconds, and rates in Hz with four lines at each. No mode stays in tune long
/// enough to stand out, and pitch moves by 3.4 cents at most.
const EXCURSION: f64 = 0.5e-3;
const RATES: [f64; LINES / 4] = [0.27, 0.37, 0.49, 0.61];
/// Signs with which the left goes into the even lines and the right into the odd ones, and with which all lines are added
/// up for the left and the right output.
///
/// With signs like those of a row of the matrix, one line would repeat the output that all lines have just had, which is
/// heard as flutter. These are bent functions, which agree with every row in 6 or 10 of 16 places (O. Rothaus, "On 'bent'
/// functions", J. Combinatorial Theory A 20, 1976); the two of the output are orthogonal.
#[rustfmt::skip]
const IN: [f32; LINES] = [1.0, 1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0];
#[rustfmt::skip]
const OUT: [[f32; LINES]; 2] = [
    [1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0, 1.0],
    [1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0, 1.0, 1.0, 1.0],
];
/// Output level at which noise comes out as loud as it goes in, at a decay of 2 s and half size.
const LEVEL: f32 = 0.75;
/// Maximum output gain, so that a sudden longer decay does not cause a burst.
const MAX_LEVEL: f32 = 4.0;

/// Settings of the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FdnSettings {
    /// Size, 0 to 1, which scales the lengths of the lines.
    pub size: f32,
    /// Time to −60 dB in seconds.
    pub decay: f32,
    /// Frequency in Hz at which the decay takes half that time.
    pub damp: f32,
}

/// Feedback delay network of sixteen lines.
#[derive(Debug, Default)]
pub struct Fdn {
    lines: [DelayLine; LINES],
    sample_rate: f64,
    excursion: f64,
    phasors: [Phasor; RATES.len()],
    /// Present modulation of the lengths in samples.
    moved: [f64; LINES],
    /// Size and decay that the target lengths were computed for.
    sized: Option<(f32, f32)>,
    lengths: Crossfade<[usize; LINES]>,
    goal_lengths: [usize; LINES],
    /// Read heads at the old lengths and at the new ones.
    sweeps: [[Sweep; LINES]; 2],
    tuned: Option<([usize; LINES], f32, f32)>,
    tuning: Tuning,
    /// Share of the way to the tuning that values move by per tick.
    glide: f32,
    gains: [Ramp; LINES],
    poles: [Ramp; LINES],
    /// Input gain and output gain.
    feed: Ramp,
    level: Ramp,
    /// Present root mean square of the lines' gains.
    pass: f32,
    states: [f32; LINES],
}

/// Gains and low-passes that make the sound decay.
#[derive(Clone, Copy, Debug, Default)]
struct Tuning {
    gains: [f32; LINES],
    poles: [f32; LINES],
    feed: f32,
    /// Root mean square of the lines' gains: the level of a sound after one pass.
    pass: f32,
}

impl Fdn {
    /// Prepares for `sample_rate` in Hz. Allocates.
    pub fn prepare(&mut self, sample_rate: f64) {
        self.sample_rate = sample_rate;
        self.excursion = EXCURSION * sample_rate;
        for (phasor, rate) in self.phasors.iter_mut().zip(RATES) {
            phasor.set(rate * TICK as f64 / sample_rate);
        }
        for (line, time) in self.lines.iter_mut().zip(TIMES) {
            line.prepare((time * sample_rate + 2.0 * self.excursion) as usize + TICK);
        }
        self.lengths.prepare(FADE, sample_rate as f32);
        self.glide = glide(GLIDE, sample_rate as f32);
        self.sized = None;
        self.tuned = None;
        self.jump_to(&FdnSettings {
            size: 1.0,
            decay: 1.0,
            damp: 20_000.0,
        });
    }

    /// Clears all sound.
    pub fn clear(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::clear);
        self.states = [0.0; LINES];
    }

    /// Replaces everything in a line, or the state of its low-pass, by NaN.
    #[cfg(test)]
    pub fn poison(&mut self, line: bool) {
        if line {
            self.lines[2].poison();
        } else {
            self.states[7] = f32::NAN;
        }
    }

    /// Returns the longest distance that is read back, in samples.
    pub fn memory_length(&self) -> usize {
        let longest = self.lengths.from()[LINES - 1].max(self.lengths.to()[LINES - 1]);
        longest + (2.0 * self.excursion) as usize + TICK
    }

    /// At a tick, while silent: jumps to the settings.
    pub fn jump_to(&mut self, settings: &FdnSettings) {
        self.resize(settings);
        self.lengths.jump_to(self.goal_lengths);
        self.tune(settings);
        self.gains = self.tuning.gains.map(Ramp::constant);
        self.poles = self.tuning.poles.map(Ramp::constant);
        self.feed = Ramp::constant(self.tuning.feed);
        self.pass = self.tuning.pass;
        self.level = Ramp::constant(level(self.pass));
        self.phasors.iter_mut().for_each(Phasor::reset);
        self.moved = self.moves();
        self.sweep();
    }

    /// At a tick: moves towards the settings.
    pub fn ramp_to(&mut self, settings: &FdnSettings) {
        self.states = self.states.map(flush);
        self.resize(settings);
        self.lengths.ramp_to(self.goal_lengths);
        self.tune(settings);
        let Tuning {
            gains,
            poles,
            feed,
            pass,
        } = self.tuning;
        let ramps = self.gains.iter_mut().chain(&mut self.poles);
        for (ramp, target) in ramps.zip(gains.into_iter().chain(poles)) {
            approach(ramp, target, self.glide);
        }
        approach(&mut self.feed, feed, self.glide);
        // At the same rate as the gains, so that sound in the lines keeps its level.
        self.pass = toward(self.pass, pass, self.glide);
        self.level.ramp_to(level(self.pass));
        self.sweep();
    }

    /// Replaces a piece of a tick by its reverberation. `gate` observes the samples that are written to the lines.
    #[inline(always)]
    pub fn process(&mut self, phase: usize, sound: [&mut [f32]; 2], gate: &mut SilenceGate) {
        let count = sound[0].len().min(TICK);
        let mut waves = [[0.0; TICK]; LINES];
        self.read(0, phase, count, &mut waves);
        if self.lengths.is_running() {
            let mut next = [[0.0; TICK]; LINES];
            self.read(1, phase, count, &mut next);
            let share = self.lengths.mix();
            for (wave, next) in waves.iter_mut().zip(&next) {
                for n in 0..count {
                    wave[n] += share.at(phase + n) * (next[n] - wave[n]);
                }
            }
        }
        let rest = |ramps: &[Ramp; LINES]| ramps.iter().all(Ramp::is_constant);
        if rest(&self.gains) && rest(&self.poles) {
            self.damp::<false>(phase, count, &mut waves);
        } else {
            self.damp::<true>(phase, count, &mut waves);
        }

        let [left, right] = sound;
        let mut fed = [[0.0; TICK]; 2];
        for (fed, sound) in fed.iter_mut().zip([&*left, &*right]) {
            for (n, (fed, sound)) in fed.iter_mut().zip(sound).enumerate() {
                *fed = self.feed.at(phase + n) * sound;
            }
        }
        for n in 0..count {
            let (mut l, mut r) = (0.0, 0.0);
            for (line, wave) in waves.iter().enumerate() {
                l += OUT[0][line] * wave[n];
                r += OUT[1][line] * wave[n];
            }
            let level = self.level.at(phase + n);
            left[n] = level * l;
            right[n] = level * r;
        }
        mix(count, &mut waves);
        for (line, wave) in waves.iter_mut().enumerate() {
            let wave = &mut wave[..count];
            for (x, fed) in wave.iter_mut().zip(&fed[line % 2]) {
                *x += IN[line] * fed;
            }
            self.lines[line].write(wave);
            gate.observe_feedback(wave);
        }
    }

    /// Reads the lines at the old lengths (`head` 0) or at the new ones (1).
    #[inline(always)]
    fn read(&self, head: usize, phase: usize, count: usize, waves: &mut [[f32; TICK]; LINES]) {
        let lines = self.lines.iter().zip(&self.sweeps[head]);
        for ((line, sweep), wave) in lines.zip(waves) {
            line.follow(sweep, phase, false, &mut wave[..count]);
        }
    }

    /// Applies the gains and low-passes behind the lines.
    #[inline(always)]
    fn damp<const GLIDING: bool>(
        &mut self,
        phase: usize,
        count: usize,
        waves: &mut [[f32; TICK]; LINES],
    ) {
        let at = |ramp: &Ramp, place| if GLIDING { ramp.at(place) } else { ramp.end() };
        // As many lines at a time as can keep their states in registers.
        const TOGETHER: usize = 8;
        for first in (0..LINES).step_by(TOGETHER) {
            let mut states: [f32; TOGETHER] = std::array::from_fn(|n| self.states[first + n]);
            for place in phase..phase + count {
                for (n, state) in states.iter_mut().enumerate() {
                    let line = first + n;
                    let x = &mut waves[line][place - phase];
                    *state =
                        at(&self.gains[line], place) * *x + at(&self.poles[line], place) * *state;
                    *x = *state;
                }
            }
            self.states[first..first + TOGETHER].copy_from_slice(&states);
        }
    }

    fn resize(&mut self, settings: &FdnSettings) {
        let key = (settings.size, settings.decay);
        if self.sized != Some(key) {
            self.sized = Some(key);
            let short = (f64::from(settings.decay) / SHORT).min(1.0).sqrt();
            let scale = SMALLEST.powf(1.0 - f64::from(settings.size)) * short * self.sample_rate;
            self.goal_lengths = TIMES.map(|time| (time * scale).round() as usize);
        }
    }

    /// Computes the tuning for the target lengths, if they or the settings changed.
    fn tune(&mut self, settings: &FdnSettings) {
        let &FdnSettings { decay, damp, .. } = settings;
        let key = (self.lengths.to(), decay, damp);
        if self.tuned == Some(key) {
            return;
        }
        self.tuned = Some(key);
        // 1 − cos of the angle, in proportion to which the loss of a low-pass grows; it goes on growing beyond half the
        // sample rate.
        let nyquists = 2.0 * f64::from(damp) / self.sample_rate;
        let rise = if nyquists < 1.0 {
            1.0 - (std::f64::consts::PI * nyquists).cos()
        } else {
            2.0 * nyquists * nyquists
        };
        let mut mean_square = 0.0;
        for (line, length) in self.lengths.to().into_iter().enumerate() {
            let seconds = length as f64 / self.sample_rate + EXCURSION;
            let gain = 10.0_f64.powf(-3.0 * seconds / f64::from(decay));
            let square = gain * gain;
            mean_square += square / LINES as f64;
            // Pole of the low-pass that attenuates at `damp` by as much again as the gain does.
            let b = 1.0 + rise * square / (1.0 - square);
            let pole = b - (b * b - 1.0).sqrt();
            self.tuning.poles[line] = pole as f32;
            // Includes the factor 1/4 that makes the matrix lossless.
            self.tuning.gains[line] = (gain * (1.0 - pole) / (LINES as f64).sqrt()) as f32;
        }
        // Noise builds up to mean_square / (1 − mean_square) times its power. Only half of that in dB is compensated: a
        // long reverb may be louder than a short one, but not by 20 dB. The input is scaled, not the output: sound in the
        // lines has already built up, and a shorter decay must not make it louder.
        self.tuning.feed = (1.0 - mean_square).powf(0.25) as f32;
        self.tuning.pass = mean_square.sqrt() as f32;
    }

    /// Returns the modulation of the lengths in samples at this point of the cycle.
    fn moves(&self) -> [f64; LINES] {
        // The lines of a rate are a quarter of a cycle apart, so that as many grow as shrink.
        std::array::from_fn(|n| {
            let place = self.phasors[n / 2 % RATES.len()].point()[n % 2];
            let sign = if n < LINES / 2 { 1.0 } else { -1.0 };
            self.excursion * (1.0 + sign * place)
        })
    }

    fn sweep(&mut self) {
        self.phasors.iter_mut().for_each(Phasor::step);
        let from = self.moved;
        self.moved = self.moves();
        let heads = [self.lengths.from(), self.lengths.to()];
        for (sweeps, lengths) in self.sweeps.iter_mut().zip(heads) {
            for (n, sweep) in sweeps.iter_mut().enumerate() {
                let length = lengths[n] as f64;
                *sweep = Sweep::new(length + from[n], length + self.moved[n]);
            }
        }
    }
}

/// Returns the output gain, which compensates the attenuation of the first pass.
fn level(pass: f32) -> f32 {
    (LEVEL / pass).min(MAX_LEVEL)
}

/// Applies the Hadamard matrix without its factor 1/4, by the fast transform.
#[inline(always)]
fn mix(count: usize, waves: &mut [[f32; TICK]; LINES]) {
    let mut span = 1;
    while span < LINES {
        for first in (0..LINES).filter(|line| line & span == 0) {
            let (before, after) = waves.split_at_mut(first + span);
            let (a, b) = (&mut before[first], &mut after[0]);
            for n in 0..count {
                (a[n], b[n]) = (a[n] + b[n], a[n] - b[n]);
            }
        }
        span *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{noise, power};
    use super::*;

    #[test]
    fn the_matrix_keeps_energy_and_mixes_everything() {
        for line in 0..LINES {
            let mut waves = [[0.0; TICK]; LINES];
            waves[line][3] = 1.0;
            mix(TICK, &mut waves);
            assert!(
                waves
                    .iter()
                    .all(|wave| wave[3].abs() == 1.0 && wave[4] == 0.0)
            );
            mix(TICK, &mut waves);
            for (n, wave) in waves.iter().enumerate() {
                assert_eq!(wave[3], if n == line { 16.0 } else { 0.0 });
            }
        }
    }

    #[test]
    fn signs_agree_with_no_row_of_the_matrix_and_sides_have_nothing_in_common() {
        let product = |a: &[f32; LINES], b: &[f32; LINES]| -> f32 {
            a.iter().zip(b).map(|(a, b)| a * b).sum()
        };
        for signs in [IN, OUT[0], OUT[1]] {
            for line in 0..LINES {
                let mut waves = [[0.0; TICK]; LINES];
                waves[line][0] = 1.0;
                mix(1, &mut waves);
                assert_eq!(product(&signs, &waves.map(|wave| wave[0])).abs(), 4.0);
            }
        }
        assert_eq!(product(&OUT[0], &OUT[1]), 0.0);
    }

    #[test]
    fn what_is_under_way_gets_no_louder_by_another_decay() {
        let settings = |decay| FdnSettings {
            size: 0.6,
            decay,
            damp: 20_000.0,
        };
        for (before, after) in [
            (30.0, 0.1),
            (30.0, 5.0),
            (10.0, 0.3),
            (6.0, 1.0),
            (2.0, 1.9),
        ] {
            let mut fdn = Fdn::default();
            fdn.prepare(48_000.0);
            fdn.jump_to(&settings(before));
            let mut run = |decay, seconds: usize, loud: f32| {
                let ticks = seconds * 300;
                let mut sound = [1, 2].map(|seed| noise(seed, ticks * TICK));
                sound.iter_mut().flatten().for_each(|x| *x *= loud);
                let [left, right] = &mut sound;
                let sides = left.chunks_mut(TICK).zip(right.chunks_mut(TICK));
                let loudness = sides.map(|(left, right)| {
                    fdn.ramp_to(&settings(decay));
                    fdn.process(0, [&mut *left, &mut *right], &mut SilenceGate::default());
                    power(left) + power(right)
                });
                loudness.fold(0.0, f64::max)
            };
            run(before, 10, 0.5);
            let tail = run(before, 1, 0.0);
            let then = run(after, 5, 0.0);
            let rise = 10.0 * (then / tail).log10();
            assert!(rise < 2.0, "{rise:.1} dB from {before} s to {after} s");
        }
    }

    #[test]
    fn no_line_is_shorter_than_a_piece_or_longer_than_its_room() {
        for rate in [8_000.0, 44_100.0, 768_000.0] {
            let mut fdn = Fdn::default();
            fdn.prepare(rate);
            for (size, shortest) in [(0.0, SMALLEST * TIMES[0]), (1.0, TIMES[0])] {
                fdn.jump_to(&FdnSettings {
                    size,
                    decay: 1.0,
                    damp: 5000.0,
                });
                let lengths = fdn.lengths.to();
                assert!(lengths[0] > TICK + 2 && lengths.is_sorted());
                assert!(
                    (lengths[0] as f64 - shortest * rate).abs() < 1.0,
                    "{}",
                    lengths[0]
                );
                // Would panic in a debug build if it read past its room.
                let (mut left, mut right) = ([0.0; TICK], [0.0; TICK]);
                fdn.process(0, [&mut left, &mut right], &mut SilenceGate::default());
            }
        }
    }

    #[test]
    fn low_passes_take_as_much_again_at_the_damping_frequency() {
        let mut fdn = Fdn::default();
        fdn.prepare(48_000.0);
        for (decay, damp) in [(0.1, 3000.0), (2.0, 1000.0), (30.0, 8000.0), (30.0, 23e3)] {
            fdn.jump_to(&FdnSettings {
                size: 0.5,
                decay,
                damp,
            });
            let angle = std::f64::consts::TAU * f64::from(damp) / 48_000.0;
            for line in 0..LINES {
                let pole = f64::from(fdn.tuning.poles[line]);
                let gain = f64::from(fdn.tuning.gains[line]) * 4.0;
                assert!((0.0..1.0).contains(&pole));
                let low = gain / (1.0 - pole);
                let there = gain / (1.0 - 2.0 * pole * angle.cos() + pole * pole).sqrt();
                assert!((there / (low * low) - 1.0).abs() < 1e-3, "{there} of {low}");
            }
        }
    }
}
