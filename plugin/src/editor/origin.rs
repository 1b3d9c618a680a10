//! The origin of a sound: what it was before it was edited.

/// Sound that was loaded last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Neither a preset nor the initial sound, such as the sound of a project.
    #[default]
    Unknown,
    /// The sound that every instance begins with.
    Initial,
    /// A preset, by its index among all presets.
    Preset(usize),
}
