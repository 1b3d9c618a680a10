//! FM synthesis after J. Chowning, "The Synthesis of Complex Audio Spectra by Means of Frequency Modulation", JAES 21
//! (1973): six operators that modulate each other's phase, joined as in the Yamaha DX7 or freely.
//!
//! Every algorithm is a matrix of gains. When the set of its nonzero entries changes at a tick, they are compiled to a
//! program of passes, so that rendering never tests the connections.

mod algorithm;
mod envelope;
mod lane_ops;
mod operator;
mod pass;
mod path_targets;
mod program;
#[cfg(test)]
mod tests;
mod wave;

pub use algorithm::Algorithm;
pub use wave::FmWave;

use super::f32s::{F32s, Mask, Ramps, all};
use super::halfband::{STEEP, Steep};
use crate::rt::{TICK, part_halfway};
use operator::{Common, Loudness, Operator, Rate};
use pass::{MOST, NOW, Outputs, Stretch};
use path_targets::PathTargets;
use program::{Pass, Program, Set, members};

/// Number of operators of a voice.
pub const OPERATORS: usize = 6;

/// Phase modulation by an operator at full level, in cycles: a modulation index of 4π.
pub const INDEX: f32 = 2.0;
/// Phase modulation of an operator by itself at full level and full feedback, in cycles: 2π.
pub const FEEDBACK: f32 = 1.0;

/// Delay of oversampled operators in samples. The first sample of each pair stands for the output sample, and the middle of
/// the pair is a quarter of a sample later.
pub const FM_DELAY: f32 = super::halfband::DELAY * 0.5 - 0.25;

/// Controls of one operator. Each value is clamped to its range.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OperatorControls<const N: usize> {
    /// Frequency as a multiple of the voice's, 0 to 32.
    pub ratio: F32s<N>,
    /// Frequency of a [fixed](OperatorSettings::fixed) operator, as a pitch in keys, −96 to 192.
    pub fixed: F32s<N>,
    /// Detune in semitones, added to the ratio or to the fixed pitch, −96 to 96.
    pub detune: F32s<N>,
    /// Level, 0 to 1: 0.75 dB for each hundredth below full level; 0 is silence.
    pub level: F32s<N>,
    /// Feedback, 0 to 1: turns the phase by its square times [`FEEDBACK`].
    pub feedback: F32s<N>,
    /// Sensitivity to velocity, 0 to 1: at 1, the softest key is 40 dB below the hardest.
    pub velocity: F32s<N>,
    /// Level scaling in dB per octave above key 60, −48 to 48. It never makes an operator louder than its full level.
    pub key_level: F32s<N>,
    /// Rate scaling, 0 to 1: at 1, the envelope is twice as fast for each octave above key 60.
    pub key_rate: F32s<N>,
    /// Rates of the four stages of the envelope, 0 to 1: a swing between level 0 and 1 takes 40 s · 2^(−17.025 · rate),
    /// from 40 s to 0.3 ms. A stage takes at least a tick.
    pub rates: [F32s<N>; 4],
    /// Levels at the ends of the four stages, 0 to 1, in the unit of [`level`](Self::level). The envelope starts from the
    /// fourth, stays at the third while the key is held, and goes to the fourth at the release.
    pub levels: [F32s<N>; 4],
    /// Output level in the free algorithm, 0 to 1.
    pub output: F32s<N>,
}

/// FM controls of `N` voices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FmControls<const N: usize> {
    /// Pitch in keys, −96 to 192.
    pub pitch: F32s<N>,
    /// Deviation of the pitch from a straight line in the middle of the tick, in semitones.
    pub curvature: F32s<N>,
    /// Key of the note, 0 to 127, for level and rate scaling.
    pub key: F32s<N>,
    /// Velocity, 0 to 1.
    pub velocity: F32s<N>,
    /// Each operator, operator 1 first.
    pub operators: [OperatorControls<N>; OPERATORS],
    /// Matrix of the free algorithm, by modulated operator, then by modulator: −1 to 1, in units of [`INDEX`] cycles. A
    /// modulator with a higher number acts without delay; the operator itself and modulators with lower numbers act a
    /// sample and a half late.
    pub matrix: [[F32s<N>; OPERATORS]; OPERATORS],
}

/// Settings of an operator that all voices share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorSettings {
    /// True if the frequency does not follow the voice's pitch.
    pub fixed: bool,
    /// The waveform.
    pub wave: FmWave,
}

