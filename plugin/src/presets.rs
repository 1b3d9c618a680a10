//! Presets: named sounds in readable files. Factory presets are embedded in the binary.
//!
//! A preset file is TOML: `name`, `description` and the table `[parameters]`, which lists by id and as text (`cutoff =
//! "2 kHz"`, as `--set` takes them) the values that differ from a new instance's. See docs/presets.md.

mod category;
mod factory;
#[cfg(test)]
mod live_and_offline;
mod read;
mod write;

use tidepool_dsp::{Parameter, Patch};

pub use category::Category;
pub use factory::{all, errors, file, find};
pub use read::{PresetError, open, read};

/// Most characters of a name.
pub const LONGEST_NAME: usize = 40;

/// Settings that are not part of a sound: the instrument's volume, playing mode, external input and processor cost.
/// Presets do not contain them, and loading a preset leaves them as they are.
pub const NOT_IN_PRESETS: [Parameter; 10] = [
    Parameter::Volume,
    Parameter::Quality,
    Parameter::Voices,
    Parameter::BendRange,
    Parameter::MpeZone,
    Parameter::MpeChannels,
    Parameter::MpeBendRange,
    Parameter::External,
    Parameter::ExternalPan,
    Parameter::ExternalRoute,
];

/// Returns the sound `patch` with the settings in [`NOT_IN_PRESETS`] taken from `current`.
pub fn over(patch: &Patch, current: &Patch) -> Patch {
    let mut patch = *patch;
    for parameter in NOT_IN_PRESETS {
        patch.set(parameter, current.get(parameter));
    }
    patch
}

/// A sound with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Name, which is also the file's name.
    pub name: String,
    /// Category, under which it is listed.
    pub category: Category,
    /// Description of the sound, one sentence.
    pub description: String,
    /// Values of the sound. Those of the parameters in [`NOT_IN_PRESETS`] are ignored; [`over`](Self::over) replaces them.
    pub patch: Patch,
}

impl Preset {
    /// Returns this preset's sound with the settings in [`NOT_IN_PRESETS`] taken from `current`.
    pub fn over(&self, current: &Patch) -> Patch {
        over(&self.patch, current)
    }

    /// Iterates over the parameters that the file lists, in order: those of a sound that differ from a new instance's.
    pub fn says(&self) -> impl Iterator<Item = (Parameter, f32)> + '_ {
        self.patch.iter().filter(|&(parameter, value)| {
            !NOT_IN_PRESETS.contains(&parameter) && value != parameter.spec().default
        })
    }

    /// Returns the preset as the text of its file.
    pub fn to_toml(&self) -> String {
        write::toml(self)
    }

    /// Returns the text that stands for `value` of `parameter` in a file.
    pub fn text(parameter: Parameter, value: f32) -> String {
        write::text(parameter.spec(), value)
    }
}

#[cfg(test)]
mod tests;
