//! Replaces files and folders atomically, so that no partial content is ever visible.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Moves `new` to `place`. Both must be on one file system.
///
/// # Errors
/// When the file system refuses; the old content is then still (or again) in place.
pub fn replace(new: &Path, place: &Path) -> Result<()> {
    // A file replaces a file in one step. A folder cannot be replaced, so the old one is moved aside first and moved
    // back on failure.
    let aside = beside(place, "old");
    remove(&aside)?;
    let stepped_aside = place.is_dir() || (place.exists() && new.is_dir());
    if stepped_aside {
        fs::rename(place, &aside).with_context(|| cannot_replace(place))?;
    }
    if let Err(error) = fs::rename(new, place) {
        if stepped_aside {
            fs::rename(&aside, place).with_context(|| cannot_replace(place))?;
        }
        return Err(error).with_context(|| cannot_replace(place));
    }
    remove(&aside)
}

/// Copies `source`, a file or a folder, to `place`, creating its parent folders.
///
/// # Errors
/// When a file cannot be read or written; `place` is then unchanged.
pub fn replace_with_copy(source: &Path, place: &Path) -> Result<()> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let new = beside(place, "new");
    remove(&new)?;
    let done = copy(source, &new).and_then(|()| replace(&new, place));
    if done.is_err() {
        // A partial copy is useless, and the first error is the one to report.
        let _ = remove(&new);
    }
    done
}

/// Writes `content` to `place`.
///
/// # Errors
/// When it cannot be written; `place` is then unchanged.
pub fn replace_with_content(content: &str, place: &Path) -> Result<()> {
    let new = beside(place, "new");
    fs::write(&new, content).with_context(|| format!("cannot write {}", place.display()))?;
    replace(&new, place).inspect_err(|_| {
        let _ = remove(&new);
    })
}

/// Removes a file or a folder; succeeds if there is none.
///
/// # Errors
/// When the file system refuses.
pub fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Copies a file or a folder to a path that does not exist.
fn copy(source: &Path, target: &Path) -> Result<()> {
    let context = || format!("cannot copy {} to {}", source.display(), target.display());
    if !source.is_dir() {
        fs::copy(source, target).with_context(context)?;
        return Ok(());
    }
    fs::create_dir(target).with_context(context)?;
    for entry in fs::read_dir(source).with_context(context)? {
        let entry = entry.with_context(context)?;
        copy(&entry.path(), &target.join(entry.file_name()))?;
    }
    Ok(())
}

/// Returns a hidden name in the same folder, which no host takes for a plugin.
fn beside(place: &Path, what: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(".");
    name.push(what);
    place.with_file_name(name)
}

fn cannot_replace(place: &Path) -> String {
    format!(
        "cannot replace {} (if a host has it open, close that first)",
        place.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_takes_the_place_of_a_folder_whole() {
        let home = tempfile::tempdir().unwrap();
        let (source, place) = (
            home.path().join("source"),
            home.path().join("there/Tidepool.vst3"),
        );
        fs::create_dir_all(source.join("Contents")).unwrap();
        fs::write(source.join("Contents/new"), "new").unwrap();
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("stale"), "old").unwrap();

        replace_with_copy(&source, &place).unwrap();

        assert_eq!(names(&place), ["Contents"]);
        assert_eq!(
            fs::read_to_string(place.join("Contents/new")).unwrap(),
            "new"
        );
        assert_eq!(
            names(place.parent().unwrap()),
            ["Tidepool.vst3"],
            "nothing may be left beside it"
        );
    }

    #[test]
    fn a_file_takes_the_place_of_a_folder_and_the_other_way_round() {
        let home = tempfile::tempdir().unwrap();
        let (file, folder) = (home.path().join("file"), home.path().join("folder"));
        let place = home.path().join("place");
        fs::write(&file, "file").unwrap();
        fs::create_dir(&folder).unwrap();

        for source in [&file, &folder, &file] {
            replace_with_copy(source, &place).unwrap();
            assert_eq!(place.is_dir(), source.is_dir());
        }
        assert_eq!(names(home.path()), ["file", "folder", "place"]);
    }

    #[test]
    fn a_failed_copy_leaves_the_old_content() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("Tidepool.clap");
        fs::write(&place, "old").unwrap();

        replace_with_copy(&home.path().join("missing"), &place).unwrap_err();

        assert_eq!(fs::read_to_string(&place).unwrap(), "old");
        assert_eq!(names(home.path()), ["Tidepool.clap"]);
    }

    #[test]
    fn content_is_written_whole_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("report.json");
        replace_with_content("{}", &place).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "{}");

        let nowhere = home.path().join("no/such/folder/report.json");
        let error = replace_with_content("{}", &nowhere).unwrap_err();
        assert!(format!("{error:#}").contains("report.json"));
        assert_eq!(names(home.path()), ["report.json"]);
    }

    #[test]
    fn removing_nothing_is_no_error() {
        remove(&tempfile::tempdir().unwrap().path().join("nothing")).unwrap();
    }
}
