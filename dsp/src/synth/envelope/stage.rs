//! Stages of an envelope: their order, and their lengths and targets by the controls.

use super::EnvelopeControls;

/// Maximum time in seconds.
const LONGEST: f32 = 100.0;
/// Bend of a curve of 1: factors of e in 60 dB.
const BEND: f64 = 3.0 * std::f64::consts::LN_10;
/// Fade time in seconds of a stolen or choked voice.
const FADE_SECONDS: f64 = 0.003;

/// Stage of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Started, before its controls have been read.
    Start,
    Delay,
    Attack,
    Hold,
    Decay,
    Sustain,
    Release,
    Fade,
    Done,
}

/// Length, curve and target of a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    /// Length in samples; infinite if the stage waits for an event.
    pub(super) samples: f64,
    /// Number of times that the slope falls by a factor of e within that time.
    pub(super) bend: f64,
    /// Level on the last sample.
    pub(super) target: f64,
}

impl Plan {
    /// Waits at 0.
    pub(super) const AT_REST: Self = Self {
        samples: f64::INFINITY,
        bend: 0.0,
        target: 0.0,
    };
}

impl Stage {
    /// Returns the stage after this one.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Start => Self::Delay,
            Self::Delay => Self::Attack,
            Self::Attack => Self::Hold,
            Self::Hold => Self::Decay,
            Self::Decay | Self::Sustain => Self::Sustain,
            Self::Release | Self::Fade | Self::Done => Self::Done,
        }
    }

    /// Returns the plan of this stage by `controls` for `lane`, which is at `level`.
    pub(super) fn plan<const N: usize>(
        self,
        controls: &EnvelopeControls<N>,
        lane: usize,
        sample_rate: f32,
        level: f64,
    ) -> Plan {
        let rate = f64::from(sample_rate);
        let samples =
            |seconds: f32| (f64::from(within(seconds, 0.0, LONGEST)) * rate + 0.5).floor();
        let waiting = |samples, target| Plan {
            samples,
            bend: 0.0,
            target,
        };
        // A stage that moves needs at least one sample to reach its target.
        let moving = |seconds: f32, curve: f32, target| Plan {
            samples: samples(seconds).max(1.0),
            bend: BEND * f64::from(within(curve, -1.0, 1.0)),
            target,
        };
        let sustain = f64::from(within(controls.sustain.0[lane], 0.0, 1.0));
        match self {
            Self::Start => waiting(0.0, level),
            Self::Delay => waiting(samples(controls.delay.0[lane]), level),
            Self::Attack => moving(controls.attack.0[lane], controls.attack_curve.0[lane], 1.0),
            Self::Hold => waiting(samples(controls.hold.0[lane]), level),
            Self::Decay => moving(
                controls.decay.0[lane],
                controls.decay_curve.0[lane],
                sustain,
            ),
            Self::Sustain => waiting(f64::INFINITY, sustain),
            Self::Release => moving(
                controls.release.0[lane],
                controls.release_curve.0[lane],
                0.0,
            ),
            Self::Fade => waiting((FADE_SECONDS * rate).floor().max(1.0), 0.0),
            Self::Done => Plan::AT_REST,
        }
    }
}

/// Clamps `value`; a NaN becomes the lower end.
fn within(value: f32, least: f32, most: f32) -> f32 {
    value.max(least).min(most)
}
