//! Counts of overloads since the user last cleared them.

use tidepool_dsp::engine::{MeterPoint, Overload};

const POINTS: usize = MeterPoint::ALL.len();

/// Counts of overloads when they were last cleared. The engine's own counts go on, and start anew with the engine.
#[derive(Debug, Default)]
pub struct OverloadBaseline([u32; POINTS]);

impl OverloadBaseline {
    /// Returns the counts since the last clear.
    pub fn since(&mut self, overloads: &[Overload; POINTS]) -> [u32; POINTS] {
        std::array::from_fn(|place| {
            let overs = overloads[place].overs;
            // The count fell because the engine was started anew.
            if overs < self.0[place] {
                self.0[place] = 0;
            }
            overs - self.0[place]
        })
    }

    /// Starts counting from `overloads`.
    pub fn clear(&mut self, overloads: &[Overload; POINTS]) {
        self.0 = overloads.map(|overload| overload.overs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cleared_counts_no_more_and_a_new_engine_counts_from_nothing() {
        let overloads = |overs: [u32; POINTS]| {
            overs.map(|overs| Overload {
                overs,
                ..Overload::default()
            })
        };
        let mut baseline = OverloadBaseline::default();
        let before = overloads([0, 3, 0, 7]);
        assert_eq!(baseline.since(&before), [0, 3, 0, 7]);
        baseline.clear(&before);
        assert_eq!(baseline.since(&before), [0; POINTS]);
        assert_eq!(baseline.since(&overloads([1, 3, 0, 9])), [1, 0, 0, 2]);
        assert_eq!(baseline.since(&overloads([0, 0, 0, 2])), [0, 0, 0, 2]);
        assert_eq!(baseline.since(&overloads([0, 4, 0, 8])), [0, 4, 0, 8]);
    }
}
