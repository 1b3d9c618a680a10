//! Four-pole ladder filter after R. Moog (US patent 3475623), as a zero-delay-feedback filter of trapezoidal integrators,
//! for the voices of a group side by side.
//!
//! The structure and the solution of its feedback loop follow V. Zavalishin, "The Art of VA Filter Design", chapter 5.
//! The loop is solved for the linear filter, and the saturation at the input of the first stage is applied to the
//! solution: no iteration is needed, and the state stays bounded however hard the filter is driven. The saturation
//! reduces the loop's gain and leaves its phase unchanged, so the oscillation is in tune at any level; stages with
//! saturations of their own would lower its pitch.

mod mode;
mod oversampling;
mod response;
mod stages;
#[cfg(test)]
mod tests;

use std::array::from_fn;

pub use mode::LadderMode;
pub use oversampling::Oversampling;

use super::f32s::{F32s, Mask, RampSlope, Ramps, cosine, sine, tick_fraction};
use super::pitch::{CONCERT_HERTZ, concert_ratio};
use crate::rt::TICK;
use oversampling::Resampler;
use stages::{Coefficients, FULL, OSCILLATION, Stages};

/// Resonance up to which the feedback is proportional to it; above, the feedback rises faster, past [`OSCILLATION`].
const KNEE: f32 = 0.99;
/// Feedback at resonance 1: enough for the saturation to determine the level of the oscillation.
const FULL_FEEDBACK: f32 = 4.5;
/// Maximum cutoff in cycles per sample at the ladder's own rate. Above, states grow to many times the input.
const MAX_CYCLES: f32 = 0.45;
/// Minimum and maximum cutoff in MIDI keys: 8 Hz to 84 kHz.
const KEYS: (f32, f32) = (0.0, 160.0);
/// Minimum and maximum sample rate in Hz.
const RATES: (f32, f32) = (1e3, 1e6);
/// Maximum input after the drive, so that nothing overflows.
const MAX_INPUT: f32 = 1e6 / FULL;
/// Cutoff above which the slopes of low-passes are inaudible, in Hz; at low rates, in cycles per sample.
const HIGH: (f32, f32) = (5_000.0, 5.0 / 48.0);
/// Differences between states below this are inaudible: −120 dB.
const UNHEARD: f32 = 1e-6;

/// Filter controls of each voice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LadderControls<const N: usize> {
    /// Cutoff as a pitch in MIDI keys, 0 to 160. The frequency is limited to 0.45 of the rate that the ladder runs at.
    pub cutoff: F32s<N>,
    /// Resonance, 0 to 1. Self-oscillation begins at 0.991 and reaches its full level at 1.
    pub resonance: F32s<N>,
    /// Linear gain into the saturation, 0 to 1000.
    pub drive: F32s<N>,
}

/// Settings that the filters of all voices share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LadderSetup {
    /// Filter mode.
    pub mode: LadderMode,
    /// Oversampling factor, the quality.
    pub oversampling: Oversampling,
    /// Sample rate of the input in Hz.
    pub sample_rate: f32,
}

/// Ladder filters of `N` voices, left and right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ladder<const N: usize> {
    sides: [Side<N>; 2],
    /// Cutoff in MIDI keys, so that modulation can be added.
    cutoff: Ramps<N>,
    /// Gain of one stage.
    gain: Ramps<N>,
    feedback: Ramps<N>,
    /// Input gain in units of [`FULL`], the scale of the saturation.
    drive: Ramps<N>,
    mix: [Ramps<N>; 5],
    oversampling: Oversampling,
    /// The ladder's own sample rate in Hz.
    rate: f32,
    /// True while the left side stands for both; the right one is not updated then.
    mono: bool,
    target: Target<N>,
    /// Controls and mode for which `target` was computed, at this rate.
    target_key: Option<(LadderControls<N>, LadderMode)>,
}

