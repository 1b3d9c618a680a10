//! A reverb for a send: predelay, a [diffuser](super::diffuser) per side, [first reflections](super::early), and a
//! [feedback delay network](super::fdn).

use super::crossfade::Crossfade;
use super::delay_line::DelayLine;
use super::diffuser::{Diffuser, STAGES};
use super::early::EarlyReflections;
use super::fdn::{Fdn, FdnSettings};
use super::silence_gate::{SilenceGate, finite};
use super::{Effect, within};
use crate::rt::{Ramp, TICK};

/// Maximum predelay in seconds.
const LONGEST_PREDELAY: f32 = 0.25;
/// Duration of the cross-fade to another predelay, in seconds.
const FADE: f32 = 0.06;

/// Settings of a [`Reverb`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReverbSettings {
    /// Predelay in seconds, 0 to 0.25; rounded to a sample.
    pub predelay: f32,
    /// Size, 0 to 1: first reflections after 1 to 10 ms up to 4 to 42 ms, lines from 31 to 76 ms up to 47 to 115 ms.
    pub size: f32,
    /// Time to −60 dB in seconds, 0.1 to 30.
    pub decay: f32,
    /// Frequency in Hz at which the decay takes half that time, 100 and up.
    pub damp: f32,
    /// Width: 0 is mono, 1 the full width.
    pub width: f32,
}

/// A stereo reverb: outputs only the reflections.
///
/// A change of size or predelay is a cross-fade of 60 ms. A further change waits for the end of the cross-fade, and only
/// the newest one counts.
#[derive(Debug, Default)]
pub struct Reverb {
    predelays: [DelayLine; 2],
    diffusers: [Diffuser; 2],
    early: EarlyReflections,
    fdn: Fdn,
    gate: SilenceGate,
    sample_rate: f32,
    predelay: Crossfade<usize>,
    decay: f32,
    diffusion: [f32; STAGES],
    coefficients: [Ramp; STAGES],
    width: Ramp,
}

impl Effect for Reverb {
    type Settings = ReverbSettings;

    fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        for line in &mut self.predelays {
            line.prepare((LONGEST_PREDELAY * sample_rate).ceil() as usize + TICK);
        }
        for (side, diffuser) in self.diffusers.iter_mut().enumerate() {
            diffuser.prepare(side, f64::from(sample_rate));
        }
        self.early.prepare(f64::from(sample_rate));
        self.fdn.prepare(f64::from(sample_rate));
        self.predelay.prepare(FADE, sample_rate);
        self.decay = f32::NAN;
        self.reset();
    }

    fn reset(&mut self) {
        self.predelays.iter_mut().for_each(DelayLine::clear);
        self.diffusers.iter_mut().for_each(Diffuser::clear);
        self.early.clear();
        self.fdn.clear();
        self.gate.reset();
    }

    fn ramp_to(&mut self, settings: &ReverbSettings) {
        if self.gate.update_idle(self.memory_length()) {
            self.reset();
        }
        let fdn = FdnSettings {
            size: within(settings.size, 0.0, 1.0),
            decay: within(settings.decay, 0.1, 30.0),
            damp: within(settings.damp, 100.0, f32::MAX),
        };
        if fdn.decay != self.decay {
            self.decay = fdn.decay;
            self.diffusion = Diffuser::coefficients(fdn.decay);
        }
        let predelay = within(settings.predelay, 0.0, LONGEST_PREDELAY) * self.sample_rate;
        let predelay = predelay.round() as usize;
        let width = within(settings.width, 0.0, 1.0);
        if self.gate.is_idle() {
            self.early.jump_to(fdn.size, fdn.decay);
            self.fdn.jump_to(&fdn);
            self.predelay.jump_to(predelay);
            self.coefficients = self.diffusion.map(Ramp::constant);
            self.width = Ramp::constant(width);
        } else {
            self.early.ramp_to(fdn.size, fdn.decay);
            self.fdn.ramp_to(&fdn);
            self.predelay.ramp_to(predelay);
            for (ramp, target) in self.coefficients.iter_mut().zip(self.diffusion) {
                ramp.ramp_to(target);
            }
            self.width.ramp_to(width);
        }
    }

    /// Replaces the sound from `phase` samples into the tick on by its reflections.
    #[inline(always)]
    fn process(&mut self, phase: usize, left: &mut [f32], right: &mut [f32]) {
        let first = self.gate.observe_input(left, right);
        let (left, right, phase) = (&mut left[first..], &mut right[first..], phase + first);
        if left.is_empty() {
            return;
        }
        let sides = self.predelays.iter_mut().zip(&mut self.diffusers);
        for ((line, diffuser), sound) in sides.zip([&mut *left, &mut *right]) {
            let count = sound.len().min(TICK);
            self.gate.observe_feedback(sound);
            line.write(sound);
            line.read(count + self.predelay.from(), sound);
            if self.predelay.is_running() {
                let mut next = [0.0; TICK];
                line.read(count + self.predelay.to(), &mut next[..count]);
                let share = self.predelay.mix();
                for (n, (x, next)) in sound.iter_mut().zip(&next).enumerate() {
                    *x += share.at(phase + n) * (next - *x);
                }
            }
            diffuser.process(phase, &self.coefficients, sound);
        }
        let mut early = [[0.0; TICK]; 2];
        self.early.process(phase, [&*left, &*right], &mut early);
        self.gate.observe_feedback(&early[0][..left.len()]);
        self.gate.observe_feedback(&early[1][..left.len()]);
        self.fdn
            .process(phase, [&mut *left, &mut *right], &mut self.gate);
        for (n, (left, right)) in left.iter_mut().zip(right).enumerate() {
            let (l, r) = (*left + early[0][n], *right + early[1][n]);
            let middle = 0.5 * (l + r);
            let side = 0.5 * self.width.at(phase + n) * (l - r);
            *left = finite(middle + side);
            *right = finite(middle - side);
        }
    }

    fn is_idle(&self) -> bool {
        self.gate.is_idle()
    }

    fn non_finite_count(&mut self) -> u32 {
        self.gate.non_finite_count()
    }
}

