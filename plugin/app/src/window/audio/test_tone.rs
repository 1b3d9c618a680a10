//! Test tone: 440 Hz at −18 dBFS, on the left channel and then on the right one.

use std::f64::consts::TAU;

const HERTZ: f64 = 440.0;
/// −18 dBFS.
const LEVEL: f64 = 0.125_892_541;
/// Duration on each channel in seconds.
const SECONDS: f64 = 0.6;
/// Duration of the fades in seconds.
const FADE: f64 = 0.01;

/// Test tone; silent until it is started.
#[derive(Debug)]
pub struct TestTone {
    rate: f64,
    /// Samples since the start.
    position: u64,
    end: u64,
}

impl TestTone {
    pub fn new(rate: f64) -> Self {
        Self {
            rate,
            position: 0,
            end: 0,
        }
    }

    /// Starts the tone. `[audio]`
    pub fn start(&mut self) {
        self.position = 0;
        self.end = (2.0 * SECONDS * self.rate) as u64;
    }

    /// Adds the tone to a block. `[audio]`
    pub fn add(&mut self, left: &mut [f32], right: &mut [f32]) {
        if self.position >= self.end {
            return;
        }
        for (left, right) in left.iter_mut().zip(right) {
            let seconds = self.position as f64 / self.rate;
            let within = seconds % SECONDS;
            let fade = (within.min(SECONDS - within) / FADE).clamp(0.0, 1.0);
            let sample = (LEVEL * fade * (TAU * HERTZ * seconds).sin()) as f32;
            match seconds < SECONDS {
                true => *left += sample,
                false => *right += sample,
            }
            self.position += 1;
            if self.position >= self.end {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_heard_left_then_right_in_blocks_of_any_length_and_ends() {
        let render = |block: usize| {
            let mut tone = TestTone::new(48_000.0);
            let (mut left, mut right) = (vec![0.0; 65_536], vec![0.0; 65_536]);
            tone.add(&mut left, &mut right);
            assert!(left.iter().all(|sample| *sample == 0.0));
            tone.start();
            for (left, right) in left.chunks_mut(block).zip(right.chunks_mut(block)) {
                tone.add(left, right);
            }
            (left, right)
        };
        let (left, right) = render(512);
        assert_eq!((left.clone(), right.clone()), render(61));
        let peak = |part: &[f32]| part.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
        let half = 28_800;
        assert!((peak(&left) - 0.1259).abs() < 0.001 && peak(&left[half..]) == 0.0);
        assert!((peak(&right) - 0.1259).abs() < 0.001 && peak(&right[..half]) == 0.0);
        assert_eq!(peak(&right[2 * half..]), 0.0);
        let step = left.windows(2).map(|two| (two[1] - two[0]).abs());
        assert!(step.fold(0.0, f32::max) < 0.0075, "it clicks");
    }
}
