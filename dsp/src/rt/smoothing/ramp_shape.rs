//! How a control travels: the styles, and the course from one value to another.

use crate::rt::TICK;

/// What is left of the way after a one-pole's time: the convention that nice-plug and many others
/// share, by which it is 99.99 % there.
const REMAINDER: f64 = 1e-4;

/// The most ticks that `f32` counts down exactly; at 48 kHz more than three hours.
const MAX_TICKS: u32 = 1 << 24;

/// Along what curve a control moves to its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// In equal steps.
    #[default]
    Linear,
    /// As a one-pole lowpass would: fast at first, then ever slower. Stretched by the 0.01 % that a
    /// one-pole would leave, so that it arrives without a jump.
    Exponential,
    /// In equal ratios, for what is heard as ratios. Where there is none, from, to or across 0, it moves
    /// linearly.
    Logarithmic,
}

/// The style of a control and how long its way takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    style: Style,
    ticks: u32,
    /// See [`RampCurve`]: what a one-pole's is depends on the length alone.
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

    /// The course that starts at a tick.
    pub(super) fn course(&self, from: f32, to: f32) -> RampCurve {
        let ticks = self.ticks.max(1);
        self.course_after(from, to, 0.0, ticks)
    }

    /// The course that starts `phase` samples into the running tick and arrives when the shape's ticks have
    /// passed after it. Also the value at the end of the running tick.
    pub(super) fn course_within(&self, from: f32, to: f32, phase: usize) -> (RampCurve, f32) {
        let gone = (TICK - phase) as f64 / TICK as f64;
        let course = self.course_after(from, to, gone, self.ticks);
        let end = if self.ticks == 0 {
            to
        } else {
            // As everywhere, rounding must not carry it further than it is bound for.
            course.value().clamp(from.min(to), from.max(to))
        };
        (course, end)
    }

    /// The rest of a course of `gone` and `ticks` ticks, when it has gone through the first.
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

/// The way of one control: `base + scale * curve`, where `curve` goes on to
/// `curve + (curve * decay + add)` with each tick.
///
/// One recurrence for all styles, so that controls of any style advance side by side. A line counts its
/// ticks down instead of adding up its steps, and the others add the little that changes instead of
/// multiplying by a factor near 1: so no error grows with the length.
#[derive(Clone, Copy, Debug)]
pub(super) struct RampCurve {
    pub(super) curve: f32,
    pub(super) decay: f32,
    pub(super) add: f32,
    pub(super) base: f32,
    pub(super) scale: f32,
    /// How many ticks it takes to the target.
    pub(super) ticks: u32,
}

impl RampCurve {
    /// The course that is over after one tick, wherever it leads.
    pub(super) const ONE_TICK: Self = Self {
        curve: 0.0,
        decay: 0.0,
        add: 0.0,
        base: 0.0,
        scale: 0.0,
        ticks: 1,
    };

    /// Where it is now.
    fn value(&self) -> f32 {
        self.base + self.scale * self.curve
    }
}

/// What is added to a curve in each tick, as a share of itself, if it is to change by `ratio` in so many.
fn growth(ratio: f64, ticks: f64) -> f32 {
    (ratio.powf(ticks.recip()) - 1.0) as f32
}
