//! The user's presets: files in a folder, written whole or not at all.
//!
//! Every function takes the folder. A name is there once, whatever its case, among the user's presets and the
//! factory's. Files in `Trash` below the folder do not count; [`trash`](super::trash) puts them there.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::read::{self, PresetError};
use super::{Preset, factory, texts};
use crate::safe_file::{self, Durability, FolderLock};
use crate::settings;
use crate::user_folder::{self, Walk};

/// Name of the folder of deleted presets.
pub const TRASH: &str = "Trash";
/// Levels of subfolders in which presets are found.
pub const DEPTH: usize = 4;
/// Most directory entries that are read.
pub const PATIENCE: usize = 200_000;

/// Returns the default folder of this user's presets. Any thread but the audio thread.
pub fn usual_folder() -> Option<PathBuf> {
    user_folder::usual("presets")
}

/// Returns the folder of this user's presets: that of the settings, else the [default](usual_folder). `[gui]`
pub fn chosen_folder() -> Option<PathBuf> {
    settings::presets_folder().or_else(usual_folder)
}

/// A user's preset file, and its contents when it was last read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetFile {
    /// Path of the file.
    pub path: PathBuf,
    /// Hash of the text.
    hash: u64,
}

impl PresetFile {
    fn new(path: PathBuf, text: &str) -> Self {
        let hash = xxh3_64(text.as_bytes());
        Self { path, hash }
    }
}

/// Error of a change to the user's presets. Each is one sentence: what, where, and a remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A text of the preset cannot be stored.
    #[error("{0}")]
    Text(String),
    /// The name is taken.
    #[error("there is a {} preset \"{name}\" already; choose another name, such as \"{free}\"", kind(*factory))]
    Exists {
        /// The name.
        name: String,
        /// A similar name that is free.
        free: String,
        /// True if a factory preset has the name.
        factory: bool,
    },
    /// The file has changed since it was read.
    #[error("{}: another program has changed it since it was loaded; load it again, or save under another name", shown(.0))]
    Changed(PathBuf),
    /// The file has gone since it was read.
    #[error("{}: is gone; save under a new name", shown(.0))]
    Gone(PathBuf),
    /// A file cannot be read, written or moved.
    #[error("{}: {action}: {reason}", shown(path))]
    File {
        /// Path of the file or folder.
        path: PathBuf,
        /// Action that failed, such as "cannot be written".
        action: &'static str,
        /// Reason and remedy.
        reason: String,
    },
    /// A file is not a preset.
    #[error(transparent)]
    Preset(#[from] PresetError),
}

fn kind(factory: bool) -> &'static str {
    if factory { "factory" } else { "user's" }
}

fn shown(path: &Path) -> String {
    texts::one_line(&path.display().to_string())
}

impl StoreError {
    pub(super) fn file(path: &Path, action: &'static str, error: &io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            action,
            reason: safe_file::reason(error),
        }
    }
}

/// Reads the preset file at `path`. `[gui]`, `[worker]`
///
/// # Errors
/// As for [`open`](super::open).
pub fn open(path: &Path) -> Result<(Preset, PresetFile), PresetError> {
    let (preset, text) = read::open_text(path)?;
    let file = PresetFile::new(path.to_owned(), &text);
    Ok((preset, file))
}

/// Saves `preset` as a new file of `folder`, which is made if it is missing. `[gui]`
///
/// # Errors
/// If the name is taken or not usable, a text is too long, or the file cannot be written.
pub fn save_new(folder: &Path, preset: &Preset) -> Result<PresetFile, StoreError> {
    let _lock = lock(folder)?;
    let mut names = Names::of(folder)?;
    names.free_or_error(&preset.name, None)?;
    names.save(folder, preset, Durability::Now)
}

