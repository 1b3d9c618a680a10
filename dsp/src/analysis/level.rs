//! Peak meters with instant attack and slow release.

/// Release of a meter in dB per second.
const FALL: f32 = 24.0;
/// Level below which a meter shows zero, −120 dBFS.
const FLOOR: f32 = 1e-6;

/// Peaks of a stereo signal, linear. `[worker]`
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LevelMeter {
    peaks: [f32; 2],
}

impl LevelMeter {
    /// Updates the peaks with a segment of sound at `sample_rate` Hz.
    pub fn feed(&mut self, channels: [&[f32]; 2], sample_rate: f32) {
        for (peak, channel) in self.peaks.iter_mut().zip(channels) {
            let seconds = channel.len() as f32 / sample_rate.max(1.0);
            let fallen = *peak * 10f32.powf(-FALL * seconds / 20.0);
            let loudest = channel.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
            *peak = loudest.max(fallen);
            if *peak < FLOOR {
                *peak = 0.0;
            }
        }
    }

    /// Peaks of left and right.
    pub fn peaks(&self) -> [f32; 2] {
        self.peaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_rise_at_once_and_fall_to_nothing() {
        let mut meter = LevelMeter::default();
        meter.feed([&[0.1, -0.5], &[1.0, 0.2]], 48_000.0);
        assert_eq!(meter.peaks(), [0.5, 1.0]);
        let silence = [0.0; 480];
        for _ in 0..100 {
            meter.feed([&silence, &silence], 48_000.0);
        }
        let fallen = 20.0 * meter.peaks()[1].log10();
        assert!((fallen + 24.0).abs() < 0.1, "{fallen} dB");
        for _ in 0..1000 {
            meter.feed([&silence, &silence], 48_000.0);
        }
        assert_eq!(meter.peaks(), [0.0, 0.0]);
    }
}
