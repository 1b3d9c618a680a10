//! What is to be known of a parameter.

use super::Parameter;
use crate::rt::Style;

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// On its own sample: pitch.
    High,
    /// At the next tick: filter, levels, modulation.
    Normal,
    /// At the next tick of a coarser grid: what nobody plays.
    Low,
}

/// How plain values lie between 0 and 1, as hosts see them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Evenly.
    Linear {
        /// At 0.
        min: f32,
        /// At 1.
        max: f32,
    },
    /// By the fourth power, with most of the way given to small values.
    Skewed {
        /// At 0.
        min: f32,
        /// At 1.
        max: f32,
    },
    /// Whole numbers, evenly.
    Whole {
        /// At 0.
        min: i32,
        /// At 1.
        max: i32,
    },
}

impl Range {
    /// The exponent of [`Skewed`](Self::Skewed), from plain to normalized.
    pub const SKEW: f32 = 0.25;

    /// Both ends, in plain values.
    pub const fn ends(self) -> (f32, f32) {
        match self {
            Self::Linear { min, max } | Self::Skewed { min, max } => (min, max),
            Self::Whole { min, max } => (min as f32, max as f32),
        }
    }

    /// The nearest value in the range; the lower end for a NaN.
    pub fn clamp(self, plain: f32) -> f32 {
        let (min, max) = self.ends();
        plain.max(min).min(max)
    }

    /// Where `plain` lies, 0 to 1.
    pub fn normalize(self, plain: f32) -> f32 {
        let (min, max) = self.ends();
        let place = (self.clamp(plain) - min) / (max - min);
        match self {
            // The fourth root, by operations that are exact to the last bit on every platform: C libraries differ.
            Self::Skewed { .. } => f64::from(place).sqrt().sqrt() as f32,
            _ => place,
        }
    }

    /// The plain value at `normalized`, which is clamped to 0 to 1.
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

/// What a plain value is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Hz.
    Hertz,
    /// dB.
    Decibels,
    /// dB for each octave above middle C.
    DecibelsPerOctave,
    /// dB, of which the lowest in the range means silence.
    Level,
    /// Seconds.
    Seconds,
    /// A part of 1, written in percent.
    Percent,
    /// Semitones.
    Semitones,
    /// Cents.
    Cents,
    /// A number of things.
    Count,
    /// The number of one of these names.
    Choice(&'static [&'static str]),
    /// A wave between its whole numbers: 0 sine, 1 triangle, 2 saw, 3 pulse.
    Shape,
}

/// How a value gets where it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Smoothing {
    /// At once.
    None,
    /// In this style, within so many milliseconds; the domain in which it moves is the engine's.
    Ramp(Style, f32),
}

/// Whether a parameter is one for all, or can differ from voice to voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One value for the whole instrument.
    Global,
    /// Every voice has its own, which the modulation matrix can move.
    Voice,
    /// And hosts can modulate it note by note.
    Note,
}

/// Everything that is to be known of a [`Parameter`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Which one.
    pub parameter: Parameter,
    /// Its name in states and on the command line, for ever.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Its group for people.
    pub group: &'static str,
    /// Of plain values.
    pub unit: Unit,
    /// Of plain values.
    pub range: Range,
    /// A plain value.
    pub default: f32,
    /// When a change takes effect.
    pub priority: Priority,
    /// How it moves.
    pub smoothing: Smoothing,
    /// Whose it is.
    pub reach: Reach,
    /// Counts the additions to the table, 0 for the rows of the first version. Destinations are numbered generation by
    /// generation, so that a row added anywhere leaves those that states hold.
    pub generation: u8,
}

impl Spec {
    /// Whether hosts can modulate it note by note.
    pub const fn per_note(&self) -> bool {
        matches!(self.reach, Reach::Note)
    }

    /// Whether the modulation matrix can move it: it is a voice's, and continuous.
    pub const fn is_destination(&self) -> bool {
        !matches!(self.reach, Reach::Global) && !matches!(self.range, Range::Whole { .. })
    }
}
