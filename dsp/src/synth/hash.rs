//! Reproducible pseudo-random numbers.
//!
//! Each use keeps its own hash, because another hash would give other noise and other phases: the sound of every preset
//! with a unison or with noise would change.

/// 2³² divided by the golden ratio: combined with a seed, it gives the seed of a second use.
pub const GOLDEN: u32 = 0x9e37_79b9;

/// Returns a hash of `x`, each bit of which depends on every bit of `x`: `lowbias32` of C. Wellons, "Prospecting for Hash
/// Functions", 2018.
#[inline(always)]
pub fn scramble(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Returns the first state of a noise generator, so that seeds that differ in one bit give unrelated noise (by Wellons,
/// too).
pub fn noise_state(seed: u32) -> u32 {
    let x = seed.wrapping_add(GOLDEN);
    let x = (x ^ x >> 16).wrapping_mul(0x21f0_aaad);
    let x = (x ^ x >> 15).wrapping_mul(0x735a_2d97);
    x ^ x >> 15
}

/// Returns the phase, anywhere in the cycle, at which a voice of a unison starts (the finalizer of MurmurHash3, by
/// A. Appleby).
pub fn start_phase(seed: u32) -> u32 {
    let x = (seed ^ (seed >> 16)).wrapping_mul(0x85eb_ca6b);
    let x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    x ^ (x >> 16)
}

/// Converts random bits to a value from −1 to 1.
#[inline(always)]
pub fn bipolar(bits: u32) -> f32 {
    bits as i32 as f32 * (1.0 / 2_147_483_648.0)
}
