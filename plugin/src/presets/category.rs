//! Categories of presets.

use std::fmt;

/// Kind of sound of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Bass sounds.
    Bass,
    /// Melody sounds.
    Lead,
    /// Pianos, organs and other keyboards.
    Keys,
    /// Bells, bars and glasses.
    Bells,
    /// Sounds for held chords.
    Pads,
    /// Short plucked sounds.
    Plucks,
    /// Drums and cymbals.
    Drums,
    /// Sounds that are not notes.
    Effects,
    /// Presets of the user without another category.
    User,
}

impl Category {
    /// The factory's categories, in the order in which they are shown. Each is a folder of `plugin/presets`.
    pub const FACTORY: [Self; 8] = [
        Self::Bass,
        Self::Lead,
        Self::Keys,
        Self::Bells,
        Self::Pads,
        Self::Plucks,
        Self::Drums,
        Self::Effects,
    ];

    /// Returns the category's name, which is also the folder's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bass => "Bass",
            Self::Lead => "Lead",
            Self::Keys => "Keys",
            Self::Bells => "Bells",
            Self::Pads => "Pads",
            Self::Plucks => "Plucks",
            Self::Drums => "Drums",
            Self::Effects => "Effects",
            Self::User => "User",
        }
    }

    /// All categories, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Bass,
        Self::Lead,
        Self::Keys,
        Self::Bells,
        Self::Pads,
        Self::Plucks,
        Self::Drums,
        Self::Effects,
        Self::User,
    ];

    /// Finds a factory category by name, ignoring case.
    pub fn named(name: &str) -> Option<Self> {
        Self::FACTORY
            .into_iter()
            .find(|category| category.name().eq_ignore_ascii_case(name))
    }

    /// Finds a category by name, ignoring case. A user's preset may be in any.
    pub fn of_user(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.name().eq_ignore_ascii_case(name))
    }

    /// Returns the names of the factory categories, separated by commas.
    pub fn names() -> String {
        Self::FACTORY.map(Self::name).join(", ")
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
