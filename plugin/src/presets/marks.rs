//! The user's favourites, and the presets that were loaded last, in a file of their own beside the presets.
//!
//! Several instances change the file: each change reads it, applies itself and writes it, under a lock, so that no
//! change of another instance is lost.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::entry::PresetId;
use super::store::{self, StoreError};
use crate::safe_file::{self, Durability};
use crate::{files, user_folder};

/// Most presets that are remembered as loaded last.
pub const MOST_RECENT: usize = 50;
/// Most bytes of the file.
const LARGEST: u64 = 4 << 20;

/// Returns the default file of this user's marks. Any thread but the audio thread.
pub fn usual_file() -> Option<PathBuf> {
    user_folder::usual("library.toml")
}

/// Favourites and presets loaded last. `[gui]`
#[derive(Debug, Default)]
pub struct Marks {
    /// Path of the file; `None` to remember nothing.
    path: Option<PathBuf>,
    contents: Contents,
    notice: Option<String>,
}

/// Contents of the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Contents {
    #[serde(default)]
    favourites: BTreeSet<PresetId>,
    /// The latest first.
    #[serde(default)]
    recent: Vec<PresetId>,
    /// Entries of a later version.
    #[serde(flatten)]
    others: toml::Table,
}

impl Marks {
    /// Reads the marks in the file at `path`, which need not exist.
    pub fn open(path: Option<PathBuf>) -> Self {
        let mut marks = Self {
            path,
            ..Self::default()
        };
        marks.reread();
        marks
    }

    /// Reads the file again, which another instance may have changed.
    pub fn reread(&mut self) {
        let Some(path) = &self.path else {
            return;
        };
        let unread = |error| StoreError::file(path, "cannot be read", &error);
        let done = match read(path).map_err(unread) {
            Ok(Some(contents)) => {
                self.contents = contents;
                Ok(())
            }
            Ok(None) => self.change(|_| ()),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            self.notice = Some(error.to_string());
        }
    }

    /// Returns a sentence about the file that was damaged or could not be read, until
    /// [`dismiss_notice`](Self::dismiss_notice).
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Forgets the notice.
    pub fn dismiss_notice(&mut self) {
        self.notice = None;
    }

    /// Returns true if the preset is a favourite.
    pub fn is_favourite(&self, id: &PresetId) -> bool {
        self.contents.favourites.contains(id)
    }

    /// Returns the presets that were loaded last, the latest first.
    pub fn recents(&self) -> &[PresetId] {
        &self.contents.recent
    }

    /// Makes the preset a favourite, or no longer.
    ///
    /// # Errors
    /// If the file cannot be written; the change holds until the window closes.
    pub fn set_favourite(&mut self, id: &PresetId, favourite: bool) -> Result<(), StoreError> {
        self.change(|contents| {
            if favourite {
                contents.favourites.insert(id.clone());
            } else {
                contents.favourites.remove(id);
            }
        })
    }

    /// Remembers that the preset was loaded.
    ///
    /// # Errors
    /// As for [`set_favourite`](Self::set_favourite).
    pub fn loaded(&mut self, id: &PresetId) -> Result<(), StoreError> {
        self.change(|contents| {
            contents.recent.retain(|recent| recent != id);
            contents.recent.insert(0, id.clone());
            contents.recent.truncate(MOST_RECENT);
        })
    }

    /// Moves the marks of a preset whose file has another name from now on.
    ///
    /// # Errors
    /// As for [`set_favourite`](Self::set_favourite).
    pub fn renamed(&mut self, old: &PresetId, new: &PresetId) -> Result<(), StoreError> {
        self.change(|contents| {
            if contents.favourites.remove(old) {
                contents.favourites.insert(new.clone());
            }
            for recent in contents.recent.iter_mut().filter(|recent| *recent == old) {
                *recent = new.clone();
            }
        })
    }

    /// Applies `change` to the marks in memory and in the file.
    fn change(&mut self, change: impl Fn(&mut Contents)) -> Result<(), StoreError> {
        change(&mut self.contents);
        let Some(path) = self.path.clone() else {
            return Ok(());
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let _lock = store::lock(folder)?;
        let unread = |error| StoreError::file(&path, "cannot be read", &error);
        if let Some(mut contents) = read(&path).map_err(unread)? {
            change(&mut contents);
            self.contents = contents;
        } else {
            self.keep_aside(&path)?;
        }
        let unwritten = |error| StoreError::file(&path, "cannot be written", &error);
        let text = toml::to_string(&self.contents).map_err(io::Error::other);
        let text = text.map_err(unwritten)?;
        safe_file::replace(&path, &text, Durability::Later).map_err(unwritten)
    }

    /// Gives the damaged file at `path` another name.
    fn keep_aside(&mut self, path: &Path) -> Result<(), StoreError> {
        let unmoved = |error| StoreError::file(path, "cannot be moved", &error);
        let aside = safe_file::keep_aside(path).map_err(unmoved)?;
        self.notice = Some(format!(
            "{}: the favourites were damaged; the file is kept as {}",
            path.display(),
            aside.file_name().unwrap_or_default().display()
        ));
        Ok(())
    }
}

/// Reads the file at `path`. `None` if it is damaged.
fn read(path: &Path) -> io::Result<Option<Contents>> {
    if fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(Some(Contents::default()));
    }
    let bytes = files::read(path, LARGEST)?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.and_then(|text| toml::from_str(&text).ok()))
}
