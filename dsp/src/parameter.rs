//! The parameters of the instrument: one table that everything else is made from.

use crate::rt::Style;

/// A parameter. The order is that of hosts; the number is its place in a [`Patch`](crate::Patch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parameter {
    /// Transposition.
    Tune,
    /// Length of a vibrato cycle.
    VibratoRate,
    /// Vibrato at full modulation wheel.
    VibratoDepth,
    /// Ladder cutoff.
    Cutoff,
    /// Ladder resonance; self-oscillation begins at 1.
    Resonance,
    /// Gain into the ladder's saturation.
    Drive,
    /// How far the cutoff follows the key.
    Keytrack,
    /// What the envelope adds to the cutoff at its peak.
    FilterEnv,
    /// Envelope attack.
    Attack,
    /// Envelope decay.
    Decay,
    /// Envelope sustain level.
    Sustain,
    /// Envelope release.
    Release,
    /// How much velocity matters to loudness.
    Velocity,
    /// Bend range of the wheel, and of the master channel under MPE.
    BendRange,
    /// Most notes at once.
    Voices,
    /// Which MPE zone is on.
    MpeZone,
    /// Member channels of the zone.
    MpeChannels,
    /// Bend range of the member channels.
    MpeBendRange,
    /// Gain of the External input.
    External,
    /// Gain of everything.
    Volume,
}

use Parameter::*;

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
            Self::Skewed { .. } => place.powf(Self::SKEW),
            _ => place,
        }
    }

    /// The plain value at `normalized`, which is clamped to 0 to 1.
    pub fn plain(self, normalized: f32) -> f32 {
        let (min, max) = self.ends();
        let normalized = linear(0.0, 1.0).clamp(normalized);
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
}

/// How a value gets where it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Smoothing {
    /// At once.
    None,
    /// In this style, within so many milliseconds; the domain in which it moves is the engine's.
    Ramp(Style, f32),
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
    /// Whether every note can have its own modulation of it.
    pub per_note: bool,
}

