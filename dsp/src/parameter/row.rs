//! Constructors for the rows of the table: the usual combinations of unit, range, reach and smoothing.

use super::Parameter;
pub(super) use super::spec::Unit::{
    Cents, Choice, Count, Decibels, DecibelsPerOctave, Hertz, Level, Percent, Seconds, Semitones,
    Shape,
};
use super::spec::{Priority, Range, Reach, Smoothing, Spec, Unit};
use crate::rt::Style;

const SMOOTH: Smoothing = Smoothing::Ramp(Style::Linear, 20.0);

/// Lower end of a level's range, which means silence.
pub(super) const OFF: f32 = -60.0;

/// One value for the whole instrument, smoothed linearly over 20 ms from the next tick on. The block sets its name.
pub(super) const fn global(unit: Unit, range: Range, default: f32) -> Spec {
    Spec {
        parameter: Parameter(0),
        id: "",
        name: "",
        group: "",
        unit,
        range,
        default,
        priority: Priority::Normal,
        smoothing: SMOOTH,
        reach: Reach::Global,
        generation: 0,
    }
}

/// Value for each voice; otherwise like [`global`].
pub(super) const fn voice(unit: Unit, range: Range, default: f32) -> Spec {
    Spec {
        reach: Reach::Voice,
        ..global(unit, range, default)
    }
}

/// Value for each voice that hosts can modulate note by note; otherwise like [`global`].
pub(super) const fn note(unit: Unit, range: Range, default: f32) -> Spec {
    Spec {
        reach: Reach::Note,
        ..global(unit, range, default)
    }
}

/// One of `names` for the whole instrument, without smoothing.
pub(super) const fn choice(names: &'static [&'static str], default: usize) -> Spec {
    let range = whole(0, names.len() as i32 - 1);
    global(Choice(names), range, default as f32).step()
}

/// Level of each voice in the mixer or a send, up to 12 dB.
pub(super) const fn level(default: f32) -> Spec {
    voice(Level, linear(OFF, 12.0), default)
}

/// Pan of each voice.
pub(super) const fn pan() -> Spec {
    voice(Percent, linear(-1.0, 1.0), 0.0)
}

pub(super) const fn linear(min: f32, max: f32) -> Range {
    Range::Linear { min, max }
}

pub(super) const fn skewed(min: f32, max: f32) -> Range {
    Range::Skewed { min, max }
}

pub(super) const fn whole(min: i32, max: i32) -> Range {
    Range::Whole { min, max }
}

impl Spec {
    /// Without smoothing.
    pub(super) const fn step(self) -> Self {
        Self {
            smoothing: Smoothing::None,
            ..self
        }
    }

    /// Smoothed in equal ratios.
    pub(super) const fn ratios(self) -> Self {
        Self {
            smoothing: Smoothing::Ramp(Style::Logarithmic, 20.0),
            ..self
        }
    }

    pub(super) const fn high(self) -> Self {
        Self {
            priority: Priority::High,
            ..self
        }
    }

    pub(super) const fn low(self) -> Self {
        Self {
            priority: Priority::Low,
            ..self
        }
    }

    pub(super) const fn named(
        self,
        id: &'static str,
        name: &'static str,
        group: &'static str,
    ) -> Self {
        Self {
            id,
            name,
            group,
            ..self
        }
    }
}