/// One side of a stereo ladder.
#[derive(Clone, Copy, Debug, Default)]
struct Side<const N: usize> {
    up: Resampler<N>,
    stages: Stages<N>,
    down: Resampler<N>,
    /// Last input and last output.
    ends: [F32s<N>; 2],
}

impl<const N: usize> Side<N> {
    /// Applies `f` to every state.
    #[inline(always)]
    fn each(&mut self, f: impl Fn(F32s<N>) -> F32s<N>) {
        self.up.each(&f);
        self.stages.each(&f);
        self.down.each(&f);
        for end in &mut self.ends {
            *end = f(*end);
        }
    }

    /// Sets the resamplers to the state of constant input and output at the last samples.
    #[inline(always)]
    fn prime(&mut self) {
        let [input, output] = self.ends;
        self.up.prime_up(input);
        self.down.prime_down(output);
    }

    #[inline(always)]
    fn is_silent(&self) -> bool {
        self.stages.is_silent() && self.up.is_silent() && self.down.is_silent()
    }

    /// Flushes negligible states to 0, and starts the oscillation where `feedback` calls for one.
    #[inline(always)]
    fn flush_denormals(&mut self, feedback: F32s<N>) {
        self.each(F32s::flush);
        self.stages.nudge(feedback);
    }
}

/// Ramp targets.
#[derive(Clone, Copy, Debug, Default)]
struct Target<const N: usize> {
    cutoff: F32s<N>,
    gain: F32s<N>,
    feedback: F32s<N>,
    drive: F32s<N>,
    mix: [F32s<N>; 5],
}