const fn spec(
    parameter: Parameter,
    (id, name, group): (&'static str, &'static str, &'static str),
    unit: Unit,
    range: Range,
    default: f32,
    priority: Priority,
    smoothing: Smoothing,
) -> Spec {
    Spec {
        parameter,
        id,
        name,
        group,
        unit,
        range,
        default,
        priority,
        smoothing,
        per_note: false,
    }
}

impl Spec {
    const fn per_note(self) -> Self {
        Self {
            per_note: true,
            ..self
        }
    }
}

const fn linear(min: f32, max: f32) -> Range {
    Range::Linear { min, max }
}

const fn skewed(min: f32, max: f32) -> Range {
    Range::Skewed { min, max }
}

const fn whole(min: i32, max: i32) -> Range {
    Range::Whole { min, max }
}

/// Most MPE members: all channels but the master's.
const MEMBERS: i32 = 15;
/// Names of the lengths of notes, and the lengths in quarter notes.
const NOTE_NAMES: [&str; 8] = ["1/1", "1/2", "1/4", "1/4T", "1/8", "1/8T", "1/16", "1/32"];
const NOTE_BEATS: [f32; 8] = [4.0, 2.0, 1.0, 2.0 / 3.0, 0.5, 1.0 / 3.0, 0.25, 0.125];
const ZONES: [&str; 3] = ["Off", "Lower", "Upper"];

const SMOOTH: Smoothing = Smoothing::Ramp(Style::Linear, 20.0);
const GLIDE: Smoothing = Smoothing::Ramp(Style::Logarithmic, 20.0);
const STEP: Smoothing = Smoothing::None;

/// The table. What is not said here of a parameter is said nowhere.
#[rustfmt::skip]
const SPECS: [Spec; Parameter::COUNT] = {
    use Priority::{High, Low, Normal};
    use Unit::{Cents, Choice, Count, Decibels, Hertz, Level, Percent, Seconds, Semitones};
    [
        spec(Tune, ("tune", "Tune", "Oscillator"), Semitones, linear(-24.0, 24.0), 0.0, High, STEP).per_note(),
        spec(VibratoRate, ("vibrato_rate", "Vibrato Rate", "Oscillator"), Choice(&NOTE_NAMES), whole(0, 7), 5.0, Low, STEP),
        spec(VibratoDepth, ("vibrato_depth", "Vibrato Depth", "Oscillator"), Cents, linear(0.0, 200.0), 30.0, Normal, SMOOTH).per_note(),
        spec(Cutoff, ("cutoff", "Cutoff", "Filter"), Hertz, skewed(20.0, 20_000.0), 1200.0, Normal, SMOOTH).per_note(),
        spec(Resonance, ("resonance", "Resonance", "Filter"), Percent, linear(0.0, 1.0), 0.2, Normal, SMOOTH).per_note(),
        spec(Drive, ("drive", "Drive", "Filter"), Decibels, linear(-12.0, 24.0), 0.0, Normal, GLIDE).per_note(),
        spec(Keytrack, ("keytrack", "Key Track", "Filter"), Percent, linear(0.0, 1.0), 0.5, Normal, SMOOTH).per_note(),
        spec(FilterEnv, ("filter_env", "Envelope Amount", "Filter"), Semitones, linear(-60.0, 60.0), 30.0, Normal, SMOOTH).per_note(),
        spec(Attack, ("attack", "Attack", "Envelope"), Seconds, skewed(0.0, 10.0), 0.004, Normal, STEP),
        spec(Decay, ("decay", "Decay", "Envelope"), Seconds, skewed(0.001, 20.0), 0.8, Normal, STEP),
        spec(Sustain, ("sustain", "Sustain", "Envelope"), Percent, linear(0.0, 1.0), 0.5, Normal, SMOOTH).per_note(),
        spec(Release, ("release", "Release", "Envelope"), Seconds, skewed(0.001, 20.0), 0.3, Normal, STEP),
        spec(Velocity, ("velocity", "Velocity", "Voice"), Percent, linear(0.0, 1.0), 0.7, Low, STEP),
        spec(BendRange, ("bend_range", "Bend Range", "Voice"), Semitones, whole(0, 48), 2.0, Normal, STEP),
        spec(Voices, ("voices", "Voices", "Voice"), Count, whole(1, crate::synth::MAX_VOICES as i32), 16.0, Low, STEP),
        spec(MpeZone, ("mpe_zone", "MPE Zone", "Voice"), Choice(&ZONES), whole(0, 2), 0.0, Low, STEP),
        spec(MpeChannels, ("mpe_channels", "MPE Channels", "Voice"), Count, whole(1, MEMBERS), 15.0, Low, STEP),
        spec(MpeBendRange, ("mpe_bend_range", "MPE Bend Range", "Voice"), Semitones, whole(0, 96), 48.0, Normal, STEP),
        spec(External, ("external", "External", "Output"), Level, linear(-60.0, 12.0), -60.0, Normal, SMOOTH),
        spec(Volume, ("volume", "Volume", "Output"), Level, linear(-60.0, 6.0), -6.0, Normal, SMOOTH),
    ]
};

impl Parameter {
    /// How many there are.
    pub const COUNT: usize = Volume as usize + 1;

    /// Each of them, in order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        SPECS.iter().map(|spec| spec.parameter)
    }

    /// The parameter with this place in the order.
    pub fn at(index: usize) -> Option<Self> {
        SPECS.get(index).map(|spec| spec.parameter)
    }

    /// The parameter that states call `id`.
    pub fn named(id: &str) -> Option<Self> {
        Self::all().find(|parameter| parameter.spec().id == id)
    }

    /// Everything about it.
    pub fn spec(self) -> &'static Spec {
        &SPECS[self as usize]
    }

    /// `plain`, taken into the range, as the engine computes with it and as it moves: a cutoff as a
    /// pitch (MIDI keys), levels as linear gains, cents as semitones, lengths of notes in quarter notes.
    pub(crate) fn engine_value(self, plain: f32) -> f32 {
        let spec = self.spec();
        let plain = spec.range.clamp(plain);
        match (self, spec.unit) {
            (VibratoRate, _) => NOTE_BEATS[(plain as usize).min(NOTE_BEATS.len() - 1)],
            (_, Unit::Hertz) => 69.0 + 12.0 * (plain / 440.0).log2(),
            (_, Unit::Level) if plain <= spec.range.ends().0 => 0.0,
            (_, Unit::Level | Unit::Decibels) => 10.0_f32.powf(plain / 20.0),
            (_, Unit::Cents) => plain / 100.0,
            _ => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_names_nothing_twice() {
        for (index, spec) in SPECS.iter().enumerate() {
            assert_eq!(spec.parameter as usize, index, "{}", spec.id);
            assert_eq!(Parameter::named(spec.id), Some(spec.parameter));
            assert_eq!(spec.range.clamp(spec.default), spec.default, "{}", spec.id);
            if let Unit::Choice(names) = spec.unit {
                assert_eq!(spec.range.ends(), (0.0, names.len() as f32 - 1.0));
            }
        }
        assert_eq!(Parameter::at(Parameter::COUNT), None);
    }

    #[test]
    fn ranges_go_both_ways_and_keep_their_ends() {
        for spec in &SPECS {
            let (min, max) = spec.range.ends();
            assert_eq!(spec.range.plain(0.0), min, "{}", spec.id);
            assert_eq!(spec.range.plain(1.0), max, "{}", spec.id);
            assert_eq!(spec.range.plain(f32::NAN), min, "{}", spec.id);
            let back = spec.range.plain(spec.range.normalize(spec.default));
            let error = (back - spec.default).abs() / (max - min);
            assert!(error < 1e-6, "{}: {back}", spec.id);
        }
    }

    #[test]
    fn the_engine_computes_with_gains_and_pitches() {
        assert_eq!(Cutoff.engine_value(440.0), 69.0);
        assert_eq!(Volume.engine_value(-60.0), 0.0);
        assert!((Volume.engine_value(-6.0) - 0.501_187).abs() < 1e-6);
        assert_eq!(Drive.engine_value(0.0), 1.0);
        assert_eq!(VibratoDepth.engine_value(50.0), 0.5);
        assert_eq!(VibratoRate.engine_value(5.0), 1.0 / 3.0);
        assert_eq!(Sustain.engine_value(f32::INFINITY), 1.0);
        assert_eq!(Sustain.engine_value(f32::NAN), 0.0);
    }
}
