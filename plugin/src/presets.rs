//! Presets: named sounds in readable files. Factory presets are embedded in the binary.
//!
//! A preset file is TOML: `name`, `category`, `author`, `tags`, `description`, the names of the macros in the table
//! `[macros]`, and the table `[parameters]`, which lists by id and as text (`cutoff = "2 kHz"`, as `--set` takes them)
//! the values that differ from a new instance's. See docs/presets.md.
//!
//! Data flow from files to lists: [`read`](read()) parses a file, [`store`] reads and writes the user's presets,
//! [`trash`] deletes and restores them, [`exchange`] imports and exports, [`index`] lists all presets from a worker
//! thread of its own, [`search`] filters and sorts the list, and [`marks`] remembers favourites and the last loaded.

mod category;
pub mod entry;
pub mod exchange;
mod factory;
pub mod index;
#[cfg(test)]
mod live_and_offline;
pub mod marks;
pub mod programs;
mod read;
mod scan;
pub mod search;
mod shared_file;
pub mod store;
pub mod texts;
pub mod trash;
mod write;

use tidepool_dsp::{Parameter, Patch};

pub use category::Category;
pub use factory::{all, errors, file, find};
pub use read::{PresetError, open, read};
pub use texts::LONGEST_NAME;

/// Settings that are not part of a sound: the instrument's volume, playing mode, controllers, external input and processor
/// cost.
/// Presets do not contain them, and loading a preset leaves them as they are.
pub const NOT_IN_PRESETS: [Parameter; 14] = [
    Parameter::Volume,
    Parameter::Quality,
    Parameter::Voices,
    Parameter::BendRange,
    Parameter::MpeZone,
    Parameter::MpeChannels,
    Parameter::MpeBendRange,
    Parameter::controller(0),
    Parameter::controller(1),
    Parameter::controller(2),
    Parameter::controller(3),
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

/// Number of macros of a sound.
pub const MACROS: usize = 8;

/// A sound with a name. The limits of its texts are in [`texts`].
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Name, which is also the file's name.
    pub name: String,
    /// Category, under which it is listed.
    pub category: Category,
    /// Name of the author; empty if unknown.
    pub author: String,
    /// Words under which the preset is found.
    pub tags: Vec<String>,
    /// Description of the sound, one sentence; may be empty.
    pub description: String,
    /// Names of the macros; empty for a macro without one.
    pub macros: [String; MACROS],
    /// Values of the sound. Those of the parameters in [`NOT_IN_PRESETS`] are ignored; [`over`](Self::over) replaces them.
    pub patch: Patch,
}

impl Preset {
    /// Returns this preset's sound with the settings in [`NOT_IN_PRESETS`] taken from `current`.
    pub fn over(&self, current: &Patch) -> Patch {
        over(&self.patch, current)
    }

    /// Makes every text one line, and leaves out empty and repeated tags, so that texts as typed fit into a file.
    pub fn tidy(&mut self) {
        let texts = [&mut self.name, &mut self.author, &mut self.description];
        let texts = texts.into_iter().chain(&mut self.macros);
        for text in texts.chain(&mut self.tags) {
            *text = texts::one_line(text);
        }
        let mut seen = Vec::new();
        self.tags.retain(|tag| {
            let key = texts::key(tag);
            let is_new = !key.is_empty() && !seen.contains(&key);
            seen.push(key);
            is_new
        });
    }

    /// Checks the limits of every text.
    ///
    /// # Errors
    /// A sentence about the first mistake, without a full stop.
    pub fn check(&self) -> Result<(), String> {
        texts::name(&self.name)?;
        texts::author(&self.author)?;
        texts::tags(&self.tags)?;
        texts::description(&self.description)?;
        self.macros
            .iter()
            .try_for_each(|name| texts::macro_name(name))
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
