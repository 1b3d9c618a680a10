//! Bus: the sound of a piece of a block and the External input that is mixed into it.

use super::Status;
use super::module::Module;
use crate::rt::{Channels, Scope};

/// Stereo bus, with the input that is mixed into it.
pub(super) struct Bus<'a> {
    pub(super) sound: Channels<'a, 2>,
    /// External input, as long as `sound`.
    pub(super) external: Channels<'a, 2>,
}

impl<'a> Bus<'a> {
    /// Creates a bus of `length` samples with a copy of the External input from `at` on. The copy is silent where there
    /// is no input, and where it is not finite, which is counted. Returns `None` if the scratch memory is too small.
    pub(super) fn new(
        scratch: &mut Scope<'a>,
        length: usize,
        external: [&[f32]; 2],
        at: usize,
        status: &mut Status,
    ) -> Option<Self> {
        let sound = Channels::new([scratch.take(length)?, scratch.take(length)?]);
        let mut copy = Channels::new([scratch.take(length)?, scratch.take(length)?]);
        for (copy, input) in copy.each_mut().into_iter().zip(external) {
            let input = input.get(at..).unwrap_or_default();
            let input = if is_silent(input) { &[] } else { input };
            let (copy, rest) = copy.split_at_mut(input.len().min(length));
            let (silenced, _) = clean(copy, input);
            status.not_finite(Module::Mix, silenced);
            rest.fill(0.0);
        }
        Some(Self {
            sound,
            external: copy,
        })
    }

    /// Copies the sound to `out`, with zeros for samples that are not finite or subnormal, which are counted. Returns
    /// true if it is silent.
    pub(super) fn write(&self, out: [&mut [f32]; 2], status: &mut Status) -> bool {
        let mut silent = true;
        for (channel, out) in out.into_iter().enumerate() {
            let sound = self.sound.channel(channel);
            if is_silent(sound) {
                out.fill(0.0);
                continue;
            }
            silent = false;
            let (silenced, denormal) = clean(out, sound);
            status.not_finite(Module::Output, silenced);
            status.denormal += denormal;
        }
        silent
    }
}

/// Returns true if all samples are positive zeros.
fn is_silent(samples: &[f32]) -> bool {
    samples.iter().fold(0, |bits, x| bits | x.to_bits()) == 0
}

/// Copies as much of `from` as `to` has room for. Samples that are not finite become zero, and so do subnormal ones,
/// which are slow to compute with. Returns the counts of both. There are no branches, so that the compiler vectorizes
/// the loop.
fn clean(to: &mut [f32], from: &[f32]) -> (u64, u64) {
    let (mut silenced, mut denormal) = (0, 0);
    for (to, sample) in to.iter_mut().zip(from) {
        let is_finite = sample.abs() < f32::INFINITY;
        let is_small = sample.abs() < f32::MIN_POSITIVE;
        *to = if is_finite & !is_small { *sample } else { 0.0 };
        silenced += u32::from(!is_finite);
        denormal += u32::from(is_small & (*sample != 0.0));
    }
    (silenced.into(), denormal.into())
}
