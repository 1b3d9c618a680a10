//! How envelopes are set.

use crate::synth::f32s::{F32s, Mask};

/// How envelopes are set, for each lane. Values out of range are taken into it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnvelopeControls<const N: usize> {
    /// Seconds before the attack, 0 to 100.
    pub delay: F32s<N>,
    /// Seconds to the peak, 0 to 100; on the first sample of an attack of 0 it is there.
    pub attack: F32s<N>,
    /// Seconds on the peak, 0 to 100.
    pub hold: F32s<N>,
    /// Seconds from the peak to the sustain level, 0 to 100.
    pub decay: F32s<N>,
    /// Level while held, 0 to 1.
    pub sustain: F32s<N>,
    /// Seconds from where it is to nothing, 0 to 100.
    pub release: F32s<N>,
    /// −1 (slow at first) over 0 (straight) to 1 (fast at first).
    pub attack_curve: F32s<N>,
    /// As the attack's.
    pub decay_curve: F32s<N>,
    /// As the attack's.
    pub release_curve: F32s<N>,
}

impl<const N: usize> EnvelopeControls<N> {
    #[inline(always)]
    fn fields(&self) -> [F32s<N>; 9] {
        [
            self.delay,
            self.attack,
            self.hold,
            self.decay,
            self.sustain,
            self.release,
            self.attack_curve,
            self.decay_curve,
            self.release_curve,
        ]
    }

    /// Whether any bit differs. A comparison of floats would find a NaN to be new at every tick.
    #[inline(always)]
    pub(super) fn differ(&self, other: &Self) -> bool {
        let mut bits = [0; N];
        for (a, b) in self.fields().iter().zip(&other.fields()) {
            for (bits, (a, b)) in bits.iter_mut().zip(a.0.iter().zip(&b.0)) {
                *bits |= a.to_bits() ^ b.to_bits();
            }
        }
        bits.iter().fold(0, |all, lane| all | lane) != 0
    }

    /// These, but those of `other` in the lanes in `mask`.
    #[inline(always)]
    pub(super) fn blend(&self, other: &Self, mask: Mask) -> Self {
        Self {
            delay: self.delay.blend(other.delay, mask),
            attack: self.attack.blend(other.attack, mask),
            hold: self.hold.blend(other.hold, mask),
            decay: self.decay.blend(other.decay, mask),
            sustain: self.sustain.blend(other.sustain, mask),
            release: self.release.blend(other.release, mask),
            attack_curve: self.attack_curve.blend(other.attack_curve, mask),
            decay_curve: self.decay_curve.blend(other.decay_curve, mask),
            release_curve: self.release_curve.blend(other.release_curve, mask),
        }
    }
}
