//! Flush to zero: decaying states are set to 0 before they become denormal numbers, which slow many processors down.

/// −300 dBFS. The square of any greater value is a normal number.
const NEGLIGIBLE: f32 = 1e-15;

/// Returns `x`, or 0 if it is so small that computing with it would end in denormal numbers.
#[inline(always)]
pub fn flush(x: f32) -> f32 {
    if x.abs() < NEGLIGIBLE { 0.0 } else { x }
}