/// FM settings that all voices share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FmSettings {
    /// Algorithm. A change of it ramps over one tick.
    pub algorithm: Algorithm,
    /// Each operator, operator 1 first.
    pub operators: [OperatorSettings; OPERATORS],
    /// True to compute at twice the sample rate, so that side bands above half the sample rate do not alias. The output is
    /// then [`FM_DELAY`] samples late, by which the phases of starting operators are advanced, and feedback has half the
    /// delay.
    pub oversampled: bool,
}

/// Operators of `N` voices and the connections between them.
#[derive(Clone, Copy, Debug)]
pub struct Fm<const N: usize> {
    operators: [Operator<N>; OPERATORS],
    /// Pitch at the end of the last tick.
    pitch: F32s<N>,
    outputs: [Outputs<N>; OPERATORS],
    amplitudes: [Ramps<N>; OPERATORS],
    waves: [FmWave; OPERATORS],
    rate: Rate,
    /// Decimator: removes frequencies above half the sample rate.
    down: Steep<N>,
    /// Voices whose sound jumps before the next sample because the wave or the rate changed. The decimator is then filled
    /// with the new sound, so that the output has nothing of the old one: the voice fades from its last sample to the first
    /// of the new sound.
    breaks: Mask,
    /// Modulation depths in cycles, by modulated operator, then by modulator.
    paths: [[Ramps<N>; OPERATORS]; OPERATORS],
    /// Output gain of each operator.
    gains: [Ramps<N>; OPERATORS],
    algorithm: Option<Algorithm>,
    /// True while all paths and gains may ramp, not only feedback: after a change of the algorithm or a ramp within a tick.
    moving: bool,
    /// Operators (`active`), paths (`sources`) and gains (`heard`) that are not zero throughout the tick.
    active: Set,
    sources: [Set; OPERATORS],
    heard: Set,
    program: Program,
    /// Sources and operators that `program` was compiled for.
    compiled: ([Set; OPERATORS], Set),
}

impl<const N: usize> Default for Fm<N> {
    fn default() -> Self {
        Self {
            operators: [Operator::default(); OPERATORS],
            pitch: F32s::ZERO,
            outputs: [[F32s::ZERO; MOST + NOW]; OPERATORS],
            amplitudes: [Ramps::default(); OPERATORS],
            waves: [FmWave::Sine; OPERATORS],
            rate: Rate::default(),
            down: Steep::default(),
            breaks: 0,
            paths: [[Ramps::default(); OPERATORS]; OPERATORS],
            gains: [Ramps::default(); OPERATORS],
            algorithm: None,
            moving: false,
            active: 0,
            sources: [0; OPERATORS],
            heard: 0,
            program: Program::default(),
            compiled: ([0; OPERATORS], 0),
        }
    }
}

