//! The four-pole ladder after R. Moog (US patent 3475623), as a zero-delay-feedback filter of trapezoidal
//! integrators, for the voices of a group side by side.
//!
//! The structure and the solution of its feedback loop follow V. Zavalishin, "The Art of VA Filter Design", chapter 5.
//! The loop is solved for the linear filter and the saturation, which stands at the input of the first stage, is
//! applied to the solution: no iteration, and the state stays bounded however hard it is driven. That takes something
//! from the loop's gain and nothing from its phase, so the oscillation is in tune at any level; stages that saturate by
//! themselves would draw it down.

mod mode;
mod oversampling;
mod stages;
#[cfg(test)]
mod tests;

use std::array::from_fn;

pub use mode::LadderMode;
pub use oversampling::Oversampling;

use super::f32s::{F32s, Mask, RampSlope, Ramps, cosine, exp2, sine, tick_fraction};
use crate::rt::TICK;
use oversampling::Resampler;
use stages::{Coefficients, FULL, OSCILLATION, Stages};

/// Up to this resonance the feedback is in proportion; from here it rises faster, past [`OSCILLATION`].
const KNEE: f32 = 0.99;
/// Feedback at resonance 1: enough for saturation to hold the oscillation at a level of its own.
const FULL_FEEDBACK: f32 = 4.5;
/// The highest cutoff in cycles per sample of the ladder's own rate. Beyond, states grow to many times what enters.
const MAX_CYCLES: f32 = 0.45;
/// The lowest and the highest cutoff in MIDI keys: 8 Hz to 84 kHz.
const KEYS: (f32, f32) = (0.0, 160.0);
/// The lowest and the highest sample rate in Hz.
const RATES: (f32, f32) = (1e3, 1e6);
/// The most that comes out of the drive, so that nothing overflows.
const MAX_INPUT: f32 = 1e6 / FULL;
/// The cutoff from which on the slopes of low-passes are out of hearing, in Hz; at low rates, in cycles per sample.
const HIGH: (f32, f32) = (5_000.0, 5.0 / 48.0);
/// States that are so far apart sound the same: −120 dB.
const UNHEARD: f32 = 1e-6;

/// Where the controls of each voice want its filter to be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LadderControls<const N: usize> {
    /// Cutoff as a pitch in MIDI keys, 0 to 160. It is followed up to 0.45 of the rate that the ladder runs at.
    pub cutoff: F32s<N>,
    /// 0 to 1. Self-oscillation sets in at 0.991 and is at its full level at 1.
    pub resonance: F32s<N>,
    /// Gain into the saturation, linear, 0 to 1000.
    pub drive: F32s<N>,
}

/// What the filters of all voices have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LadderSetup {
    /// What is heard.
    pub mode: LadderMode,
    /// The quality.
    pub oversampling: Oversampling,
    /// Of what comes in, in Hz.
    pub sample_rate: f32,
}

/// The ladders of `N` voices, left and right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ladder<const N: usize> {
    sides: [Side<N>; 2],
    /// In MIDI keys, for modulation to be added to.
    cutoff: Ramps<N>,
    /// Of one stage.
    gain: Ramps<N>,
    feedback: Ramps<N>,
    /// In units of [`FULL`], as the saturation takes it.
    drive: Ramps<N>,
    mix: [Ramps<N>; 5],
    oversampling: Oversampling,
    /// The ladder's own, in Hz.
    rate: f32,
    /// True while the left side stands for both, and the right one is not kept up.
    mono: bool,
    target: Target<N>,
    /// Controls and mode that the target is for, at this rate.
    aimed: Option<(LadderControls<N>, LadderMode)>,
}

/// One side of a stereo ladder.
#[derive(Clone, Copy, Debug, Default)]
struct Side<const N: usize> {
    up: Resampler<N>,
    stages: Stages<N>,
    down: Resampler<N>,
    /// The last sample that went in and the last that came out.
    ends: [F32s<N>; 2],
}

