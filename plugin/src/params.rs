//! The parameters: what hosts automate and states keep. Ids are for ever.

mod any;
mod choice;
mod moved;
mod state;
mod table;
mod text;

use std::sync::Arc;

use nice_plug::prelude::*;
use tidepool_dsp::{Parameter, Patch};

pub use any::{AnyParam, Place};
pub use choice::{Choice, MpeZone, NoteLength};
pub use moved::Moved;
pub use state::{Loaded, make_loadable};
use table::Maker;

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
    /// What has moved since the engine last looked.
    pub moved: Arc<Moved>,
    /// Whether a state has come since then.
    #[persist = "loaded"]
    pub loaded: Loaded,
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
    /// Which MPE zone is on.
    #[id = "mpe_zone"]
    pub mpe_zone: EnumParam<MpeZone>,
    /// Member channels of the zone.
    #[id = "mpe_channels"]
    pub mpe_channels: IntParam,
    /// Of the member channels, in semitones.
    #[id = "mpe_bend_range"]
    pub mpe_bend_range: IntParam,
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

/// A group of parameters as hosts and the editor show it: its name, and its parameters by id.
pub type Group<'a> = (&'static str, Vec<(&'static str, AnyParam<'a>)>);

impl Default for TidepoolParams {
    fn default() -> Self {
        let moved = Arc::default();
        let make = Maker(&moved);
        let oscillator = OscillatorParams {
            tune: make.float(Parameter::Tune),
            vibrato_rate: make.choice(Parameter::VibratoRate),
            vibrato_depth: make.float(Parameter::VibratoDepth),
        };
        let filter = FilterParams {
            cutoff: make.float(Parameter::Cutoff),
            resonance: make.float(Parameter::Resonance),
            drive: make.float(Parameter::Drive),
            keytrack: make.float(Parameter::Keytrack),
            filter_env: make.float(Parameter::FilterEnv),
        };
        let envelope = EnvelopeParams {
            attack: make.float(Parameter::Attack),
            decay: make.float(Parameter::Decay),
            sustain: make.float(Parameter::Sustain),
            release: make.float(Parameter::Release),
        };
        let voice = VoiceParams {
            velocity: make.float(Parameter::Velocity),
            bend_range: make.whole(Parameter::BendRange),
            voices: make.whole(Parameter::Voices),
            mpe_zone: make.choice(Parameter::MpeZone),
            mpe_channels: make.whole(Parameter::MpeChannels),
            mpe_bend_range: make.whole(Parameter::MpeBendRange),
        };
        let output = OutputParams {
            external: make.float(Parameter::External),
            volume: make.float(Parameter::Volume),
        };
        Self {
            oscillator,
            filter,
            envelope,
            voice,
            output,
            moved,
            loaded: Loaded::default(),
        }
    }
}

impl TidepoolParams {
    /// The parameter that the table calls `parameter`.
    pub fn get(&self, parameter: Parameter) -> AnyParam<'_> {
        use AnyParam::{Float, Int, NoteLength, Zone};
        match parameter {
            Parameter::Tune => Float(&self.oscillator.tune),
            Parameter::VibratoRate => NoteLength(&self.oscillator.vibrato_rate),
            Parameter::VibratoDepth => Float(&self.oscillator.vibrato_depth),
            Parameter::Cutoff => Float(&self.filter.cutoff),
            Parameter::Resonance => Float(&self.filter.resonance),
            Parameter::Drive => Float(&self.filter.drive),
            Parameter::Keytrack => Float(&self.filter.keytrack),
            Parameter::FilterEnv => Float(&self.filter.filter_env),
            Parameter::Attack => Float(&self.envelope.attack),
            Parameter::Decay => Float(&self.envelope.decay),
            Parameter::Sustain => Float(&self.envelope.sustain),
            Parameter::Release => Float(&self.envelope.release),
            Parameter::Velocity => Float(&self.voice.velocity),
            Parameter::BendRange => Int(&self.voice.bend_range),
            Parameter::Voices => Int(&self.voice.voices),
            Parameter::MpeZone => Zone(&self.voice.mpe_zone),
            Parameter::MpeChannels => Int(&self.voice.mpe_channels),
            Parameter::MpeBendRange => Int(&self.voice.mpe_bend_range),
            Parameter::External => Float(&self.output.external),
            Parameter::Volume => Float(&self.output.volume),
        }
    }

    /// Every parameter, group by group, in the order of hosts. Allocates. `[gui]`
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for parameter in Parameter::all() {
            let spec = parameter.spec();
            let entry = (spec.id, self.get(parameter));
            match groups.last_mut().filter(|(name, _)| *name == spec.group) {
                Some((_, params)) => params.push(entry),
                None => groups.push((spec.group, vec![entry])),
            }
        }
        groups
    }

    /// Hands to `set` what has moved since the last call, and where it is now. `[audio]`
    pub fn gather(&self, mut set: impl FnMut(Parameter, Place)) {
        self.moved
            .take(|parameter| set(parameter, self.get(parameter).place()));
    }

    /// All of them as one sound, without modulation. `[audio]`
    pub fn sound(&self) -> Patch {
        let mut sound = Patch::default();
        for parameter in Parameter::all() {
            sound.set(parameter, self.get(parameter).place().plain);
        }
        sound
    }
}

#[cfg(test)]
mod tests;
