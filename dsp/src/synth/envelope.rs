//! An ADSR envelope of exponential segments, as an analogue one charges and discharges a capacitor.

/// How far beyond its goal an attack aims, so that it arrives in finite time.
const ATTACK_OVERSHOOT: f32 = 1.25;
/// How far below zero a release aims: it is over when it has fallen by 60 dB and crosses zero.
const RELEASE_UNDERSHOOT: f32 = 0.001;
/// Seconds in which a stolen or choked voice fades.
const FADE_SECONDS: f32 = 0.003;

/// The times of an envelope in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// From nothing to the peak.
    pub attack: f32,
    /// From the peak to within 60 dB of the sustain level.
    pub decay: f32,
    /// From the peak to nothing.
    pub release: f32,
}

/// The times of an envelope as what one sample needs; shared by all voices.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnvelopeRates {
    attack: f32,
    decay: f32,
    release: f32,
    fade: f32,
}

impl EnvelopeRates {
    /// Rates for `times` at `sample_rate`. Times shorter than one sample count as one.
    pub fn new(times: Times, sample_rate: f32) -> Self {
        let samples = |seconds: f32| (seconds * sample_rate).max(1.0);
        let toward = |ratio: f32, seconds: f32| 1.0 - (-ratio.ln() / samples(seconds)).exp();
        Self {
            attack: toward(ATTACK_OVERSHOOT / (ATTACK_OVERSHOOT - 1.0), times.attack),
            decay: toward(1000.0, times.decay),
            release: toward(
                (1.0 + RELEASE_UNDERSHOOT) / RELEASE_UNDERSHOOT,
                times.release,
            ),
            fade: 1.0 / samples(FADE_SECONDS),
        }
    }
}

impl EnvelopeRates {
    /// What one sample takes off full level when a voice has to go within 3 ms.
    pub fn fade(&self) -> f32 {
        self.fade
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Attack,
    Decay,
    Release,
    Fade,
    Done,
}

/// One envelope, 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Envelope {
    stage: Stage,
    level: f32,
}

impl Default for Envelope {
    fn default() -> Self {
        Self {
            stage: Stage::Done,
            level: 0.0,
        }
    }
}

impl Envelope {
    /// At the foot of its attack.
    pub fn started() -> Self {
        Self {
            stage: Stage::Attack,
            level: 0.0,
        }
    }

    /// Lets go.
    pub fn release(&mut self) {
        if self.held() {
            self.stage = Stage::Release;
        }
    }

    /// Falls to nothing within 3 ms.
    pub fn fade(&mut self) {
        if self.stage != Stage::Done {
            self.stage = Stage::Fade;
        }
    }

    /// Whether the key still holds it.
    pub fn held(&self) -> bool {
        matches!(self.stage, Stage::Attack | Stage::Decay)
    }

    /// Whether it was told to [`fade`](Self::fade).
    pub fn fading(&self) -> bool {
        self.stage == Stage::Fade
    }

    /// Whether it is over, and stays at 0.
    pub fn done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// The last value.
    pub fn level(&self) -> f32 {
        self.level
    }

    /// The next value.
    #[inline(always)]
    pub fn next(&mut self, rates: &EnvelopeRates, sustain: f32) -> f32 {
        match self.stage {
            Stage::Attack => {
                self.level += (ATTACK_OVERSHOOT - self.level) * rates.attack;
                if self.level >= 1.0 {
                    self.level = 1.0;
                    self.stage = Stage::Decay;
                }
            }
            Stage::Decay => self.level += (sustain - self.level) * rates.decay,
            Stage::Release => {
                self.level += (-RELEASE_UNDERSHOOT - self.level) * rates.release;
                self.end_at_zero();
            }
            Stage::Fade => {
                self.level -= rates.fade;
                self.end_at_zero();
            }
            Stage::Done => {}
        }
        self.level
    }

    fn end_at_zero(&mut self) {
        if self.level <= 0.0 {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    fn samples_until(
        envelope: &mut Envelope,
        rates: &EnvelopeRates,
        sustain: f32,
        end: impl Fn(&Envelope) -> bool,
    ) -> f32 {
        (1..10_000_000)
            .find(|_| {
                envelope.next(rates, sustain);
                end(envelope)
            })
            .expect("the stage ends") as f32
    }

    #[test]
    fn every_stage_takes_its_time() {
        let times = Times {
            attack: 0.05,
            decay: 0.2,
            release: 0.4,
        };
        let rates = EnvelopeRates::new(times, RATE);
        let mut envelope = Envelope::started();
        let attack = samples_until(&mut envelope, &rates, 0.5, |e| e.level() >= 1.0);
        assert!((attack / RATE / times.attack - 1.0).abs() < 0.01);
        let decay = samples_until(&mut envelope, &rates, 0.5, |e| e.level() <= 0.5005);
        assert!((decay / RATE / times.decay - 1.0).abs() < 0.01);
        envelope.level = 1.0;
        envelope.release();
        let release = samples_until(&mut envelope, &rates, 0.5, Envelope::done);
        assert!((release / RATE / times.release - 1.0).abs() < 0.01);
        assert_eq!(envelope.level(), 0.0);
    }

    #[test]
    fn the_first_sample_is_not_zero_even_in_the_slowest_attack() {
        let times = Times {
            attack: 20.0,
            decay: 1.0,
            release: 1.0,
        };
        let rates = EnvelopeRates::new(times, 768_000.0);
        assert!(Envelope::started().next(&rates, 0.5) > 0.0);
    }

    #[test]
    fn a_fade_is_a_straight_line_of_three_milliseconds() {
        let rates = EnvelopeRates::new(
            Times {
                attack: 0.0,
                decay: 1.0,
                release: 10.0,
            },
            RATE,
        );
        let mut envelope = Envelope::started();
        envelope.next(&rates, 1.0);
        envelope.fade();
        let fade = samples_until(&mut envelope, &rates, 1.0, Envelope::done);
        assert!((fade - 144.0).abs() <= 1.0, "{fade} samples");
    }
}