impl<const N: usize> Side<N> {
    /// Puts every state through `f`.
    #[inline(always)]
    fn each(&mut self, f: impl Fn(F32s<N>) -> F32s<N>) {
        self.up.each(&f);
        self.stages.each(&f);
        self.down.each(&f);
        for end in &mut self.ends {
            *end = f(*end);
        }
    }

    /// The resamplers begin as if the last sample had always been there.
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

    /// What is nothing becomes exactly that, and what `feedback` makes oscillate does so.
    #[inline(always)]
    fn flush_denormals(&mut self, feedback: F32s<N>) {
        self.each(F32s::flush);
        self.stages.nudge(feedback);
    }
}

/// Where the ramps go.
#[derive(Clone, Copy, Debug, Default)]
struct Target<const N: usize> {
    cutoff: F32s<N>,
    gain: F32s<N>,
    feedback: F32s<N>,
    drive: F32s<N>,
    mix: [F32s<N>; 5],
}

impl<const N: usize> Ladder<N> {
    /// The filters in `mask` begin from silence. To be followed by [`jump_to`](Self::jump_to).
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        for side in &mut self.sides {
            side.each(|state| state.blend(F32s::ZERO, mask));
        }
    }

    /// At a tick: all set out to where they are to be at the end of it.
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

    /// At a tick on which all rest where they were led at the last ones: [`ramp_to`](Self::ramp_to) for the same controls.
    #[inline(always)]
    pub fn stay(&mut self) {
        let [left, right] = &mut self.sides;
        left.flush_denormals(self.target.feedback);
        if !self.mono {
            right.flush_denormals(self.target.feedback);
        }
    }

    /// The filters in `mask` are where they are to be, for all of the tick.
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

    /// Within the tick: from the sample `from` on, the cutoffs in `mask` go to `cutoff` at the end of it. See
    /// [`Ramps::retarget_at`].
    #[inline(always)]
    pub fn retarget_at(&mut self, from: usize, cutoff: F32s<N>, mask: Mask) {
        let cutoff = cutoff.clamp(KEYS.0, KEYS.1);
        self.cutoff.retarget_at(from, cutoff, mask);
        self.gain
            .retarget_at(from, gain(cycles(cutoff, self.rate)), mask);
    }

    /// Within the tick: from the sample `from` on, the filters in `mask` go to where `controls` want them at the end of it.
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

    /// Filters both sides in place, from the sample `phase` of the tick on. `modulation` is added to the cutoff, in
    /// semitones, sample by sample; of all three, the same samples.
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

    /// As [`process`](Self::process) where both sides are the same: one is computed, and stands for the other too.
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

    /// The right side is in the state of the left one where that has stood for both, and on its own from here on.
    #[inline(always)]
    fn split_sides(&mut self) {
        if std::mem::take(&mut self.mono) {
            self.sides[1] = self.sides[0];
        }
    }

    /// Whether both sides of the filters in `mask` are in the same state, but for what nobody hears.
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

    /// Whether silence comes out of it as long as silence goes in.
    #[inline(always)]
    pub fn is_silent(&self) -> bool {
        let [left, right] = &self.sides;
        left.is_silent() && (self.mono || right.is_silent())
    }

    /// Takes over another rate, at which the resamplers begin anew.
    #[inline(always)]
    fn adopt(&mut self, setup: &LadderSetup) {
        let rate = setup.sample_rate.max(RATES.0).min(RATES.1) * setup.oversampling.factor() as f32;
        if rate != self.rate || setup.oversampling != self.oversampling {
            (self.rate, self.oversampling) = (rate, setup.oversampling);
            self.aimed = None;
            self.sides.iter_mut().for_each(Side::prime);
            self.gain = Ramps::constant(gain(cycles(self.cutoff.start(), self.rate)));
            self.gain
                .ramp_to(gain(cycles(self.cutoff.end(), self.rate)));
        }
    }

    /// Finds out where `controls` lead, where they are not those that it knows of.
    #[inline(always)]
    fn find_target(&mut self, controls: &LadderControls<N>, mode: LadderMode) {
        let same = |(last, last_mode): &(LadderControls<N>, _)| {
            let cutoff = last.cutoff.equals(controls.cutoff);
            let resonance = last.resonance.equals(controls.resonance);
            cutoff & resonance & last.drive.equals(controls.drive) && *last_mode == mode
        };
        if !self.aimed.as_ref().is_some_and(same) {
            self.target = self.target_of(controls, mode);
            self.aimed = Some((*controls, mode));
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

    /// The gain of each sample with its own cutoff. In two passes: each is short enough for several samples to be under
    /// way at a time.
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

    /// `M` samples inside for each one outside, with `gains` of their own or those on the way. One side alone is resampled,
    /// filtered and resampled back sample by sample: its saturations wait for each other, and the resampling fills the gaps.
    /// Two sides fill each other's, and are a fifth quicker in three passes, because what a short pass needs stays in
    /// registers.
    #[inline(always)]
    fn run_at<const S: usize, const M: usize>(
        &mut self,
        phase: usize,
        sounds: [&mut [F32s<N>]; S],
        gains: Option<&[F32s<N>]>,
    ) {
        let drive = RampSlope::new(&self.drive);
        let mut way = Way {
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
                way.filter(n, phase, &mut work, &mut sides);
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
                way.filter(n, phase, work, &mut sides);
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

    /// Returns true if a coefficient is another at the end of the tick than at its start.
    #[inline(always)]
    fn moves(&self) -> bool {
        let mut rest = self.gain.is_constant() & self.feedback.is_constant();
        for mix in &self.mix {
            rest &= mix.is_constant();
        }
        !rest
    }
}

/// Where a ladder goes in a tick, and the coefficients on the way.
struct Way<'a, const N: usize> {
    gain: RampSlope<N>,
    feedback: RampSlope<N>,
    mix: [RampSlope<N>; 5],
    /// The gain of each sample, where it has one of its own.
    gains: Option<&'a [F32s<N>]>,
    moves: bool,
    now: Coefficients<N>,
}

impl<const N: usize> Way<'_, N> {
    /// Filters the sample `n` after the one at `phase` in the tick, of which there are `M` inside.
    #[inline(always)]
    fn filter<const S: usize, const M: usize>(
        &mut self,
        n: usize,
        phase: usize,
        work: &mut [[F32s<N>; M]; S],
        sides: &mut [Side<N>; S],
    ) {
        // Where nothing moves, the second sample is the first whose last gain is the same.
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
        // Side by side, so that while one waits for its own last sample the other has something to do.
        for m in 0..M {
            for (work, side) in work.iter_mut().zip(&mut *sides) {
                work[m] = side.stages.next(work[m], &self.now, m == 0);
            }
        }
    }
}

/// The sample at the place `index` of the tick as it goes into the saturation, limited so that nothing overflows. A function
/// and no closure, which the compiler would not always inline: a call for each sample puts all registers away, and costs
/// half as much as the filter.
#[inline(always)]
fn driven<const N: usize>(drive: &RampSlope<N>, index: usize, sample: F32s<N>) -> F32s<N> {
    (sample * drive.at(tick_fraction(index))).map(|x| x.clamp(-MAX_INPUT, MAX_INPUT))
}

/// A cutoff in MIDI keys as cycles per sample of `rate`.
#[inline(always)]
fn cycles<const N: usize>(cutoff: F32s<N>, rate: f32) -> F32s<N> {
    let octaves = (cutoff.clamp(KEYS.0, KEYS.1) - 69.0) * (1.0 / 12.0);
    (exp2(octaves) * (440.0 / rate)).map(|cycles| cycles.min(MAX_CYCLES))
}

/// The gain g/(1 + g) of a stage for its input, where g is the tangent of half the cutoff's angle.
#[inline(always)]
fn gain<const N: usize>(cycles: F32s<N>) -> F32s<N> {
    let half = cycles * 0.5;
    let (sine, cosine) = (sine(half), cosine(half));
    sine / (sine + cosine)
}