impl<const N: usize> Ladder<N> {
    /// Resets the filters in `mask` to silence. [`jump_to`](Self::jump_to) has to be called next.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        for side in &mut self.sides {
            side.each(|state| state.blend(F32s::ZERO, mask));
        }
    }

    /// Ramps all filters to `controls` across the tick that begins.
    #[inline(always)]
    pub fn ramp_to(&mut self, controls: &LadderControls<N>, setup: &LadderSetup) {
        self.adopt(setup);
        self.find_target(controls, setup.mode);
        let target = &self.target;
        self.cutoff.ramp_to(target.cutoff);
        self.gain.ramp_to(target.gain);
        self.feedback.ramp_to(target.feedback);
        self.drive.ramp_to(target.drive);
        for (mix, target) in self.mix.iter_mut().zip(target.mix) {
            mix.ramp_to(target);
        }
        self.stay();
    }

    /// Replaces [`ramp_to`](Self::ramp_to) at a tick on which all ramps are constant, for the same controls.
    #[inline(always)]
    pub fn stay(&mut self) {
        let [left, right] = &mut self.sides;
        left.flush_denormals(self.target.feedback);
        if !self.mono {
            right.flush_denormals(self.target.feedback);
        }
    }

    /// Sets the filters in `mask` to `controls` for all of the tick.
    #[inline(always)]
    pub fn jump_to(&mut self, controls: &LadderControls<N>, setup: &LadderSetup, mask: Mask) {
        self.adopt(setup);
        self.find_target(controls, setup.mode);
        let target = &self.target;
        self.cutoff.jump_to(target.cutoff, mask);
        self.gain.jump_to(target.gain, mask);
        self.feedback.jump_to(target.feedback, mask);
        self.drive.jump_to(target.drive, mask);
        for (mix, target) in self.mix.iter_mut().zip(target.mix) {
            mix.jump_to(target, mask);
        }
    }

    /// Ramps the cutoffs in `mask` from sample `from` of the tick to `cutoff` at its end. See [`Ramps::retarget_at`].
    #[inline(always)]
    pub fn retarget_at(&mut self, from: usize, cutoff: F32s<N>, mask: Mask) {
        let cutoff = cutoff.clamp(KEYS.0, KEYS.1);
        self.cutoff.retarget_at(from, cutoff, mask);
        self.gain
            .retarget_at(from, gain(cycles(cutoff, self.rate)), mask);
    }

    /// Ramps the filters in `mask` from sample `from` of the tick to `controls` at its end.
    pub fn ramp_from(
        &mut self,
        from: usize,
        controls: &LadderControls<N>,
        mode: LadderMode,
        mask: Mask,
    ) {
        let target = self.target_of(controls, mode);
        self.cutoff.retarget_at(from, target.cutoff, mask);
        self.gain.retarget_at(from, target.gain, mask);
        self.feedback.retarget_at(from, target.feedback, mask);
        self.drive.retarget_at(from, target.drive, mask);
        for (mix, target) in self.mix.iter_mut().zip(target.mix) {
            mix.retarget_at(from, target, mask);
        }
    }

    /// Filters both sides in place, from sample `phase` of the tick on. `modulation`, in semitones, is added to the
    /// cutoff at each sample. All three slices cover the same samples.
    #[inline(always)]
    pub fn process(
        &mut self,
        phase: usize,
        left: &mut [F32s<N>],
        right: &mut [F32s<N>],
        modulation: Option<&[F32s<N>]>,
    ) {
        self.split_sides();
        self.run(phase, [left, right], modulation);
    }

    /// Filters like [`process`](Self::process) where both sides are the same: one is computed, and stands for the other
    /// too.
    #[inline(always)]
    pub fn process_mono(
        &mut self,
        phase: usize,
        sound: &mut [F32s<N>],
        modulation: Option<&[F32s<N>]>,
    ) {
        self.run(phase, [sound], modulation);
        self.mono = true;
    }

    /// Copies the state of the left side to the right one, if the left one has stood for both.
    #[inline(always)]
    fn split_sides(&mut self) {
        if std::mem::take(&mut self.mono) {
            self.sides[1] = self.sides[0];
        }
    }

    /// Returns true if both sides of the filters in `mask` have the same state, except for inaudible differences.
    #[inline(always)]
    pub fn sides_agree(&self, mask: Mask) -> bool {
        if self.mono {
            return true;
        }
        let [left, right] = &self.sides;
        let states = left.stages.states().into_iter().zip(right.stages.states());
        let mut apart =
            states.map(|(left, right)| (left - right).mask_where(|x| x.abs() > UNHEARD));
        apart.all(|lanes| lanes & mask == 0)
    }

    /// Returns true if the output is silent as long as the input is.
    #[inline(always)]
    pub fn is_silent(&self) -> bool {
        let [left, right] = &self.sides;
        left.is_silent() && (self.mono || right.is_silent())
    }

    /// Adopts another sample rate or oversampling, and restarts the resamplers.
    #[inline(always)]
    fn adopt(&mut self, setup: &LadderSetup) {
        let rate = setup.sample_rate.max(RATES.0).min(RATES.1) * setup.oversampling.factor() as f32;
        if rate != self.rate || setup.oversampling != self.oversampling {
            (self.rate, self.oversampling) = (rate, setup.oversampling);
            self.target_key = None;
            self.sides.iter_mut().for_each(Side::prime);
            self.gain = Ramps::constant(gain(cycles(self.cutoff.start(), self.rate)));
            self.gain
                .ramp_to(gain(cycles(self.cutoff.end(), self.rate)));
        }
    }

    /// Computes the targets for `controls`, unless they are cached.
    #[inline(always)]
    fn find_target(&mut self, controls: &LadderControls<N>, mode: LadderMode) {
        let same = |(last, last_mode): &(LadderControls<N>, _)| {
            let cutoff = last.cutoff.equals(controls.cutoff);
            let resonance = last.resonance.equals(controls.resonance);
            cutoff & resonance & last.drive.equals(controls.drive) && *last_mode == mode
        };
        if !self.target_key.as_ref().is_some_and(same) {
            self.target = self.target_of(controls, mode);
            self.target_key = Some((*controls, mode));
        }
    }

    #[inline(always)]
    fn target_of(&self, controls: &LadderControls<N>, mode: LadderMode) -> Target<N> {
        let cycles = cycles(controls.cutoff, self.rate);
        let gain = gain(cycles);
        let feedback = controls.resonance.clamp(0.0, 1.0).map(|resonance| {
            let past = (resonance - KNEE).max(0.0);
            OSCILLATION * resonance + (FULL_FEEDBACK - OSCILLATION) / (1.0 - KNEE) * past
        });
        let tangent = gain / (1.0 - gain);
        let high = cycles * (self.rate / HIGH.0).max(1.0 / HIGH.1);
        Target {
            cutoff: controls.cutoff.clamp(KEYS.0, KEYS.1),
            gain,
            feedback,
            drive: controls.drive.clamp(0.0, 1000.0) * mode.make_up(feedback) * (1.0 / FULL),
            mix: mode.mix(feedback, tangent, high),
        }
    }

    /// Filters one side, or two.
    #[inline(always)]
    fn run<const S: usize>(
        &mut self,
        phase: usize,
        sounds: [&mut [F32s<N>]; S],
        modulation: Option<&[F32s<N>]>,
    ) {
        let mut gains = [F32s::ZERO; TICK];
        let gains = match modulation {
            Some(modulation) => {
                let gains = &mut gains[..modulation.len()];
                self.modulate(phase, modulation, gains);
                Some(&*gains)
            }
            None => None,
        };
        match self.oversampling {
            Oversampling::One => self.run_at::<S, 1>(phase, sounds, gains),
            Oversampling::Two => self.run_at::<S, 2>(phase, sounds, gains),
            Oversampling::Four => self.run_at::<S, 4>(phase, sounds, gains),
        }
    }

    /// Computes the stage gain of each sample from its modulated cutoff. Two loops, each short enough for the processor
    /// to overlap several samples.
    #[inline(always)]
    fn modulate(&self, phase: usize, modulation: &[F32s<N>], gains: &mut [F32s<N>]) {
        let cutoff = RampSlope::new(&self.cutoff);
        let rate = self.rate;
        for (n, (value, semitones)) in gains.iter_mut().zip(modulation).enumerate() {
            *value = cycles(cutoff.at(tick_fraction(phase + n)) + *semitones, rate);
        }
        for value in gains.iter_mut() {
            *value = gain(*value);
        }
    }

    /// Filters with `M` internal samples per sample, with `gains` for each sample or those of the ramp. One side alone is
    /// upsampled, filtered and downsampled sample by sample: the saturations depend on each other in turn, and the
    /// resampling fills the latency. Two sides fill each other's latency; three passes are a fifth faster for them,
    /// because the variables of a short pass stay in registers.
    #[inline(always)]
    fn run_at<const S: usize, const M: usize>(
        &mut self,
        phase: usize,
        sounds: [&mut [F32s<N>]; S],
        gains: Option<&[F32s<N>]>,
    ) {
        let drive = RampSlope::new(&self.drive);
        let mut ramps = CoefficientRamps {
            gain: RampSlope::new(&self.gain),
            feedback: RampSlope::new(&self.feedback),
            mix: from_fn(|n| RampSlope::new(&self.mix[n])),
            gains,
            moves: gains.is_some() || self.moves(),
            now: Coefficients::default(),
        };
        let mut sides: [_; S] = from_fn(|s| self.sides[s]);
        let length = sounds[0].len();
        let mut sounds = sounds.map(|sound| &mut sound[..length]);
        let Some(last) = length.checked_sub(1) else {
            return;
        };
        for (side, sound) in sides.iter_mut().zip(&sounds) {
            side.ends[0] = driven(&drive, phase + last, sound[last]);
        }
        if S == 1 {
            for n in 0..length {
                let mut work = [[F32s::ZERO; M]; S];
                work[0] = sides[0].up.up(driven(&drive, phase + n, sounds[0][n]));
                ramps.filter(n, phase, &mut work, &mut sides);
                sounds[0][n] = sides[0].down.down(work[0]);
            }
        } else {
            let mut work = [[[F32s::ZERO; M]; S]; TICK];
            for (n, work) in work[..length].iter_mut().enumerate() {
                for ((work, side), sound) in work.iter_mut().zip(&mut sides).zip(&sounds) {
                    *work = side.up.up(driven(&drive, phase + n, sound[n]));
                }
            }
            for (n, work) in work[..length].iter_mut().enumerate() {
                ramps.filter(n, phase, work, &mut sides);
            }
            for (n, work) in work[..length].iter().enumerate() {
                for ((work, side), sound) in work.iter().zip(&mut sides).zip(&mut sounds) {
                    sound[n] = side.down.down(*work);
                }
            }
        }
        for ((side, mut ran), sound) in self.sides.iter_mut().zip(sides).zip(&sounds) {
            ran.ends[1] = sound[last];
            *side = ran;
        }
    }

    /// Returns true if a coefficient changes within the tick.
    #[inline(always)]
    fn moves(&self) -> bool {
        let mut rest = self.gain.is_constant() & self.feedback.is_constant();
        for mix in &self.mix {
            rest &= mix.is_constant();
        }
        !rest
    }
}

