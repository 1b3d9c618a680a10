//! A gentle saturation of the output.
//!
//! A cubic that reaches full scale with a horizontal tangent, with the antialiasing that J. Parker, V. Zavalishin and E. Le
//! Bivic describe in "Reducing the aliasing of nonlinear waveshaping using continuous-time convolution", DAFx-16: the mean
//! of the curve between one sample and the next, which is a difference of antiderivatives. It delays by half a sample and
//! attenuates by 3 dB at a quarter of the sample rate.
//!
//! For a cubic that difference can be divided by the step analytically, once the part of the step that lies in saturation
//! is treated separately. So no digits are lost when samples lie close together, and no second formula is needed for them.
//!
//! With oversampling, all of this runs at twice the sample rate, between half-band filters like those of the ladder.

use super::silence_gate::{all_finite, finite, loudest};
use super::{Effect, within};
use crate::rt::{Ramp, TICK};
use crate::synth::dc_blocker;
use crate::synth::denormals::flush;
use crate::synth::f32s::F32s;
use crate::synth::halfband::{STEEP, Steep};

/// Input at which the curve becomes flat.
const KNEE: f32 = 1.5;
/// Maximum gain in dB.
const MAX_GAIN: f32 = 48.0;
/// Gain in dB from which on the saturation replaces the input completely.
const BLEND: f32 = 1.0;
/// Amplitude of the sine that keeps its level at any gain: −6 dBFS.
const REFERENCE: f32 = 0.5;
/// Rate at which the offset decays after [`Drive::cut_off`], per second: 120 dB in 4.5 ms.
const QUICK: f32 = 3_000.0;
/// Maximum input, +120 dBFS; more would not be finite after the gain.
const MOST: f32 = 1e6;

/// Settings of a [`Drive`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DriveSettings {
    /// Gain in dB, 0 to 48; 0 is the input, bit for bit. A sine of −6 dBFS keeps its level.
    pub gain: f32,
    /// True to saturate at twice the sample rate, which delays low frequencies by [`DELAY`](crate::synth::halfband::DELAY)
    /// samples while the gain is above 0 dB.
    pub oversampled: bool,
}

/// A saturation of the output.
#[derive(Debug, Default)]
pub struct Drive {
    settings: DriveSettings,
    target: Target,
    gain: Ramp,
    make_up: Ramp,
    blend: Ramp,
    /// Share of the oversampled sound in the output, 0 to 1; the rest is the input, which is not delayed.
    wet: Ramp,
    /// Interpolators and decimators, left and right.
    up: [Steep<1>; 2],
    down: [Steep<1>; 2],
    /// Last samples of both sides, after the gain.
    last: [f32; 2],
    /// Mean of the saturated sound, which is subtracted, and the shares of a sample that it follows by, normally and after
    /// [`Drive::cut_off`].
    offset: [f32; 2],
    follow: f32,
    quick: f32,
    sample_rate: f32,
    heard: i32,
    /// True while the offset decays quickly during silent input.
    hushed: bool,
    idle: bool,
    non_finite: u32,
}

/// Values computed from the settings.
#[derive(Clone, Copy, Debug, Default)]
struct Target {
    gain: f32,
    make_up: f32,
    blend: f32,
}

impl Effect for Drive {
    type Settings = DriveSettings;