/// Saves a copy of `preset` under the next free name, such as "Deep 2". `[gui]`
///
/// # Errors
/// As for [`save_new`].
pub fn duplicate(folder: &Path, preset: &Preset) -> Result<PresetFile, StoreError> {
    let _lock = lock(folder)?;
    let mut names = Names::of(folder)?;
    let mut copy = preset.clone();
    copy.name = names.free(&preset.name);
    names.save(folder, &copy, Durability::Now)
}

/// Saves `preset` over the file from which it was loaded. The file gets a new name if the preset has one. `[gui]`
///
/// # Errors
/// If the file has changed or gone since `file` was returned, and as for [`save_new`]; the file is as it was then.
pub fn overwrite(
    folder: &Path,
    file: &PresetFile,
    preset: &Preset,
) -> Result<PresetFile, StoreError> {
    let _lock = lock(folder)?;
    let path = &file.path;
    let old = match read::open_text(path) {
        Ok((old, text)) if PresetFile::new(path.clone(), &text) == *file => old,
        Err(_) if !path.exists() => return Err(StoreError::Gone(path.clone())),
        _ => return Err(StoreError::Changed(path.clone())),
    };
    let (preset, text) = file_text(preset)?;
    let unwritten = |error: io::Error| StoreError::file(path, "cannot be written", &error);
    if preset.name == old.name {
        safe_file::replace(path, &text, Durability::Now).map_err(unwritten)?;
        return Ok(PresetFile::new(path.clone(), &text));
    }
    Names::of(folder)?.free_or_error(&preset.name, Some(path))?;
    let target = path.with_file_name(file_name(&preset.name));
    if texts::key(&stem(path)) == texts::key(&preset.name) {
        // On some systems both names are those of the same file.
        safe_file::replace(path, &text, Durability::Now).map_err(unwritten)?;
        fs::rename(path, &target).map_err(unwritten)?;
    } else {
        let written = safe_file::write_new(&target, &text, Durability::Now);
        written.map_err(|error| StoreError::file(&target, "cannot be written", &error))?;
        if let Err(error) = fs::remove_file(path) {
            let _ = fs::remove_file(&target);
            return Err(StoreError::file(path, "cannot be renamed", &error));
        }
    }
    Ok(PresetFile::new(target, &text))
}

/// Renames the preset in `file`, and the file with it. `[gui]`
///
/// # Errors
/// As for [`overwrite`].
pub fn rename(folder: &Path, file: &PresetFile, name: &str) -> Result<PresetFile, StoreError> {
    if !file.path.exists() {
        return Err(StoreError::Gone(file.path.clone()));
    }
    let (mut preset, _) = open(&file.path)?;
    preset.name = name.to_owned();
    overwrite(folder, file, &preset)
}

/// Returns `name`, or the next name like it, such as "Deep 2", that no preset has. `[gui]`
pub fn free_name(folder: &Path, name: &str) -> String {
    Names::of(folder).unwrap_or_default().free(name)
}

/// Finds the preset `name`, in any case, below `folder`. The names of the files are compared first, then those in the
/// files. `[gui]`, `[worker]`
///
/// # Errors
/// If the file of that name is damaged.
pub fn find(folder: &Path, name: &str) -> Result<Option<(Preset, PresetFile)>, PresetError> {
    let key = texts::key(name.trim());
    let (named, others): (Vec<_>, Vec<_>) = (files(folder).unwrap_or_default().into_iter())
        .partition(|path| texts::key(&stem(path)) == key);
    if let Some(path) = named.first() {
        return open(path).map(Some);
    }
    let mut others = others.iter().filter_map(|path| open(path).ok());
    Ok(others.find(|(preset, _)| texts::key(&preset.name) == key))
}

/// Locks `folder`, and makes it if it is missing.
pub(super) fn lock(folder: &Path) -> Result<FolderLock, StoreError> {
    let made = fs::create_dir_all(folder);
    made.map_err(|error| StoreError::file(folder, "cannot be made", &error))?;
    FolderLock::new(folder).map_err(|error| StoreError::file(folder, "cannot be used", &error))
}

