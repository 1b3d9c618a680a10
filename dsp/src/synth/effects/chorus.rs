//! A stereo chorus: on each side three copies with modulated delays of some milliseconds.
//!
//! After J. Dattorro, "Effect design, part 2: delay-line modulation and chorus", J. Audio Eng. Soc. 45
//! (1997). The copies of a side are a third of a cycle apart and the sides a quarter, so that all six come
//! from one sine and cosine and never meet.

use super::delay_line::{DelayLine, Sweep};
use super::phasor::Phasor;
use super::silence_gate::{SilenceGate, all_finite};
use super::{Effect, within};
use crate::rt::{Ramp, TICK};

/// Centres of the delays in seconds. Those of the two sides differ, so that the sound is wide even without modulation.
const CENTRES: [[f64; 3]; 2] = [[7.3e-3, 10.9e-3, 15.1e-3], [8.3e-3, 11.7e-3, 14.1e-3]];
/// Largest deviation from the centres, at full depth, in seconds.
const EXCURSION: f64 = 3.5e-3;
/// Rate in Hz above which the deviation gets smaller, so that pitch stays within 38 cents.
const STEADY: f64 = 1.0;
/// Time in which the deviation goes from 0 to its maximum when the depth jumps, in seconds. Faster would be heard as a
/// slide.
const GLIDE: f64 = 0.2;
/// Gain of a copy: three uncorrelated copies are together as loud as one.
const EACH: f32 = 0.577_350_3;

/// Settings of a [`Chorus`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChorusSettings {
    /// Modulation rate in Hz, 0.01 to 10.
    pub rate: f32,
    /// Depth of the pitch modulation, 0 to 1: up to ±38 cents, less at rates under 1 Hz.
    pub depth: f32,
    /// Mix: 0 is the input, bit for bit, 1 only the copies. In between, loudness stays within 0.6 dB.
    pub mix: f32,
}

/// A stereo chorus.
#[derive(Debug, Default)]
pub struct Chorus {
    lines: [DelayLine; 2],
    gate: SilenceGate,
    sample_rate: f64,
    phasor: Phasor,
    /// Deviation from the centres in samples.
    excursion: f64,
    delays: [[f64; 3]; 2],
    sweeps: [[Sweep; 3]; 2],
    dry: Ramp,
    wet: Ramp,
}

impl Effect for Chorus {
    type Settings = ChorusSettings;

    fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = f64::from(sample_rate);
        let reach = self.memory_length();
        for line in &mut self.lines {
            line.prepare(reach);
        }
        self.reset();
    }

    /// Clears the sound; the cycle starts over at the next tick.
    fn reset(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::clear);
        self.gate.reset();
    }

    fn ramp_to(&mut self, settings: &ChorusSettings) {
        if self.gate.update_idle(self.memory_length()) {
            self.reset();
        }
        let rate = f64::from(within(settings.rate, 0.01, 10.0));
        let depth = f64::from(within(settings.depth, 0.0, 1.0));
        let mix = within(settings.mix, 0.0, 1.0);
        let most = EXCURSION * self.sample_rate;
        let excursion = most * depth / (rate / STEADY).max(1.0);
        // Two parabolas: cheaper than sine and cosine, and exactly 0 and 1 at the ends.
        let (dry, wet) = (1.0 - mix * mix, EACH * mix * (2.0 - mix));

        self.phasor.set(rate * TICK as f64 / self.sample_rate);
        if self.gate.is_idle() {
            self.phasor.reset();
            self.excursion = excursion;
            self.delays = self.places();
            (self.dry, self.wet) = (Ramp::constant(dry), Ramp::constant(wet));
        } else {
            let step = most * TICK as f64 / (GLIDE * self.sample_rate);
            self.excursion += (excursion - self.excursion).clamp(-step, step);
            self.dry.ramp_to(dry);
            self.wet.ramp_to(wet);
        }
        self.phasor.step();
        let places = self.places();
        let ways = self.delays.as_flattened().iter().zip(places.as_flattened());
        for (sweep, (from, to)) in self.sweeps.as_flattened_mut().iter_mut().zip(ways) {
            *sweep = Sweep::new(*from, *to);
        }
        self.delays = places;
    }

    /// Replaces the sound from `phase` samples into the tick on.
    #[inline(always)]
    fn process(&mut self, phase: usize, left: &mut [f32], right: &mut [f32]) {
        let first = self.gate.observe_input(left, right);
        let (left, right, phase) = (&mut left[first..], &mut right[first..], phase + first);
        if left.is_empty() {
            return;
        }
        self.lines[0].write(left);
        self.lines[1].write(right);
        self.gate.observe_feedback(left);
        self.gate.observe_feedback(right);
        if self.wet.is_constant_at(0.0) {
            return;
        }
        for (side, sound) in [left, right].into_iter().enumerate() {
            let count = sound.len();
            let mut copies = [0.0; TICK];
            let mut copy = [0.0; TICK];
            for sweep in &self.sweeps[side] {
                self.lines[side].follow(sweep, phase, true, &mut copy[..count]);
                for (sum, copy) in copies.iter_mut().zip(&copy[..count]) {
                    *sum += copy;
                }
            }
            if !all_finite(&copies[..count]) {
                copies = [0.0; TICK];
                self.restart();
            }
            for (n, (x, copies)) in sound.iter_mut().zip(&copies).enumerate() {
                *x = self.dry.at(phase + n) * *x + self.wet.at(phase + n) * copies;
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.gate.is_idle()
    }

    fn non_finite_count(&mut self) -> u32 {
        self.gate.non_finite_count()
    }
}

impl Chorus {
    /// Restarts because the state contains a NaN or an infinity. The copies are silent until the line is filled again.
    #[cold]
    fn restart(&mut self) {
        self.gate.count_non_finite();
        self.reset();
        self.phasor.reset();
        self.excursion = 0.0;
        self.delays = self.places();
        for (sweep, at) in
            (self.sweeps.as_flattened_mut().iter_mut()).zip(self.delays.as_flattened())
        {
            *sweep = Sweep::new(*at, *at);
        }
    }

    /// Returns the longest delay that is read, in samples.
    fn memory_length(&self) -> usize {
        let longest = CENTRES
            .as_flattened()
            .iter()
            .fold(0.0, |a: f64, b| a.max(*b));
        ((longest + EXCURSION) * self.sample_rate) as usize + TICK
    }

    /// Returns the delays of the copies in samples at this point of the cycle.
    fn places(&self) -> [[f64; 3]; 2] {
        let third = 0.75_f64.sqrt();
        let [x, y] = self.phasor.point();
        let sides = [[x, y], [-y, x]];
        std::array::from_fn(|side| {
            let [x, y] = sides[side];
            let sines = [x, -0.5 * x - third * y, -0.5 * x + third * y];
            std::array::from_fn(|copy| {
                CENTRES[side][copy] * self.sample_rate + self.excursion * sines[copy]
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const SETTINGS: ChorusSettings = ChorusSettings {
        rate: 0.7,
        depth: 0.6,
        mix: 0.5,
    };

    fn any_settings(dice: &mut Dice) -> ChorusSettings {
        ChorusSettings {
            rate: dice.within(0.01, 12.0),
            depth: dice.within(-0.2, 1.2),
            mix: [0.0, 1.0, f32::NAN, dice.within(0.0, 1.0)][dice.below(4)],
        }
    }

    #[test]
    fn it_lives_as_effects_do() {
        cuts_change_no_bit::<Chorus>(any_settings);
        sleeps_and_wakes_as_new::<Chorus>(SETTINGS, 0.05);
        survives_anything::<Chorus>(
            |dice| ChorusSettings {
                mix: 1.0,
                ..any_settings(dice)
            },
            2.2,
        );
    }

    #[test]
    fn without_mix_it_is_the_input_bit_for_bit_and_goes_on_listening() {
        let sound = noise(3, 100 * TICK);
        let settings = |tick| ChorusSettings {
            mix: if tick < 90 { 0.0 } else { 1.0 },
            ..SETTINGS
        };
        let mut chorus = prepared::<Chorus>(48_000.0);
        let out = play(&mut chorus, settings, &sound);
        assert_eq!(out[0][..90 * TICK], sound[..90 * TICK]);
        let copies = power(&out[1][91 * TICK..]) / power(&sound);
        assert!(copies > 0.5, "the copies are there at once: {copies}");
    }

    #[test]
    fn the_sides_go_apart_and_loudness_stays() {
        let sound = noise(3, 2000 * TICK);
        for mix in [0.25, 0.5, 1.0] {
            let settings = |_| ChorusSettings { mix, ..SETTINGS };
            let mut chorus = prepared::<Chorus>(48_000.0);
            let out = play(&mut chorus, settings, &sound);
            for side in &out {
                let gain = 10.0 * (power(side) / power(&sound)).log10();
                assert!(gain.abs() < 1.2, "{gain:.2} dB at mix {mix}");
            }
            let alike = correlation(&out[0], &out[1]);
            assert!(mix < 1.0 || alike.abs() < 0.1, "{alike}");
        }
    }

    #[test]
    fn pitch_stays_within_38_cents_at_any_rate_and_gets_there() {
        for rate in [0.01, 1.0, 3.0, 10.0] {
            let settings = ChorusSettings {
                rate,
                depth: 1.0,
                mix: 1.0,
            };
            let mut chorus = prepared::<Chorus>(48_000.0);
            let mut fastest: f64 = 0.0;
            let sound = [0.1; TICK];
            for _ in 0..1500 {
                let before = chorus.delays;
                play(&mut chorus, |_| settings, &sound);
                for (a, b) in before
                    .as_flattened()
                    .iter()
                    .zip(chorus.delays.as_flattened())
                {
                    if *a != 0.0 {
                        fastest = fastest.max((a - b).abs() / TICK as f64);
                    }
                }
            }
            let cents = 1200.0 * (1.0 + fastest).log2();
            assert!(
                cents < 38.0 && (rate < 1.0 || cents > 36.0),
                "{cents} at {rate} Hz"
            );
        }
    }

    #[test]
    fn no_jump_of_a_setting_clicks() {
        let still = ChorusSettings {
            depth: 0.0,
            ..SETTINGS
        };
        for (before, after) in [
            (
                ChorusSettings {
                    depth: 1.0,
                    ..still
                },
                still,
            ),
            (
                still,
                ChorusSettings {
                    depth: 1.0,
                    ..still
                },
            ),
            (
                SETTINGS,
                ChorusSettings {
                    rate: 10.0,
                    ..SETTINGS
                },
            ),
            (
                ChorusSettings {
                    rate: 10.0,
                    ..SETTINGS
                },
                SETTINGS,
            ),
        ] {
            let bend = bend_of_jump::<Chorus>(1000.0, before, after);
            assert!(bend < 1.6, "{bend} from {before:?} to {after:?}");
        }
        // A change of level takes one tick: its second difference is the height over the length of the tick.
        let bend = bend_of_jump::<Chorus>(2000.0, still, ChorusSettings { mix: 0.0, ..still });
        assert!(bend < 2.0, "{bend}");
    }

    #[test]
    fn a_nan_inside_is_gone_soon_and_never_leaves() {
        survives_nan::<Chorus>(SETTINGS, |chorus| chorus.lines[1].poison());
        survives_nan::<Chorus>(SETTINGS, |chorus| chorus.excursion = f64::NAN);
        survives_nan::<Chorus>(SETTINGS, |chorus| chorus.delays[0][2] = f64::NAN);
    }
}
