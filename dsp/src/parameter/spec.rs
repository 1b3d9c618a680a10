//! Specification of a parameter: identity, unit, range, smoothing and reach.

use super::Parameter;
use crate::rt::Style;

/// Time at which a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// On the change's own sample: pitch.
    High,
    /// At the next tick: filter, levels, modulation.
    Normal,
    /// At the next tick of a coarser grid: settings that are not played.
    Low,
}

/// Mapping from plain values to the normalized range, 0 to 1, of hosts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Linear.
    Linear {
        /// Plain value at 0.
        min: f32,
        /// Plain value at 1.
        max: f32,
    },
    /// Fourth power of the normalized value, which gives most of the range to small values.
    Skewed {
        /// Plain value at 0.
        min: f32,
        /// Plain value at 1.
        max: f32,
    },
    /// Whole numbers, evenly spaced.
    Whole {
        /// Plain value at 0.
        min: i32,
        /// Plain value at 1.
        max: i32,
    },
}

impl Range {
    /// Exponent of [`Skewed`](Self::Skewed), from plain to normalized.
    pub const SKEW: f32 = 0.25;

    /// Minimum and maximum, as plain values.
    pub const fn ends(self) -> (f32, f32) {
        match self {
            Self::Linear { min, max } | Self::Skewed { min, max } => (min, max),
            Self::Whole { min, max } => (min as f32, max as f32),
        }
    }

    /// Returns the nearest value in the range; the minimum for a NaN.
    pub fn clamp(self, plain: f32) -> f32 {
        let (min, max) = self.ends();
        plain.max(min).min(max)
    }

    /// Returns the normalized value of `plain`, 0 to 1.
    pub fn normalize(self, plain: f32) -> f32 {
        let (min, max) = self.ends();
        let place = (self.clamp(plain) - min) / (max - min);
        match self {
            // Fourth root by operations that are exact to the last bit on every platform; C libraries differ.
            Self::Skewed { .. } => f64::from(place).sqrt().sqrt() as f32,
            _ => place,
        }
    }

    /// Returns the plain value at `normalized`, which is clamped to 0 to 1.
    pub fn plain(self, normalized: f32) -> f32 {
        let (min, max) = self.ends();
        let normalized = normalized.max(0.0).min(1.0);
        match self {
            Self::Linear { .. } => min + (max - min) * normalized,
            Self::Skewed { .. } => min + (max - min) * (normalized * normalized).powi(2),
            Self::Whole { .. } => (min + (max - min) * normalized).round(),
        }
    }
}

/// Unit of a plain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Hz.
    Hertz,
    /// dB.
    Decibels,
    /// dB for each octave above middle C.
    DecibelsPerOctave,
    /// dB; the minimum of the range means silence.
    Level,
    /// Seconds.
    Seconds,
    /// Fraction of 1, shown in percent.
    Percent,
    /// Semitones.
    Semitones,
    /// Cents.
    Cents,
    /// Dimensionless number.
    Count,
    /// Index into these names.
    Choice(&'static [&'static str]),
    /// Waveform, blended between whole numbers: 0 sine, 1 triangle, 2 saw, 3 pulse.
    Shape,
}

/// Smoothing of a parameter's changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Smoothing {
    /// No smoothing.
    None,
    /// Ramp in this style over this many milliseconds, in the engine's unit.
    Ramp(Style, f32),
}

/// Scope of a parameter's value: the instrument, a voice or a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One value for the whole instrument.
    Global,
    /// One value for each voice, which the modulation matrix can move.
    Voice,
    /// One value for each voice, which hosts can also modulate note by note.
    Note,
}

/// Everything that is fixed about a [`Parameter`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Parameter of this row.
    pub parameter: Parameter,
    /// Permanent identifier in states and on the command line.
    pub id: &'static str,
    /// Display name.
    pub name: &'static str,
    /// Display name of the group.
    pub group: &'static str,
    /// Unit of plain values.
    pub unit: Unit,
    /// Range of plain values.
    pub range: Range,
    /// Default as a plain value.
    pub default: f32,
    /// Time at which a change takes effect.
    pub priority: Priority,
    /// Smoothing of changes.
    pub smoothing: Smoothing,
    /// Scope of the value.
    pub reach: Reach,
    /// Version of the table that added the row, 0 for the first. Destinations are numbered generation by generation, so
    /// that a row added anywhere keeps the numbers stored in states.
    pub generation: u8,
}

impl Spec {
    /// Returns true if hosts can modulate the parameter note by note.
    pub const fn per_note(&self) -> bool {
        matches!(self.reach, Reach::Note)
    }

    /// Returns true if the modulation matrix can move the parameter: it is per voice and continuous.
    pub const fn is_destination(&self) -> bool {
        !matches!(self.reach, Reach::Global) && !matches!(self.range, Range::Whole { .. })
    }
}
