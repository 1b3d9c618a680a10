//! The shelves on which presets stand.

use std::fmt;

/// What kind of sound a preset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Low notes.
    Bass,
    /// Melodies.
    Lead,
    /// Pianos, organs and what else has keys.
    Keys,
    /// Bells, bars and glasses.
    Bells,
    /// Held chords.
    Pads,
    /// Short notes.
    Plucks,
    /// Drums and cymbals.
    Drums,
    /// What is no note.
    Effects,
    /// Somebody's own.
    User,
}

impl Category {
    /// Those of the factory, in the order in which they are shown. Each is a folder of `plugin/presets`.
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

    /// For people, and as the folder's name.
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

    /// The factory's category of this name, whatever its letters' case.
    pub fn named(name: &str) -> Option<Self> {
        Self::FACTORY
            .into_iter()
            .find(|category| category.name().eq_ignore_ascii_case(name))
    }

    /// The names of those of the factory, for sentences.
    pub fn names() -> String {
        Self::FACTORY.map(Self::name).join(", ")
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