impl<const N: usize> Fm<N> {
    /// Starts the voices in `mask`: phases at 0, envelopes at the fourth level. To be followed by
    /// [`jump_to`](Self::jump_to).
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        for (operator, outputs) in self.operators.iter_mut().zip(&mut self.outputs) {
            operator.start(mask);
            outputs[0] = outputs[0].blend(F32s::ZERO, mask);
            outputs[1] = outputs[1].blend(F32s::ZERO, mask);
        }
        self.down.start(mask);
        self.breaks &= !mask;
    }

    /// Restarts the envelopes of the voices in `mask` from their present levels at the next tick.
    pub fn retrigger(&mut self, mask: Mask) {
        for operator in &mut self.operators {
            operator.retrigger(mask);
        }
    }

    /// Releases the voices in `mask`: their envelopes are in the fourth stage from the next tick on.
    #[inline(always)]
    pub fn release(&mut self, mask: Mask) {
        for operator in &mut self.operators {
            operator.release(mask);
        }
    }

    /// At a tick: ramps to `controls` across the tick.
    #[inline(always)]
    pub fn ramp_to(&mut self, controls: &FmControls<N>, settings: &FmSettings, sample_rate: f32) {
        let moved = self.adopt(settings);
        let mut changed = moved;
        let common = Common::new(controls, TICK, sample_rate, self.rate);
        let common = common.from(self.pitch, 0.5, controls);
        self.pitch = controls.pitch;
        // Each step runs for all operators before the next step, so that the polynomials of the operators overlap in the
        // processor.
        for (n, operator) in self.operators.iter_mut().enumerate() {
            operator.tune(&controls.operators[n], settings.operators[n], &common);
            if moved {
                operator.arrive();
            }
            changed |= self.waves[n] != settings.operators[n].wave;
            self.waves[n] = settings.operators[n].wave;
        }
        self.down.each(F32s::flush);
        if changed {
            self.breaks = all::<N>();
        }
        let mut paces = [F32s::ZERO; OPERATORS];
        for (n, pace) in paces.iter_mut().enumerate() {
            *pace = self.operators[n].pace(&controls.operators[n], &common);
        }
        let mut loudness = [Loudness::default(); OPERATORS];
        for (n, loudness) in loudness.iter_mut().enumerate() {
            *loudness = self.operators[n].advance(paces[n], &controls.operators[n], &common);
        }
        for (amplitude, loudness) in self.amplitudes.iter_mut().zip(&loudness) {
            amplitude.ramp_to(loudness.gain());
        }
        self.join(controls, settings.algorithm);
        self.compile();
    }

    /// `[audio]` Invalidates the cached frequency factors, so that the next [`ramp_to`](Self::ramp_to) computes them again.
    /// For benchmarks of the cache.
    pub fn forget_cache(&mut self) {
        self.operators.iter_mut().for_each(Operator::forget);
    }

    /// Moves the voices in `mask` to `controls` at once, `phase` samples into the tick; their envelopes go on from there.
    #[inline(always)]
    pub fn jump_to(
        &mut self,
        phase: usize,
        controls: &FmControls<N>,
        settings: &FmSettings,
        sample_rate: f32,
        mask: Mask,
    ) {
        if self.adopt(settings) {
            // The other lanes have not been ramped at this rate yet, so that they are not audible.
            self.operators.iter_mut().for_each(Operator::arrive);
        }
        let common = Common::new(controls, TICK - phase, sample_rate, self.rate);
        self.pitch = self.pitch.blend(controls.pitch, mask);
        for (n, operator) in self.operators.iter_mut().enumerate() {
            operator.jump_to(
                phase,
                &controls.operators[n],
                settings.operators[n],
                &common,
                mask,
                &mut self.amplitudes[n],
            );
            if self.rate.oversampled {
                operator.skip_delay(mask);
            }
            self.waves[n] = settings.operators[n].wave;
        }
        let wanted = PathTargets::new(controls, settings.algorithm);
        for to in 0..OPERATORS {
            for from in 0..OPERATORS {
                self.paths[to][from].jump_to(wanted.path(to, from), mask);
                self.look(to, from);
            }
        }
        let gains = wanted.gains();
        for (ramps, gain) in self.gains.iter_mut().zip(gains) {
            ramps.jump_to(gain, mask);
        }
        self.heard = operators_where(|n| moves(&self.gains[n]));
        self.moving |= self.algorithm != Some(settings.algorithm);
        self.compile();
    }

    /// Ramps the voices in `mask`, which have jumped to their start values, from `phase` samples into the tick to
    /// `controls` at its end.
    pub fn ramp_from(
        &mut self,
        phase: usize,
        controls: &FmControls<N>,
        settings: &FmSettings,
        sample_rate: f32,
        mask: Mask,
    ) {
        let common = Common::new(controls, TICK - phase, sample_rate, self.rate);
        let common = common.from(self.pitch, part_halfway(phase), controls);
        self.pitch = self.pitch.blend(controls.pitch, mask);
        for (n, operator) in self.operators.iter_mut().enumerate() {
            let (controls, settings) = (&controls.operators[n], settings.operators[n]);
            let loudness = operator.ramp_from(phase, controls, settings, &common, mask);
            self.amplitudes[n].retarget_at(phase, loudness.gain(), mask);
        }
        let wanted = PathTargets::new(controls, settings.algorithm);
        for to in 0..OPERATORS {
            for from in 0..OPERATORS {
                self.paths[to][from].retarget_at(phase, wanted.path(to, from), mask);
                self.look(to, from);
            }
        }
        for (ramps, gain) in self.gains.iter_mut().zip(wanted.gains()) {
            ramps.retarget_at(phase, gain, mask);
        }
        self.heard = operators_where(|n| moves(&self.gains[n]));
        // All ramps have to be set again at the next tick: those that were retargeted become constant.
        self.moving = true;
        self.compile();
    }

    /// Bends the voices in `mask`, from `phase` samples into the tick on, to another pitch at its end.
    #[inline(always)]
    pub fn retarget_at(&mut self, phase: usize, pitch: F32s<N>, mask: Mask, sample_rate: f32) {
        let common = Common::tuned(pitch, sample_rate, self.rate);
        self.pitch = self.pitch.blend(pitch, mask);
        for operator in &mut self.operators {
            operator.retarget_at(phase, &common, mask);
        }
    }

    /// Renders the samples from `phase` samples into the tick on.
    #[inline(always)]
    pub fn render(&mut self, phase: usize, out: &mut [F32s<N>]) {
        debug_assert!(phase + out.len() <= TICK);
        if !self.rate.oversampled {
            self.compute(phase, out);
            return;
        }
        let mut sound = [F32s::ZERO; MOST];
        let sound = &mut sound[..2 * out.len()];
        self.compute(2 * phase, sound);
        if let Some(first) = sound.first()
            && self.breaks != 0
        {
            let breaks = std::mem::take(&mut self.breaks);
            self.down.each(|state| state.blend(*first, breaks));
        }
        for (out, pair) in out.iter_mut().zip(sound.chunks_exact(2)) {
            *out = self.down.down(&STEEP, [pair[0], pair[1]]) * 0.5;
        }
    }

    /// Renders at the operators' rate; `phase` counts samples at that rate.
    #[inline(always)]
    fn compute(&mut self, phase: usize, out: &mut [F32s<N>]) {
        let samples = out.len();
        out.fill(F32s::ZERO);
        for operator in members(!self.active) {
            self.operators[operator].skip(phase, samples);
        }
        let mut stretch = Stretch {
            operators: &mut self.operators,
            outputs: &mut self.outputs,
            amplitudes: &self.amplitudes,
            paths: &self.paths,
            sources: &self.compiled.0,
            gains: &self.gains,
            waves: &self.waves,
            phase,
            step: 1.0 / self.rate.tick() as f32,
            out,
        };
        for pass in self.program.passes() {
            match *pass {
                Pass::Straight(operator) => stretch.without_feedback(operator),
                Pass::Ring(operators) => stretch.ring(operators),
                Pass::Circle(operators) => stretch.circle(operators),
            }
        }
        for operator in members(self.active & self.heard) {
            stretch.add_output(operator);
        }
        for operator in members(self.active) {
            let outputs = &mut self.outputs[operator];
            outputs[0] = outputs[samples];
            outputs[1] = outputs[samples + 1];
        }
    }

    /// Takes over the oversampling setting. Returns true if it changed.
    #[inline(always)]
    fn adopt(&mut self, settings: &FmSettings) -> bool {
        let rate = Rate {
            oversampled: settings.oversampled,
        };
        let moved = self.rate != rate;
        if moved {
            self.rate = rate;
            self.down = Steep::default();
            self.operators.iter_mut().for_each(Operator::forget);
        }
        moved
    }

    /// Sets the ramps of paths and gains to their targets.
    #[inline(always)]
    fn join(&mut self, controls: &FmControls<N>, algorithm: Algorithm) {
        let wanted = PathTargets::new(controls, algorithm);
        let changed = self.algorithm != Some(algorithm);
        self.algorithm = Some(algorithm);
        match wanted.topology {
            // Only feedback can change.
            Some(topology) if !changed && !self.moving => {
                for to in 0..OPERATORS {
                    let from = topology.feedback_of(to);
                    self.paths[to][from].ramp_to(wanted.path(to, from));
                    self.look(to, from);
                }
            }
            _ => {
                for to in 0..OPERATORS {
                    for from in 0..OPERATORS {
                        self.paths[to][from].ramp_to(wanted.path(to, from));
                        self.look(to, from);
                    }
                }
                for (ramps, gain) in self.gains.iter_mut().zip(wanted.gains()) {
                    ramps.ramp_to(gain);
                }
                self.heard = operators_where(|n| moves(&self.gains[n]));
            }
        }
        self.moving = changed;
    }

    /// Updates the bit of one path in `sources`: set if the path is not zero throughout the tick.
    #[inline(always)]
    fn look(&mut self, to: usize, from: usize) {
        let counts = Set::from(moves(&self.paths[to][from]));
        self.sources[to] = self.sources[to] & !(1 << from) | counts << from;
    }

    /// Leaves out operators that are silent in all voices, and compiles a program for the rest unless it is the present
    /// one.
    #[inline(always)]
    fn compile(&mut self) {
        self.active = operators_where(|n| {
            let outputs = &self.outputs[n];
            let silent = outputs[0].all_equal(0.0) & outputs[1].all_equal(0.0);
            moves(&self.amplitudes[n]) || !silent
        });
        let sources = self.sources.map(|set| set & self.active);
        if (sources, self.active) != self.compiled {
            self.program = Program::compile(&sources, self.active);
            self.compiled = (sources, self.active);
        }
    }
}

/// Returns the set of operators for which `is` holds.
#[inline(always)]
fn operators_where(is: impl Fn(usize) -> bool) -> Set {
    let mut set = 0;
    for operator in 0..OPERATORS {
        set |= Set::from(is(operator)) << operator;
    }
    set
}

/// Returns true if a ramp leaves zero in any lane.
#[inline(always)]
fn moves<const N: usize>(ramps: &Ramps<N>) -> bool {
    !ramps.is_constant_at(0.0)
}
