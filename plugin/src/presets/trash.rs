//! The trash: deleted presets of the user, in a folder `Trash` beside the others, from which they can be restored.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::store::{self, Names, StoreError, TRASH};
use crate::safe_file::{self, Durability};

/// Most files of one name in a folder of the trash.
const MOST: usize = 10_000;

/// Moves the preset file at `file`, damaged or not, to the trash of `folder`, and returns its place there. `[gui]`
///
/// # Errors
/// If the file is gone, is not in `folder`, or cannot be moved; it is where it was then.
pub fn delete(folder: &Path, file: &Path) -> Result<PathBuf, StoreError> {
    let _lock = store::lock(folder)?;
    let Ok(place) = file.strip_prefix(folder) else {
        return Err(StoreError::file(
            file,
            "cannot be deleted",
            &io::Error::other("the file is not in the folder of presets"),
        ));
    };
    if fs::symlink_metadata(file).is_err() {
        return Err(StoreError::Gone(file.to_owned()));
    }
    let target = folder.join(TRASH).join(place);
    move_to_free(file, &target)
        .map_err(|error| StoreError::file(file, "cannot be moved to the trash", &error))
}

/// Moves the file at `trashed`, a path that [`delete`] returned, back to its folder, and returns its path there. A
/// preset whose name has been taken meanwhile gets a free one. `[gui]`
///
/// # Errors
/// If the file is gone or cannot be moved; it stays in the trash then.
pub fn restore(folder: &Path, trashed: &Path) -> Result<PathBuf, StoreError> {
    let _lock = store::lock(folder)?;
    let unmoved = |error: &io::Error| StoreError::file(trashed, "cannot be restored", error);
    if fs::symlink_metadata(trashed).is_err() {
        return Err(unmoved(&ErrorKind::NotFound.into()));
    }
    let within = trashed.strip_prefix(folder.join(TRASH));
    let within = within.ok().and_then(Path::parent).unwrap_or(Path::new(""));
    let place = folder.join(within);
    let Ok((mut preset, _)) = store::open(trashed) else {
        let target = place.join(trashed.file_name().unwrap_or_default());
        return move_to_free(trashed, &target).map_err(|error| unmoved(&error));
    };
    let mut names = Names::of(folder)?;
    let name = names.free(&preset.name);
    if name == preset.name {
        let target = place.join(store::file_name(&name));
        return move_to_free(trashed, &target).map_err(|error| unmoved(&error));
    }
    preset.name = name;
    fs::create_dir_all(&place).map_err(|error| unmoved(&error))?;
    let file = names.save(&place, &preset, Durability::Now)?;
    // The preset is back already; a second copy in the trash does no harm.
    let _ = fs::remove_file(trashed);
    Ok(file.path)
}

/// Moves `file` to `target`, or beside it with a number if there is one already, and returns its new path.
fn move_to_free(file: &Path, target: &Path) -> io::Result<PathBuf> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    let stem = store::stem(target);
    let mut path = target.to_owned();
    for number in 2..MOST {
        match safe_file::move_new(file, &path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                path = target.with_file_name(format!("{stem} ({number}).toml"));
            }
            Err(error) => return Err(error),
            Ok(()) => return Ok(path),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
