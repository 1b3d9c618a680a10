//! The four-pole ladder low-pass after R. Moog (US patent 3475623), as a zero-delay-feedback
//! filter of trapezoidal integrators.
//!
//! The structure and the solution of its feedback loop follow V. Zavalishin, "The Art of VA Filter
//! Design", chapter 5. The loop is solved for the linear filter and the saturation, which stands at
//! the input of the first stage, is applied to the solution: one division, no iteration, and the
//! state stays bounded however hard it is driven.

use super::tanh;

/// Feedback at which the linear ladder oscillates by itself.
const SELF_OSCILLATION: f32 = 4.0;

/// The state of one ladder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ladder {
    stages: [f32; 4],
}

/// What the ladder needs to know at one sample.
#[derive(Clone, Copy, Debug)]
pub struct LadderControl {
    /// From [`Ladder::gain`].
    pub gain: f32,
    /// 0 to 1; self-oscillation begins at 1.
    pub resonance: f32,
    /// Gain into the saturation, linear.
    pub drive: f32,
}

impl Ladder {
    /// The gain of one integrator stage for `cutoff` in cycles per sample; clamped to what the
    /// bilinear transform can carry (0.00001 to 0.49).
    pub fn gain(cutoff: f32) -> f32 {
        let g = (std::f32::consts::PI * cutoff.clamp(1e-5, 0.49)).tan();
        g / (1.0 + g)
    }

    /// Filters one sample.
    #[inline(always)]
    pub fn next(&mut self, input: f32, control: LadderControl) -> f32 {
        let LadderControl {
            gain,
            resonance,
            drive,
        } = control;
        let [s1, s2, s3, s4] = self.stages;
        let k = SELF_OSCILLATION * resonance;

        // Four stages in a row are y = gain⁴·u + rest, with `rest` from their states alone.
        let rest = (1.0 - gain) * (s4 + gain * (s3 + gain * (s2 + gain * s1)));
        let gain2 = gain * gain;
        // Resonance takes level from the pass band; half of it is given back.
        let driven = input * drive * (1.0 + 0.5 * k);
        let u = tanh((driven - k * rest) / (1.0 + k * gain2 * gain2));

        let (y1, s1) = stage(u, s1, gain);
        let (y2, s2) = stage(y1, s2, gain);
        let (y3, s3) = stage(y2, s3, gain);
        let (y4, s4) = stage(y3, s4, gain);
        self.stages = [s1, s2, s3, s4];
        y4
    }
}

/// One trapezoidal one-pole: output and new state.
#[inline(always)]
fn stage(input: f32, state: f32, gain: f32) -> (f32, f32) {
    let v = (input - state) * gain;
    let output = v + state;
    (output, output + v)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gain in dB at `frequency` (cycles per sample) for a small sine.
    fn response(cutoff: f32, resonance: f32, frequency: f64) -> f64 {
        let control = LadderControl {
            gain: Ladder::gain(cutoff),
            resonance,
            drive: 1.0,
        };
        let mut ladder = Ladder::default();
        let (mut re, mut im) = (0.0, 0.0);
        let (settle, measure) = (20_000, 48_000);
        for n in 0..settle + measure {
            let angle = std::f64::consts::TAU * frequency * n as f64;
            let y = f64::from(ladder.next((angle.sin() * 1e-3) as f32, control));
            if n >= settle {
                re += y * angle.sin();
                im += y * angle.cos();
            }
        }
        20.0 * ((re * re + im * im).sqrt() * 2.0 / measure as f64 / 1e-3).log10()
    }

    /// The analogue prototype 1 / ((1 + s)⁴ + k), with the pass-band make-up of this ladder, at the
    /// frequency that the bilinear transform puts in its place.
    fn prototype(cutoff: f32, resonance: f64, frequency: f64) -> f64 {
        let w = (std::f64::consts::PI * frequency).tan()
            / (std::f64::consts::PI * f64::from(cutoff)).tan();
        let k = 4.0 * resonance;
        let (re, im) = (1.0 - 6.0 * w * w + w.powi(4) + k, 4.0 * w - 4.0 * w.powi(3));
        20.0 * ((1.0 + 0.5 * k) / (re * re + im * im).sqrt()).log10()
    }

    #[test]
    fn small_signals_follow_the_analogue_prototype() {
        for resonance in [0.0, 0.3, 0.8] {
            for hertz in [50.0, 500.0, 990.0, 2000.0, 4000.0] {
                let (cutoff, frequency) = (1000.0 / 48_000.0, hertz / 48_000.0);
                let got = response(cutoff, resonance, frequency);
                let want = prototype(cutoff, f64::from(resonance), frequency);
                assert!(
                    (got - want).abs() < 0.1,
                    "{hertz} Hz: {got:.2} for {want:.2} dB"
                );
            }
        }
    }

    #[test]
    fn driven_as_hard_as_it_can_be_it_stays_bounded() {
        for cutoff in [1e-6, 0.01, 0.3, 10.0] {
            let control = LadderControl {
                gain: Ladder::gain(cutoff),
                resonance: 1.2,
                drive: 16.0,
            };
            let mut ladder = Ladder::default();
            for n in 0..50_000 {
                let y = ladder.next(if n % 97 < 48 { 1.0 } else { -1.0 }, control);
                assert!(y.abs() <= 4.0, "{y} at cutoff {cutoff}");
            }
        }
    }
}
