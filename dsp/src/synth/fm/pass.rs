//! Passes over a stretch of samples.
//!
//! A sine has a latency of some forty cycles, but a processor can begin one every few cycles. An operator outside of any
//! feedback loop is therefore computed for the whole stretch before the next operator. Operators in a loop have to wait
//! from sample to sample.
//!
//! The position in the tick is accumulated in every loop, which is exact, and keeps the compiler from vectorizing over
//! samples where lanes are vectorized already.

use super::super::f32s::{F32s, RampSlope, Ramps};
use super::OPERATORS;
use super::operator::Operator;
use super::program::{Set, has, members};
use super::wave::{FmWave, ShapedSine, Sine, Waveform, wrap};
use crate::rt::TICK;

/// Outputs of an operator: its last two samples, then those of the stretch.
pub(super) type Outputs<const N: usize> = [F32s<N>; MOST + NOW];
/// Maximum number of samples of a stretch.
pub(super) const MOST: usize = 2 * TICK;
/// Index in the outputs at which a stretch begins.
pub(super) const NOW: usize = 2;

/// Stretch of a tick that is being rendered.
pub(super) struct Stretch<'a, const N: usize> {
    pub operators: &'a mut [Operator<N>; OPERATORS],
    pub outputs: &'a mut [Outputs<N>; OPERATORS],
    pub amplitudes: &'a [Ramps<N>; OPERATORS],
    /// Modulation depths in cycles, by modulated operator, then by modulator.
    pub paths: &'a [[Ramps<N>; OPERATORS]; OPERATORS],
    /// Paths that are not zero.
    pub sources: &'a [Set; OPERATORS],
    /// Output gain of each operator.
    pub gains: &'a [Ramps<N>; OPERATORS],
    pub waves: &'a [FmWave; OPERATORS],
    /// Samples since the tick began, at the operators' rate.
    pub phase: usize,
    /// Duration of a sample, as a part of a tick.
    pub step: f32,
    pub out: &'a mut [F32s<N>],
}