    /// Prepares for any sample rate; does not allocate.
    fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        self.settings.gain = f32::NAN;
        self.reset();
    }

    fn reset(&mut self) {
        self.clear();
        self.heard = 0;
        self.hushed = false;
        self.idle = true;
    }

    /// All Sound Off: lets the subtracted mean, which otherwise decays at 5 Hz, decay within 5 ms while the input is
    /// silent, until the effect is idle.
    fn cut_off(&mut self) {
        self.hushed = !self.idle;
    }

    fn ramp_to(&mut self, settings: &DriveSettings) {
        if *settings != self.settings {
            if settings.oversampled != self.settings.oversampled {
                self.clear();
            }
            self.settings = *settings;
            self.target = Target::new(settings);
            let rate = self.sample_rate * self.factor() as f32;
            self.follow = dc_blocker::take(rate);
            self.quick = (QUICK / rate).min(0.5);
        }
        let Target {
            gain,
            make_up,
            blend,
        } = self.target;
        let was_off = self.blend.is_constant_at(0.0);
        if !self.idle {
            // An effect that is off has no tail.
            self.idle = self.heard == 0 && (was_off || !self.has_tail());
            self.heard = 0;
        }
        let wet = if blend > 0.0 { 1.0 } else { 0.0 };
        if self.idle {
            self.hushed = false;
            self.gain = Ramp::constant(gain);
            self.make_up = Ramp::constant(make_up);
            self.blend = Ramp::constant(blend);
            self.wet = Ramp::constant(wet);
        } else {
            self.gain.ramp_to(gain);
            self.make_up.ramp_to(make_up);
            self.blend.ramp_to(blend);
            self.wet.ramp_to(wet);
        }
        if self.blend.is_constant_at(0.0) && !was_off {
            // When it fades in, the first sample is still the input, so that no earlier sample is needed.
            self.clear();
        }
    }

    /// Saturates the sound from `phase` samples into the tick on.
    fn process(&mut self, phase: usize, left: &mut [f32], right: &mut [f32]) {
        let mut loud = loudest(left).max(loudest(right));
        if loud >= f32::INFINITY.to_bits() as i32 {
            loud = self.zero_invalid(left).max(self.zero_invalid(right));
        }
        self.heard = self.heard.max(loud);
        let mut first = 0;
        if self.idle {
            let sounding = left.iter().zip(&*right);
            first = sounding
                .take_while(|(l, r)| **l == 0.0 && **r == 0.0)
                .count();
        }
        let (left, right, phase) = (&mut left[first..], &mut right[first..], phase + first);
        if left.is_empty() {
            return;
        }
        self.idle = false;
        if self.blend.is_constant_at(0.0) {
            return;
        }
        self.saturate(phase, 0, left);
        self.saturate(phase, 1, right);
    }

    fn is_idle(&self) -> bool {
        self.idle
    }

    fn non_finite_count(&mut self) -> u32 {
        std::mem::take(&mut self.non_finite)
    }
}

impl Drive {
    /// Clears the state.
    fn clear(&mut self) {
        self.up = Default::default();
        self.down = Default::default();
        self.last = [0.0; 2];
        self.offset = [0.0; 2];
    }

    /// Returns true if the state is not silent. Tiny values, which would become denormal, are set to 0.
    fn has_tail(&mut self) -> bool {
        let mut has_tail = self.last != [0.0; 2] || self.offset != [0.0; 2];
        for filter in self.up.iter_mut().chain(&mut self.down) {
            filter.each(F32s::flush);
            has_tail |= !filter.is_silent();
        }
        has_tail
    }

    /// Returns the oversampling factor.
    fn factor(&self) -> usize {
        1 + usize::from(self.settings.oversampled)
    }

