//! Reading of the user's files with a size limit, so that a wrong file costs neither memory nor time.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Returns the bytes of the file at `path`; `None` if it has more than `limit`. Devices and pipes are read up to the
/// limit too. `[gui]`
///
/// # Errors
/// If the file cannot be opened or read.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_limit_itself_is_read_and_a_byte_more_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, [7; 100]).unwrap();
        assert_eq!(read(&file, 100).unwrap(), Some(vec![7; 100]));
        assert_eq!(read(&file, 99).unwrap(), None);
        assert!(read(folder.path(), 100).is_err());
        assert!(read(&folder.path().join("gone"), 100).is_err());
    }

    /// An endless file, which a script may name by mistake.
    #[cfg(unix)]
    #[test]
    fn an_endless_file_is_given_up() {
        assert_eq!(read(Path::new("/dev/zero"), 1 << 20).unwrap(), None);
    }
}
