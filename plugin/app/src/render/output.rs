//! A file that appears complete or not at all.
//!
//! The file is written under a temporary name beside its target and renamed at the very end. A run that fails or is
//! stopped leaves an earlier file untouched.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// Largest number of frames that the 32-bit sizes of a stereo float WAV can hold, with room for its header.
pub const MAX_WAV_FRAMES: u64 = (u32::MAX as u64 - 1024) / 8;

/// File that does not have its final name yet.
pub struct PendingFile {
    /// Path as the user gave it, for messages.
    path: PathBuf,
    /// Final path; a symbolic link is followed, so that it stays one.
    target: PathBuf,
    file: NamedTempFile,
}

impl PendingFile {
    /// Creates the temporary file for `path`, and so checks early that it can be written.
    ///
    /// # Errors
    /// If the folder is missing or not accessible, or `path` exists and is not a writable file.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Ok(there) = fs::metadata(&target) {
            if !there.is_file() {
                return Err(Failure::at(path, "is not a file; name a file to write to"));
            }
            if there.permissions().readonly() {
                return Err(Failure::at(path, "is read-only; name another file"));
            }
        }
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(Failure::at(
                path,
                "cannot be written because its folder does not exist; make the folder or name another one",
            ));
        }
        let file = new_file(folder).map_err(|error| {
            let kind = error.kind();
            let sentence =
                format_args!("cannot be written ({kind}); name a file in another folder");
            Failure::at(path, sentence)
        })?;
        Ok(Self {
            path: path.to_owned(),
            target,
            file,
        })
    }

    /// Returns true if this file's target is the file at `path`.
    pub fn is(&self, path: &Path) -> bool {
        match (canonical(&self.target), canonical(path)) {
            (Ok(own), Ok(other)) => own == other,
            _ => false,
        }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file
            .write_all(bytes)
            .map_err(|error| unwritten(&self.path, &error))
    }

    /// Renames the file to its target.
    ///
    /// # Errors
    /// If the target has become unwritable meanwhile.
    pub fn commit(self) -> Result<(), Failure> {
        let Self { path, target, file } = self;
        file.persist(target)
            .map_err(|error| unwritten(&path, &error.error))?;
        Ok(())
    }
}

/// Creates a temporary file in `folder` with the access rights of any new file.
fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tidepool-").suffix(".part");
    // The crate creates private files by default, but the result is not private: 0666 minus the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Returns `path` with its folder resolved, for a file that need not exist yet.
fn canonical(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path).or_else(|_| {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        Ok(fs::canonicalize(folder)?.join(path.file_name().unwrap_or_default()))
    })
}

fn unwritten(path: &Path, error: &impl std::fmt::Display) -> Failure {
    Failure::at(
        path,
        format_args!("could not be written to its end ({error}); make room or name another file"),
    )
}

/// Stereo WAV of 32-bit floats that does not have its final name yet.
pub struct PendingWav {
    file: PendingFile,
    samples: WavWriter<BufWriter<File>>,
}

impl PendingWav {
    /// Accepts `path` as the name of a WAV if it ends in .wav or has no extension.
    ///
    /// # Errors
    /// If it has another extension, which would mislead programs that open the file.
    pub fn check_name(path: &Path) -> Result<(), Failure> {
        match path.extension() {
            Some(ending) if !ending.eq_ignore_ascii_case("wav") => Err(Failure::at(
                path,
                "the audio becomes a WAV; give --out a name that ends in .wav",
            )),
            _ => Ok(()),
        }
    }

    /// Starts a WAV of `rate` samples a second in `file`.
    ///
    /// # Errors
    /// If writing its header fails.
    pub fn new(file: PendingFile, rate: u32) -> Result<Self, Failure> {
        let spec = WavSpec {
            channels: 2,
            sample_rate: rate,
            bits_per_sample: 32,
            sample_format: SampleFormat::Float,
        };
        // A second handle on the same file: the writer owns this one, and `file` keeps the right to rename.
        let handle = file
            .file
            .reopen()
            .map_err(|error| unwritten(&file.path, &error))?;
        let samples = WavWriter::new(BufWriter::new(handle), spec)
            .map_err(|error| unwritten(&file.path, &error))?;
        Ok(Self { file, samples })
    }

    /// Appends one frame for each pair of `left` and `right`.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&mut self, left: &[f32], right: &[f32]) -> Result<(), Failure> {
        for (&left, &right) in left.iter().zip(right) {
            self.samples
                .write_sample(left)
                .and_then(|()| self.samples.write_sample(right))
                .map_err(|error| unwritten(&self.file.path, &error))?;
        }
        Ok(())
    }

    /// Completes the WAV; its file still has to be committed.
    ///
    /// # Errors
    /// If writing the rest fails.
    pub fn finish(self) -> Result<PendingFile, Failure> {
        self.samples
            .finalize()
            .map_err(|error| unwritten(&self.file.path, &error))?;
        Ok(self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn an_abandoned_file_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song.wav");
        fs::write(&path, "before").unwrap();
        let mut file = PendingFile::create(&path).unwrap();
        file.write(b"half of").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(names(folder.path()), ["song.wav"]);
    }

    #[test]
    fn a_committed_file_is_the_only_one_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song.wav");
        let file = PendingFile::create(&path).unwrap();
        assert!(!path.exists());
        let mut wav = PendingWav::new(file, 8000).unwrap();
        wav.write(&[0.5, -1.5], &[0.25, f32::MIN_POSITIVE]).unwrap();
        wav.finish().unwrap().commit().unwrap();
        assert_eq!(names(folder.path()), ["song.wav"]);
        let mut read = hound::WavReader::open(&path).unwrap();
        assert_eq!((read.spec().sample_rate, read.spec().channels), (8000, 2));
        let samples: Vec<f32> = read.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0.5, 0.25, -1.5, f32::MIN_POSITIVE]);
    }

    #[test]
    fn what_cannot_be_a_target_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let value_error = |path: &Path| PendingFile::create(path).err().unwrap().to_string();
        assert!(value_error(folder.path()).contains("is not a file"));
        let nowhere = value_error(&folder.path().join("no/song.wav"));
        assert!(nowhere.contains("folder does not exist; make the folder"));
        let path = folder.path().join("kept.wav");
        fs::write(&path, "").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(value_error(&path).contains("read-only"));
    }

    #[test]
    fn only_the_ending_of_a_wav_or_none_is_let_through() {
        for name in ["song.wav", "song.WAV", "a.b.wav", "song", ".song"] {
            assert_eq!(PendingWav::check_name(Path::new(name)), Ok(()), "{name}");
        }
        for name in ["song.mp3", "song.wav.flac", "song.wave", "song."] {
            let value_error = PendingWav::check_name(Path::new(name)).unwrap_err();
            let wanted = format!("{name}: the audio becomes a WAV; ");
            assert!(
                value_error.to_string().starts_with(&wanted),
                "{value_error}"
            );
        }
    }

    #[test]
    fn one_file_under_two_names_is_recognised() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song.wav");
        let file = PendingFile::create(&path).unwrap();
        assert!(file.is(&folder.path().join(".").join("song.wav")));
        assert!(!file.is(&folder.path().join("song.json")));
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (link, real) = (
            folder.path().join("link.wav"),
            folder.path().join("real.wav"),
        );
        fs::write(&real, "before").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut file = PendingFile::create(&link).unwrap();
        file.write(b"after").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"after");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
