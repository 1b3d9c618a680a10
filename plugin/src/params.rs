//! The parameters: what hosts automate and states keep. Ids are for ever.

mod state;
mod text;

use nice_plug::prelude::*;
use tidepool_dsp::Patch;
use tidepool_dsp::synth::MAX_VOICES;

pub use state::make_loadable;
pub use text::Unit;

/// All parameters, in groups as hosts and the editor show them.
#[derive(Params)]
pub struct TidepoolParams {
    /// Pitch and its vibrato.
    #[nested(group = "Oscillator")]
    pub oscillator: OscillatorParams,
    /// The ladder.
    #[nested(group = "Filter")]
    pub filter: FilterParams,
    /// The one envelope.
    #[nested(group = "Envelope")]
    pub envelope: EnvelopeParams,
    /// How keys become voices.
    #[nested(group = "Voice")]
    pub voice: VoiceParams,
    /// What leaves.
    #[nested(group = "Output")]
    pub output: OutputParams,
}

/// Pitch and its vibrato.
#[derive(Params)]
pub struct OscillatorParams {
    /// Transposition in semitones.
    #[id = "tune"]
    pub tune: FloatParam,
    /// Length of a vibrato cycle.
    #[id = "vibrato_rate"]
    pub vibrato_rate: EnumParam<NoteLength>,
    /// Vibrato at full modulation wheel, in cents.
    #[id = "vibrato_depth"]
    pub vibrato_depth: FloatParam,
}

/// The ladder.
#[derive(Params)]
pub struct FilterParams {
    /// Cutoff in Hz.
    #[id = "cutoff"]
    pub cutoff: FloatParam,
    /// 0 to 1.
    #[id = "resonance"]
    pub resonance: FloatParam,
    /// Gain into the saturation, in dB.
    #[id = "drive"]
    pub drive: FloatParam,
    /// 0 to 1.
    #[id = "keytrack"]
    pub keytrack: FloatParam,
    /// In semitones.
    #[id = "filter_env"]
    pub filter_env: FloatParam,
}

/// The one envelope.
#[derive(Params)]
pub struct EnvelopeParams {
    /// In seconds.
    #[id = "attack"]
    pub attack: FloatParam,
    /// In seconds.
    #[id = "decay"]
    pub decay: FloatParam,
    /// 0 to 1.
    #[id = "sustain"]
    pub sustain: FloatParam,
    /// In seconds.
    #[id = "release"]
    pub release: FloatParam,
}

/// How keys become voices.
#[derive(Params)]
pub struct VoiceParams {
    /// How much velocity matters to loudness, 0 to 1.
    #[id = "velocity"]
    pub velocity: FloatParam,
    /// In semitones.
    #[id = "bend_range"]
    pub bend_range: IntParam,
    /// Most notes at once.
    #[id = "voices"]
    pub voices: IntParam,
}

/// What leaves.
#[derive(Params)]
pub struct OutputParams {
    /// Level of the External input, in dB.
    #[id = "external"]
    pub external: FloatParam,
    /// Level of everything, in dB.
    #[id = "volume"]
    pub volume: FloatParam,
}

/// Lengths of notes, for what follows the tempo.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteLength {
    /// A whole note.
    #[id = "1/1"]
    #[name = "1/1"]
    Whole,
    /// A half note.
    #[id = "1/2"]
    #[name = "1/2"]
    Half,
    /// A quarter note.
    #[id = "1/4"]
    #[name = "1/4"]
    Quarter,
    /// A third of a half note.
    #[id = "1/4T"]
    #[name = "1/4T"]
    QuarterTriplet,
    /// An eighth note.
    #[id = "1/8"]
    #[name = "1/8"]
    Eighth,
    /// A third of a quarter note.
    #[id = "1/8T"]
    #[name = "1/8T"]
    EighthTriplet,
    /// A sixteenth note.
    #[id = "1/16"]
    #[name = "1/16"]
    Sixteenth,
    /// A thirty-second note.
    #[id = "1/32"]
    #[name = "1/32"]
    ThirtySecond,
}

