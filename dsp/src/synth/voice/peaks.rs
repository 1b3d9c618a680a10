//! Highest values within the voices, for the overload meters.

use crate::synth::f32s::{F32s, Mask};

/// Highest absolute values within the voices, left and right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peaks {
    /// Peak of the mixed sources, those that go through the ladder and those that bypass it together.
    pub mixer: [f32; 2],
    /// Peak at the ladder's output.
    pub filter: [f32; 2],
}

/// Updates `peaks` by the voices in `lanes`, for the sum of `sound` and `past`, which bypasses the ladder.
#[inline(always)]
pub(super) fn watch<const N: usize>(
    sound: &[&mut [F32s<N>]; 2],
    past: Option<&[&mut [F32s<N>]; 2]>,
    stereo: bool,
    lanes: Mask,
    peaks: &mut [f32; 2],
) {
    let past = |side: usize| past.map(|past| &*past[side]);
    let left = highest(sound[0], past(0), lanes);
    let right = if stereo {
        highest(sound[1], past(1), lanes)
    } else {
        left
    };
    *peaks = [peaks[0].max(left), peaks[1].max(right)];
}

/// Returns the highest absolute value in `lanes` of the sum of `sound` and `past`.
#[inline(always)]
fn highest<const N: usize>(sound: &[F32s<N>], past: Option<&[F32s<N>]>, lanes: Mask) -> f32 {
    // This is one instruction, the standard library's maximum takes three. A NaN is not a maximum here either.
    let higher = |a: f32, b: f32| if b > a { b } else { a };
    let mut most = F32s::<N>::ZERO;
    match past {
        Some(past) => {
            for (sound, past) in sound.iter().zip(past) {
                most = most.zip((*sound + *past).map(f32::abs), higher);
            }
        }
        None => {
            for sound in sound {
                most = most.zip(sound.map(f32::abs), higher);
            }
        }
    }
    let most = F32s::ZERO.blend(most, lanes);
    most.0.into_iter().fold(0.0, f32::max)
}
