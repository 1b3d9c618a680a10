//! Sets of small numbers as the bits of a word.

/// The places of the bits that are set, in rising order.
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
