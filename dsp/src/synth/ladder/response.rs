//! Frequency response of the analogue filter that the ladder models.

use super::LadderMode;
use super::stages::OSCILLATION;

/// A complex number.
type Complex = (f64, f64);

fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn plus(a: Complex, b: f64) -> Complex {
    (a.0 + b, a.1)
}

fn size(of: Complex) -> f64 {
    of.0.hypot(of.1)
}

impl LadderMode {
    /// Returns the gain for a small sine at `ratio` times the cutoff, linear. `resonance` is 0 to 1; at 1 the gain at the
    /// cutoff is infinite.
    ///
    /// ```
    /// use tidepool_dsp::synth::LadderMode;
    ///
    /// assert_eq!(LadderMode::Low24.magnitude(1.0, 0.0), 0.25);
    /// ```
    pub fn magnitude(self, ratio: f64, resonance: f64) -> f64 {
        let k = f64::from(OSCILLATION) * resonance;
        let s = (0.0, ratio);
        let d = plus(s, 1.0);
        let (s2, d2) = (times(s, s), times(d, d));
        let make_up = 1.0 + 0.5 * k;
        let above = match self {
            Self::Low24 => make_up,
            Self::Low18 => size(d) * make_up,
            Self::Low12 => size(d2) * make_up,
            Self::Low6 => size(times(d2, d)) * make_up,
            Self::Band => 4.0 * size(s2),
            Self::High => size(times(s2, s2)),
            Self::Notch => size(times(plus(s2, 1.0), plus(d2, 0.5 * k))),
        };
        above / size(plus(times(d2, d2), k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_passes_and_stops_what_its_name_says() {
        let level = |mode: LadderMode, ratio| 20.0 * mode.magnitude(ratio, 0.0).log10();
        let lows = &LadderMode::ALL[..4];
        for (mode, slope) in lows.iter().zip([24.0, 18.0, 12.0, 6.0]) {
            assert!(level(*mode, 0.001).abs() < 0.1);
            let octave = level(*mode, 64.0) - level(*mode, 128.0);
            assert!((octave - slope).abs() < 0.1, "{mode:?}: {octave}");
        }
        let rises = level(LadderMode::Band, 1.0 / 64.0) - level(LadderMode::Band, 1.0 / 128.0);
        assert!((rises - 12.0).abs() < 0.1, "{rises}");
        let high = |ratio| level(LadderMode::High, ratio);
        assert!(high(1000.0).abs() < 0.1 && high(0.1) < -75.0);
        let notch = |ratio| level(LadderMode::Notch, ratio);
        assert!(notch(1.0) < -100.0 && notch(0.001).abs() < 0.1);
    }

    #[test]
    fn resonance_lifts_the_cutoff_without_end() {
        let at_cutoff = |resonance| LadderMode::Low24.magnitude(1.0, resonance);
        assert!((at_cutoff(0.0) - 0.25).abs() < 1e-6);
        assert!(at_cutoff(0.9) > 2.0 && at_cutoff(0.999) > 200.0);
    }
}
