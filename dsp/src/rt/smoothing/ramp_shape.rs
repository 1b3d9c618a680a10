//! Shape of a control's ramps: the styles, and the curve from one value to another.

use crate::rt::TICK;

/// Remaining part of the distance after a one-pole's time, at which it counts as settled (99.99 %): the convention of
/// nice-plug and many others.
const REMAINDER: f64 = 1e-4;

/// Maximum number of ticks, which `f32` still counts down exactly; more than three hours at 48 kHz.
const MAX_TICKS: u32 = 1 << 24;

/// Curve along which a control moves to its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Equal steps, a straight line.
    #[default]
    Linear,
    /// Response of a one-pole lowpass: fast at first, then ever slower. Stretched by the 0.01 % that a one-pole would
    /// leave, so that it arrives without a jump.
    Exponential,
    /// Equal ratios, for quantities that are perceived as ratios. Ramps from, to or across 0, which have no ratio, are
    /// linear.
    Logarithmic,
}

/// Style and length of a control's ramps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    style: Style,
    ticks: u32,
    /// See [`RampCurve`]: the decay of a one-pole depends on the length alone.
    decay: f32,
}

impl Shape {
    pub(super) fn new(style: Style, ticks: u32) -> Self {
        let ticks = ticks.min(MAX_TICKS);
        Self {
            style,
            ticks,
            decay: growth(REMAINDER, ticks.max(1).into()),
        }
    }

    /// Returns the curve of a ramp that starts at a tick.
    pub(super) fn course(&self, from: f32, to: f32) -> RampCurve {
        let ticks = self.ticks.max(1);
        self.course_after(from, to, 0.0, ticks)
    }

    /// Returns the curve of a ramp that starts `phase` samples into the running tick and arrives when the shape's ticks
    /// have passed after it, and the value at the end of the running tick.
    pub(super) fn course_within(&self, from: f32, to: f32, phase: usize) -> (RampCurve, f32) {
        let gone = (TICK - phase) as f64 / TICK as f64;
        let course = self.course_after(from, to, gone, self.ticks);
        let end = if self.ticks == 0 {
            to
        } else {
            // Rounding must not carry the value past its target, here as in `ControlBlock`.
            course.value().clamp(from.min(to), from.max(to))
        };
        (course, end)
    }

    /// Returns the rest of a curve of `gone` plus `ticks` ticks, after `gone` has passed.
    fn course_after(&self, from: f32, to: f32, gone: f64, ticks: u32) -> RampCurve {
        let length = gone + f64::from(ticks);
        let way = f64::from(to) - f64::from(from);
        let ratio = f64::from(to) / f64::from(from);
        match self.style {
            Style::Exponential => {
                let scale = -way * (1.0 / (1.0 - REMAINDER));
                let (curve, decay) = if gone == 0.0 {
                    (1.0, self.decay)
                } else {
                    (
                        REMAINDER.powf(gone / length) as f32,
                        growth(REMAINDER, length),
                    )
                };
                RampCurve {
                    curve,
                    decay,
                    add: 0.0,
                    base: (f64::from(from) - scale) as f32,
                    scale: scale as f32,
                    ticks,
                }
            }
            Style::Logarithmic if ratio > 0.0 && ratio.is_finite() => RampCurve {
                curve: if gone == 0.0 {
                    1.0
                } else {
                    ratio.powf(gone / length) as f32
                },
                decay: growth(ratio, length),
                add: 0.0,
                base: 0.0,
                scale: from,
                ticks,
            },
            Style::Linear | Style::Logarithmic => RampCurve {
                curve: ticks as f32,
                decay: 0.0,
                add: -1.0,
                base: to,
                scale: (-way / length) as f32,
                ticks,
            },
        }
    }
}

/// Curve of one control: its value is `base + scale * curve`, and `curve` becomes `curve + (curve * decay + add)` in each
/// tick.
///
/// The recurrence is the same for all styles, so that controls of different styles advance side by side. A linear ramp
/// counts its ticks down instead of summing its steps, and the others add the small change instead of multiplying by a
/// factor near 1, so that no error grows with the length.
#[derive(Clone, Copy, Debug)]
pub(super) struct RampCurve {
    pub(super) curve: f32,
    pub(super) decay: f32,
    pub(super) add: f32,
    pub(super) base: f32,
    pub(super) scale: f32,
    /// Number of ticks to the target.
    pub(super) ticks: u32,
}

impl RampCurve {
    /// Curve that ends after one tick, whatever the target.
    pub(super) const ONE_TICK: Self = Self {
        curve: 0.0,
        decay: 0.0,
        add: 0.0,
        base: 0.0,
        scale: 0.0,
        ticks: 1,
    };

    /// Returns the present value.
    fn value(&self) -> f32 {
        self.base + self.scale * self.curve
    }
}

/// Returns the relative change of a curve per tick that changes it by `ratio` in `ticks` ticks.
fn growth(ratio: f64, ticks: f64) -> f32 {
    (ratio.powf(ticks.recip()) - 1.0) as f32
}
