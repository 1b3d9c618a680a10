//! The origin of a sound: what it was before it was edited.

use std::sync::Arc;

use tidepool_dsp::Patch;

use crate::presets::entry::PresetId;
use crate::presets::{self, Preset, store};

/// Sound that was loaded last.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Origin {
    /// Neither a preset nor the initial sound, such as the sound of a project.
    #[default]
    Unknown,
    /// The sound that every instance begins with.
    Initial,
    /// A preset.
    Preset(Arc<LoadedPreset>),
}

/// A preset as it was when it was loaded or saved.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedPreset {
    pub preset: Preset,
    pub id: PresetId,
    /// File of a user's preset; `None` for a factory preset.
    pub file: Option<store::Origin>,
}

impl Origin {
    /// Returns the origin of the factory preset with this index.
    pub fn factory(number: usize) -> Self {
        presets::all().get(number).map_or(Self::Unknown, |preset| {
            let id = PresetId::factory(&preset.name);
            Self::of(preset.clone(), id, None)
        })
    }

    /// Returns the origin of a preset.
    pub fn of(preset: Preset, id: PresetId, file: Option<store::Origin>) -> Self {
        Self::Preset(Arc::new(LoadedPreset { preset, id, file }))
    }

    /// Returns the preset, if the sound was one.
    pub fn preset(&self) -> Option<&LoadedPreset> {
        match self {
            Self::Preset(loaded) => Some(loaded),
            Self::Unknown | Self::Initial => None,
        }
    }

    /// Returns the name that the header shows.
    pub fn name(&self) -> &str {
        match self {
            Self::Preset(loaded) => &loaded.preset.name,
            Self::Initial => "Init",
            Self::Unknown => "No preset",
        }
    }

    /// Returns the sound of the origin with the settings of the player taken from `current`; `None` if it is unknown.
    pub fn sound(&self, current: &Patch) -> Option<Patch> {
        match self {
            Self::Unknown => None,
            Self::Initial => Some(presets::over(&Patch::default(), current)),
            Self::Preset(loaded) => Some(loaded.preset.over(current)),
        }
    }

    /// Returns the name of the macro `number`; `None` if its preset names none.
    pub fn macro_name(&self, number: usize) -> Option<&str> {
        let name = self.preset()?.preset.macros.get(number)?.as_str();
        (!name.is_empty()).then_some(name)
    }
}
