//! Sets of small numbers, stored as bits.

const BITS: usize = u128::BITS as usize;

/// Returns the indices of the set bits in ascending order.
pub fn ones(bits: impl Into<u128>) -> impl Iterator<Item = usize> {
    let mut bits = bits.into();
    std::iter::from_fn(move || {
        (bits != 0).then(|| {
            let place = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            place
        })
    })
}

/// A set of numbers below [`CAPACITY`](Self::CAPACITY), one bit each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BitSet<const WORDS: usize>([u128; WORDS]);

impl<const WORDS: usize> BitSet<WORDS> {
    pub(crate) const EMPTY: Self = Self([0; WORDS]);
    pub(crate) const CAPACITY: usize = WORDS * BITS;

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    #[inline]
    pub(crate) fn contains(&self, number: usize) -> bool {
        self.0[number / BITS] & (1 << (number % BITS)) != 0
    }

    #[inline]
    pub(crate) fn insert(&mut self, number: usize) {
        self.0[number / BITS] |= 1 << (number % BITS);
    }

    #[inline]
    pub(crate) fn remove(&mut self, number: usize) {
        self.0[number / BITS] &= !(1 << (number % BITS));
    }

    /// Adds all numbers of `other` to this set and empties `other`.
    #[inline]
    pub(crate) fn take(&mut self, other: &mut Self) {
        for (word, other) in self.0.iter_mut().zip(&mut other.0) {
            *word |= std::mem::take(other);
        }
    }

    /// Returns true if the set contains any number in `first..end`.
    #[inline]
    pub(crate) fn any(&self, first: usize, end: usize) -> bool {
        self.0.iter().enumerate().any(|(place, word)| {
            let first = first.saturating_sub(place * BITS);
            let end = end.saturating_sub(place * BITS).min(BITS);
            first < end && ((word >> first).trailing_zeros() as usize) < end - first
        })
    }

    /// Returns the numbers in ascending order.
    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + use<WORDS> {
        let words = self.0.into_iter().enumerate();
        words.flat_map(|(place, word)| ones(word).map(move |bit| place * BITS + bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_several_words_is_one_set() {
        let mut set = BitSet::<2>::EMPTY;
        assert!(set.is_empty() && !set.any(0, 256));
        for number in [3, 127, 128, 200] {
            set.insert(number);
            assert!(set.contains(number));
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 127, 128, 200]);
        for (first, end, any) in [
            (0, 3, false),
            (4, 127, false),
            (4, 129, true),
            (128, 129, true),
            (129, 200, false),
            (129, 256, true),
            (201, 256, false),
            (9, 9, false),
        ] {
            assert_eq!(set.any(first, end), any, "{first} to {end}");
        }
        set.remove(200);
        let mut other = BitSet::<2>::EMPTY;
        other.insert(129);
        other.take(&mut set);
        assert!(set.is_empty());
        assert_eq!(other.iter().collect::<Vec<_>>(), [3, 127, 128, 129]);
    }
}
