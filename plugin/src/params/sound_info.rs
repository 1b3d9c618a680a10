//! Texts of the sound of an instance: name, author, macro names. They come from the preset that was loaded last, and are
//! part of the state.

use serde::{Deserialize, Serialize};
use tidepool_dsp::Patch;

use crate::presets::{Category, MACROS, Preset, texts};

/// Name of the state's field.
pub const FIELD: &str = "sound";

/// Texts of a sound. All of them may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SoundInfo {
    /// Identity of the preset in the lists of presets.
    pub id: String,
    /// Name of the preset.
    pub name: String,
    /// Name of its category.
    pub category: String,
    /// Name of its author.
    pub author: String,
    /// Tags of the preset.
    pub tags: Vec<String>,
    /// Description of the preset.
    pub description: String,
    /// Names of the macros.
    pub macros: [String; MACROS],
}

impl SoundInfo {
    /// Returns the texts of a preset with this identity.
    pub fn of(id: &str, preset: &Preset) -> Self {
        Self {
            id: id.to_owned(),
            name: preset.name.clone(),
            category: preset.category.name().to_owned(),
            author: preset.author.clone(),
            tags: preset.tags.clone(),
            description: preset.description.clone(),
            macros: preset.macros.clone(),
        }
    }

    /// Returns a preset with these texts and the sound `patch`.
    pub fn preset(&self, patch: Patch) -> Preset {
        Preset {
            name: self.name.clone(),
            category: Category::of_user(&self.category).unwrap_or(Category::User),
            author: self.author.clone(),
            tags: self.tags.clone(),
            description: self.description.clone(),
            macros: self.macros.clone(),
            patch,
        }
    }

    /// Returns true if every text is one that a preset can have.
    pub fn is_valid(&self) -> bool {
        let or_empty = |text: &str, check: fn(&str) -> Result<(), String>| {
            text.is_empty() || check(text).is_ok()
        };
        or_empty(&self.name, texts::name)
            && texts::author(&self.author).is_ok()
            && texts::tags(&self.tags).is_ok()
            && texts::description(&self.description).is_ok()
            && (self.macros.iter()).all(|name| or_empty(name, texts::macro_name))
            && self.id.len() <= LONGEST_ID
            && self.category.len() <= texts::LONGEST_NAME
    }

    /// Returns the name of the macro `number`; `None` if it has none.
    pub fn macro_name(&self, number: usize) -> Option<&str> {
        let name = self.macros.get(number)?.as_str();
        (!name.is_empty()).then_some(name)
    }
}

/// Most bytes of a preset's identity, which contains the path of its file below the folder of presets.
const LONGEST_ID: usize = 4096;