    /// Saturates `sound`, at most a tick of one side.
    fn saturate(&mut self, phase: usize, side: usize, sound: &mut [f32]) {
        let quick = if self.hushed { self.quick } else { self.follow };
        let factor = self.factor();
        let mut inside = [0.0; 2 * TICK];
        let inside = &mut inside[..factor * sound.len()];
        for (pair, x) in inside.chunks_exact_mut(factor).zip(&*sound) {
            let x = x.clamp(-MOST, MOST);
            match pair {
                [first, second] => {
                    [*first, *second] = self.up[side].up(&STEEP, F32s([x])).map(|x| x.0[0])
                }
                pair => pair.fill(x),
            }
        }
        let mut driven = [0.0; 2 * TICK + 1];
        driven[0] = self.last[side];
        for (n, (driven, x)) in driven[1..].iter_mut().zip(&*inside).enumerate() {
            *driven = flush(self.gain.at(phase + n / factor) * x);
        }
        self.last[side] = driven[inside.len()];
        let mut offset = self.offset[side];
        for (n, x) in inside.iter_mut().enumerate() {
            let at = phase + n / factor;
            let bent = self.make_up.at(at) * mean(driven[n], driven[n + 1]);
            let follow = if sound[n / factor] == 0.0 {
                quick
            } else {
                self.follow
            };
            offset = flush(offset + follow * (bent - offset));
            *x += self.blend.at(at) * (bent - offset - *x);
        }
        self.offset[side] = offset;
        let pairs = inside.chunks_exact(factor).zip(sound.iter_mut());
        for (n, (pair, x)) in pairs.enumerate() {
            let wet = match *pair {
                [first, second] => {
                    0.5 * self.down[side]
                        .down(&STEEP, [first, second].map(|x| F32s([x])))
                        .0[0]
                }
                _ => pair[0],
            };
            let share = self.wet.at(phase + n);
            *x = if share == 1.0 {
                wet
            } else {
                *x + share * (wet - *x)
            };
        }
        if !(all_finite(sound) && offset.is_finite() && self.last[side].is_finite()) {
            // The state contains a NaN, so it is cleared.
            self.non_finite = self.non_finite.saturating_add(1);
            self.clear();
            sound.iter_mut().for_each(|x| *x = finite(*x));
        }
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

impl Target {
    fn new(settings: &DriveSettings) -> Self {
        let decibels = within(settings.gain, 0.0, MAX_GAIN);
        let gain = 10.0_f64.powf(f64::from(decibels / 20.0)) as f32;
        // Mean square over a quarter of a cycle; it converges fastest at these points.
        const POINTS: usize = 16;
        let mut square = 0.0;
        for n in 0..POINTS {
            let angle = (n as f64 + 0.5) * std::f64::consts::FRAC_PI_2 / POINTS as f64;
            let bent = curve(gain * REFERENCE * angle.sin() as f32);
            square += bent * bent;
        }
        let level = (square / POINTS as f32).sqrt();
        Self {
            gain,
            make_up: REFERENCE * std::f32::consts::FRAC_1_SQRT_2 / level,
            blend: (decibels / BLEND).min(1.0),
        }
    }
}

/// Saturation curve: x − 4/27·x³ up to the knee, ±1 from there on.
#[inline(always)]
fn curve(x: f32) -> f32 {
    let x = x.clamp(-KNEE, KNEE);
    x - x * x * x * (4.0 / 27.0)
}

/// Returns the mean of the curve between `a` and `b`.
#[inline(always)]
fn mean(a: f32, b: f32) -> f32 {
    let (bent_a, bent_b) = (a.clamp(-KNEE, KNEE), b.clamp(-KNEE, KNEE));
    // Difference of the antiderivative x²/2 − x⁴/27, divided by that of its arguments.
    let sum = bent_a + bent_b;
    let bent = sum * 0.5 - sum * (bent_a * bent_a + bent_b * bent_b) * (1.0 / 27.0);
    // Beyond the knee the antiderivative goes on as ±x.
    let flat = (b - bent_b).abs() - (a - bent_a).abs();
    let (way, bent_way) = (b - a, bent_b - bent_a);
    if way == bent_way {
        bent
    } else {
        (bent_way * bent + flat) / way
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    fn at(gain: f32) -> impl Fn(usize) -> DriveSettings {
        move |_| DriveSettings {
            gain,
            oversampled: true,
        }
    }

    #[test]
    fn it_lives_as_effects_do() {
        let any_settings = |dice: &mut Dice| DriveSettings {
            gain: [0.0, 0.3, f32::NAN, dice.within(-5.0, 60.0)][dice.below(4)],
            oversampled: dice.below(4) > 0,
        };
        cuts_change_no_bit::<Drive>(any_settings);
        sleeps_and_wakes_as_new::<Drive>(at(20.0)(0), 1.3);
        let bare = |dice: &mut Dice| DriveSettings {
            oversampled: false,
            ..any_settings(dice)
        };
        survives_anything::<Drive>(bare, 1.04);
        // The half-bands are steep, and noise that is driven into a square wave overshoots in them.
        survives_anything::<Drive>(any_settings, 2.0);
    }

    #[test]
    fn without_gain_it_is_the_input_bit_for_bit() {
        let mut sound = noise(3, 100 * TICK);
        sound[70] = 1e-40;
        sound[90] = -0.0;
        sound[200] = 1e30;
        let mut drive = prepared::<Drive>(48_000.0);
        let out = play(&mut drive, at(0.0), &sound);
        assert_eq!(bits(&out)[1], bits(&[sound, Vec::new()])[0]);
    }

    #[test]
    fn a_sine_of_half_scale_keeps_its_level() {
        let sound = sine(110.0, 48_000.0, 1500 * TICK);
        for gain in [0.1, 1.0, 3.0, 6.0, 12.0, 24.0, 48.0] {
            let mut drive = prepared::<Drive>(48_000.0);
            let out = play(&mut drive, at(gain), &sound);
            let change = 10.0 * (power(&out[0]) / power(&sound)).log10();
            assert!(change.abs() < 0.1, "{change} dB at {gain} dB");
        }
    }

    #[test]
    fn what_is_not_even_comes_out_without_a_mean() {
        let period = |n: usize| if n % 400 < 80 { 0.4 } else { -0.1 };
        let sound: Vec<f32> = (0..3000 * TICK).map(period).collect();
        let mut drive = prepared::<Drive>(48_000.0);
        let out = play(&mut drive, at(24.0), &sound);
        let whole = &out[0][48_000..88_000];
        let mean = whole.iter().map(|x| f64::from(*x)).sum::<f64>() / whole.len() as f64;
        assert!(mean.abs() < 1e-3 && power(whole) > 0.01, "{mean}");
    }

    #[test]
    fn it_aliases_less_than_the_bare_curve() {
        // Whole cycles, so that overtones and aliases fall on bins of their own.
        let length = 4800;
        let frequency = 3370.0;
        let sound = sine(frequency, 48_000.0, 2 * length / TICK * TICK);
        let mut drive = prepared::<Drive>(48_000.0);
        let out = play(&mut drive, at(24.0), &sound);
        let Target { gain, make_up, .. } = drive.target;
        let bare: Vec<f32> = sound.iter().map(|x| make_up * curve(gain * x)).collect();
        let folded = |sound: &[f32]| -> f64 {
            let level = |frequency: f64| {
                let turn = std::f64::consts::TAU * frequency / 48_000.0;
                let (mut re, mut im) = (0.0, 0.0);
                for (n, x) in sound[sound.len() - length..].iter().enumerate() {
                    let (sin, cos) = (turn * n as f64).sin_cos();
                    re += f64::from(*x) * cos;
                    im += f64::from(*x) * sin;
                }
                re * re + im * im
            };
            let overtones = (9..60).step_by(2).map(|n| f64::from(n) * frequency);
            let folds = overtones.map(|f| (f - (f / 48_000.0).round() * 48_000.0).abs());
            10.0 * folds.map(level).sum::<f64>().log10()
        };
        let better = folded(&bare) - folded(&out[0]);
        assert!(better > 8.0, "{better} dB");
    }

    #[test]
    fn no_jump_of_the_gain_clicks() {
        for (before, after) in [(0.0, 6.0), (12.0, 0.0), (0.0, 0.5), (3.0, 12.0)] {
            let [before, after] = [before, after].map(|gain| at(gain)(0));
            let bend = bend_of_jump::<Drive>(1000.0, before, after);
            assert!(bend < 1.5, "{bend} from {before:?} to {after:?}");
        }
    }

    proptest! {
        #[test]
        fn the_mean_is_that_of_the_curve(a in -4.0_f32..4.0, way in -6.0_f32..1.0, up in any::<bool>()) {
            let way = 10.0_f32.powf(way) * if up { 1.0 } else { -1.0 };
            let b = a + way;
            let points = 2000;
            let exact = |x: f64| {
                let x = x.clamp(-1.5, 1.5);
                x - x * x * x * 4.0 / 27.0
            };
            let sum: f64 = (0..points)
                .map(|n| (f64::from(n) + 0.5) / f64::from(points))
                .map(|place| exact(f64::from(a) + (f64::from(b) - f64::from(a)) * place))
                .sum();
            let want = sum / f64::from(points);
            prop_assert!((f64::from(mean(a, b)) - want).abs() < 2e-6, "{} for {want}", mean(a, b));
            prop_assert_eq!(mean(a, a), curve(a));
        }
    }

    #[test]
    fn a_nan_inside_is_gone_soon_and_never_leaves() {
        let settings = at(12.0)(0);
        survives_nan::<Drive>(settings, |drive| drive.last[0] = f32::NAN);
        survives_nan::<Drive>(settings, |drive| drive.offset[1] = f32::NAN);
        survives_nan::<Drive>(settings, |drive| drive.up[0].prime(F32s([f32::NAN])));
        survives_nan::<Drive>(settings, |drive| drive.down[1].prime(F32s([f32::NAN])));
    }

    #[test]
    fn after_a_hush_its_offset_is_gone_within_5_ms_of_silence() {
        let settled = |hush: bool| {
            let mut drive = prepared::<Drive>(48_000.0);
            // Never below zero, so that the drive has a mean to subtract.
            let sound: Vec<f32> = noise(3, 300 * TICK).into_iter().map(f32::abs).collect();
            play(&mut drive, at(12.0), &sound);
            if hush {
                drive.cut_off();
            }
            let out = play(&mut drive, at(12.0), &[0.0; 9 * TICK]);
            peak(&out[0][240..])
        };
        assert!(settled(false) > 1e-2 && settled(true) < 1e-6);
    }
}