impl NoteLength {
    /// In quarter notes.
    pub fn beats(self) -> f32 {
        match self {
            Self::Whole => 4.0,
            Self::Half => 2.0,
            Self::Quarter => 1.0,
            Self::QuarterTriplet => 2.0 / 3.0,
            Self::Eighth => 0.5,
            Self::EighthTriplet => 1.0 / 3.0,
            Self::Sixteenth => 0.25,
            Self::ThirtySecond => 0.125,
        }
    }
}

/// One parameter of any type.
#[derive(Clone, Copy)]
pub enum AnyParam<'a> {
    /// A continuous one.
    Float(&'a FloatParam),
    /// A whole number.
    Int(&'a IntParam),
    /// A length of notes.
    NoteLength(&'a EnumParam<NoteLength>),
}

/// A group of parameters as hosts and the editor show it: its name, and its parameters by id.
pub type Group<'a> = (&'static str, Vec<(&'static str, AnyParam<'a>)>);

/// Evenly spread between both ends.
fn linear(name: &str, unit: Unit, default: f32, min: f32, max: f32) -> FloatParam {
    let range = FloatRange::Linear { min, max };
    unit.dress(FloatParam::new(name, default, range), min..=max)
}

/// With most of the way given to small values.
fn skewed(name: &str, unit: Unit, default: f32, min: f32, max: f32) -> FloatParam {
    let factor = FloatRange::skew_factor(-2.0);
    let range = FloatRange::Skewed { min, max, factor };
    unit.dress(FloatParam::new(name, default, range), min..=max)
}

/// Whole numbers with a unit.
fn whole(name: &str, unit: &'static str, default: i32, min: i32, max: i32) -> IntParam {
    let param = IntParam::new(name, default, IntRange::Linear { min, max });
    text::dress_whole(param, unit, min, max)
}

impl Default for TidepoolParams {
    fn default() -> Self {
        let filter = FilterParams {
            cutoff: skewed("Cutoff", Unit::Hertz, 1200.0, 20.0, 20_000.0),
            resonance: linear("Resonance", Unit::Percent, 0.2, 0.0, 1.0),
            drive: linear("Drive", Unit::Decibels, 0.0, -12.0, 24.0),
            keytrack: linear("Key Track", Unit::Percent, 0.5, 0.0, 1.0),
            filter_env: linear("Envelope Amount", Unit::Semitones, 30.0, -60.0, 60.0),
        };
        let oscillator = OscillatorParams {
            tune: linear("Tune", Unit::Semitones, 0.0, -24.0, 24.0),
            vibrato_rate: EnumParam::new("Vibrato Rate", NoteLength::EighthTriplet),
            vibrato_depth: linear("Vibrato Depth", Unit::Cents, 30.0, 0.0, 200.0),
        };
        let envelope = EnvelopeParams {
            attack: skewed("Attack", Unit::Seconds, 0.004, 0.0, 10.0),
            decay: skewed("Decay", Unit::Seconds, 0.8, 0.001, 20.0),
            sustain: linear("Sustain", Unit::Percent, 0.5, 0.0, 1.0),
            release: skewed("Release", Unit::Seconds, 0.3, 0.001, 20.0),
        };
        let voice = VoiceParams {
            velocity: linear("Velocity", Unit::Percent, 0.7, 0.0, 1.0),
            bend_range: whole("Bend Range", "st", 2, 0, 48),
            voices: whole("Voices", "", 16, 1, MAX_VOICES as i32),
        };
        let output = OutputParams {
            external: linear("External", Unit::Level, EXTERNAL_OFF, EXTERNAL_OFF, 12.0),
            volume: linear("Volume", Unit::Level, -6.0, VOLUME_OFF, 6.0),
        };
        Self {
            oscillator,
            filter,
            envelope,
            voice,
            output,
        }
    }
}

/// The lowest levels, which stand for silence.
const EXTERNAL_OFF: f32 = -60.0;
const VOLUME_OFF: f32 = -60.0;

impl TidepoolParams {
    /// Every parameter, group by group, in the order of hosts.
    pub fn groups(&self) -> [Group<'_>; 5] {
        use AnyParam::{Float, Int, NoteLength};
        let Self {
            oscillator,
            filter,
            envelope,
            voice,
            output,
        } = self;
        [
            (
                "Oscillator",
                vec![
                    ("tune", Float(&oscillator.tune)),
                    ("vibrato_rate", NoteLength(&oscillator.vibrato_rate)),
                    ("vibrato_depth", Float(&oscillator.vibrato_depth)),
                ],
            ),
            (
                "Filter",
                vec![
                    ("cutoff", Float(&filter.cutoff)),
                    ("resonance", Float(&filter.resonance)),
                    ("drive", Float(&filter.drive)),
                    ("keytrack", Float(&filter.keytrack)),
                    ("filter_env", Float(&filter.filter_env)),
                ],
            ),
            (
                "Envelope",
                vec![
                    ("attack", Float(&envelope.attack)),
                    ("decay", Float(&envelope.decay)),
                    ("sustain", Float(&envelope.sustain)),
                    ("release", Float(&envelope.release)),
                ],
            ),
            (
                "Voice",
                vec![
                    ("velocity", Float(&voice.velocity)),
                    ("bend_range", Int(&voice.bend_range)),
                    ("voices", Int(&voice.voices)),
                ],
            ),
            (
                "Output",
                vec![
                    ("external", Float(&output.external)),
                    ("volume", Float(&output.volume)),
                ],
            ),
        ]
    }

    /// The parameters as the engine takes them, at `tempo` quarter notes per minute. `[audio]`
    pub fn patch(&self, tempo: f32) -> Patch {
        Patch {
            volume: gain_above(VOLUME_OFF, self.output.volume.value()),
            external: gain_above(EXTERNAL_OFF, self.output.external.value()),
            tune: self.oscillator.tune.value(),
            cutoff: self.filter.cutoff.value(),
            resonance: self.filter.resonance.value(),
            drive: util::db_to_gain_fast(self.filter.drive.value()),
            keytrack: self.filter.keytrack.value(),
            filter_env: self.filter.filter_env.value(),
            attack: self.envelope.attack.value(),
            decay: self.envelope.decay.value(),
            sustain: self.envelope.sustain.value(),
            release: self.envelope.release.value(),
            velocity: self.voice.velocity.value(),
            bend_range: self.voice.bend_range.value() as f32,
            vibrato_depth: self.oscillator.vibrato_depth.value() / 100.0,
            vibrato_beats: self.oscillator.vibrato_rate.value().beats(),
            voices: self.voice.voices.value().max(1) as usize,
            tempo,
        }
    }
}

/// The gain of `decibels`, silence at `off` and below.
fn gain_above(off: f32, decibels: f32) -> f32 {
    if decibels <= off {
        0.0
    } else {
        util::db_to_gain_fast(decibels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_hold_every_parameter_that_hosts_see() {
        let params = TidepoolParams::default();
        let listed: Vec<_> = params
            .groups()
            .iter()
            .flat_map(|(group, params)| {
                params
                    .iter()
                    .map(|(id, _)| (id.to_string(), group.to_string()))
            })
            .collect();
        let seen: Vec<_> = params
            .param_map()
            .into_iter()
            .map(|(id, _, group)| (id, group))
            .collect();
        assert_eq!(listed, seen);
    }

    #[test]
    fn the_defaults_are_the_engines_own() {
        let patch = TidepoolParams::default().patch(120.0);
        let own = Patch::default();
        assert!((patch.volume - own.volume).abs() < 1e-6);
        assert!((patch.drive - own.drive).abs() < 1e-6);
        assert_eq!(
            Patch {
                volume: own.volume,
                drive: own.drive,
                ..patch
            },
            own
        );
    }

    #[test]
    fn the_lowest_level_is_silence() {
        assert_eq!(gain_above(-60.0, -60.0), 0.0);
        assert!((gain_above(-60.0, -6.0) - 0.501).abs() < 1e-3);
    }
}
