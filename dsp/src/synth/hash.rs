//! Reproducible pseudo-random numbers: the hash `lowbias32` of C. Wellons, "Prospecting for Hash Functions", 2018.

/// Returns a hash of `x`, each bit of which depends on every bit of `x`.
#[inline(always)]
pub fn scramble(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}
