//! Shared libraries that the binaries depend on.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use object::Endianness;
use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::FileHeader;
use tidepool_tests::bundles;

/// Returns the libraries that the binary at `path` is linked against.
fn needed(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = || -> object::Result<Vec<String>> {
        let data = bytes.as_slice();
        let header = FileHeader64::<Endianness>::parse(data)?;
        let endian = header.endian()?;
        let table = header.sections(endian, data)?.dynamic_table(endian, data)?;
        let needed = table.iter().filter(|entry| entry.tag == DT_NEEDED);
        needed
            .map(|entry| Ok(String::from_utf8_lossy(table.string(entry)?).into_owned()))
            .collect()
    };
    read().unwrap_or_else(|error| panic!("{} is no ELF file: {error}", path.display()))
}

#[test]
fn nothing_needs_jack_to_be_installed() {
    for path in [
        bundles::clap_library(),
        bundles::vst3_library(),
        bundles::standalone(),
    ] {
        let libraries = needed(&path);
        assert!(
            libraries.iter().any(|name| name.starts_with("libc.")),
            "{libraries:?}"
        );
        let jack = libraries.iter().find(|name| name.contains("jack"));
        assert_eq!(jack, None, "{} needs it", path.display());
    }
}