/// Ramps of a ladder within a tick, and its present coefficients.
struct CoefficientRamps<'a, const N: usize> {
    gain: RampSlope<N>,
    feedback: RampSlope<N>,
    mix: [RampSlope<N>; 5],
    /// Stage gain of each sample if the cutoff is modulated.
    gains: Option<&'a [F32s<N>]>,
    moves: bool,
    now: Coefficients<N>,
}

impl<const N: usize> CoefficientRamps<'_, N> {
    /// Filters the `n`-th sample after `phase` of the tick, as `M` internal samples.
    #[inline(always)]
    fn filter<const S: usize, const M: usize>(
        &mut self,
        n: usize,
        phase: usize,
        work: &mut [[F32s<N>; M]; S],
        sides: &mut [Side<N>; S],
    ) {
        // If the coefficients are constant, the second sample is the first whose last gain is the same.
        if self.moves || n < 2 {
            let fraction = tick_fraction(phase + n);
            let gain = match self.gains {
                Some(gains) => gains[n],
                None => self.gain.at(fraction),
            };
            let mix = from_fn(|m| self.mix[m].at(fraction) * (FULL / M as f32));
            let last = sides[0].stages.gain();
            self.now = Coefficients::new(gain, last, self.feedback.at(fraction), mix);
        }
        // Both sides in one loop, so that each fills the latency of the other.
        for m in 0..M {
            for (work, side) in work.iter_mut().zip(&mut *sides) {
                work[m] = side.stages.next(work[m], &self.now, m == 0);
            }
        }
    }
}

/// Returns sample `index` of the tick with the drive applied, limited so that nothing overflows. A function instead of a
/// closure, which the compiler would not always inline: a call per sample saves all registers and costs half as much as
/// the filter.
#[inline(always)]
fn driven<const N: usize>(drive: &RampSlope<N>, index: usize, sample: F32s<N>) -> F32s<N> {
    (sample * drive.at(tick_fraction(index))).map(|x| x.clamp(-MAX_INPUT, MAX_INPUT))
}

/// Converts a cutoff in MIDI keys to cycles per sample of `rate`.
#[inline(always)]
fn cycles<const N: usize>(cutoff: F32s<N>, rate: f32) -> F32s<N> {
    let ratio = concert_ratio(cutoff.clamp(KEYS.0, KEYS.1));
    (ratio * (CONCERT_HERTZ / rate)).map(|cycles| cycles.min(MAX_CYCLES))
}

/// Returns the gain g/(1 + g) of a stage for its input, where g is the tangent of half the cutoff's angle.
#[inline(always)]
fn gain<const N: usize>(cycles: F32s<N>) -> F32s<N> {
    let half = cycles * 0.5;
    let (sine, cosine) = (sine(half), cosine(half));
    sine / (sine + cosine)
}
