//! Connections between the operators: the 32 algorithms of the Yamaha DX7 as data, after the chart in its owner's manual
//! (1983; the principle is US patent 4249447), and a free matrix.

use super::OPERATORS;

/// Connections between the operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Algorithm of the DX7, 1 to 32; other numbers are clamped to this range.
    Classic(u8),
    /// Connections given by [`FmControls::matrix`](super::FmControls::matrix).
    Free,
}

/// Connections of a classic algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Modulators of each operator as bits, without feedback.
    pub sources: [u8; OPERATORS],
    /// Carriers as bits.
    pub carriers: u8,
    /// Feedback path of the DX7, from one operator to another or to itself, both counted from 0. In this synthesizer every
    /// operator can feed back into itself in every algorithm; only where the chart draws the path around several operators
    /// (algorithms 4 and 6) does the feedback of the operator at its end come from the one at its start.
    pub feedback: (usize, usize),
}

impl Algorithm {
    /// Returns the topology of a classic algorithm; `None` for the free one.
    pub const fn topology(self) -> Option<&'static Topology> {
        match self {
            Self::Classic(0) => Some(&CHART[0]),
            Self::Classic(number) if number > 32 => Some(&CHART[31]),
            Self::Classic(number) => Some(&CHART[number as usize - 1]),
            Self::Free => None,
        }
    }
}

impl Topology {
    /// Returns the operator whose output is the feedback of `operator`.
    #[inline(always)]
    pub(super) fn feedback_of(&self, operator: usize) -> usize {
        let (from, to) = self.feedback;
        if to == operator { from } else { operator }
    }
}

/// Builds a topology. Paths are two digits, the number of the modulator and that of the operator that it modulates, as in
/// the chart.
const fn chart(paths: &[u8], carriers: &[u8], feedback: u8) -> Topology {
    let mut topology = Topology {
        sources: [0; OPERATORS],
        carriers: 0,
        feedback: ((feedback / 10 - 1) as usize, (feedback % 10 - 1) as usize),
    };
    let mut n = 0;
    while n < paths.len() {
        let (from, to) = (paths[n] / 10 - 1, paths[n] % 10 - 1);
        topology.sources[to as usize] |= 1 << from;
        n += 1;
    }
    n = 0;
    while n < carriers.len() {
        topology.carriers |= 1 << (carriers[n] - 1);
        n += 1;
    }
    topology
}

/// The chart: paths, carriers, feedback.
static CHART: [Topology; 32] = [
    chart(&[21, 43, 54, 65], &[1, 3], 66),
    chart(&[21, 43, 54, 65], &[1, 3], 22),
    chart(&[21, 32, 54, 65], &[1, 4], 66),
    chart(&[21, 32, 54, 65], &[1, 4], 46),
    chart(&[21, 43, 65], &[1, 3, 5], 66),
    chart(&[21, 43, 65], &[1, 3, 5], 56),
    chart(&[21, 43, 53, 65], &[1, 3], 66),
    chart(&[21, 43, 53, 65], &[1, 3], 44),
    chart(&[21, 43, 53, 65], &[1, 3], 22),
    chart(&[21, 32, 54, 64], &[1, 4], 33),
    chart(&[21, 32, 54, 64], &[1, 4], 66),
    chart(&[21, 43, 53, 63], &[1, 3], 22),
    chart(&[21, 43, 53, 63], &[1, 3], 66),
    chart(&[21, 43, 54, 64], &[1, 3], 66),
    chart(&[21, 43, 54, 64], &[1, 3], 22),
    chart(&[21, 31, 51, 43, 65], &[1], 66),
    chart(&[21, 31, 51, 43, 65], &[1], 22),
    chart(&[21, 31, 41, 54, 65], &[1], 33),
    chart(&[21, 32, 64, 65], &[1, 4, 5], 66),
    chart(&[31, 32, 54, 64], &[1, 2, 4], 33),
    chart(&[31, 32, 64, 65], &[1, 2, 4, 5], 33),
    chart(&[21, 63, 64, 65], &[1, 3, 4, 5], 66),
    chart(&[32, 64, 65], &[1, 2, 4, 5], 66),
    chart(&[63, 64, 65], &[1, 2, 3, 4, 5], 66),
    chart(&[64, 65], &[1, 2, 3, 4, 5], 66),
    chart(&[32, 54, 64], &[1, 2, 4], 66),
    chart(&[32, 54, 64], &[1, 2, 4], 33),
    chart(&[21, 43, 54], &[1, 3, 6], 55),
    chart(&[43, 65], &[1, 2, 3, 5], 66),
    chart(&[43, 54], &[1, 2, 3, 6], 55),
    chart(&[65], &[1, 2, 3, 4, 5], 66),
    chart(&[], &[1, 2, 3, 4, 5, 6], 66),
];
