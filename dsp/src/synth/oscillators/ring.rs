//! Ring modulation: the product of two waves.
//!
//! The product of two waves below half the sample rate reaches up to the whole of it. Where it is oversampled, both are
//! doubled in rate before they are multiplied, and what lies above half the sample rate is taken out of the product.

use super::super::halfband::{STEEP, Steep};
use super::super::lanes::{Lanes, Mask};

/// Samples by which the oversampled product is later than its waves.
pub const RING_DELAY: f32 = super::super::halfband::DELAY;

/// The ring modulators of `N` voices, one side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ring<const N: usize> {
    waves: [Steep<N>; 2],
    product: Steep<N>,
}

impl<const N: usize> Ring<N> {
    /// The lanes in `mask` begin from silence.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        for filter in self.waves.iter_mut().chain([&mut self.product]) {
            filter.start(mask);
        }
    }

    /// At a tick: what is nothing becomes exactly that.
    #[inline(always)]
    pub fn tidy(&mut self) {
        for filter in self.waves.iter_mut().chain([&mut self.product]) {
            filter.each(Lanes::flush);
        }
    }

    /// Writes the product of `a` and `b`, which are of equal length.
    #[inline(always)]
    pub fn render(&mut self, a: &[Lanes<N>], b: &[Lanes<N>], out: &mut [Lanes<N>]) {
        let mut ring = *self;
        let [filter_a, filter_b] = &mut ring.waves;
        for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
            let [a, b] = [filter_a.up(&STEEP, *a), filter_b.up(&STEEP, *b)];
            *out = ring.product.down(&STEEP, [a[0] * b[0], a[1] * b[1]]) * 0.5;
        }
        *self = ring;
    }
}
