//! The user's favourites, and the presets that were loaded last, in a file of their own beside the presets.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::entry::PresetId;
use super::shared_file::{self, SharedFile};
use super::store::StoreError;
use crate::user_folder;

/// Most presets that are remembered as loaded last.
pub const MOST_RECENT: usize = 50;

/// Returns the default file of this user's marks. Any thread but the audio thread.
pub fn usual_file() -> Option<PathBuf> {
    user_folder::usual("library.toml")
}

/// Favourites and presets loaded last. `[gui]`
#[derive(Debug, Default)]
pub struct Marks(SharedFile<Contents>);

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

impl shared_file::Contents for Contents {
    const NAME: &'static str = "favourites";
}

impl Marks {
    /// Reads the marks in the file at `path`, which need not exist.
    pub fn open(path: Option<PathBuf>) -> Self {
        Self(SharedFile::open(path))
    }

    /// Reads the file again, which another instance may have changed.
    pub fn reread(&mut self) {
        self.0.reread();
    }

    /// Returns a sentence about the file that was damaged or could not be read, until
    /// [`dismiss_notice`](Self::dismiss_notice).
    pub fn notice(&self) -> Option<&str> {
        self.0.notice()
    }

    /// Forgets the notice.
    pub fn dismiss_notice(&mut self) {
        self.0.dismiss_notice();
    }

    /// Returns true if the preset is a favourite.
    pub fn is_favourite(&self, id: &PresetId) -> bool {
        self.0.contents().favourites.contains(id)
    }

    /// Returns the presets that were loaded last, the latest first.
    pub fn recents(&self) -> &[PresetId] {
        &self.0.contents().recent
    }

    /// Makes the preset a favourite, or no longer.
    ///
    /// # Errors
    /// If the file cannot be written; the change holds until the window closes.
    pub fn set_favourite(&mut self, id: &PresetId, favourite: bool) -> Result<(), StoreError> {
        self.0.change(|contents| {
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
        self.0.change(|contents| {
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
        self.0.change(|contents| {
            if contents.favourites.remove(old) {
                contents.favourites.insert(new.clone());
            }
            for recent in contents.recent.iter_mut().filter(|recent| *recent == old) {
                *recent = new.clone();
            }
        })
    }
}
