//! Targets of the paths between operators and of their output gains.

use super::super::f32s::F32s;
use super::algorithm::{Algorithm, Topology};
use super::program::has;
use super::{FEEDBACK, FmControls, INDEX, OPERATORS};

/// Targets of paths and gains.
pub(super) struct PathTargets<'a, const N: usize> {
    controls: &'a FmControls<N>,
    pub topology: Option<&'static Topology>,
}

impl<'a, const N: usize> PathTargets<'a, N> {
    #[inline(always)]
    pub fn new(controls: &'a FmControls<N>, algorithm: Algorithm) -> Self {
        let topology = algorithm.topology();
        Self { controls, topology }
    }

    #[inline(always)]
    pub fn path(&self, to: usize, from: usize) -> F32s<N> {
        let (path, feedback) = match self.topology {
            Some(topology) => {
                let path = if has(topology.sources[to], from) {
                    INDEX
                } else {
                    0.0
                };
                (F32s::splat(path), topology.feedback_of(to))
            }
            None => (self.controls.matrix[to][from].clamp(-1.0, 1.0) * INDEX, to),
        };
        if from == feedback {
            let feedback = self.controls.operators[to].feedback.clamp(0.0, 1.0);
            path + feedback * feedback * FEEDBACK
        } else {
            path
        }
    }

    /// Returns the output gains, which keep the power of uncorrelated carriers: 1 for one carrier, 1 / √carriers for
    /// several at full output.
    #[inline(always)]
    pub fn gains(&self) -> [F32s<N>; OPERATORS] {
        match self.topology {
            Some(topology) => {
                let gain = 1.0 / (topology.carriers.count_ones() as f32).sqrt();
                std::array::from_fn(|n| {
                    F32s::splat(if has(topology.carriers, n) { gain } else { 0.0 })
                })
            }
            None => {
                let outputs = self
                    .controls
                    .operators
                    .map(|operator| operator.output.clamp(0.0, 1.0));
                let power = outputs
                    .iter()
                    .fold(F32s::ZERO, |power, output| power + *output * *output);
                let norm = power.map(|power| 1.0 / power.max(1.0).sqrt());
                outputs.map(|output| output * norm)
            }
        }
    }
}
