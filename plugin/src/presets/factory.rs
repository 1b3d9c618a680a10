//! The presets that come with the instrument, embedded from `plugin/presets`.

use std::path::Path;
use std::sync::LazyLock;

use include_dir::{Dir, File, include_dir};

use super::read::{self, PresetError};
use super::{Category, Preset};
use crate::{quote, suggest};

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/presets");

/// Presets and errors of the embedded files, parsed once.
static FACTORY: LazyLock<Factory> = LazyLock::new(|| {
    let mut factory = Factory::default();
    let files = FOLDER
        .files()
        .chain(FOLDER.dirs().flat_map(|folder| folder.files()));
    for file in files {
        match preset(file) {
            Ok(preset) => factory.presets.push(preset),
            Err(mistake) => factory.errors.push(mistake),
        }
    }
    factory
        .presets
        .sort_by(|a, b| (a.category, &a.name).cmp(&(b.category, &b.name)));
    factory
});

#[derive(Default)]
struct Factory {
    presets: Vec<Preset>,
    errors: Vec<PresetError>,
}

/// Returns all factory presets, ordered by category and then by name. The first call parses the files, which
/// allocates. `[gui]`
pub fn all() -> &'static [Preset] {
    &FACTORY.presets
}

/// Returns the errors of factory files that could not be read; a test asserts that there are none. `[gui]`
pub fn errors() -> &'static [PresetError] {
    &FACTORY.errors
}

/// Error for a name that no factory preset has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no preset \"{}\"; {}",
    quote::quote(name),
    suggest::advice(near, "`tidepool presets list` has them all")
)]
pub struct NoSuchPreset {
    /// The name requested.
    pub name: String,
    /// The most similar names, the best match first.
    pub near: Vec<&'static str>,
}

/// Finds a factory preset by name, ignoring case. `[gui]`
///
/// # Errors
/// If there is none, with the most similar names.
pub fn find(name: &str) -> Result<&'static Preset, NoSuchPreset> {
    let name = name.trim();
    let lower = name.to_lowercase();
    all()
        .iter()
        .find(|preset| preset.name.to_lowercase() == lower)
        .ok_or_else(|| NoSuchPreset {
            name: name.to_owned(),
            near: suggest::suggest(name, all().iter().map(|preset| [preset.name.as_str()])),
        })
}

/// Returns the source file of a factory preset, with its comments; `None` for a user's preset.
pub fn file(preset: &Preset) -> Option<&'static str> {
    let path = Path::new(preset.category.name()).join(format!("{}.toml", preset.name));
    FOLDER.get_file(path)?.contents_utf8()
}

fn preset(file: &'static File<'static>) -> Result<Preset, PresetError> {
    let path = file.path();
    let place = path.display().to_string();
    let wrong = |sentence: String| Err(PresetError::new(&place, None, sentence));
    let folder = path.parent().and_then(Path::file_name);
    let folder = folder.and_then(|folder| folder.to_str()).unwrap_or("");
    let category = match Category::named(folder) {
        Some(category) if category.name() == folder => category,
        _ => {
            return wrong(format!(
                "lies in no category; move it to a folder of these names: {}",
                Category::names()
            ));
        }
    };
    if path.extension().is_none_or(|extension| extension != "toml") {
        return wrong("is not a preset; rename it to .toml, or move it elsewhere".to_owned());
    }
    let Some(text) = file.contents_utf8() else {
        return wrong("is not text; save it as UTF-8".to_owned());
    };
    let preset = read::read(&place, category, text)?;
    let called = path.file_stem().and_then(|stem| stem.to_str());
    if called != Some(&preset.name) {
        return wrong(format!(
            "holds the preset \"{}\"; give the file and the preset the same name",
            preset.name
        ));
    }
    Ok(preset)
}
