//! A stereo ping-pong delay.
//!
//! Two lines feed each other, so that the repeats alternate between left and right; how far apart they are panned is
//! decided at the output. The input of the left line is the mean of the channels. Every repeat passes a one-pole low-pass.

use super::crossfade::Crossfade;
use super::delay_line::DelayLine;
use super::silence_gate::{SilenceGate, finite};
use super::{Effect, pole, within};
use crate::rt::{Ramp, TICK};
use crate::synth::denormals::flush;

/// Range of the time in seconds.
const LONGEST: f32 = 2.0;
const SHORTEST: f32 = 0.001;
/// Maximum feedback.
const MAX_FEEDBACK: f32 = 0.98;
/// Duration of the cross-fade to another time, in seconds.
const FADE: f32 = 0.03;

/// Settings of a [`Delay`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DelaySettings {
    /// Time between repeats in seconds, 0.001 to 2; rounded to a sample.
    pub time: f32,
    /// Gain from one repeat to the next, 0 to 1; from 0.98 on it is 0.98.
    pub feedback: f32,
    /// Cutoff in Hz of the low-pass that each repeat passes once more, 20 and up.
    pub tone: f32,
    /// Width: 0 puts all repeats in the middle, 1 on the left and on the right in turn.
    pub width: f32,
}

/// A stereo delay for a send: outputs only the repeats.
///
/// A change of the time is a cross-fade of 30 ms. A further change waits for the end of the cross-fade, and only the newest
/// one counts.
#[derive(Debug, Default)]
pub struct Delay {
    lines: [DelayLine; 2],
    gate: SilenceGate,
    sample_rate: f32,
    place: Crossfade<usize>,
    /// Cutoff that `open` was computed for.
    tone: f32,
    open: f32,
    feedback: Ramp,
    opening: Ramp,
    far: Ramp,
    low_pass: [f32; 2],
}

impl Effect for Delay {
    type Settings = DelaySettings;

    fn prepare(&mut self, sample_rate: f32) {
        self.sample_rate = sample_rate;
        self.tone = f32::NAN;
        self.place.prepare(FADE, sample_rate);
        self.place.jump_to(TICK);
        for line in &mut self.lines {
            line.prepare((LONGEST * sample_rate).ceil() as usize);
        }
        self.reset();
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::clear);
        self.low_pass = [0.0; 2];
        self.gate.reset();
    }

    fn ramp_to(&mut self, settings: &DelaySettings) {
        self.low_pass = self.low_pass.map(flush);
        let reach = self.place.from().max(self.place.to()) + TICK;
        if self.gate.update_idle(reach) {
            self.reset();
        }
        let tone = within(settings.tone, 20.0, f32::MAX);
        if tone != self.tone {
            self.tone = tone;
            self.open = 1.0 - pole(tone, self.sample_rate);
        }
        let seconds = within(settings.time, SHORTEST, LONGEST);
        let place = (f64::from(seconds) * f64::from(self.sample_rate)).round() as usize;
        // A feedback of almost 0 would fill the line with denormal numbers.
        let feedback = flush(within(settings.feedback, 0.0, MAX_FEEDBACK));
        let far = 1.0 - within(settings.width, 0.0, 1.0);
        if self.gate.is_idle() {
            self.place.jump_to(place);
            self.feedback = Ramp::constant(feedback);
            self.opening = Ramp::constant(self.open);
            self.far = Ramp::constant(far);
        } else {
            self.place.ramp_to(place);
            self.feedback.ramp_to(feedback);
            self.opening.ramp_to(self.open);
            self.far.ramp_to(far);
        }
    }

    /// Replaces the sound from `phase` samples into the tick on by its repeats.
    #[inline(always)]
    fn process(&mut self, phase: usize, left: &mut [f32], right: &mut [f32]) {
        let first = self.gate.observe_input(left, right);
        let (left, right, mut phase) = (&mut left[first..], &mut right[first..], phase + first);
        // Repeats within the piece have to be written before they are read.
        let piece = self.place.from().min(self.place.to()).clamp(1, TICK);
        for (left, right) in left.chunks_mut(piece).zip(right.chunks_mut(piece)) {
            if self.place.is_running() {
                self.repeat::<true>(phase, left, right);
            } else {
                self.repeat::<false>(phase, left, right);
            }
            phase += left.len();
        }
    }

    fn is_idle(&self) -> bool {
        self.gate.is_idle()
    }

    fn non_finite_count(&mut self) -> u32 {
        self.gate.non_finite_count()
    }
}

