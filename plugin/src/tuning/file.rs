//! Reading of Scala files in any of their usual encodings.

use std::io;
use std::path::Path;

use crate::encoding;
use crate::files;

/// Largest file, in bytes of a file and of UTF-8 in a state; far more than any scale or map has.
pub(super) const LARGEST: u64 = 1 << 20;

/// Reason that a file's text cannot be read, and advice.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system reports an error.
    #[error("{0}; choose a file that can be read")]
    Refused(#[from] io::Error),
    /// The file has more than 1 MiB.
    #[error("larger than 1 MiB, so it is not a Scala file; choose another one")]
    TooLarge,
}

/// Reads the text of `file`: UTF-8 or UTF-16 with a byte order mark, else Windows-1252, which has the letters of the
/// ISO 8859-1 that Scala itself writes. `[gui]`
///
/// # Errors
/// If the file cannot be read or has more than 1 MiB, as it is or as UTF-8.
pub fn read(file: &Path) -> Result<String, Unreadable> {
    let bytes = files::read(file, LARGEST)?.ok_or(Unreadable::TooLarge)?;
    let text = encoding::decode(&bytes);
    // Text that would be refused in a state must not get into one.
    match text.len() as u64 {
        0..=LARGEST => Ok(text),
        _ => Err(Unreadable::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn old_text_keeps_its_letters_and_large_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.scl");
        fs::write(&file, b"fran\xe7ais\r\n 1\r\n 2/1\r\n").unwrap();
        assert_eq!(read(&file).unwrap(), "français\r\n 1\r\n 2/1\r\n");
        fs::write(&file, "français").unwrap();
        assert_eq!(read(&file).unwrap(), "français");
        // The byte order mark is removed, whatever the encoding of the rest.
        fs::write(&file, b"\xef\xbb\xbf! a\nfran\xe7ais").unwrap();
        assert_eq!(read(&file).unwrap(), "! a\nfrançais");
        fs::write(&file, vec![b'!'; LARGEST as usize]).unwrap();
        assert_eq!(read(&file).unwrap().len() as u64, LARGEST);
        for large in [b'!', 0xe7].map(|byte| vec![byte; LARGEST as usize + 1]) {
            fs::write(&file, &large).unwrap();
            assert!(matches!(read(&file), Err(Unreadable::TooLarge)));
        }
        fs::write(&file, vec![0xe7; LARGEST as usize / 2 + 1]).unwrap();
        assert!(matches!(read(&file), Err(Unreadable::TooLarge)));
        let gone = folder.path().join("gone.scl");
        assert!(matches!(read(&gone), Err(Unreadable::Refused(_))));
        assert!(matches!(read(folder.path()), Err(Unreadable::Refused(_))));
    }
}
