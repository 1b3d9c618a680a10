//! Overload meters of the signal path: peaks, held peaks and overs.

use super::silence_gate::loudest;
use crate::rt::TICK;

/// Time that a peak is held, in seconds.
const HOLD: f32 = 2.0;
/// Rate at which it falls afterwards, in dB per second.
const FALL: f32 = 20.0;
/// −120 dBFS, below which a held peak becomes zero.
const FLOOR: f32 = 1e-6;
/// Reciprocal of the time in seconds that a signal has to stay below the ceiling before it can count as over again.
const APART: f32 = 1000.0;

/// Reading of an [`OverloadMeter`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OverloadReading {
    /// Largest magnitudes since the last reading, left and right, linear; NaN and infinities read as `f32::MAX`.
    pub peak: [f32; 2],
    /// Held peaks, which stay for 2 s and then fall by 20 dB per second.
    pub hold: [f32; 2],
    /// Number of times that the signal has exceeded the ceiling since the last reset, on either side. It counts again after
    /// at least 1 ms below the ceiling.
    pub overs: u32,
}

/// Peaks, held peaks and overs of a stereo signal. `[audio]`
///
/// The reading does not depend on how the signal is split into pieces.
#[derive(Clone, Copy, Debug)]
pub struct OverloadMeter {
    /// Bits of the ceiling; all magnitudes here are compared as bits, see [`loudest`].
    ceiling: i32,
    peak: [i32; 2],
    hold: [Held; 2],
    overs: u32,
    /// Samples since the signal was last above the ceiling.
    below: u32,
    apart: u32,
    /// Peak of the window that is being filled, and number of samples in it. Held peaks are updated once per window.
    window: [i32; 2],
    filled: usize,
    windows: u32,
    fall: f32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Held {
    level: f32,
    /// Windows until it falls.
    left: u32,
}

impl OverloadMeter {
    /// Creates a meter that counts overs of `ceiling`, linear. It has to be [prepared](Self::prepare).
    pub fn new(ceiling: f32) -> Self {
        Self {
            ceiling: ceiling.max(0.0).to_bits() as i32,
            peak: [0; 2],
            hold: [Held::default(); 2],
            overs: 0,
            below: u32::MAX,
            apart: 1,
            window: [0; 2],
            filled: 0,
            windows: 0,
            fall: 1.0,
        }
    }

    /// Prepares for `sample_rate` in Hz; does not allocate.
    pub fn prepare(&mut self, sample_rate: f32) {
        self.apart = (sample_rate / APART).ceil() as u32;
        self.windows = (HOLD * sample_rate / TICK as f32).ceil() as u32;
        self.fall = 10.0_f32.powf(-FALL / 20.0 * TICK as f32 / sample_rate);
        self.reset();
    }

    /// Clears the reading.
    pub fn reset(&mut self) {
        self.peak = [0; 2];
        self.hold = [Held::default(); 2];
        self.overs = 0;
        self.below = u32::MAX;
        self.window = [0; 2];
        self.filled = 0;
    }

    /// Returns true if all held peaks have fallen to zero.
    pub fn is_idle(&self) -> bool {
        let silent = |held: &Held| held.level == 0.0;
        self.window == [0; 2] && self.hold.iter().all(silent)
    }

    /// Feeds sound of any length, equally long on the left and on the right.
    pub fn feed(&mut self, left: &[f32], right: &[f32]) {
        let (mut left, mut right) = (left, right);
        while !left.is_empty() {
            let count = left.len().min(TICK - self.filled);
            let (l, left_rest) = left.split_at(count);
            let (r, right_rest) = right.split_at(count);
            self.take(l, r);
            (left, right) = (left_rest, right_rest);
        }
    }

    /// Returns the reading, and starts the peaks over.
    pub fn reading(&mut self) -> OverloadReading {
        let peak = std::mem::take(&mut self.peak).map(magnitude);
        let mut hold = self.hold.map(|held| held.level);
        for (hold, window) in hold.iter_mut().zip(self.window) {
            *hold = hold.max(magnitude(window));
        }
        OverloadReading {
            peak,
            hold,
            overs: self.overs,
        }
    }

    /// Feeds samples that lie within one window.
    fn take(&mut self, left: &[f32], right: &[f32]) {
        let peaks = [loudest(left), loudest(right)];
        for ((peak, window), loudest) in self.peak.iter_mut().zip(&mut self.window).zip(peaks) {
            *peak = loudest.max(*peak);
            *window = loudest.max(*window);
        }
        if peaks[0].max(peaks[1]) <= self.ceiling {
            self.below = self.below.saturating_add(left.len() as u32);
        } else {
            self.count(left, right);
        }
        self.filled += left.len();
        if self.filled == TICK {
            self.filled = 0;
            for (held, window) in self.hold.iter_mut().zip(&mut self.window) {
                held.pass(magnitude(std::mem::take(window)), self.windows, self.fall);
            }
        }
    }

