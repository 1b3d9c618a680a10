//! The last milliseconds of the effects after All Sound Off, computed in advance and faded out.
//!
//! The effects have one memory for all notes. To clear it on the very sample of an All Sound Off, so that a note that
//! begins there is heard in full, and to have no click all the same, the sound that the effects would still make in the next
//! 3 ms is computed at once, faded on a straight line, and played from here while the effects begin anew.

use crate::rt::Channels;

/// Length of the fade in seconds.
const SECONDS: f32 = 0.003;

/// `[audio]`, all but [`prepare`](Self::prepare).
#[derive(Debug, Default)]
pub(super) struct Tail {
    samples: [Vec<f32>; 2],
    /// The next sample to be played; the length where none is left.
    at: usize,
}

impl Tail {
    /// For `sample_rate` in Hz. Allocates. `[gui]`
    pub(super) fn prepare(&mut self, sample_rate: f32) {
        let length = (SECONDS * sample_rate).ceil() as usize;
        self.samples = [vec![0.0; length], vec![0.0; length]];
        self.at = length;
    }

    /// Nothing is left to play.
    pub(super) fn clear(&mut self) {
        self.at = self.len();
    }

    /// Length of the fade in samples.
    pub(super) fn len(&self) -> usize {
        self.samples[0].len()
    }

    /// Returns true while something is left to play.
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

    /// Stores `sound` from the sample `at` of the fade on, faded. Stays behind what is still to be [played](Self::play), so
    /// that one fade can be recorded while another one is played into it.
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

    /// From the next sample on, what has been [recorded](Self::record) is played.
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
        // What is left of it is recorded once more, one sample on.
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
