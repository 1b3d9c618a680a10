//! A histogram with eight buckets per octave, whose edges are exact in floating point.

use bytemuck::{Pod, Zeroable};

/// Number of buckets: one below the first octave, those of the octaves, and one above the last.
pub const BUCKETS: usize = (OCTAVES * PER_OCTAVE) + 2;
const OCTAVES: usize = 14;
const PER_OCTAVE: usize = 8;
/// Exponent of the lowest edge: the octaves reach from 2⁻¹⁰ to 2⁴ times the unit of the values.
const LOWEST: i32 = -10;
/// Bits of an `f32` below the three that select the bucket within an octave.
const SHIFT: u32 = 20;

/// Counts of values from 0.1 % to 16 times a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Histogram {
    counts: [u32; BUCKETS],
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
        }
    }
}

impl Histogram {
    /// Returns the bucket of `value`; negative values and NaN fall into the first.
    #[inline]
    pub fn bucket(value: f32) -> usize {
        let first = ((127 + LOWEST) as u32) << (23 - SHIFT);
        let steps = (value.max(0.0).to_bits() >> SHIFT) as usize;
        (steps + 1).saturating_sub(first as usize).min(BUCKETS - 1)
    }

    /// Returns the exclusive upper edge of `bucket`; infinite for the last.
    pub fn edge(bucket: usize) -> f32 {
        if bucket + 1 >= BUCKETS {
            return f32::INFINITY;
        }
        let octave = (bucket / PER_OCTAVE) as i32 + LOWEST;
        let part = (bucket % PER_OCTAVE) as f32 / PER_OCTAVE as f32;
        (1.0 + part) * (octave as f32).exp2()
    }

    /// Counts `value`. `[audio]`
    #[inline]
    pub fn add(&mut self, value: f32) {
        let count = &mut self.counts[Self::bucket(value)];
        *count = count.saturating_add(1);
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            *own = own.saturating_add(*other);
        }
    }

    /// Returns the number of values in each bucket.
    pub fn counts(&self) -> &[u32; BUCKETS] {
        &self.counts
    }

    /// Returns the number of values.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// Returns the lowest edge with at least `part`, 0 to 1, of all values below it; `None` without values.
    pub fn percentile(&self, part: f64) -> Option<f32> {
        let total = self.total();
        let wanted = ((total as f64 * part).ceil() as u64).max(1);
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            below += u64::from(*count);
            if total > 0 && below >= wanted {
                return Some(Self::edge(bucket));
            }
        }
        None
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Histogram {
    /// Serializes the buckets that are not empty; the last one of all has no end.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Bucket {
            from: f32,
            below: f32,
            blocks: u32,
        }
        let counts = self.counts.iter().enumerate();
        let full = counts.filter(|(_, blocks)| **blocks > 0);
        serializer.collect_seq(full.map(|(bucket, blocks)| Bucket {
            from: bucket.checked_sub(1).map_or(0.0, Self::edge),
            below: Self::edge(bucket),
            blocks: *blocks,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_lies_below_its_edge_and_not_below_the_one_before() {
        for bucket in 0..BUCKETS - 1 {
            let edge = Histogram::edge(bucket);
            assert_eq!(Histogram::bucket(edge.next_down()), bucket, "{edge}");
            assert_eq!(Histogram::bucket(edge), bucket + 1, "{edge}");
        }
        assert_eq!(Histogram::edge(0), 0.0009765625);
        assert_eq!(Histogram::bucket(0.0), 0);
        assert_eq!(Histogram::bucket(-1.0), 0);
        assert_eq!(Histogram::bucket(f32::NAN), 0);
        assert_eq!(Histogram::bucket(f32::INFINITY), BUCKETS - 1);
        // The deadline is an edge, so that blocks over it are counted exactly.
        assert!((0..BUCKETS).any(|bucket| Histogram::edge(bucket) == 1.0));
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_sorted_values(
            values in proptest::collection::vec(0.0..20.0f32, 1..400),
            part in 0.0..=1.0f64,
        ) {
            let mut histogram = Histogram::default();
            values.iter().for_each(|value| histogram.add(*value));
            let mut sorted = values;
            sorted.sort_by(f32::total_cmp);
            let rank = ((sorted.len() as f64 * part).ceil() as usize).max(1) - 1;
            let expected = Histogram::edge(Histogram::bucket(sorted[rank]));
            prop_assert_eq!(histogram.percentile(part), Some(expected));
        }
    }
}
