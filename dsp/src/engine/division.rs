//! Divisions: the note lengths to which cycles are synchronized.
//!
//! Every division, dotted or triplet, is a whole number of MIDI clocks, so that a position in the song gives an
//! exact phase.

use crate::parameter::LFO_BEATS;
use crate::synth::f32s::F32s;

/// MIDI clocks per quarter note.
const CLOCKS: f32 = 24.0;

/// Divisions of an LFO in MIDI clocks, the longest first. The first entry of the list of lengths is off.
const DIVISIONS: [f32; LFO_BEATS.len() - 1] = {
    let mut divisions = [0.0; LFO_BEATS.len() - 1];
    let mut n = 0;
    while n < divisions.len() {
        divisions[n] = clocks(LFO_BEATS[n + 1]);
        n += 1;
    }
    divisions
};

/// Returns a length in quarter notes as a whole number of MIDI clocks.
pub(super) const fn clocks(beats: f32) -> f32 {
    (beats * CLOCKS + 0.5) as u32 as f32
}

/// Returns the number of cycles, `beats` quarter notes long each, from the start of the song to `position`, in quarter
/// notes.
pub(super) fn cycles(position: f64, beats: f32) -> f64 {
    position * f64::from(CLOCKS) / f64::from(clocks(beats))
}

/// Returns the division of an LFO whose ratio to each length is least. All lengths are in MIDI clocks.
#[inline(always)]
pub(super) fn nearest<const N: usize>(clocks: F32s<N>) -> F32s<N> {
    clocks.map(|clocks| {
        let mut nearest = DIVISIONS[0];
        for n in 1..DIVISIONS.len() {
            // Halfway between two lengths on a logarithmic scale is their geometric mean.
            if clocks * clocks < DIVISIONS[n - 1] * DIVISIONS[n] {
                nearest = DIVISIONS[n];
            }
        }
        nearest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_division_is_its_own_nearest_and_a_whole_number_of_clocks() {
        assert!(DIVISIONS.is_sorted_by(|longer, shorter| longer > shorter));
        for beats in &LFO_BEATS[1..] {
            let division = clocks(*beats);
            assert!((division / CLOCKS - beats).abs() < 1e-6);
            for factor in [0.95, 1.0, 1.05] {
                assert_eq!(nearest(F32s([division * factor])).0, [division]);
            }
        }
        let nearest = |clocks| nearest(F32s([clocks])).0[0];
        assert_eq!((nearest(1e9), nearest(0.0)), (768.0, 3.0));
        assert_eq!(
            (cycles(-2.0, 1.0 / 3.0), cycles(4.0, 1.5)),
            (-6.0, 4.0 / 1.5)
        );
    }
}
