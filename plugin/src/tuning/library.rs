//! The user's folder of tunings: which scales and keyboard maps are in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::file;

/// Most files of a kind that are listed. Nobody finds anything in longer lists.
const MOST: usize = 400;
/// Most entries that are looked at, so that no folder keeps the window waiting.
const PATIENCE: usize = 20_000;

/// The Scala files of a folder and of the folders in it, as they were at the last look.
#[derive(Debug, Default)]
pub struct Library {
    /// Where it is; none where the system knows no place for a user's files.
    folder: Option<PathBuf>,
    scales: Vec<Entry>,
    maps: Vec<Entry>,
    left_out: bool,
}

/// A file of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Without its ending, behind the name of its folder if it is in one.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// In bytes.
    size: u64,
}

impl Entry {
    /// Whether the file has this text. It is only read if it is as long. `[gui]`
    pub fn has(&self, text: &str) -> bool {
        // UTF-8, a byte for each character, or UTF-16, the latter and the former perhaps with a byte order mark.
        let (utf_8, letters) = (text.len(), text.chars().count());
        let utf_16 = 2 + 2 * text.encode_utf16().count();
        let sizes = [utf_8, letters, 3 + utf_8, 3 + letters, utf_16].map(|size| size as u64);
        sizes.contains(&self.size) && file::read(&self.path).is_ok_and(|found| found == text)
    }
}

/// Where this system keeps such files of its user. `[gui]`
pub fn usual_folder() -> Option<PathBuf> {
    let name = match cfg!(any(target_os = "macos", windows)) {
        true => "Tidepool",
        false => "tidepool",
    };
    let places = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(places.data_dir().join(name).join("tunings"))
}

impl Library {
    /// That of `folder`, which need not exist. Nothing is known of it before the first look.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            ..Self::default()
        }
    }

    /// Where it is.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The scales, in the order of their names, those in folders last.
    pub fn scales(&self) -> &[Entry] {
        &self.scales
    }

    /// The keyboard maps, in the same order.
    pub fn maps(&self) -> &[Entry] {
        &self.maps
    }

    /// Whether there is more in the folder than is listed.
    pub fn left_out(&self) -> bool {
        self.left_out
    }

    /// Lists the folder anew. One that does not exist is an empty one. `[gui]`
    ///
    /// # Errors
    /// If the folder cannot be read; nothing is listed then.
    pub fn rescan(&mut self) -> io::Result<()> {
        *self = Self::new(self.folder.take());
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let mut patience = PATIENCE;
        let mut files = Vec::new();
        let folders = match entries(folder, &mut patience, &mut files) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        for folder in folders {
            // Folders in folders in the folder are too deep, and one that cannot be read spoils nothing.
            let _ = entries(&folder, &mut patience, &mut files);
        }
        self.scales = listed(&files, folder, "scl");
        self.maps = listed(&files, folder, "kbm");
        self.left_out = patience == 0;
        for list in [&mut self.scales, &mut self.maps] {
            self.left_out |= list.len() > MOST;
            list.truncate(MOST);
        }
        Ok(())
    }
}

/// Adds what is in `folder` to `files`, but for its folders, which it answers.
fn entries(
    folder: &Path,
    patience: &mut usize,
    files: &mut Vec<PathBuf>,
) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)?.take(*patience) {
        *patience -= 1;
        let entry = entry?;
        // Some systems keep files of their own beside others, under the same name.
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() || kind.is_symlink() && path.is_dir() {
            folders.push(path);
        } else {
            files.push(path);
        }
    }
    Ok(folders)
}

/// Those of `files` that end in `ending`, in order.
fn listed(files: &[PathBuf], folder: &Path, ending: &str) -> Vec<Entry> {
    let entry = |path: &PathBuf| {
        let ends = path.extension()?.eq_ignore_ascii_case(ending);
        let stem = path.file_stem()?.to_string_lossy();
        if !ends {
            return None;
        }
        // Reading a pipe could take for ever.
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

    #[test]
    fn the_usual_folder_is_the_users_own() {
        let folder = usual_folder().expect("the tests have a home");
        assert!(folder.is_absolute() && folder.ends_with("tunings"));
    }
}
