//! An entry of the list of presets: the texts of a preset without its sound, or the error of a damaged file.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::store::{self, PresetFile};
use super::{Category, Preset, PresetError, factory, texts};

/// Identity of a preset in lists of favourites: the name of a factory preset, or the place of a user's file in its
/// folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PresetId(String);

impl PresetId {
    /// Returns the identity with this text; empty for none.
    pub fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Returns the name of the factory preset with this identity.
    pub fn factory_name(&self) -> Option<&str> {
        self.0.strip_prefix("factory:")
    }

    /// Returns the file of the user's preset with this identity below `folder`; `None` if the identity leaves the
    /// folder.
    pub fn file(&self, folder: &Path) -> Option<PathBuf> {
        let place = Path::new(self.0.strip_prefix("user:")?);
        let inside = |part| matches!(part, Component::Normal(_));
        (place.components().all(inside)).then(|| folder.join(place))
    }

    /// Returns the identity of the factory preset `name`.
    pub fn factory(name: &str) -> Self {
        Self(format!("factory:{name}"))
    }

    /// Returns the identity of the user's preset in the file `path` below `folder`.
    pub fn user(folder: &Path, path: &Path) -> Self {
        let place = path.strip_prefix(folder).unwrap_or(path);
        // The same on all systems, because the list may be copied to another one.
        let parts = place.iter().map(|part| part.to_string_lossy());
        Self(format!("user:{}", parts.collect::<Vec<_>>().join("/")))
    }
}

impl fmt::Display for PresetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A preset in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Identity of the preset.
    pub id: PresetId,
    /// Path of the user's file; `None` for a factory preset.
    pub path: Option<PathBuf>,
    /// Name of the preset, or of the file if it is damaged.
    pub name: String,
    /// Category.
    pub category: Category,
    /// Name of the author; empty if unknown.
    pub author: String,
    /// Tags.
    pub tags: Vec<String>,
    /// Description; may be empty.
    pub description: String,
    /// Time of the last change of the user's file.
    pub modified: Option<SystemTime>,
    /// Error of a damaged file, which cannot be loaded.
    pub error: Option<PresetError>,
    /// Name by which entries are ordered.
    pub(super) order: String,
    /// Author by whom entries are ordered.
    pub(super) author_order: String,
    /// All texts, for the search.
    pub(super) folded: String,
    /// Keys of the tags.
    pub(super) tag_keys: Vec<String>,
}

impl Entry {
    /// Makes the entry of a factory preset.
    pub(super) fn factory(preset: &Preset) -> Self {
        Self::of(PresetId::factory(&preset.name), preset)
    }

    /// Makes the entry of the user's file `path` below `folder`, which holds `contents`.
    pub(super) fn user(
        folder: &Path,
        path: &Path,
        modified: Option<SystemTime>,
        contents: Result<Preset, PresetError>,
    ) -> Self {
        let id = PresetId::user(folder, path);
        let mut entry = match contents {
            Ok(preset) => Self::of(id, &preset),
            Err(error) => {
                let name = texts::one_line(&store::stem(path));
                let (order, folded) = (fold(&name), fold(&format!("{name}\n{error}")));
                Self {
                    id,
                    path: None,
                    name,
                    category: Category::User,
                    author: String::new(),
                    tags: Vec::new(),
                    description: String::new(),
                    modified: None,
                    error: Some(error),
                    order,
                    author_order: String::new(),
                    folded,
                    tag_keys: Vec::new(),
                }
            }
        };
        entry.path = Some(path.to_owned());
        entry.modified = modified;
        entry
    }

    fn of(id: PresetId, preset: &Preset) -> Self {
        let Preset {
            name,
            category,
            author,
            tags,
            description,
            ..
        } = preset.clone();
        let words = tags.join("\n");
        let searched = [&name, category.name(), &author, &words, &description];
        Self {
            id,
            path: None,
            order: fold(&name),
            author_order: fold(&author),
            folded: fold(&searched.join("\n")),
            tag_keys: tags.iter().map(|tag| texts::key(tag)).collect(),
            name,
            category,
            author,
            tags,
            description,
            modified: None,
            error: None,
        }
    }

    /// Returns true if the preset is the user's.
    pub fn is_user(&self) -> bool {
        self.path.is_some()
    }

    /// Reads the preset, and its file if it is the user's. `[gui]`
    ///
    /// # Errors
    /// If the file cannot be read or is not a preset.
    pub fn load(&self) -> Result<(Preset, Option<PresetFile>), PresetError> {
        match &self.path {
            Some(path) => store::open(path).map(|(preset, file)| (preset, Some(file))),
            None => match factory::find(&self.name) {
                Ok(preset) => Ok((preset.clone(), None)),
                Err(error) => Err(PresetError::new(&self.name, None, error.to_string())),
            },
        }
    }
}

/// Returns `text` without case, accents and variants of letters, for the search.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.to_lowercase();
    lower
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .collect()
}
