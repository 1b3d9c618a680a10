//! Presets: sounds with a name, as readable files. The factory's are part of the binary.
//!
//! A file is TOML: `name`, `description` and the table `[parameters]`, which says by id and in words (`cutoff =
//! "2 kHz"`, as `--set` takes them) what differs from a new instance's sound. See docs/presets.md.

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

/// Most letters of a name.
pub const LONGEST_NAME: usize = 40;

/// Settings that are no part of a sound: how loud the instrument is, how it is played, what comes in from
/// outside and what it may cost. No preset says anything about them and loading one leaves them as they are.
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

/// What becomes of `current` when the sound `patch` is loaded: that sound, with the settings in [`NOT_IN_PRESETS`] as they were.
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
    /// What it is called; also its file's name.
    pub name: String,
    /// Where it is found.
    pub category: Category,
    /// What it sounds like, in a sentence.
    pub description: String,
    /// Its sound. What it says of the parameters in [`NOT_IN_PRESETS`] means nothing; [`over`](Self::over) leaves it out.
    pub patch: Patch,
}

impl Preset {
    /// What becomes of `current` when this preset is loaded: its sound, with the settings in [`NOT_IN_PRESETS`] as they were.
    pub fn over(&self, current: &Patch) -> Patch {
        over(&self.patch, current)
    }

    /// What it says: every parameter of a sound that differs from a new instance's, in order.
    pub fn says(&self) -> impl Iterator<Item = (Parameter, f32)> + '_ {
        self.patch.iter().filter(|&(parameter, value)| {
            !NOT_IN_PRESETS.contains(&parameter) && value != parameter.spec().default
        })
    }

    /// The file that holds it.
    pub fn to_toml(&self) -> String {
        write::toml(self)
    }

    /// What the file says of `parameter` where its value is `value`.
    pub fn text(parameter: Parameter, value: f32) -> String {
        write::text(parameter.spec(), value)
    }
}

#[cfg(test)]
mod tests;