impl<const N: usize> Stretch<'_, N> {
    /// Renders an operator outside of any feedback loop.
    #[inline(always)]
    pub fn without_feedback(&mut self, operator: usize) {
        match self.waves[operator] {
            FmWave::Sine => self.straight_as(operator, Sine),
            wave => self.straight_as(operator, wave.shaped_sine()),
        }
    }

    #[inline(always)]
    fn straight_as<R: Waveform>(&mut self, operator: usize, wave: R) {
        let sources = self.sources[operator];
        let (mut fraction, step) = (self.fraction(), self.step);
        let amplitude = RampSlope::new(&self.amplitudes[operator]);
        if sources == 0 {
            let mut phasor = self.operators[operator].phasor(self.phase);
            for own in &mut self.outputs[operator][NOW..NOW + self.out.len()] {
                *own = wave.at(phasor.next(), amplitude.at(fraction));
                fraction += step;
            }
            self.operators[operator].follow(&phasor);
        } else {
            self.gather(operator, sources);
            for own in &mut self.outputs[operator][NOW..NOW + self.out.len()] {
                *own = wave.at(wrap(*own), amplitude.at(fraction));
                fraction += step;
            }
        }
    }

    /// Renders operators of which each is modulated by the one before it, and the first by the last.
    #[inline(always)]
    pub fn ring(&mut self, ring: Set) {
        let sine = members(ring).all(|operator| self.waves[operator] == FmWave::Sine);
        let mut operators = [0; OPERATORS];
        for (fraction, operator) in operators.iter_mut().zip(members(ring)) {
            self.gather(operator, self.sources[operator] & !ring);
            *fraction = operator;
        }
        let [a, b, c, ..] = operators;
        match (ring.count_ones(), sine) {
            (1, true) => self.go_round([a], [Sine; 1]),
            (1, false) => self.go_round([a], self.shaped_sine([a])),
            (2, true) => self.go_round([a, b], [Sine; 2]),
            (2, false) => self.go_round([a, b], self.shaped_sine([a, b])),
            (_, true) => self.go_round([a, b, c], [Sine; 3]),
            (_, false) => self.go_round([a, b, c], self.shaped_sine([a, b, c])),
        }
    }

    #[inline(always)]
    fn shaped_sine<const RING: usize>(&self, operators: [usize; RING]) -> [ShapedSine; RING] {
        operators.map(|operator| self.waves[operator].shaped_sine())
    }

    #[inline(always)]
    fn go_round<const RING: usize, R: Waveform>(
        &mut self,
        operators: [usize; RING],
        waves: [R; RING],
    ) {
        let samples = self.out.len().min(MOST);
        let (mut fraction, step) = (self.fraction(), self.step);
        let mut amplitudes = [RampSlope::ZERO; RING];
        let mut paths = [RampSlope::ZERO; RING];
        let mut source = operators[RING - 1];
        for (n, operator) in operators.into_iter().enumerate() {
            amplitudes[n] = RampSlope::new(&self.amplitudes[operator]);
            paths[n] = RampSlope::new(&self.paths[operator][source]);
            source = operator;
        }
        let Ok(outputs) = self.outputs.get_disjoint_mut(operators) else {
            return;
        };
        let (mut before, mut last) = (outputs[RING - 1][0], outputs[RING - 1][1]);
        for n in 0..samples {
            let n = NOW + n;
            let mut angle = late(outputs[0][n], paths[0].at(fraction), before, last);
            before = last;
            for member in 0..RING {
                if member > 0 {
                    angle = outputs[member][n] + paths[member].at(fraction) * last;
                }
                last = waves[member].at(wrap(angle), amplitudes[member].at(fraction));
                outputs[member][n] = last;
            }
            fraction += step;
        }
    }

    /// Renders operators that modulate each other in a loop; their other modulators have to be rendered already.
    #[inline(always)]
    pub fn circle(&mut self, operators: Set) {
        // Modulators outside of the loop are gathered first, up to the first one inside: the order of addition is the same
        // in every pass, or the bits of a voice would depend on its neighbours in the group.
        let mut left = [0; OPERATORS];
        let mut waves = [FmWave::Sine.shaped_sine(); OPERATORS];
        for operator in members(operators) {
            let sources = self.sources[operator];
            let first = order(operator, sources).take_while(|source| !has(operators, *source));
            let first = first.fold(0, |set, source| set | 1 << source);
            self.gather(operator, first);
            left[operator] = sources & !first;
            waves[operator] = self.waves[operator].shaped_sine();
        }
        let (mut fraction, step) = (self.fraction(), self.step);
        for n in 0..self.out.len() {
            for operator in members(operators) {
                let mut angle = self.outputs[operator][NOW + n];
                for source in order(operator, left[operator]) {
                    let path = RampSlope::new(&self.paths[operator][source]).at(fraction);
                    let outputs = &self.outputs[source];
                    angle = if source > operator {
                        angle + path * outputs[NOW + n]
                    } else {
                        late(angle, path, outputs[n], outputs[n + 1])
                    };
                }
                let amplitude = RampSlope::new(&self.amplitudes[operator]).at(fraction);
                self.outputs[operator][NOW + n] = waves[operator].at(wrap(angle), amplitude);
            }
            fraction += step;
        }
    }

    /// Adds the output of an operator to the sound of the stretch.
    #[inline(always)]
    pub fn add_output(&mut self, operator: usize) {
        let (mut fraction, step) = (self.fraction(), self.step);
        let gain = RampSlope::new(&self.gains[operator]);
        for (out, own) in self.out.iter_mut().zip(&self.outputs[operator][NOW..]) {
            *out += *own * gain.at(fraction);
            fraction += step;
        }
    }

    /// Fills the outputs of `operator` with the angles at which its wave is to be read, as modulated by `sources`.
    #[inline(always)]
    fn gather(&mut self, operator: usize, sources: Set) {
        let samples = self.out.len();
        let (from, step) = (self.fraction(), self.step);
        let mut phasor = self.operators[operator].phasor(self.phase);
        // The highest modulator is added in the same loop as the phase is read.
        let first = if sources >> operator > 1 {
            7 - sources.leading_zeros() as usize
        } else {
            operator
        };
        if let Ok([own, outputs]) = self.outputs.get_disjoint_mut([operator, first]) {
            let path = RampSlope::new(&self.paths[operator][first]);
            let mut fraction = from;
            for (own, now) in own[NOW..NOW + samples].iter_mut().zip(&outputs[NOW..]) {
                *own = phasor.next() + path.at(fraction) * *now;
                fraction += step;
            }
        } else {
            for own in &mut self.outputs[operator][NOW..NOW + samples] {
                *own = phasor.next();
            }
        }
        self.operators[operator].follow(&phasor);
        for source in order(operator, sources).filter(|source| *source != first) {
            let Ok([own, outputs]) = self.outputs.get_disjoint_mut([operator, source]) else {
                continue;
            };
            let own = &mut own[NOW..NOW + samples];
            let path = RampSlope::new(&self.paths[operator][source]);
            let mut fraction = from;
            if source > operator {
                for (own, now) in own.iter_mut().zip(&outputs[NOW..]) {
                    *own += path.at(fraction) * *now;
                    fraction += step;
                }
            } else {
                for ((own, before), last) in own.iter_mut().zip(&outputs[..]).zip(&outputs[1..]) {
                    *own = late(*own, path.at(fraction), *before, *last);
                    fraction += step;
                }
            }
        }
    }

    /// Returns the position of the stretch's start, as a part of the tick.
    #[inline(always)]
    fn fraction(&self) -> f32 {
        self.phase as i32 as f32 * self.step
    }
}

/// Returns the modulators in the order in which they are added at `operator`: the highest first, but the operator itself
/// last, because its last output is what the sum waits for.
#[inline(always)]
fn order(operator: usize, sources: Set) -> impl Iterator<Item = usize> {
    let own = sources & (1 << operator);
    members(sources & !own).chain(members(own))
}

/// Adds a late modulator to `angle`: the mean of its last two samples, which in the DX7 keeps an operator that feeds back
/// from hunting.
#[inline(always)]
fn late<const N: usize>(angle: F32s<N>, path: F32s<N>, before: F32s<N>, last: F32s<N>) -> F32s<N> {
    let half = path * 0.5;
    (angle + half * before) + half * last
}
