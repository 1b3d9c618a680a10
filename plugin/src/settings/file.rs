//! A TOML file of settings: reads it, keeps a damaged one aside, and merges changed fields into it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::{Table, Value};

use crate::files;
use crate::safe_file::{self, Durability, FolderLock};

/// Most bytes of a file of settings.
const LIMIT: u64 = 1 << 20;

/// Failure to read or write the file, in a sentence for the user.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error("the settings in {} could not be read ({cause}); they are kept as {}, and defaults are used", path.display(), aside.display())]
    Damaged {
        path: PathBuf,
        aside: PathBuf,
        cause: String,
    },
    #[error("the settings in {} cannot be read ({cause}); defaults are used, and changes are not saved until the file is repaired or moved away", path.display())]
    Unreadable { path: PathBuf, cause: String },
    #[error("the settings cannot be saved in {} ({}); they last until Tidepool ends", path.display(), safe_file::reason(cause))]
    Unwritable { path: PathBuf, cause: io::Error },
}

/// The file, which need not exist.
#[derive(Debug)]
pub(super) struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the values in the file; those that are missing, and all of a missing file, are the type's defaults.
    ///
    /// # Errors
    /// If the file is damaged, which renames it, or cannot be read.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let text = self.text()?;
        toml::from_str(&text).map_err(|error| self.set_aside(&explained(&error, &text)))
    }

    /// Writes the fields in which `after` differs from `before` into the file as it is at present; other fields stay.
    /// Returns the damage of a file that was kept aside for that.
    ///
    /// # Errors
    /// If the file cannot be read or written; it is unchanged then.
    pub fn merge<T: Serialize + DeserializeOwned>(
        &self,
        before: &T,
        after: &T,
    ) -> Result<Option<Fault>, Fault> {
        let unwritable = |cause| Fault::Unwritable {
            path: self.path.clone(),
            cause,
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(unwritable)?;
        let _lock = FolderLock::new(folder).map_err(unwritable)?;
        // A file that this type cannot be read from would be damaged at the next start.
        let (damage, mut table) = match self.read::<T>().and_then(|_| self.text()) {
            Ok(text) => (None, text.parse().unwrap_or_default()),
            Err(damage @ Fault::Damaged { .. }) => (Some(damage), Table::new()),
            Err(fault) => return Err(fault),
        };
        for (key, value) in changes(before, after) {
            match value {
                Some(value) => table.insert(key, value),
                None => table.remove(&key),
            };
        }
        safe_file::replace(&self.path, &table.to_string(), Durability::Now).map_err(unwritable)?;
        Ok(damage)
    }

    /// Returns the text of the file; empty if there is none.
    fn text(&self) -> Result<String, Fault> {
        match files::read(&self.path, LIMIT) {
            Ok(Some(bytes)) => {
                String::from_utf8(bytes).map_err(|_| self.set_aside("it is not UTF-8"))
            }
            Ok(None) => Err(self.set_aside("it is larger than 1 MiB")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            // The folder is a file: nothing to read, and saving says why it fails.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(String::new()),
            Err(error) => Err(self.unreadable(error.to_string())),
        }
    }

    fn unreadable(&self, cause: String) -> Fault {
        Fault::Unreadable {
            path: self.path.clone(),
            cause,
        }
    }

    /// Renames the file to the first free name of `settings.damaged-1.toml`, `-2` and so on.
    fn set_aside(&self, cause: &str) -> Fault {
        match safe_file::keep_aside(&self.path) {
            Ok(aside) => Fault::Damaged {
                path: self.path.clone(),
                aside,
                cause: cause.to_owned(),
            },
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.unreadable(format!("{cause}, and there are 999 damaged ones already"))
            }
            Err(error) => self.unreadable(format!("{cause}, and it cannot be renamed: {error}")),
        }
    }
}

/// Returns the message of `error` with its line, in one line.
fn explained(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().replace('\n', ", ");
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
        None => message,
    }
}

/// Returns the fields in which `after` differs from `before`; `None` for one that `after` does not have.
fn changes<T: Serialize>(before: &T, after: &T) -> Vec<(String, Option<Value>)> {
    let table = |values| Table::try_from(values).unwrap_or_default();
    let (before, after) = (table(before), table(after));
    let changed = |key: &&String| before.get(*key) != after.get(*key);
    let keys = before.keys().chain(after.keys()).filter(changed);
    keys.map(|key| (key.clone(), after.get(key).cloned()))
        .collect()
}
