//! Ring modulation: the product of two waves.
//!
//! The product of two waves below half the sample rate reaches up to the whole of it. With oversampling, both waves are
//! interpolated to twice the rate, multiplied, and the product is decimated. A low-pass before that removes from each
//! wave the band next to half the sample rate, where the half-band filter leaves an image and the oscillators have
//! aliases: multiplied, both would fold to lower frequencies.

use super::super::f32s::{F32s, Mask};
use super::super::halfband::{STEEP, Steep};

/// Delay of the oversampled product against its waves, in samples.
pub const RING_DELAY: f32 = super::super::halfband::DELAY + 0.45;

/// Fifth-order elliptic low-pass: within 0.05 dB up to 0.406 of the sample rate, 60 dB down from 0.46 on (S. J.
/// Orfanidis, "Lecture Notes on Elliptic Filter Design", 2006). First-order section: gain and pole.
const FIRST: [f32; 2] = [0.411_163_06, 0.377_900_03];
/// Second-order sections: zeros on the unit circle, and poles, as the coefficients of delays of one and two samples.
const SECOND: [[f32; 3]; 2] = [
    [1.971_177_6, 1.185_804_6, 0.495_885_58],
    [1.930_021_4, 1.609_389_8, 0.863_827_7],
];

/// The low-pass in front of the multiplication.
#[derive(Clone, Copy, Debug, Default)]
struct LowPass<const N: usize> {
    first: F32s<N>,
    second: [[F32s<N>; 2]; 2],
}

impl<const N: usize> LowPass<N> {
    #[inline(always)]
    fn next(&mut self, input: F32s<N>) -> F32s<N> {
        let input = input * FIRST[0];
        let mut sound = input + self.first;
        self.first = input - sound * FIRST[1];
        for (state, [zero, one, two]) in self.second.iter_mut().zip(SECOND) {
            let input = sound;
            sound = input + state[0];
            state[0] = input * zero - sound * one + state[1];
            state[1] = input - sound * two;
        }
        sound
    }

    #[inline(always)]
    fn each(&mut self, change: impl Fn(F32s<N>) -> F32s<N>) {
        self.first = change(self.first);
        for state in self.second.as_flattened_mut() {
            *state = change(*state);
        }
    }
}

/// Ring modulators of `N` voices for one side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ring<const N: usize> {
    lows: [LowPass<N>; 2],
    waves: [Steep<N>; 2],
    product: Steep<N>,
}

impl<const N: usize> Ring<N> {
    /// Clears the state of the lanes in `mask`.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        for low in &mut self.lows {
            low.each(|state| state.blend(F32s::ZERO, mask));
        }
        for filter in self.waves.iter_mut().chain([&mut self.product]) {
            filter.start(mask);
        }
    }

    /// Flushes negligible states to 0; called at ticks.
    #[inline(always)]
    pub fn tidy(&mut self) {
        for low in &mut self.lows {
            low.each(F32s::flush);
        }
        for filter in self.waves.iter_mut().chain([&mut self.product]) {
            filter.each(F32s::flush);
        }
    }

    /// Writes the product of `a` and `b`, which have the same length.
    #[inline(always)]
    pub fn render(&mut self, a: &[F32s<N>], b: &[F32s<N>], out: &mut [F32s<N>]) {
        let mut ring = *self;
        let [low_a, low_b] = &mut ring.lows;
        let [filter_a, filter_b] = &mut ring.waves;
        for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
            let a = filter_a.up(&STEEP, low_a.next(*a));
            let b = filter_b.up(&STEEP, low_b.next(*b));
            *out = ring.product.down(&STEEP, [a[0] * b[0], a[1] * b[1]]) * 0.5;
        }
        *self = ring;
    }
}
