//! DC blocker for a group of voices, like the capacitor between filter and amplifier of an analogue synthesizer.
//!
//! Hard sync, asymmetric saturation and FM produce waves with a nonzero mean. It is inaudible, but takes headroom, thumps
//! when the envelope switches it, and accumulates in any feedback behind the voices. It is removed before the envelope,
//! so that a voice that has ended is silent at once.

use super::f32s::{F32s, Mask};

/// Corner frequency of the high-pass in Hz: it attenuates 20 Hz by 0.3 dB and 50 Hz by 0.04 dB.
const CORNER: f64 = 5.0;

/// First-order high-pass at 5 Hz for each of `N` voices, left and right.
#[derive(Clone, Copy, Debug)]
pub struct DcBlocker<const N: usize> {
    means: [F32s<N>; 2],
    /// Weight of a sample in the mean, and of the last mean.
    take: f32,
    keep: f32,
    /// Sample rate in Hz.
    sample_rate: f32,
}

impl<const N: usize> Default for DcBlocker<N> {
    fn default() -> Self {
        Self {
            means: [F32s::ZERO; 2],
            take: 0.0,
            keep: 1.0,
            sample_rate: 0.0,
        }
    }
}

impl<const N: usize> DcBlocker<N> {
    /// Resets the voices in `mask` to silence. [`jump_to`](Self::jump_to) has to be called next.
    #[inline(always)]
    pub fn start(&mut self, mask: Mask) {
        self.means = self.means.map(|mean| mean.blend(F32s::ZERO, mask));
    }

    /// Sets `sample_rate` in Hz, on any sample.
    #[inline(always)]
    pub fn jump_to(&mut self, sample_rate: f32) {
        if sample_rate != self.sample_rate {
            self.sample_rate = sample_rate;
            self.take = take(sample_rate);
            // The weights add up to exactly 1, or the mean would never be reached.
            self.keep = 1.0 - self.take;
        }
    }

    /// Sets `sample_rate` in Hz and flushes negligible means to 0; called at ticks.
    #[inline(always)]
    pub fn ramp_to(&mut self, sample_rate: f32) {
        self.jump_to(sample_rate);
        for mean in &mut self.means {
            *mean = mean.flush();
        }
    }

    /// Removes the mean from both sides, which have the same length.
    #[inline(always)]
    pub fn process(&mut self, left: &mut [F32s<N>], right: &mut [F32s<N>]) {
        let [mut means_left, mut means_right] = self.means;
        // Both sides in one loop, because each waits for its own last sample.
        for (left, right) in left.iter_mut().zip(right) {
            *left = self.next(&mut means_left, *left);
            *right = self.next(&mut means_right, *right);
        }
        self.means = [means_left, means_right];
    }

    /// Returns the means where both sides are the same, for a loop that calls [`next`](Self::next) for each sample, so
    /// that other work fills the latency of the recursion, and ends with [`set_mono`](Self::set_mono).
    #[inline(always)]
    pub fn mono(&self) -> F32s<N> {
        self.means[0]
    }

    /// Stores the means with which such a loop ended.
    #[inline(always)]
    pub fn set_mono(&mut self, means: F32s<N>) {
        self.means = [means; 2];
    }

    /// Filters one sample. The recursion of the mean takes one product and one sum per sample.
    #[inline(always)]
    pub fn next(&self, means: &mut F32s<N>, sample: F32s<N>) -> F32s<N> {
        let blocked = sample - *means;
        *means = *means * self.keep + sample * self.take;
        blocked
    }

    /// Returns true if both sides of the voices in `mask` have the same mean.
    #[inline(always)]
    pub fn sides_agree(&self, mask: Mask) -> bool {
        let [left, right] = self.means;
        (left - right).mask_where(|x| x != 0.0) & mask == 0
    }
}

/// Returns the weight of a sample in the mean at `sample_rate` in Hz.
pub(super) fn take(sample_rate: f32) -> f32 {
    -(-std::f64::consts::TAU * CORNER / f64::from(sample_rate)).exp_m1() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::TICK;

    fn process_mono(blocker: &mut DcBlocker<2>, sound: &mut [F32s<2>]) {
        let mut means = blocker.mono();
        for sample in sound {
            *sample = blocker.next(&mut means, *sample);
        }
        blocker.set_mono(means);
    }

    fn blocker(sample_rate: f32) -> DcBlocker<2> {
        let mut blocker = DcBlocker::default();
        blocker.ramp_to(sample_rate);
        blocker
    }

    fn gain(hertz: f64, sample_rate: f32) -> f64 {
        let mut blocker = blocker(sample_rate);
        let samples = sample_rate as usize * 2;
        let (mut real, mut imaginary) = (0.0, 0.0);
        for n in 0..samples {
            let angle = std::f64::consts::TAU * hertz * n as f64 / f64::from(sample_rate);
            let mut out = [F32s([0.0, angle.sin() as f32])];
            process_mono(&mut blocker, &mut out);
            // The transient is over after half a second.
            if n >= samples / 4 {
                real += f64::from(out[0].0[1]) * angle.sin();
                imaginary += f64::from(out[0].0[1]) * angle.cos();
            }
        }
        let count = (samples - samples / 4) as f64;
        20.0 * (2.0 * real.hypot(imaginary) / count).log10()
    }

    #[test]
    fn it_is_a_high_pass_of_the_first_order_at_any_rate() {
        for sample_rate in [8_000.0, 48_000.0, 192_000.0] {
            for hertz in [5.0, 10.0, 20.0, 50.0, 1000.0] {
                let want = -10.0 * (1.0 + (CORNER / hertz).powi(2)).log10();
                let got = gain(hertz, sample_rate);
                assert!((got - want).abs() < 0.02, "{hertz} Hz: {got} dB, {want} dB");
            }
        }
    }

    #[test]
    fn a_mean_goes_away_and_what_is_left_of_it_becomes_nothing() {
        let mut blocker = blocker(48_000.0);
        let mut sound = [F32s([0.03, -0.5]); TICK];
        for _ in 0..48_000 / TICK {
            sound = [F32s([0.03, -0.5]); TICK];
            process_mono(&mut blocker, &mut sound);
        }
        let [first, second] = sound[0].0;
        assert!(
            first.abs() < 0.03 * 1e-4 && second.abs() < 0.5 * 1e-4,
            "{sound:?}"
        );
        for _ in 0..2 * 48_000 / TICK {
            sound = [F32s::ZERO; TICK];
            blocker.ramp_to(48_000.0);
            process_mono(&mut blocker, &mut sound);
        }
        assert_eq!(sound, [F32s::ZERO; TICK]);
    }

    #[test]
    fn sides_and_voices_keep_to_themselves() {
        let mut both = blocker(48_000.0);
        let mut left = [F32s([0.5, 0.1]); TICK];
        let mut right = [F32s([0.25, 0.1]); TICK];
        both.process(&mut left, &mut right);
        let mut alone = blocker(48_000.0);
        let mut sound = [F32s([0.25, 0.0]); TICK];
        process_mono(&mut alone, &mut sound);
        assert!((0..TICK).all(|n| right[n].0[0] == sound[n].0[0]));
        assert!(!both.sides_agree(0b01) && both.sides_agree(0b10));
        both.start(0b01);
        assert!(both.sides_agree(0b11));
        let mut again = [F32s([0.5, 0.1]); TICK];
        let mut other = again;
        both.process(&mut again, &mut other);
        assert_eq!(again[0].0[0], 0.5);
        assert!(again[0].0[1] < 0.1);
    }
}
