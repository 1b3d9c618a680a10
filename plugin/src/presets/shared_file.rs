//! A small TOML file that several instances change: each change reads it, applies itself and writes it, under a lock, so
//! that no change of another instance is lost.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::store::{self, StoreError};
use crate::files;
use crate::safe_file::{self, Durability};

/// Most bytes of the file.
const LARGEST: u64 = 4 << 20;

/// Contents of such a file.
pub trait Contents: Clone + Default + Serialize + DeserializeOwned {
    /// Name of the contents in sentences, as in "the favourites were damaged".
    const NAME: &'static str;
}

/// The file, which need not exist, and its contents as they were last read or changed. `[gui]` and `[worker]`
#[derive(Debug, Default)]
pub struct SharedFile<T> {
    /// Path of the file; `None` to remember nothing.
    path: Option<PathBuf>,
    contents: T,
    notice: Option<String>,
}

impl<T: Contents> SharedFile<T> {
    /// Reads the file at `path`.
    pub fn open(path: Option<PathBuf>) -> Self {
        let mut file = Self {
            path,
            ..Self::default()
        };
        file.reread();
        file
    }

    /// Returns the contents.
    pub fn contents(&self) -> &T {
        &self.contents
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

    /// Applies `change` to the contents in memory and in the file.
    ///
    /// # Errors
    /// If the file cannot be read or written; the change holds until the window closes.
    pub fn change(&mut self, change: impl Fn(&mut T)) -> Result<(), StoreError> {
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
            "{}: the {} were damaged; the file is kept as {}",
            path.display(),
            T::NAME,
            aside.file_name().unwrap_or_default().display()
        ));
        Ok(())
    }
}

/// Reads the file at `path`. `None` if it is damaged.
fn read<T: Contents>(path: &Path) -> io::Result<Option<T>> {
    if fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(Some(T::default()));
    }
    let bytes = files::read(path, LARGEST)?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.and_then(|text| toml::from_str(&text).ok()))
}
