//! FM synthesis after J. Chowning, "The Synthesis of Complex Audio Spectra by Means of Frequency Modulation", JAES 21
//! (1973): six operators that modulate each other's phase, joined as in the Yamaha DX7 or freely.
//!
//! Every way of joining them is the same matrix of gains. Whenever other entries of it are zero than before, at a tick,
//! those that are not are compiled to a program of passes, which goes through the operators without asking what is
//! joined to what.

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

/// Operators of a voice.
pub const OPERATORS: usize = 6;

/// Cycles by which an operator at full level turns the phase of another: a modulation index of 4π.
pub const INDEX: f32 = 2.0;
/// Cycles by which an operator at full level and full feedback turns its own phase: 2π.
pub const FEEDBACK: f32 = 1.0;

/// Samples by which oversampled operators are later than others. Of the pairs that become one sample the first stands for it,
/// and their middle is a quarter of a sample later.
pub const FM_DELAY: f32 = super::halfband::DELAY * 0.5 - 0.25;

/// What moves one operator. Each value is taken into its range.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OperatorControls<const N: usize> {
    /// Frequency as a multiple of the voice's, 0 to 32.
    pub ratio: F32s<N>,
    /// Frequency of a [fixed](OperatorSettings::fixed) operator, as a pitch in keys, −96 to 192.
    pub fixed: F32s<N>,
    /// Semitones on top of either, −96 to 96.
    pub detune: F32s<N>,
    /// 0 to 1 in steps of 0.75 dB for each hundredth below full level; 0 is silence.
    pub level: F32s<N>,
    /// 0 to 1. It turns the phase by its square times [`FEEDBACK`].
    pub feedback: F32s<N>,
    /// Sensitivity to velocity, 0 to 1: at 1, the softest key is 40 dB below the hardest.
    pub velocity: F32s<N>,
    /// Decibels for each octave above key 60, −48 to 48. Never makes an operator louder than its full level.
    pub key_level: F32s<N>,
    /// 0 to 1: at 1, the envelope is twice as fast for each octave above key 60.
    pub key_rate: F32s<N>,
    /// The rates of the four stages of the envelope, 0 to 1: a swing between level 0 and 1 takes 40 s · 2^(−17.025 · rate),
    /// from 40 s to 0.3 ms. A stage takes at least a tick.
    pub rates: [F32s<N>; 4],
    /// The levels that the four stages lead to, 0 to 1, measured as [`level`](Self::level). The envelope starts from the
    /// fourth, stays at the third while the key is held, and goes to the fourth when it is let go.
    pub levels: [F32s<N>; 4],
    /// How much of the operator is heard in the free algorithm, 0 to 1.
    pub output: F32s<N>,
}

/// What moves the FM of `N` voices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FmControls<const N: usize> {
    /// In keys, −96 to 192.
    pub pitch: F32s<N>,
    /// Semitones by which the pitch is beside a straight line in the middle of its way.
    pub curvature: F32s<N>,
    /// The key that was struck, 0 to 127, for scaling.
    pub key: F32s<N>,
    /// 0 to 1.
    pub velocity: F32s<N>,
    /// Operator 1 first.
    pub operators: [OperatorControls<N>; OPERATORS],
    /// For the free algorithm, by modulated operator, then by modulator: −1 to 1, in units of [`INDEX`] cycles. A
    /// modulator with a higher number is heard at once, itself and those with lower numbers a sample and a half later.
    pub matrix: [[F32s<N>; OPERATORS]; OPERATORS],
}

/// What is the same for all voices of an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorSettings {
    /// Whether the frequency stands apart from the voice's pitch.
    pub fixed: bool,
    /// The waveform.
    pub wave: FmWave,
}

/// What is the same for all voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FmSettings {
    /// How the operators are joined. A change fades over one tick.
    pub algorithm: Algorithm,
    /// Operator 1 first.
    pub operators: [OperatorSettings; OPERATORS],
    /// True to compute at twice the sample rate, so that side bands above half of it do not fold back. It is
    /// [`FM_DELAY`] late then, by which operators that start are ahead, and an operator that feeds back hears itself half
    /// as late.
    pub oversampled: bool,
}

