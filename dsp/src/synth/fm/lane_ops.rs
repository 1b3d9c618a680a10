//! Lane by lane, in the shapes that become vectors.
//!
//! What is handed to [`std::array::from_fn`] is compiled by itself when there is much of it, and then for the narrowest
//! processor; what only one arm of an `if` reads is read, and computed, in a branch.

use super::super::f32s::F32s;

/// What `of` gives for each lane.
#[inline(always)]
pub(super) fn per_lane<T: Copy + Default, const N: usize>(of: impl Fn(usize) -> T) -> [T; N] {
    let mut values = [T::default(); N];
    for (lane, value) in values.iter_mut().enumerate() {
        *value = of(lane);
    }
    values
}

/// Values of `these` in the lanes for which `is` holds of `of`, of `others` in those for which it does not.
#[inline(always)]
pub(super) fn select<const N: usize>(
    of: F32s<N>,
    is: impl Fn(f32) -> bool,
    these: F32s<N>,
    others: F32s<N>,
) -> F32s<N> {
    F32s(per_lane(|lane| {
        let (this, other) = (these.0[lane], others.0[lane]);
        if is(of.0[lane]) { this } else { other }
    }))
}
