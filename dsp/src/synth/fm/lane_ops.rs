//! Operations for each lane, in forms that the compiler vectorizes.
//!
//! A closure that is passed to [`std::array::from_fn`] is compiled as a function of its own if it is large, and then for
//! the baseline processor; a value that only one arm of an `if` reads is computed in a branch.

use super::super::f32s::F32s;

/// Returns the value of `of` for each lane.
#[inline(always)]
pub(super) fn per_lane<T: Copy + Default, const N: usize>(of: impl Fn(usize) -> T) -> [T; N] {
    let mut values = [T::default(); N];
    for (lane, value) in values.iter_mut().enumerate() {
        *value = of(lane);
    }
    values
}

/// Selects `these` in the lanes for which `is` holds of `of`, and `others` in the rest.
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
