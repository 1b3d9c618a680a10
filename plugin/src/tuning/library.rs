//! The user's tuning folder: lists its scales and keyboard maps.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file;
use crate::user_folder::{self, Walk};

/// Most files listed of each kind; longer lists are of no use in a menu.
const MOST: usize = 400;
/// Most directory entries that are read, so that a huge folder does not block the window.
const PATIENCE: usize = 20_000;

/// The Scala files of a folder and of its direct subfolders, as of the last scan.
#[derive(Debug, Default)]
pub struct Library {
    /// Path of the folder; `None` if the system defines no place for a user's files.
    folder: Option<PathBuf>,
    scales: Vec<Entry>,
    maps: Vec<Entry>,
    left_out: bool,
}

/// A file of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// File name without extension, prefixed with the subfolder's name if it is in one.
    pub name: String,
    /// Path of the file.
    pub path: PathBuf,
    /// Size in bytes.
    size: u64,
}

impl Entry {
    /// Returns true if the file has this text. Reads the file only if its size fits. `[gui]`
    pub fn has(&self, text: &str) -> bool {
        // UTF-8, one byte per character, or UTF-16; the first two with or without a byte order mark.
        let (utf_8, letters) = (text.len(), text.chars().count());
        let utf_16 = 2 + 2 * text.encode_utf16().count();
        let sizes = [utf_8, letters, 3 + utf_8, 3 + letters, utf_16].map(|size| size as u64);
        sizes.contains(&self.size) && file::read(&self.path).is_ok_and(|found| found == text)
    }
}

/// Returns the default tuning folder of this system's user. `[gui]`
pub fn usual_folder() -> Option<PathBuf> {
    user_folder::usual("tunings")
}

impl Library {
    /// Creates the library of `folder`, which need not exist. It is empty before the first [`rescan`](Self::rescan).
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            ..Self::default()
        }
    }

    /// Returns the path of the folder.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Returns the scales, ordered by name, those in subfolders last.
    pub fn scales(&self) -> &[Entry] {
        &self.scales
    }

    /// Returns the keyboard maps, in the same order.
    pub fn maps(&self) -> &[Entry] {
        &self.maps
    }

    /// Returns true if the folder has more files than are listed.
    pub fn left_out(&self) -> bool {
        self.left_out
    }

    /// Lists the folder anew. A folder that does not exist is treated as empty. `[gui]`
    ///
    /// # Errors
    /// If the folder cannot be read; nothing is listed then.
    pub fn rescan(&mut self) -> io::Result<()> {
        *self = Self::new(self.folder.take());
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        // Deeper folders are not searched, and an unreadable subfolder is skipped.
        let mut walk = Walk {
            depth: 1,
            patience: PATIENCE,
            skipped: None,
        };
        let files = match walk.search(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found?.files,
        };
        self.scales = listed(&files, folder, "scl");
        self.maps = listed(&files, folder, "kbm");
        self.left_out = walk.patience == 0;
        for list in [&mut self.scales, &mut self.maps] {
            self.left_out |= list.len() > MOST;
            list.truncate(MOST);
        }
        Ok(())
    }
}

/// Returns the entries of the files in `files` with the extension `ending`, in order.
fn listed(files: &[PathBuf], folder: &Path, ending: &str) -> Vec<Entry> {
    let entry = |path: &PathBuf| {
        let ends = path.extension()?.eq_ignore_ascii_case(ending);
        let stem = path.file_stem()?.to_string_lossy();
        if !ends {
            return None;
        }
        // Only regular files: reading a pipe could block for ever.
        let facts = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let within = path.parent()?.strip_prefix(folder).ok()?;
        let name = match within.file_name() {
            Some(within) => format!("{}/{stem}", within.to_string_lossy()),
            None => stem.into_owned(),
        };
        Some(Entry {
            name,
            path: path.clone(),
            size: facts.len(),
        })
    };
    let mut list: Vec<_> = files.iter().filter_map(entry).collect();
    list.sort_by_cached_key(|entry| {
        let in_folder = entry.path.parent() != Some(folder);
        (in_folder, entry.name.to_lowercase(), entry.path.clone())
    });
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[Entry]) -> Vec<&str> {
        list.iter().map(|entry| &*entry.name).collect()
    }

    #[test]
    fn scala_files_are_listed_by_name_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        fs::create_dir_all(place.join("Old ones/deeper")).unwrap();
        fs::create_dir(place.join("v1.scl")).unwrap();
        fs::create_dir(place.join(".git")).unwrap();
        for name in [
            "b.scl",
            "A.SCL",
            "c.txt",
            "scl",
            ".hidden.scl",
            ".scl",
            "b.kbm",
            "Old ones/a.scl",
            "Old ones/deeper/z.scl",
            "v1.scl/y.scl",
            ".git/x.scl",
        ] {
            fs::write(place.join(name), "x").unwrap();
        }
        let mut library = Library::new(Some(place.into()));
        assert_eq!(names(library.scales()), [""; 0], "before the first look");
        library.rescan().unwrap();
        assert_eq!(
            names(library.scales()),
            ["A", "b", "Old ones/a", "v1.scl/y"]
        );
        assert_eq!(names(library.maps()), ["b"]);
        assert!(!library.left_out());
        assert_eq!(library.scales()[0].path, place.join("A.SCL"));

        fs::remove_file(place.join("b.scl")).unwrap();
        library.rescan().unwrap();
        assert_eq!(names(library.scales()), ["A", "Old ones/a", "v1.scl/y"]);
    }

    #[test]
    fn a_missing_folder_is_empty_and_a_file_in_its_place_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let mut library = Library::new(Some(missing.clone()));
        library.rescan().unwrap();
        assert!(library.scales().is_empty());
        assert!(!missing.exists(), "looking made it");
        fs::write(&missing, "").unwrap();
        assert!(library.rescan().is_err());
        Library::new(None).rescan().unwrap();
    }

    #[test]
    fn long_lists_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MOST + 5 {
            fs::write(folder.path().join(format!("{number:05}.scl")), "").unwrap();
        }
        let mut library = Library::new(Some(folder.path().into()));
        library.rescan().unwrap();
        assert_eq!(library.scales().len(), MOST);
        assert_eq!(library.scales()[MOST - 1].name, format!("{:05}", MOST - 1));
        assert!(library.left_out());
    }

    #[test]
    fn an_entry_is_known_by_its_text() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.scl"), b"fran\xe7ais").unwrap();
        let mut library = Library::new(Some(folder.path().into()));
        library.rescan().unwrap();
        assert!(library.scales()[0].has("français"));
        assert!(!library.scales()[0].has("francais"));
        assert!(!library.scales()[0].has("english!"));
    }
}
