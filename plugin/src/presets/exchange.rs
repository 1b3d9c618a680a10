//! Import of preset files into the user's folder, and export of presets.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::store::{self, Names, PresetFile, StoreError};
use super::{Preset, PresetError};
use crate::safe_file::{self, Durability};
use crate::user_folder::{self, Walk};

/// Levels of subfolders that an import searches.
const DEPTH: usize = 8;

/// Result of an import. Its text is one sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Presets that were added.
    pub added: Vec<PresetFile>,
    /// Number of presets that were in the folder already, with the same sound and texts.
    pub known: usize,
    /// Files that are not presets, or could not be copied, with the reason.
    pub refused: Vec<PresetError>,
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let presets = |count| if count == 1 { "preset" } else { "presets" };
        let added = self.added.len();
        write!(f, "{added} {} imported", presets(added))?;
        if self.known > 0 {
            write!(f, ", {} there already", self.known)?;
        }
        match self.refused.as_slice() {
            [] => Ok(()),
            [one] => write!(f, ", 1 refused: {one}"),
            [first, ..] => write!(f, ", {} refused, the first: {first}", self.refused.len()),
        }
    }
}

/// Copies the preset file at the path `typed`, or all preset files of a folder and its subfolders, into `folder`. A
/// preset whose name is taken gets a free one. `~` is the home folder. `[gui]`, `[worker]`
///
/// # Errors
/// If the path or `folder` cannot be read. Files that are refused are in the result.
pub fn import(folder: &Path, typed: &str) -> Result<Imported, StoreError> {
    let source = user_folder::typed_path(typed);
    let unread = |error| StoreError::file(&source, "cannot be imported", &error);
    let facts = fs::metadata(&source).map_err(unread)?;
    let mut files = vec![source.clone()];
    if facts.is_dir() {
        let mut walk = Walk {
            depth: DEPTH,
            patience: store::PATIENCE,
            skipped: Some(store::TRASH),
        };
        files = walk.search(&source).map_err(unread)?.files;
        files.retain(|path| store::is_preset(path));
        files.sort();
    }
    let _lock = store::lock(folder)?;
    let mut names = Names::of(folder)?;
    let mut imported = Imported::default();
    for path in files {
        match one(&mut names, folder, &path) {
            Ok(Some(file)) => imported.added.push(file),
            Ok(None) => imported.known += 1,
            Err(error) => imported.refused.push(error),
        }
    }
    Ok(imported)
}

/// Copies one file; returns `None` if the folder has the same preset.
fn one(names: &mut Names, folder: &Path, path: &Path) -> Result<Option<PresetFile>, PresetError> {
    let mut preset = super::open(path)?;
    if let Some(file) = names.file(&preset.name)
        && super::open(file).is_ok_and(|present| present == preset)
    {
        return Ok(None);
    }
    preset.name = names.free(&preset.name);
    let saved = names.save(folder, &preset, Durability::Later);
    saved.map(Some).map_err(|error| {
        let place = path.display().to_string();
        PresetError::new(&place, None, format!("cannot be copied: {error}"))
    })
}

/// Writes `preset` to a new file at the path `typed`, and returns its path. A folder gets a file of the preset's name,
/// and a name without an extension gets `.toml`. `~` is the home folder. `[gui]`
///
/// # Errors
/// If there is such a file already, the extension is another one, or the file cannot be written.
pub fn export(preset: &Preset, typed: &str) -> Result<PathBuf, StoreError> {
    let mut path = user_folder::typed_path(typed);
    if path.as_os_str().is_empty() {
        let sentence = "there is no path; write the path of a file or a folder";
        return Err(StoreError::Text(sentence.to_owned()));
    }
    if path.is_dir() {
        path.push(store::file_name(&preset.name));
    } else if path.extension().is_none() {
        path.set_extension("toml");
    } else if !store::is_preset(&path) {
        return Err(StoreError::File {
            path,
            action: "cannot be a preset",
            reason: "give the file a name that ends in .toml".to_owned(),
        });
    }
    let written = safe_file::write_new(&path, &preset.to_toml(), Durability::Now);
    written.map_err(|error| match error.kind() {
        ErrorKind::NotFound => StoreError::File {
            path: path.clone(),
            action: "cannot be written",
            reason: "its folder does not exist; make the folder or name another one".to_owned(),
        },
        _ => StoreError::file(&path, "cannot be written", &error),
    })?;
    Ok(path)
}
