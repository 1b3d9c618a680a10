//! Small files of the user, written whole or not at all, by several instances and programs at a time.
//!
//! The text goes to a hidden file beside the target, which is renamed at the end. A failure at any point leaves an
//! earlier file as it was.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{Builder, NamedTempFile, TempPath};

/// Beginning of the names of unfinished files, which hides them.
const UNFINISHED: &str = ".tidepool-";
/// Name of the file that [`FolderLock`] locks.
const LOCK: &str = ".tidepool.lock";
/// Time after which a lock of another program is not waited for any more.
const PATIENCE: Duration = Duration::from_secs(2);
/// Interval between two attempts to lock.
const PAUSE: Duration = Duration::from_millis(2);

/// Time at which a file has to be safe from a loss of power; slow disks take a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The file is on the disk when the call returns.
    Now,
    /// The system writes the file to the disk in its own time.
    Later,
}

/// Writes `text` to a new file at `path`. `[gui]`, `[worker]`
///
/// # Errors
/// If there is a file already ([`ErrorKind::AlreadyExists`]), or the text cannot be written.
pub fn write_new(path: &Path, text: &str, durability: Durability) -> io::Result<()> {
    let file = unfinished(path, text, durability)?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// Writes `text` to the file at `path`, in place of an earlier one. A symbolic link stays one. `[gui]`, `[worker]`
///
/// # Errors
/// If the earlier file is read-only, or the text cannot be written; the earlier file is as it was then.
pub fn replace(path: &Path, text: &str, durability: Durability) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|facts| facts.permissions().readonly()) {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let file = unfinished(&target, text, durability)?;
    file.persist(&target)?;
    Ok(())
}

/// Moves the file `from` to `to` on the same disk. `[gui]`
///
/// # Errors
/// If there is a file at `to` already ([`ErrorKind::AlreadyExists`]), or the file cannot be moved.
pub fn move_new(from: &Path, to: &Path) -> io::Result<()> {
    let mut path = TempPath::try_from_path(from)?;
    path.disable_cleanup(true);
    Ok(path.persist_noclobber(to)?)
}

/// Gives the damaged file at `path` the first free name of `NAME.damaged-1.EXT`, `-2` and so on to `-999` beside it.
/// Returns the new path. `[gui]`, `[worker]`
///
/// # Errors
/// If all names are taken ([`ErrorKind::AlreadyExists`]), or the file cannot be moved.
pub fn keep_aside(path: &Path) -> io::Result<PathBuf> {
    let text = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, extension) = (text(path.file_stem()), text(path.extension()));
    for number in 1..=999 {
        let aside = path.with_file_name(format!("{stem}.damaged-{number}.{extension}"));
        match move_new(path, &aside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            moved => return moved.map(|()| aside),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Writes `text` to a hidden file beside `path`.
fn unfinished(path: &Path, text: &str, durability: Durability) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = Builder::new();
    builder.prefix(UNFINISHED).suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As other programs make files: the user's mask decides.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if durability == Durability::Now {
        file.as_file().sync_all()?;
    }
    Ok(file)
}

/// Exclusive right to change the files of a folder, among all programs that ask for it; ends when it is dropped.
#[derive(Debug)]
pub struct FolderLock {
    /// `None` where the folder cannot be written or its disk has no locks; the change itself fails or succeeds then.
    _file: Option<File>,
}

impl FolderLock {
    /// Locks `folder`. Waits for another program, for up to two seconds. `[gui]`, `[worker]`
    ///
    /// # Errors
    /// If another program holds the lock for longer ([`ErrorKind::WouldBlock`]).
    pub fn new(folder: &Path) -> io::Result<Self> {
        let begin = Instant::now();
        let path = folder.join(LOCK);
        let opened = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path);
        let Ok(file) = opened else {
            return Ok(Self { _file: None });
        };
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(fs::TryLockError::WouldBlock) if begin.elapsed() > PATIENCE => {
                    return Err(ErrorKind::WouldBlock.into());
                }
                Err(fs::TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(fs::TryLockError::Error(_)) => return Ok(Self { _file: None }),
            }
        }
    }
}

/// Returns the reason of `error` and a remedy, without a full stop.
pub fn reason(error: &io::Error) -> String {
    let text = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "there is no room on the disk; make room and try again"
        }
        ErrorKind::PermissionDenied => {
            "access is denied; change the permissions, or choose another folder"
        }
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only; choose another folder",
        ErrorKind::NotFound => "the file or its folder is not there; check the path",
        ErrorKind::AlreadyExists => "there is a file of that name already; choose another name",
        ErrorKind::WouldBlock => "another program is changing the folder; try again",
        ErrorKind::InvalidFilename => "the disk does not accept the name; choose a shorter one",
        ErrorKind::NotADirectory => "a file is in the place of a folder; move the file away",
        ErrorKind::IsADirectory => "a folder is in the place of the file; choose another name",
        _ => return format!("{error}; try again, or choose another folder"),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names in `folder`.
    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_replaces_nothing_and_leaves_no_other() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a");
        write_new(&file, "one", Durability::Now).unwrap();
        let error = write_new(&file, "two", Durability::Later).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&file).unwrap(), "one");
        replace(&file, "three", Durability::Now).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "three");
        assert_eq!(names(place.path()), ["a"]);
        let away = place.path().join("none/a");
        assert!(write_new(&away, "", Durability::Now).is_err());
    }

    #[test]
    fn a_move_replaces_nothing_and_loses_nothing() {
        let place = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| place.path().join(name));
        fs::write(&a, "a").unwrap();
        fs::write(&b, "b").unwrap();
        let error = move_new(&a, &b).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&a).unwrap(), "a");
        assert_eq!(fs::read_to_string(&b).unwrap(), "b");
        move_new(&a, &place.path().join("c")).unwrap();
        assert_eq!(names(place.path()), ["b", "c"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_a_read_only_file_is_kept() {
        let place = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| place.path().join(name));
        fs::write(&file, "a").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, "b", Durability::Later).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "b");
        let mut permissions = fs::metadata(&file).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&file, permissions).unwrap();
        let error = replace(&link, "c", Durability::Later).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(fs::read_to_string(&file).unwrap(), "b");
    }

    #[test]
    fn a_lock_is_held_by_one_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let counter = place.path().join("count");
        fs::write(&counter, "0").unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let _lock = FolderLock::new(place.path()).unwrap();
                        let count: u32 = fs::read_to_string(&counter).unwrap().parse().unwrap();
                        replace(&counter, &(count + 1).to_string(), Durability::Later).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&counter).unwrap(), "100");
    }

    #[test]
    fn reasons_have_a_remedy() {
        for kind in [
            ErrorKind::StorageFull,
            ErrorKind::PermissionDenied,
            ErrorKind::NotFound,
            ErrorKind::Other,
        ] {
            assert!(reason(&kind.into()).contains("; "));
        }
    }
}
