//! Folders of the user's own files: their place, their contents, and how they are shown in the file manager.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use etcetera::BaseStrategy;

/// Returns the place of `name`, a file or folder, among this user's data of Tidepool. `None` if the system defines no
/// such place. Any thread but the audio thread.
pub fn usual(name: &str) -> Option<PathBuf> {
    let places = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(places.data_dir().join(TIDEPOOL).join(name))
}

/// Returns the place of the file `name` among this user's configuration of Tidepool, as [`usual`] does.
pub fn usual_configuration(name: &str) -> Option<PathBuf> {
    let places = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(places.config_dir().join(TIDEPOOL).join(name))
}

/// Name of Tidepool's folders, in the way of the system.
const TIDEPOOL: &str = match cfg!(any(target_os = "macos", windows)) {
    true => "Tidepool",
    false => "tidepool",
};

/// Returns the path that a user typed, with `~` at its beginning replaced by the home folder. `[gui]`
pub fn typed_path(text: &str) -> PathBuf {
    let text = text.trim();
    let rest = match text.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix(['/', '\\']),
        None => None,
    };
    match (rest, etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

/// Search for the files in a folder and in its subfolders.
#[derive(Debug)]
pub struct Walk {
    /// Levels of subfolders that are searched.
    pub depth: usize,
    /// Directory entries that may still be read, so that a huge folder does not block the caller.
    pub patience: usize,
    /// Name of a direct subfolder that is not searched, in any case.
    pub skipped: Option<&'static str>,
}

/// Files found by a [`Walk`].
#[derive(Debug, Default)]
pub struct Found {
    /// Paths of the files, in no order. Hidden ones are not among them.
    pub files: Vec<PathBuf>,
    /// Subfolders that could not be read, with the reason.
    pub unreadable: Vec<(PathBuf, io::Error)>,
}

impl Walk {
    /// Finds all files below `folder`, until `patience` is 0. `[gui]`, `[worker]`
    ///
    /// # Errors
    /// If `folder` itself cannot be read.
    pub fn search(&mut self, folder: &Path) -> io::Result<Found> {
        let mut found = Found::default();
        let mut level = self.entries(folder, &mut found.files)?;
        if let Some(skipped) = self.skipped {
            let is_skipped = |folder: &PathBuf| {
                let name = folder.file_name().unwrap_or_default();
                name.eq_ignore_ascii_case(skipped)
            };
            level.retain(|folder| !is_skipped(folder));
        }
        for _ in 0..self.depth {
            let mut next = Vec::new();
            for folder in level {
                match self.entries(&folder, &mut found.files) {
                    Ok(folders) => next.extend(folders),
                    Err(error) => found.unreadable.push((folder, error)),
                }
            }
            level = next;
        }
        Ok(found)
    }

    /// Adds the files in `folder` to `files` and returns its subfolders.
    fn entries(&mut self, folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(folder)?.take(self.patience) {
            self.patience -= 1;
            let entry = entry?;
            // Some systems keep hidden companions of files under the same name, such as `._a.scl`.
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
}

/// Opens a folder in the system's file manager, on a thread of its own: the search for a file manager takes a while,
/// during which the window would freeze.
#[derive(Debug)]
pub struct FolderOpener {
    /// Name of the folder in sentences, such as "folder of tunings".
    what: &'static str,
    open: fn(&Path) -> io::Result<()>,
    /// Thread that opens the folder, while it runs.
    opening: Option<JoinHandle<io::Result<()>>>,
}

impl FolderOpener {
    /// Makes an opener for the folder that sentences call `what`.
    pub fn new(what: &'static str) -> Self {
        Self {
            what,
            open: |folder| open::that_detached(folder),
            opening: None,
        }
    }

    /// Replaces the function that opens a folder.
    #[cfg(test)]
    pub fn open_with(&mut self, open: fn(&Path) -> io::Result<()>) {
        self.open = open;
    }

    /// Opens `folder`, and makes it if it is missing. `[gui]`
    ///
    /// # Errors
    /// A sentence with the reason and the remedy if the folder cannot be made.
    pub fn open(&mut self, folder: &Path) -> Result<(), String> {
        if (self.opening.as_ref()).is_some_and(|opening| !opening.is_finished()) {
            return Ok(());
        }
        let open = self.open;
        let thread = thread::Builder::new().name("open folder".to_owned());
        let owned = folder.to_owned();
        let made = fs::create_dir_all(folder);
        let opening = made.and_then(|()| thread.spawn(move || open(&owned)));
        self.opening = Some(opening.map_err(|error| {
            let what = self.what;
            format!("The {what} cannot be made: {error}; make it yourself.")
        })?);
        Ok(())
    }

    /// Returns a sentence if the opening has ended in an error since the last call. `[gui]`
    pub fn failure(&mut self) -> Option<String> {
        let ended = (self.opening).take_if(|opening| opening.is_finished());
        // A panic of the thread is already in the log.
        let Some(Ok(Err(error))) = ended.map(JoinHandle::join) else {
            return None;
        };
        // The error is about launchers and how they ended, so it goes to the log only.
        let what = self.what;
        nice_plug::nice_warn!("the {what} is not shown: {error}");
        Some(format!(
            "No file manager shows the {what}: open the path below yourself, then reload."
        ))
    }
}

impl Drop for FolderOpener {
    fn drop(&mut self) {
        // No thread may outlive the shared library that it runs in.
        if let Some(opening) = self.opening.take() {
            let _ = opening.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_place_is_the_users_own() {
        let folder = usual("tunings").expect("the tests have a home");
        assert!(folder.is_absolute() && folder.ends_with("tunings"));
    }

    #[test]
    fn a_tilde_stands_for_the_home_folder_at_the_beginning_only() {
        let home = etcetera::home_dir().expect("the tests have a home");
        for (text, path) in [
            ("~", home.clone()),
            (" ~/a b ", home.join("a b")),
            ("/x/~/y", "/x/~/y".into()),
            ("~user/a", "~user/a".into()),
            ("a/b.toml", "a/b.toml".into()),
        ] {
            assert_eq!(typed_path(text), path, "{text}");
        }
    }

    #[test]
    fn a_walk_goes_as_deep_as_it_may_and_stops_when_patience_ends() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::create_dir(folder.join("TRASH")).unwrap();
        for name in ["1", "a/2", "a/b/3", "TRASH/4", ".5"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let search = |depth, patience| {
            let skipped = Some("Trash");
            let mut walk = Walk {
                depth,
                patience,
                skipped,
            };
            let mut files = walk.search(folder).unwrap().files;
            files.sort();
            let names = files
                .iter()
                .map(|file| file.file_name().unwrap().to_owned());
            (names.collect::<Vec<_>>(), walk.patience)
        };
        assert_eq!(search(0, 100).0, ["1"]);
        assert_eq!(search(1, 100).0, ["1", "2"]);
        assert_eq!(search(2, 100).0, ["1", "2", "3"]);
        assert_eq!(search(2, 1).1, 0);
        assert!(
            Walk {
                depth: 0,
                patience: 9,
                skipped: None
            }
            .search(&folder.join("x"))
            .is_err()
        );
    }
}
