//! Controls of the envelopes.

use crate::synth::f32s::{F32s, Mask};

/// Controls of the envelopes, for each lane. Values out of range are clamped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnvelopeControls<const N: usize> {
    /// Delay before the attack in seconds, 0 to 100.
    pub delay: F32s<N>,
    /// Attack time in seconds, 0 to 100; at 0 the first sample is at the peak.
    pub attack: F32s<N>,
    /// Hold time at the peak in seconds, 0 to 100.
    pub hold: F32s<N>,
    /// Decay time from the peak to the sustain level in seconds, 0 to 100.
    pub decay: F32s<N>,
    /// Sustain level, 0 to 1.
    pub sustain: F32s<N>,
    /// Release time from the present level to 0 in seconds, 0 to 100.
    pub release: F32s<N>,
    /// Curve of the attack: −1 (slow at first) over 0 (straight) to 1 (fast at first).
    pub attack_curve: F32s<N>,
    /// Curve of the decay, −1 to 1.
    pub decay_curve: F32s<N>,
    /// Curve of the release, −1 to 1.
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

    /// Returns true if any bit differs. A comparison of floats would find a NaN different at every tick.
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

    /// Returns these controls with the lanes in `mask` replaced by those of `other`.
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