/// The operators of `N` voices, and how they are joined.
#[derive(Clone, Copy, Debug)]
pub struct Fm<const N: usize> {
    operators: [Operator<N>; OPERATORS],
    /// What the last tick led to.
    pitch: F32s<N>,
    outputs: [Outputs<N>; OPERATORS],
    amplitudes: [Ramps<N>; OPERATORS],
    waves: [FmWave; OPERATORS],
    rate: Rate,
    /// Takes out what lies above half the sample rate.
    down: Steep<N>,
    /// The voices that break off before the next sample, at another wave or rate. Nothing of what they were is part of what
    /// comes out then: the voice fades from its last sample to the first of the new sound.
    breaks: Mask,
    /// Cycles of phase, by modulated operator, then by modulator.
    paths: [[Ramps<N>; OPERATORS]; OPERATORS],
    /// How much of each operator is heard.
    gains: [Ramps<N>; OPERATORS],
    algorithm: Option<Algorithm>,
    /// Whether a change of the algorithm is under way.
    moving: bool,
    /// What is not zero of the above: operators, paths, gains.
    active: Set,
    sources: [Set; OPERATORS],
    heard: Set,
    program: Program,
    /// Sources and operators that the program is for.
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
    /// The voices in `mask` start: phases at 0, envelopes at the fourth level. To be followed by [`jump_to`](Self::jump_to).
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

    /// The envelopes of the voices in `mask` start again from where they are, at the next tick.
    pub fn retrigger(&mut self, mask: Mask) {
        for operator in &mut self.operators {
            operator.retrigger(mask);
        }
    }

    /// The keys of the voices in `mask` are let go: from the next tick on, envelopes are in their fourth stage.
    #[inline(always)]
    pub fn release(&mut self, mask: Mask) {
        for operator in &mut self.operators {
            operator.release(mask);
        }
    }

    /// At a tick: sets out for what `controls` ask for at the end of it.
    #[inline(always)]
    pub fn ramp_to(&mut self, controls: &FmControls<N>, settings: &FmSettings, sample_rate: f32) {
        let moved = self.adopt(settings);
        let mut changed = moved;
        let common = Common::new(controls, TICK, sample_rate, self.rate);
        let common = common.from(self.pitch, 0.5, controls);
        self.pitch = controls.pitch;
        // One thing for all operators after the other, so that none waits for the polynomials of another.
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

    /// `[audio]` Takes ratios, fixed pitches and detune for moved at the next [`ramp_to`](Self::ramp_to), so that what they
    /// come to is computed again. For measuring what it saves to remember it.
    pub fn forget_cache(&mut self) {
        self.operators.iter_mut().for_each(Operator::forget);
    }

    /// `phase` samples into the tick, the voices in `mask` are where `controls` want them, and their envelopes go on
    /// from there.
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
            // Of the other lanes, which have not been set to go at this rate, nothing is heard yet.
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

    /// `phase` samples into the tick: the voices in `mask`, which have been settled, set out for what `controls` ask for at
    /// the end of it.
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
        // What has been bent rests again at the next tick.
        self.moving = true;
        self.compile();
    }

    /// `phase` samples into the tick: the voices in `mask` go to another pitch at the end of it.
    #[inline(always)]
    pub fn retarget_at(&mut self, phase: usize, pitch: F32s<N>, mask: Mask, sample_rate: f32) {
        let common = Common::tuned(pitch, sample_rate, self.rate);
        self.pitch = self.pitch.blend(pitch, mask);
        for operator in &mut self.operators {
            operator.retarget_at(phase, &common, mask);
        }
    }

    /// Writes the samples from `phase` samples into the tick on.
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

    /// Writes samples as the operators compute them, from `phase` of these into the tick on.
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

    /// Takes over the rate. Returns true if it is another one.
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

    /// Sets paths and gains out for what they should be.
    #[inline(always)]
    fn join(&mut self, controls: &FmControls<N>, algorithm: Algorithm) {
        let wanted = PathTargets::new(controls, algorithm);
        let changed = self.algorithm != Some(algorithm);
        self.algorithm = Some(algorithm);
        match wanted.topology {
            // Nothing but the feedback moves.
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

    /// Notes whether a path counts.
    #[inline(always)]
    fn look(&mut self, to: usize, from: usize) {
        let counts = Set::from(moves(&self.paths[to][from]));
        self.sources[to] = self.sources[to] & !(1 << from) | counts << from;
    }

    /// Leaves out operators that are silent in all voices, and makes a program of the rest if it is not the one there
    /// is.
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

/// The operators for which `is` holds.
#[inline(always)]
fn operators_where(is: impl Fn(usize) -> bool) -> Set {
    let mut set = 0;
    for operator in 0..OPERATORS {
        set |= Set::from(is(operator)) << operator;
    }
    set
}

/// Whether a line leaves zero in any lane.
#[inline(always)]
fn moves<const N: usize>(ramps: &Ramps<N>) -> bool {
    !ramps.is_constant_at(0.0)
}