    #[cold]
    fn count(&mut self, left: &[f32], right: &[f32]) {
        for (left, right) in left.iter().zip(right) {
            if loudest(&[*left, *right]) > self.ceiling {
                let new = self.below >= self.apart;
                self.overs = self.overs.saturating_add(u32::from(new));
                self.below = 0;
            } else {
                self.below = self.below.saturating_add(1);
            }
        }
    }
}

impl Held {
    fn pass(&mut self, peak: f32, windows: u32, fall: f32) {
        if peak >= self.level && peak > 0.0 {
            *self = Self {
                level: peak,
                left: windows,
            };
        } else if self.left > 0 {
            self.left -= 1;
        } else {
            let fallen = self.level * fall;
            self.level = if fallen < FLOOR { 0.0 } else { fallen }.max(peak);
        }
    }
}

/// Returns the magnitude that has these bits, at most `f32::MAX`.
fn magnitude(bits: i32) -> f32 {
    f32::from_bits(bits.min(f32::MAX.to_bits() as i32) as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{Dice, noise};
    use super::*;

    fn meter(ceiling: f32, sample_rate: f32) -> OverloadMeter {
        let mut meter = OverloadMeter::new(ceiling);
        meter.prepare(sample_rate);
        meter
    }

    #[test]
    fn peaks_are_since_the_last_reading_and_of_each_side() {
        let mut meter = meter(1.0, 48_000.0);
        meter.feed(&[0.1, -0.7, 0.2], &[0.3, 0.0, -0.1]);
        assert_eq!(meter.reading().peak, [0.7, 0.3]);
        meter.feed(&[0.2], &[0.1]);
        let reading = meter.reading();
        assert_eq!((reading.peak, reading.hold), ([0.2, 0.1], [0.7, 0.3]));
        assert_eq!(meter.reading().peak, [0.0; 2]);
    }

    #[test]
    fn a_held_peak_stays_two_seconds_and_falls_by_20_db_in_the_next() {
        for rate in [8_000.0, 48_000.0, 768_000.0] {
            let mut meter = meter(1.0, rate);
            meter.feed(&[0.5], &[0.0]);
            let silence = vec![0.0; rate as usize];
            meter.feed(&silence, &silence);
            meter.feed(&silence[100..], &silence[100..]);
            assert_eq!(meter.reading().hold, [0.5, 0.0]);
            meter.feed(&silence, &silence);
            meter.feed(&silence[..100], &silence[..100]);
            let fallen = 20.0 * (meter.reading().hold[0] / 0.5).log10();
            assert!((fallen + 20.0).abs() < 0.2, "{fallen} dB");
            meter.feed(&[0.2], &[0.0]);
            assert_eq!(meter.reading().hold[0], 0.2);
        }
        let mut meter = meter(1.0, 8_000.0);
        meter.feed(&[0.5], &[0.5]);
        meter.feed(&[0.0; 80_000], &[0.0; 80_000]);
        assert_eq!(meter.reading().hold, [0.0; 2]);
    }

    #[test]
    fn a_run_of_overs_is_one_and_another_needs_a_millisecond_between() {
        let mut meter = meter(0.5, 48_000.0);
        let quiet = [0.5; 100];
        meter.feed(&[0.6, 0.5, 0.6, -0.7], &[0.0; 4]);
        meter.feed(&quiet[..47], &quiet[..47]);
        meter.feed(&[0.0], &[-0.6]);
        assert_eq!(meter.reading().overs, 1);
        meter.feed(&quiet[..48], &quiet[..48]);
        meter.feed(&[0.0], &[-0.6]);
        assert_eq!(meter.reading().overs, 2);
        assert_eq!(meter.reading().overs, 2, "reading does not take them away");
        meter.reset();
        assert_eq!(meter.reading(), OverloadReading::default());
    }

    #[test]
    fn a_value_that_is_not_finite_counts_as_over() {
        let mut meter = meter(1.0, 48_000.0);
        meter.feed(&[f32::NAN], &[0.5]);
        let reading = meter.reading();
        assert_eq!((reading.peak, reading.overs), ([f32::MAX, 0.5], 1));
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(seed in 1_u64.., gain in 0.1_f32..3.0) {
            let (mut whole, mut cut) = (meter(1.0, 8_000.0), meter(1.0, 8_000.0));
            let mut sound = noise(seed, 5000);
            sound[2000..4500].iter_mut().for_each(|x| *x *= gain * 0.1);
            sound[..2000].iter_mut().for_each(|x| *x *= gain);
            whole.feed(&sound, &sound[..]);
            let mut dice = Dice(seed);
            let mut rest = &sound[..];
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(dice.below(100).min(rest.len()));
                cut.feed(piece, piece);
                rest = after;
            }
            prop_assert_eq!(whole.reading(), cut.reading());
        }
    }
}
