//! A safety limiter without latency, which keeps the output within full scale.
//!
//! After D. Giannoulis, M. Massberg, J. Reiss, "Digital dynamic range compressor design: a tutorial and analysis", J. Audio
//! Eng. Soc. 60 (2012), with a threshold and a ceiling of 0 dBFS and an attack time of 0. While the sound rises through
//! full scale the gain falls in proportion, so that the output stays at the ceiling and does not jump unless the sound
//! itself does.

use super::Effect;
use super::silence_gate::{all_finite, finite, loudest};

/// Time that the gain is held after the last sample that needed it, in seconds: a cycle of 100 Hz, so that the gain does
/// not follow the wave.
const HOLD: f32 = 0.01;
/// Time constants of the release in seconds: after a peak, and after a long reduction.
const QUICK: f32 = 0.08;
const SLOW: f32 = 0.25;
/// Time constant of the mean that tells a long reduction from a peak, in seconds.
const LONG: f32 = 0.3;
/// Excess over 1 of the gain that the release aims at, so that it reaches 1 within seven time constants.
const BEYOND: f32 = 1e-3;
/// Level relative to the ceiling from which on a sample beyond full scale prolongs the hold.
const CLOSE: f32 = 0.99;

/// A stereo limiter. Its output is the input bit for bit as long as that is within ±1 and no release runs.
#[derive(Debug, Default)]
pub struct Limiter {
    /// 1 − gain, which is stored instead of the gain because it decays to exactly 0.
    reduction: f32,
    /// Reduction when the gain last had to fall, and mean of the reduction over a third of a second: the closer they are,
    /// the longer the gain has been down.
    needed: f32,
    sustained: f32,
    /// Samples that the gain is still held for.
    hold: u32,
    /// Share of the reduction that one sample of release removes.
    release: f32,
    rates: Rates,
    non_finite: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Rates {
    hold: u32,
    quick: f32,
    slow: f32,
    long: f32,
}

impl Effect for Limiter {
    type Settings = ();

    /// Prepares for `sample_rate` in Hz; does not allocate.
    fn prepare(&mut self, sample_rate: f32) {
        self.rates = Rates {
            hold: (HOLD * sample_rate) as u32,
            quick: 1.0 / (QUICK * sample_rate),
            slow: 1.0 / (SLOW * sample_rate),
            long: 1.0 / (LONG * sample_rate),
        };
        self.reset();
    }

    /// Returns to a gain of 1.
    fn reset(&mut self) {
        self.reduction = 0.0;
        self.needed = 0.0;
        self.sustained = 0.0;
        self.hold = 0;
        self.release = self.rates.quick;
    }

    /// At a tick: chooses the rate of the release.
    fn ramp_to(&mut self, (): &()) {
        let Rates { quick, slow, .. } = self.rates;
        self.release = if self.reduction == 0.0 {
            quick
        } else {
            quick + (slow - quick) * (self.sustained / self.needed).min(1.0)
        };
    }

    /// Limits a piece of a tick; its phase does not matter.
    fn process(&mut self, _phase: usize, left: &mut [f32], right: &mut [f32]) {
        let mut loud = loudest(left).max(loudest(right));
        if loud >= f32::INFINITY.to_bits() as i32 {
            loud = self.zero_invalid(left).max(self.zero_invalid(right));
        }
        let state = [self.reduction, self.needed, self.sustained, self.release];
        if !all_finite(&state) {
            self.non_finite = self.non_finite.saturating_add(1);
            self.reset();
        }
        if self.reduction == 0.0 && loud <= 1.0_f32.to_bits() as i32 {
            return;
        }
        for (left, right) in left.iter_mut().zip(right) {
            let gain = self.follow(left.abs().max(right.abs()));
            // The product may round to a hair above 1.
            *left = (*left * gain).clamp(-1.0, 1.0);
            *right = (*right * gain).clamp(-1.0, 1.0);
        }
    }

    /// Returns true if the gain is 1, which costs next to nothing.
    fn is_idle(&self) -> bool {
        self.reduction == 0.0
    }

    fn non_finite_count(&mut self) -> u32 {
        std::mem::take(&mut self.non_finite)
    }
}

impl Limiter {
    /// Returns the present gain, 0 to 1.
    pub fn gain(&self) -> f32 {
        1.0 - self.reduction
    }

    /// Returns the gain for a sample of magnitude `peak`.
    #[inline(always)]
    fn follow(&mut self, peak: f32) -> f32 {
        let level = peak * (1.0 - self.reduction);
        if level > 1.0 {
            self.reduction = 1.0 - 1.0 / peak;
            self.needed = self.reduction;
            self.hold = self.rates.hold;
        } else if self.reduction > 0.0 {
            if peak > 1.0 && level > CLOSE {
                self.hold = self.rates.hold;
            } else if self.hold > 0 {
                self.hold -= 1;
            } else {
                self.reduction -= self.release * (self.reduction + BEYOND);
                if self.reduction <= 0.0 {
                    self.reduction = 0.0;
                    self.needed = 0.0;
                    self.sustained = 0.0;
                }
            }
        }
        self.sustained += self.rates.long * (self.reduction - self.sustained);
        1.0 - self.reduction
    }

