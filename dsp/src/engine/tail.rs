//! Tail of the effects after All Sound Off, computed in advance and faded out.
//!
//! The effects share one memory for all notes. It has to be cleared on the very sample of an All Sound Off, so that a
//! note that begins there is heard in full, and without a click. Therefore the next 3 ms of the effects' output are
//! computed at once, faded linearly, and played from here while the effects start empty.

use crate::rt::Channels;

/// Length of the fade in seconds.
const SECONDS: f32 = 0.003;

/// Recorded tail. `[audio]`, except [`prepare`](Self::prepare).
#[derive(Debug, Default)]
pub(super) struct Tail {
    samples: [Vec<f32>; 2],
    /// Index of the next sample to play; the length if none is left.
    at: usize,
}

impl Tail {
    /// Prepares for `sample_rate` in Hz. Allocates. `[gui]`
    pub(super) fn prepare(&mut self, sample_rate: f32) {
        let length = (SECONDS * sample_rate).ceil() as usize;
        self.samples = [vec![0.0; length], vec![0.0; length]];
        self.at = length;
    }

    /// Discards the samples left to play.
    pub(super) fn clear(&mut self) {
        self.at = self.len();
    }

    /// Returns the length of the fade in samples.
    pub(super) fn len(&self) -> usize {
        self.samples[0].len()
    }

    /// Returns true while samples are left to play.
    pub(super) fn is_running(&self) -> bool {
        self.at < self.len()
    }

    /// Adds the next samples to `sound`.
    pub(super) fn play(&mut self, sound: &mut Channels<'_, 2>) {
        if !self.is_running() {
            return;
        }
        for (side, samples) in self.samples.iter().enumerate() {
            let left = &samples[self.at..];
            for (to, from) in sound.channel_mut(side).iter_mut().zip(left) {
                *to += from;
            }
        }
        self.at = (self.at + sound.len()).min(self.len());
    }

    /// Stores `sound` from the sample `at` of the fade on, faded. The write position never passes the one of
    /// [`play`](Self::play), so that one fade can be recorded while another one is played into it.
    pub(super) fn record(&mut self, at: usize, sound: &Channels<'_, 2>) {
        let length = self.len();
        for (side, samples) in self.samples.iter_mut().enumerate() {
            for (n, from) in sound.channel(side).iter().enumerate() {
                if let Some(to) = samples.get_mut(at + n) {
                    *to = from * ((length - at - n) as f32 / (length + 1) as f32);
                }
            }
        }
    }

    /// Starts to play the [recorded](Self::record) samples with the next sample.
    pub(super) fn start(&mut self) {
        self.at = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn play(tail: &mut Tail, count: usize) -> Vec<f32> {
        let (mut left, mut right) = (vec![0.0; count], vec![0.0; count]);
        tail.play(&mut Channels::new([&mut left, &mut right]));
        assert_eq!(left, right);
        left
    }

    #[test]
    fn a_recorded_sound_fades_on_a_line_and_a_second_fade_takes_the_first_one_with_it() {
        let mut tail = Tail::default();
        tail.prepare(1_000.0);
        assert_eq!((tail.len(), tail.is_running()), (3, false));
        let mut ones = [[1.0_f32; 3]; 2];
        let [left, right] = &mut ones;
        tail.record(0, &Channels::new([left, right]));
        tail.start();
        assert_eq!(play(&mut tail, 1), [0.75]);
        // The rest of the fade is recorded once more, one sample later.
        for at in 0..3 {
            let mut left = play(&mut tail, 1);
            let mut right = left.clone();
            tail.record(at, &Channels::new([&mut left, &mut right]));
        }
        tail.start();
        assert_eq!(play(&mut tail, 5), [0.375, 0.125, 0.0, 0.0, 0.0]);
        assert!(!tail.is_running());
    }
}