impl Delay {
    #[inline(always)]
    fn repeat<const FADING: bool>(&mut self, phase: usize, left: &mut [f32], right: &mut [f32]) {
        let count = left.len().min(TICK);
        let mut heard = [[0.0; TICK]; 2];
        for (line, heard) in self.lines.iter().zip(&mut heard) {
            let heard = &mut heard[..count];
            line.read(self.place.from(), heard);
            if FADING {
                let mut next = [0.0; TICK];
                line.read(self.place.to(), &mut next[..count]);
                let share = self.place.mix();
                for (n, (heard, next)) in heard.iter_mut().zip(&next).enumerate() {
                    *heard += share.at(phase + n) * (next - *heard);
                }
            }
        }
        let [mut a, mut b] = self.low_pass;
        let mut written = [[0.0; TICK]; 2];
        for n in 0..count {
            let open = self.opening.at(phase + n);
            a += open * (heard[0][n] - a);
            b += open * (heard[1][n] - b);
            let (feedback, far) = (self.feedback.at(phase + n), self.far.at(phase + n));
            written[0][n] = 0.5 * (left[n] + right[n]) + feedback * b;
            written[1][n] = feedback * a;
            left[n] = finite(a + far * b);
            right[n] = finite(b + far * a);
        }
        self.low_pass = [a, b];
        for (line, written) in self.lines.iter_mut().zip(&written) {
            line.write(&written[..count]);
            self.gate.observe_feedback(&written[..count]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const SETTINGS: DelaySettings = DelaySettings {
        time: 0.01,
        feedback: 0.5,
        tone: 1e6,
        width: 1.0,
    };

    fn any_settings(dice: &mut Dice) -> DelaySettings {
        DelaySettings {
            time: [0.0, 0.001, 0.0037, dice.within(0.001, 0.02)][dice.below(4)],
            feedback: dice.within(-0.1, 0.5),
            tone: [0.0, 1e9, f32::NAN, dice.within(20.0, 10_000.0)][dice.below(4)],
            width: dice.within(-0.1, 1.1),
        }
    }

    /// An impulse of 1, then silence.
    fn click(ticks: usize) -> Vec<f32> {
        let mut sound = vec![0.0; ticks * TICK];
        sound[5] = 1.0;
        sound
    }

    #[test]
    fn it_lives_as_effects_do() {
        cuts_change_no_bit::<Delay>(any_settings);
        let settings = DelaySettings {
            tone: 2000.0,
            ..SETTINGS
        };
        sleeps_and_wakes_as_new::<Delay>(settings, 1.0);
        // Even the maximum feedback ends: 684 repeats and the low-pass.
        let most = DelaySettings {
            feedback: 2.0,
            time: 0.001,
            ..SETTINGS
        };
        sleeps_and_wakes_as_new::<Delay>(most, 1.1);
        survives_anything::<Delay>(any_settings, 4.0);
    }

    #[test]
    fn repeats_lie_on_their_sample_on_alternating_sides() {
        for rate in [8_000.0, 48_000.0, 768_000.0] {
            for time in [0.001, 0.0123, 0.1] {
                let settings = DelaySettings { time, ..SETTINGS };
                let apart = (time * rate).round() as usize;
                let mut delay = prepared::<Delay>(rate);
                let out = play(&mut delay, |_| settings, &click(4 * apart / TICK + 4));
                let open = 1.0 - pole(1e6, rate);
                let mut level = 1.0;
                for n in 1..=4 {
                    level *= open;
                    let (near, far) = (&out[(n + 1) % 2], &out[n % 2]);
                    let at = 5 + n * apart;
                    assert!((near[at] - level).abs() < 1e-6, "{n} of {time} at {rate}");
                    assert!(near[at - 1].abs() < 1e-3 * level, "{n} of {time} at {rate}");
                    assert!(far[at].abs() < 1e-3 * level, "{n} of {time} at {rate}");
                    level *= settings.feedback;
                }
                assert_eq!(peak(&out[0][..5 + apart]), 0.0);
            }
        }
    }

    #[test]
    fn the_longest_time_fits_at_the_highest_rate() {
        let settings = DelaySettings {
            time: 9.0,
            ..SETTINGS
        };
        let rate = 768_000.0;
        let mut delay = prepared::<Delay>(rate);
        let at = 5 + 2 * 768_000;
        let out = play(&mut delay, |_| settings, &click(at / TICK + 1));
        assert!(out[0][at] > 0.9 && peak(&out[0][..at]) == 0.0);
    }

    #[test]
    fn width_goes_from_the_middle_to_the_sides() {
        let sound = noise(3, 500 * TICK);
        for width in [0.0, 0.5, 1.0] {
            let mut delay = prepared::<Delay>(48_000.0);
            let out = play(&mut delay, |_| DelaySettings { width, ..SETTINGS }, &sound);
            assert_eq!(width == 0.0, bits(&out)[0] == bits(&out)[1]);
            let first = &out[1][480..960];
            let ratio = (power(first) / power(&out[0][480..960])).sqrt();
            assert!((ratio - f64::from(1.0 - width)).abs() < 1e-6, "{ratio}");
        }
    }

    #[test]
    fn each_repeat_is_darker() {
        // Steady sound through one repeat, at the cutoff and far below.
        for (frequency, want) in [(1000.0, -3.0), (50.0, 0.0)] {
            let settings = DelaySettings {
                feedback: 0.0,
                tone: 1000.0,
                ..SETTINGS
            };
            let sound = sine(frequency, 48_000.0, 1500 * TICK);
            let mut delay = prepared::<Delay>(48_000.0);
            let out = play(&mut delay, |_| settings, &sound);
            let gain = 10.0 * (power(&out[0][24_000..]) / power(&sound[24_000..])).log10();
            assert!((gain - want).abs() < 0.3, "{gain} dB at {frequency} Hz");
        }
    }

    #[test]
    fn no_jump_of_a_setting_clicks() {
        let alone = DelaySettings {
            feedback: 0.0,
            time: 0.2,
            ..SETTINGS
        };
        for time in [0.001, 0.2001, 0.1234, 0.4] {
            let bend = bend_of_jump::<Delay>(440.0, alone, DelaySettings { time, ..alone });
            assert!(bend < 1.1, "{bend} to {time} s");
        }
        for after in [
            DelaySettings {
                width: 0.0,
                ..alone
            },
            DelaySettings {
                tone: 1000.0,
                ..alone
            },
            DelaySettings {
                feedback: 0.4,
                ..alone
            },
        ] {
            let bend = bend_of_jump::<Delay>(2000.0, alone, after);
            assert!(bend < 2.0, "{bend} to {after:?}");
        }
    }

    #[test]
    fn a_time_that_moves_at_every_tick_is_followed_without_clicks_and_without_pitch() {
        let rate = 48_000.0;
        let target = |tick: usize| DelaySettings {
            time: 0.3 + 0.2 * (tick.min(1500) as f32 * 0.01).sin(),
            feedback: 0.0,
            ..SETTINGS
        };
        let sound = sine(440.0, rate, 3000 * TICK);
        let mut delay = prepared::<Delay>(rate);
        let out = play(&mut delay, target, &sound);
        let own = sharpest(&sound);
        let bend = sharpest(&out[0][1000 * TICK..]) / own;
        assert!(bend < 1.1, "{bend}");
        // Two heads on a sine give the same sine at another phase: nothing but 440 Hz comes out.
        let filtered: Vec<f32> = out[0][1000 * TICK..]
            .windows(3)
            .map(|x| x[0] + x[2] - 2.0 * (std::f32::consts::TAU * 440.0 / rate).cos() * x[1])
            .collect();
        let rest = peak(&filtered) / own;
        assert!(rest < 0.2, "{rest}");
        // Once the target rests, the delay is at the target.
        let place = (target(1500).time * rate).round() as usize;
        assert_eq!((delay.place.from(), delay.place.to()), (place, place));
    }

    #[test]
    fn what_has_become_no_number_is_cleared_at_the_next_tick() {
        let mut delay = prepared::<Delay>(48_000.0);
        play(&mut delay, |_| SETTINGS, &noise(3, 100 * TICK));
        delay.low_pass[0] = f32::NAN;
        delay.ramp_to(&SETTINGS);
        let (mut left, mut right) = ([0.5; TICK], [0.5; TICK]);
        delay.process(0, &mut left, &mut right);
        assert!(left.iter().chain(&right).all(|x| x.is_finite()));
        delay.ramp_to(&SETTINGS);
        assert!(delay.is_idle());
        assert_eq!(delay.non_finite_count(), 1);
    }

    #[test]
    fn a_nan_inside_is_gone_soon_and_never_leaves() {
        survives_nan::<Delay>(SETTINGS, |delay| delay.lines[0].poison());
        survives_nan::<Delay>(SETTINGS, |delay| delay.low_pass[1] = f32::NAN);
    }
}