    #[cold]
    fn zero_invalid(&mut self, samples: &mut [f32]) -> i32 {
        for x in &mut *samples {
            self.non_finite = self.non_finite.saturating_add(u32::from(!x.is_finite()));
            *x = finite(*x);
        }
        loudest(samples)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;
    use crate::rt::TICK;

    const RATE: f32 = 48_000.0;

    /// Plays a sound and returns the gain after each tick.
    fn gains(limiter: &mut Limiter, sound: &[f32]) -> Vec<f32> {
        let ticks = sound.chunks_exact(TICK);
        ticks
            .map(|tick| {
                play(limiter, |_| (), tick);
                limiter.gain()
            })
            .collect()
    }

    #[test]
    fn it_lives_as_effects_do() {
        cuts_change_no_bit::<Limiter>(|_| ());
        survives_anything::<Limiter>(|_| (), 1.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn nothing_passes_full_scale_and_nothing_changes_below(
            seed in any::<u64>(),
            decibels in -20.0_f32..200.0,
            rate in 8_000.0_f32..768_000.0,
        ) {
            let mut limiter = prepared::<Limiter>(rate);
            let quiet = noise(seed | 1, 20 * TICK);
            let same = play(&mut limiter, |_| (), &quiet);
            prop_assert_eq!(&same[0], &quiet);
            let gain = 10.0_f32.powf(decibels / 20.0);
            let mut dice = Dice(seed | 1);
            let mut loud: Vec<f32> = quiet.iter().map(|x| x * gain * dice.within(0.0, 1.0)).collect();
            loud[100] = f32::MAX;
            loud[400] = f32::INFINITY;
            loud[401] = f32::NAN;
            let out = play(&mut limiter, |_| (), &loud);
            prop_assert!(peak(&out[0]) <= 1.0 && peak(&out[1]) <= 1.0);
            prop_assert!(out[0].iter().all(|x| x.is_finite()));
            prop_assert_eq!(limiter.non_finite_count(), 4);
        }
    }

    #[test]
    fn both_sides_get_one_gain_at_once_and_without_delay() {
        let mut limiter = prepared::<Limiter>(RATE);
        let (mut left, mut right) = ([0.25, 4.0, 1.0, -2.0], [0.5, -0.5, 0.5, 0.5]);
        limiter.process(0, &mut left, &mut right);
        assert_eq!(
            (left, right),
            ([0.25, 1.0, 0.25, -0.5], [0.5, -0.125, 0.125, 0.125])
        );
    }

    #[test]
    fn it_holds_then_releases_and_is_transparent_again() {
        let mut limiter = prepared::<Limiter>(RATE);
        let mut sound = vec![0.1; TICK * 1500];
        sound[0] = 2.0;
        let gains = gains(&mut limiter, &sound);
        let after = |seconds: f32| gains[(seconds * RATE) as usize / TICK - 1];
        assert_eq!(after(0.0098), 0.5);
        assert!(after(0.012) > 0.5);
        // 63 % of the way after one time constant.
        let back = after(HOLD + QUICK);
        assert!((back - (1.0 - 0.5 * 0.368)).abs() < 0.03, "{back}");
        assert!(gains.windows(2).all(|pair| pair[1] >= pair[0]));
        assert_eq!(after(0.95), 1.0);
        assert!(limiter.is_idle());
        let quiet = noise(3, 10 * TICK);
        assert_eq!(play(&mut limiter, |_| (), &quiet)[0], quiet);
    }

    #[test]
    fn after_long_reduction_the_release_is_slower() {
        let after = |loud: usize| {
            let mut limiter = prepared::<Limiter>(RATE);
            let mut sound = vec![2.0; loud];
            sound.resize((loud + 4800).next_multiple_of(TICK), 0.1);
            gains(&mut limiter, &sound).last().copied().unwrap()
        };
        let (short, long) = (after(TICK), after(1500 * TICK));
        assert!(short > 0.81 && long < 0.68, "{short} and {long}");
    }

    #[test]
    fn the_output_is_never_steeper_than_what_goes_in() {
        // A sine that swells through full scale, which makes a step of the gain audible.
        let sound: Vec<f32> = sine(200.0, RATE, 1500 * TICK)
            .iter()
            .enumerate()
            .map(|(n, x)| x * n as f32 / 4800.0)
            .collect();
        let mut limiter = prepared::<Limiter>(RATE);
        let out = play(&mut limiter, |_| (), &sound);
        for (out, sound) in out[0].windows(2).zip(sound.windows(2)) {
            let (step, most) = ((out[1] - out[0]).abs(), (sound[1] - sound[0]).abs());
            assert!(step <= most + 1e-3, "{step} where {most} went in");
        }
        assert!(power(&out[0][24_000..]) > 0.45, "a sine of full scale");
    }

    #[test]
    fn a_reset_forgets_the_reduction() {
        let mut limiter = prepared::<Limiter>(RATE);
        play(&mut limiter, |_| (), &[5.0; 4 * TICK]);
        assert!(!limiter.is_idle());
        limiter.reset();
        let quiet = noise(3, 10 * TICK);
        assert_eq!(play(&mut limiter, |_| (), &quiet)[0], quiet);
    }

    #[test]
    fn a_nan_inside_is_gone_soon_and_never_leaves() {
        for plant in [
            |limiter: &mut Limiter| limiter.reduction = f32::NAN,
            |limiter: &mut Limiter| limiter.needed = f32::INFINITY,
            |limiter: &mut Limiter| limiter.sustained = f32::NAN,
        ] {
            survives_nan::<Limiter>((), plant);
        }
    }
}