impl Reverb {
    /// Returns the longest distance that is read back, in samples.
    fn memory_length(&self) -> usize {
        let diffusers = self.diffusers.iter().map(Diffuser::memory_length);
        self.predelay.from().max(self.predelay.to())
            + diffusers.max().unwrap_or(0)
            + self.fdn.memory_length()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const RATE: f32 = 48_000.0;
    const SETTINGS: ReverbSettings = ReverbSettings {
        predelay: 0.0,
        size: 0.5,
        decay: 2.0,
        damp: 1e6,
        width: 1.0,
    };

    fn any_settings(dice: &mut Dice) -> ReverbSettings {
        ReverbSettings {
            predelay: [-1.0, dice.within(0.0, 0.03)][dice.below(2)],
            size: dice.within(-0.3, 0.3),
            decay: dice.within(0.0, 0.15),
            damp: [0.0, 1e9, f32::NAN, dice.within(20.0, 10_000.0)][dice.below(4)],
            width: dice.within(-0.1, 1.1),
        }
    }

    /// Returns the response to an impulse of 1 on both sides.
    fn response(settings: ReverbSettings, sample_rate: f32, seconds: f32) -> [Vec<f32>; 2] {
        let mut sound = vec![0.0; (seconds * sample_rate) as usize / TICK * TICK];
        sound[0] = 1.0;
        play(&mut prepared::<Reverb>(sample_rate), |_| settings, &sound)
    }

    /// Returns a band around `frequency` Hz: twice a two-pole band-pass an octave wide (R. Bristow-Johnson's cookbook).
    fn band(sound: &[f32], frequency: f64, sample_rate: f32) -> Vec<f32> {
        let angle = std::f64::consts::TAU * frequency / f64::from(sample_rate);
        let alpha = angle.sin() / 2.0 * std::f64::consts::SQRT_2.recip();
        let mut out: Vec<f64> = sound.iter().map(|x| f64::from(*x)).collect();
        for _ in 0..2 {
            let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
            for x in &mut out {
                let y = (alpha * (*x - x2) + 2.0 * angle.cos() * y1 - (1.0 - alpha) * y2)
                    / (1.0 + alpha);
                (x2, x1, y2, y1) = (x1, *x, y1, y);
                *x = y;
            }
        }
        out.iter().map(|x| *x as f32).collect()
    }

    /// Returns the time to −60 dB: from −5 to −35 dB of M. Schroeder's backward integral (JASA 37, 1965), doubled.
    fn decay(sound: &[f32], sample_rate: f32) -> f32 {
        let mut left = vec![0.0; sound.len() + 1];
        for (n, x) in sound.iter().enumerate().rev() {
            left[n] = left[n + 1] + f64::from(*x) * f64::from(*x);
        }
        let below = |decibels: f64| {
            let level = left[0] * 10.0_f64.powf(-decibels / 10.0);
            left.iter().position(|x| *x < level).unwrap() as f32 / sample_rate
        };
        2.0 * (below(35.0) - below(5.0))
    }

    #[test]
    fn it_lives_as_effects_do() {
        cuts_change_no_bit::<Reverb>(any_settings);
        let short = ReverbSettings {
            predelay: 0.1,
            decay: 0.5,
            ..SETTINGS
        };
        sleeps_and_wakes_as_new::<Reverb>(short, 1.4);
        survives_anything::<Reverb>(any_settings, 20.0);
    }

    #[test]
    fn it_dies_away_in_the_time_that_is_set() {
        for rate in [8_000.0, 48_000.0, 96_000.0] {
            for (size, seconds) in [
                (0.0, 0.1),
                (0.0, 0.5),
                (0.0, 3.0),
                (0.5, 0.2),
                (0.5, 1.0),
                (0.5, 30.0),
                (1.0, 0.5),
                (1.0, 2.0),
                (1.0, 10.0),
            ] {
                let settings = ReverbSettings {
                    size,
                    decay: seconds,
                    ..SETTINGS
                };
                let out = response(settings, rate, seconds + 0.2);
                // A single band of a short tail is too short a piece of noise to be measured.
                let bands = [300.0, 500.0, 800.0, 1200.0];
                let of_band = |side| {
                    bands
                        .map(|f| decay(&band(side, f, rate), rate))
                        .iter()
                        .sum()
                };
                let sum: f32 = out.iter().map(|side| -> f32 { of_band(side) }).sum();
                let got = sum / 8.0;
                let off = (got / seconds - 1.0).abs();
                assert!(off < 0.1, "{got} for {seconds} s, size {size}, {rate} Hz");
                let all = 0.5 * (decay(&out[0], rate) + decay(&out[1], rate)) / seconds;
                assert!(
                    (all - 1.0).abs() < 0.1,
                    "{all} of {seconds} s over all frequencies"
                );
            }
        }
    }

    #[test]
    fn at_the_damping_frequency_it_takes_half_the_time() {
        let settings = ReverbSettings {
            damp: 3000.0,
            ..SETTINGS
        };
        let out = response(settings, RATE, 2.2);
        for (frequency, want) in [(150.0, 2.0), (3000.0, 1.0)] {
            let got = decay(&band(&out[0], frequency, RATE), RATE);
            assert!((got / want - 1.0).abs() < 0.15, "{got} s at {frequency} Hz");
        }
    }

    #[test]
    fn echoes_are_soon_as_dense_as_noise() {
        // J. Abel, P. Huang, "A simple, robust measure of reverberation echo density", AES 121st Convention (2006): the
        // share of samples beyond a standard deviation, which is 1 for Gaussian noise.
        for (size, from) in [(0.0, 0.05), (0.5, 0.1), (1.0, 0.2)] {
            let out = response(ReverbSettings { size, ..SETTINGS }, RATE, 0.6);
            for side in &out {
                for window in side[(from * RATE) as usize..].chunks_exact(960) {
                    let deviation = power(window).sqrt() as f32;
                    let beyond = window.iter().filter(|x| x.abs() > deviation).count();
                    let density = beyond as f32 / window.len() as f32 / 0.3173;
                    assert!(density > 0.8, "{density} at size {size}");
                }
            }
        }
    }

    #[test]
    fn nothing_in_it_repeats() {
        for size in [0.0, 0.5, 1.0] {
            let out = response(ReverbSettings { size, ..SETTINGS }, RATE, 0.8);
            for side in &out {
                // The decay is compensated: as loud at the end as at the beginning.
                let tail: Vec<f32> = side[9_600..]
                    .iter()
                    .enumerate()
                    .map(|(n, x)| x * 10.0_f32.powf(3.0 * n as f32 / RATE / SETTINGS.decay))
                    .collect();
                // A flutter repeats after between 2 and 200 ms.
                let worst = (96..9_600)
                    .map(|lag| correlation(&tail[..16_000], &tail[lag..lag + 16_000]).abs())
                    .fold(0.0, f64::max);
                assert!(worst < 0.25, "{worst} at size {size}");
            }
        }
    }

    #[test]
    fn the_sides_have_nothing_in_common_unless_width_says_so() {
        let out = response(SETTINGS, RATE, 1.0);
        let alike = correlation(&out[0], &out[1]);
        assert!(alike.abs() < 0.1, "{alike}");
        let balance = 10.0 * (power(&out[0]) / power(&out[1])).log10();
        assert!(balance.abs() < 1.0, "{balance} dB");
        let mono = response(
            ReverbSettings {
                width: 0.0,
                ..SETTINGS
            },
            RATE,
            1.0,
        );
        assert_eq!(bits(&mono)[0], bits(&mono)[1]);
        assert!(peak(&mono[0]) > 0.0);
    }

    #[test]
    fn noise_comes_back_at_its_own_level_and_longer_decays_are_a_little_louder() {
        let sound = noise(3, 6000 * TICK);
        for (seconds, want) in [(0.1, -2.1), (0.3, -1.3), (2.0, 0.0), (10.0, 1.4)] {
            let settings = ReverbSettings {
                decay: seconds,
                ..SETTINGS
            };
            let mut reverb = prepared::<Reverb>(RATE);
            let out = play_cut(
                &mut reverb,
                |_| settings,
                [&sound, &noise(4, sound.len())],
                || 32,
            );
            let gain = 10.0 * (power(&out[0][96_000..]) / power(&sound)).log10();
            assert!((gain - want).abs() < 0.3, "{gain} dB at {seconds} s");
        }
    }

    #[test]
    fn the_predelay_is_exact() {
        let first = |predelay: f32| {
            let out = response(
                ReverbSettings {
                    predelay,
                    ..SETTINGS
                },
                RATE,
                0.5,
            );
            out[0].iter().position(|x| *x != 0.0).unwrap()
        };
        // The first reflections are not modulated.
        let none = first(0.0);
        assert_eq!(first(0.1), none + 4800);
        assert_eq!(first(9.0), none + 12_000);
    }

    #[test]
    fn the_first_reflection_comes_within_5_ms_at_every_size_and_rate() {
        for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
            for size in [0.0, 0.3, 0.6, 1.0] {
                for decay in [0.1, 2.0, 30.0] {
                    let settings = ReverbSettings {
                        size,
                        decay,
                        ..SETTINGS
                    };
                    for side in response(settings, rate, 0.3) {
                        let heard = 0.01 * peak(&side);
                        let first = side.iter().position(|x| x.abs() >= heard).unwrap();
                        let seconds = first as f32 / rate;
                        assert!(
                            seconds > 0.0009 && seconds < 0.005,
                            "{seconds} s at size {size}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn no_jump_of_a_setting_clicks() {
        for after in [
            ReverbSettings {
                predelay: 0.0987,
                ..SETTINGS
            },
            ReverbSettings {
                size: 0.9,
                ..SETTINGS
            },
            ReverbSettings {
                size: 0.0,
                ..SETTINGS
            },
        ] {
            let bend = bend_of_jump::<Reverb>(200.0, SETTINGS, after);
            // The level of a tone differs between rooms, and varies more during the cross-fade.
            let most = if after.size == SETTINGS.size {
                1.5
            } else {
                3.0
            };
            assert!(bend < most, "{bend} to {after:?}");
        }
        // Width takes one tick: its second difference is the height over the length of the tick.
        for after in [
            ReverbSettings {
                decay: 1.0,
                ..SETTINGS
            },
            ReverbSettings {
                damp: 500.0,
                ..SETTINGS
            },
            ReverbSettings {
                width: 0.0,
                ..SETTINGS
            },
        ] {
            let bend = bend_of_jump::<Reverb>(2000.0, SETTINGS, after);
            assert!(bend < 1.5, "{bend} to {after:?}");
        }
    }

    #[test]
    fn a_size_that_moves_at_every_tick_neither_clicks_nor_grows() {
        let sound = sine(1000.0, RATE, 4000 * TICK);
        let settings = |tick: usize| ReverbSettings {
            size: 0.5 + 0.5 * (tick as f32 * 0.02).sin(),
            decay: 30.0,
            ..SETTINGS
        };
        let mut reverb = prepared::<Reverb>(RATE);
        let out = play(&mut reverb, settings, &sound);
        let bend = sharpest(&out[0]) / sharpest(&sound) / (peak(&out[0]) / 0.5);
        assert!(bend < 1.5, "{bend}");
        assert!(peak(&out[0]) < 5.0, "{}", peak(&out[0]));
    }

    #[test]
    fn a_nan_inside_is_gone_soon_and_never_leaves() {
        let settings = ReverbSettings {
            predelay: 0.01,
            ..SETTINGS
        };
        survives_nan::<Reverb>(settings, |reverb| reverb.predelays[0].poison());
        survives_nan::<Reverb>(settings, |reverb| reverb.diffusers[1].poison());
        survives_nan::<Reverb>(settings, |reverb| reverb.early.poison());
        survives_nan::<Reverb>(settings, |reverb| reverb.fdn.poison(true));
        survives_nan::<Reverb>(settings, |reverb| reverb.fdn.poison(false));
    }
}
