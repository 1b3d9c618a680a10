//! The stages of an envelope: what follows on what, and what the controls want of each.

use super::EnvelopeControls;

/// The longest time in seconds.
const LONGEST: f32 = 100.0;
/// How often a curve of 1 falls to one part in e: 60 dB.
const BEND: f64 = 3.0 * std::f64::consts::LN_10;
/// Seconds in which a stolen or choked voice fades.
const FADE_SECONDS: f64 = 0.003;

/// Where in its life an envelope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Has begun, and not heard its controls yet.
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

/// A stage as the controls want it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    /// Samples that it takes; infinite if it waits for something to happen.
    pub(super) samples: f64,
    /// How many times what is still to go falls to one part in e in that time.
    pub(super) bend: f64,
    /// The level on its last sample.
    pub(super) target: f64,
}

impl Plan {
    /// Waits on 0.
    pub(super) const AT_REST: Self = Self {
        samples: f64::INFINITY,
        bend: 0.0,
        target: 0.0,
    };
}

impl Stage {
    /// The stage after this one, once its samples are over.
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

    /// What `controls` want of this stage in `lane`, which is at `level`.
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
        // Something that moves has to arrive, for which it needs a sample.
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

/// `value` taken into a range; its lower end for a NaN.
fn within(value: f32, least: f32, most: f32) -> f32 {
    value.max(least).min(most)
}