/// Returns the preset files below `folder`, damaged ones included; none if it does not exist. `[gui]`, `[worker]`
///
/// # Errors
/// If the folder cannot be read.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut walk = Walk {
        depth: DEPTH,
        patience: PATIENCE,
        skipped: Some(TRASH),
    };
    match walk.search(folder) {
        Ok(found) => Ok(found.files.into_iter().filter(|it| is_preset(it)).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Returns true if `path` has the extension of a preset.
pub fn is_preset(path: &Path) -> bool {
    (path.extension()).is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// Returns the name of the file of the preset `name`.
pub(super) fn file_name(name: &str) -> String {
    format!("{name}.toml")
}

/// Returns a file's name without its extension.
pub fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into()
}

/// Returns `preset` with tidy texts, and the text of its file, after reading it back.
fn file_text(preset: &Preset) -> Result<(Preset, String), StoreError> {
    let mut preset = preset.clone();
    preset.tidy();
    preset.check().map_err(StoreError::Text)?;
    let text = preset.to_toml();
    read::read(&file_name(&preset.name), preset.category, &text)?;
    Ok((preset, text))
}

/// Names that are taken: those of the files of a folder and of the factory presets.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Files by the key of their names.
    files: HashMap<String, PathBuf>,
}

impl Names {
    pub fn of(folder: &Path) -> Result<Self, StoreError> {
        let files = files(folder);
        let files = files.map_err(|error| StoreError::file(folder, "cannot be read", &error))?;
        let files = files.into_iter();
        let files = files.map(|path| (texts::key(&stem(&path)), path)).collect();
        Ok(Self { files })
    }

    /// Returns the file of the preset `name`.
    pub fn file(&self, name: &str) -> Option<&Path> {
        self.files.get(&texts::key(name)).map(PathBuf::as_path)
    }

    /// Checks that only the file `except`, if any, has `name`.
    fn free_or_error(&self, name: &str, except: Option<&Path>) -> Result<(), StoreError> {
        let name = texts::one_line(name);
        let factory = is_factory(&name);
        let file = self.file(&name);
        if !factory && (file.is_none() || file == except) {
            return Ok(());
        }
        let free = self.free(&name);
        Err(StoreError::Exists {
            name,
            free,
            factory,
        })
    }

    /// Returns `name`, or the next name like it that is free.
    pub fn free(&self, name: &str) -> String {
        let name = texts::one_line(name);
        let is_free = |name: &str| !is_factory(name) && self.file(name).is_none();
        if is_free(&name) {
            return name;
        }
        let (base, number) = match name.rsplit_once(' ') {
            Some((base, number)) => (base, number.parse().ok()),
            None => (name.as_str(), None),
        };
        let (base, number) = match number {
            Some(number @ 1..100_000) => (base, number),
            _ => (name.as_str(), 1_u32),
        };
        let numbered = |number: u32| {
            let end = format!(" {number}");
            let room = texts::LONGEST_NAME - end.len();
            let start: String = base.chars().take(room).collect();
            start.trim_end().to_owned() + &end
        };
        let mut names = (number + 1..).map(numbered);
        names.find(|name| is_free(name)).unwrap_or(name)
    }

    /// Saves `preset`, whose name has to be free, as a new file of `folder`, which has to be locked.
    pub fn save(
        &mut self,
        folder: &Path,
        preset: &Preset,
        durability: Durability,
    ) -> Result<PresetFile, StoreError> {
        let (preset, text) = file_text(preset)?;
        let path = folder.join(file_name(&preset.name));
        let written = safe_file::write_new(&path, &text, durability);
        written.map_err(|error| StoreError::file(&path, "cannot be written", &error))?;
        self.files.insert(texts::key(&preset.name), path.clone());
        Ok(PresetFile::new(path, &text))
    }
}

fn is_factory(name: &str) -> bool {
    let key = texts::key(name);
    (factory::all().iter()).any(|preset| texts::key(&preset.name) == key)
}
