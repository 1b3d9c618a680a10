//! Hash of audio: FNV-1a of 64 bits (Fowler, Noll, Vo) over the bytes of the samples.

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Returns the hash of `samples`; equal audio, bit for bit, has equal hashes.
pub fn hash(samples: &[f32]) -> String {
    let hash = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .fold(OFFSET, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        });
    format!("{hash:016x}")
}
