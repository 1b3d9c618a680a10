//! The passes over a stretch of samples.
//!
//! A sine takes some forty cycles to be computed, and a processor can begin one every few: so an operator that does not
//! hear itself is computed for the whole stretch before the next one is looked at. What does hear itself has to wait
//! from sample to sample.
//!
//! The place in the tick is counted up in every loop, which is exact, and keeps the compiler from taking samples side by
//! side where lanes already are.

use super::super::f32s::{F32s, RampSlope, Ramps};
use super::OPERATORS;
use super::operator::Operator;
use super::program::{Set, has, members};
use super::wave::{FmWave, ShapedSine, Sine, Waveform, wrap};
use crate::rt::TICK;

/// What came out of an operator: its last two samples, then those of the stretch.
pub(super) type Outputs<const N: usize> = [F32s<N>; MOST + NOW];
/// The most samples of a stretch.
pub(super) const MOST: usize = 2 * TICK;
/// Where in its outputs a stretch begins.
pub(super) const NOW: usize = 2;

/// A stretch of a tick that is being rendered.
pub(super) struct Stretch<'a, const N: usize> {
    pub operators: &'a mut [Operator<N>; OPERATORS],
    pub outputs: &'a mut [Outputs<N>; OPERATORS],
    pub amplitudes: &'a [Ramps<N>; OPERATORS],
    /// Cycles of phase for each modulator at each operator.
    pub paths: &'a [[Ramps<N>; OPERATORS]; OPERATORS],
    /// The paths that count.
    pub sources: &'a [Set; OPERATORS],
    /// How much of each operator is heard.
    pub gains: &'a [Ramps<N>; OPERATORS],
    pub waves: &'a [FmWave; OPERATORS],
    /// Samples since the tick.
    pub phase: usize,
    /// A sample, as a part of a tick.
    pub step: f32,
    pub out: &'a mut [F32s<N>],
}

impl<const N: usize> Stretch<'_, N> {
    /// An operator that does not hear itself.
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

    /// Operators of which each hears the one before it, and the first the last.
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

    /// Operators that hear each other in a circle, and of others only such as are done.
    #[inline(always)]
    pub fn circle(&mut self, operators: Set) {
        // What does not come out of the circle is gathered before, up to the first that does: the order in which
        // modulators are added is the same everywhere, or the bits of a voice would change with those beside it.
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

    /// Adds what an operator gave to what is heard.
    #[inline(always)]
    pub fn add_output(&mut self, operator: usize) {
        let (mut fraction, step) = (self.fraction(), self.step);
        let gain = RampSlope::new(&self.gains[operator]);
        for (out, own) in self.out.iter_mut().zip(&self.outputs[operator][NOW..]) {
            *out += *own * gain.at(fraction);
            fraction += step;
        }
    }

    /// Puts where the outputs of `operator` will be the angles at which it is to be read, as far as `sources` turn it.
    #[inline(always)]
    fn gather(&mut self, operator: usize, sources: Set) {
        let samples = self.out.len();
        let (from, step) = (self.fraction(), self.step);
        let mut phasor = self.operators[operator].phasor(self.phase);
        // The highest, which the phase is read along with.
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

    /// Where in the tick the stretch begins.
    #[inline(always)]
    fn fraction(&self) -> f32 {
        self.phase as i32 as f32 * self.step
    }
}

/// Modulators in the order in which they are added at `operator`: the highest first, but itself last, because that is
/// what it waits for.
#[inline(always)]
fn order(operator: usize, sources: Set) -> impl Iterator<Item = usize> {
    let own = sources & (1 << operator);
    members(sources & !own).chain(members(own))
}

/// Turns `angle` by a modulator that is heard late: by the mean of its last two samples, which in the DX7 keeps an
/// operator that feeds back from hunting.
#[inline(always)]
fn late<const N: usize>(angle: F32s<N>, path: F32s<N>, before: F32s<N>, last: F32s<N>) -> F32s<N> {
    let half = path * 0.5;
    (angle + half * before) + half * last
}
