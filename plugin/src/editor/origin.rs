//! The origin of a sound: what it was before it was edited.

use std::path::Path;
use std::sync::Arc;

use tidepool_dsp::Patch;

use crate::params::SoundInfo;
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
    /// A sound with texts, but without a preset: the preset is not there any longer, is not on this computer, or never was,
    /// because the player has named the macros of a sound that is not saved.
    Missing(Arc<SoundInfo>),
}

/// A preset as it was when it was loaded or saved.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedPreset {
    pub preset: Preset,
    pub id: PresetId,
    /// File of a user's preset; `None` for a factory preset.
    pub file: Option<store::PresetFile>,
    /// True if the player has renamed macros since.
    pub renamed: bool,
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
    pub fn of(preset: Preset, id: PresetId, file: Option<store::PresetFile>) -> Self {
        let renamed = false;
        Self::Preset(Arc::new(LoadedPreset {
            preset,
            id,
            file,
            renamed,
        }))
    }

    /// Returns the origin of a sound with the texts `info`, whose preset is looked for among the factory's and in the
    /// user's `folder`. `[gui]`
    pub fn find(info: SoundInfo, folder: Option<&Path>) -> Self {
        let Some(id) = PresetId::from_text(&info.id) else {
            return match info == SoundInfo::default() {
                true => Self::Unknown,
                false => Self::Missing(Arc::new(info)),
            };
        };
        let is = |preset: &Preset| id.factory_name() == Some(&preset.name);
        let factory = presets::all().iter().find(|preset| is(preset));
        let file = || folder.and_then(|folder| id.file(folder));
        let user = || file().and_then(|file| store::open(&file).ok());
        let found = match factory {
            Some(preset) => Some((preset.clone(), None)),
            None => user().map(|(preset, file)| (preset, Some(file))),
        };
        let Some((mut preset, file)) = found else {
            return Self::Missing(Arc::new(info));
        };
        let renamed = preset.macros != info.macros;
        preset.macros = info.macros;
        Self::Preset(Arc::new(LoadedPreset {
            preset,
            id,
            file,
            renamed,
        }))
    }

    /// Returns the origin of the same sound with another name for the macro `number`; without one if `name` is empty.
    pub fn with_macro_name(&self, number: usize, name: &str) -> Self {
        if let Self::Preset(loaded) = self {
            let mut loaded = LoadedPreset::clone(loaded);
            name.clone_into(&mut loaded.preset.macros[number]);
            loaded.renamed = true;
            return Self::Preset(Arc::new(loaded));
        }
        let mut info = self.info();
        if info.name.is_empty() {
            self.name().clone_into(&mut info.name);
        }
        name.clone_into(&mut info.macros[number]);
        Self::Missing(Arc::new(info))
    }

    /// Returns the origin with the macro names of its factory preset; itself if it is none.
    pub fn without_renames(self) -> Self {
        let original = |loaded: &LoadedPreset| {
            let name = loaded.id.factory_name()?;
            presets::all().iter().position(|it| it.name == name)
        };
        let number = self.preset().and_then(original);
        number.map_or(self, Self::factory)
    }

    /// Returns the texts that the state stores.
    pub fn info(&self) -> SoundInfo {
        match self {
            Self::Unknown | Self::Initial => SoundInfo::default(),
            Self::Preset(loaded) => SoundInfo::of(&loaded.id.to_string(), &loaded.preset),
            Self::Missing(info) => SoundInfo::clone(info),
        }
    }

    /// Returns the preset, if the sound was one.
    pub fn preset(&self) -> Option<&LoadedPreset> {
        match self {
            Self::Preset(loaded) => Some(loaded),
            Self::Unknown | Self::Initial | Self::Missing(_) => None,
        }
    }

    /// Returns the name that the header shows.
    pub fn name(&self) -> &str {
        match self {
            Self::Preset(loaded) => &loaded.preset.name,
            Self::Initial => "Init",
            Self::Missing(info) => &info.name,
            Self::Unknown => "No preset",
        }
    }

    /// Returns the sound of the origin with the settings of the player taken from `current`; `None` if it is unknown.
    pub fn sound(&self, current: &Patch) -> Option<Patch> {
        match self {
            Self::Unknown | Self::Missing(_) => None,
            Self::Initial => Some(presets::over(&Patch::default(), current)),
            Self::Preset(loaded) => Some(loaded.preset.over(current)),
        }
    }

    /// Returns the description of the sound; `None` if it has none.
    pub fn description(&self) -> Option<&str> {
        let text = match self {
            Self::Unknown | Self::Initial => return None,
            Self::Missing(info) => &info.description,
            Self::Preset(loaded) => &loaded.preset.description,
        };
        (!text.is_empty()).then_some(text)
    }

    /// Returns the name of the macro `number`; `None` if it has none.
    pub fn macro_name(&self, number: usize) -> Option<&str> {
        match self {
            Self::Unknown | Self::Initial => None,
            Self::Missing(info) => info.macro_name(number),
            Self::Preset(loaded) => {
                let name = loaded.preset.macros.get(number)?.as_str();
                (!name.is_empty()).then_some(name)
            }
        }
    }
}
