//! Property lists of the bundles on macOS, and the Audio Unit, which only macOS has.
//!
//! The keys of an Audio Unit are those that clap-wrapper writes for its own (`build-helper.cpp`).

use std::path::Path;

use anyhow::{Context, Result};
use nice_plug_xtask::{Architecture, CompilationTarget, maybe_codesign};
use plist::{Dictionary, Value};

use crate::platform::Platform;
use crate::replace;

/// Identity of the Audio Unit: type (music device), subtype and manufacturer. Hosts save it in sessions, so it must
/// never change.
const TYPE: &str = "aumu";
const SUBTYPE: &str = "Tdpl";
const MANUFACTURER: &str = "Tide";

/// Symbol that `clap_wrapper::export_auv2!` exports.
const FACTORY: &str = "GetPluginFactoryAUV2";

/// Gives every bundle in `folder` its own property list, makes the Audio Unit from the CLAP, with which it shares the
/// code, and signs all of them.
///
/// # Errors
/// When a file cannot be written.
pub fn finish_bundles(folder: &Path, version: &str) -> Result<()> {
    let platform = Platform::MacOs;
    let component = platform.component().expect("macOS has Audio Units");
    replace::replace_with_copy(&folder.join(platform.clap()), &folder.join(component))?;

    for (name, kind) in [
        (platform.clap(), Kind::Clap),
        (platform.vst3(), Kind::Vst3),
        (platform.standalone(), Kind::Program),
        (component, Kind::AudioUnit),
    ] {
        let bundle = folder.join(name);
        let list = bundle.join("Contents/Info.plist");
        property_list(kind, version)
            .to_file_xml(&list)
            .with_context(|| format!("cannot write {}", list.display()))?;
        // The changed list invalidates the bundler's signature.
        maybe_codesign(&bundle, CompilationTarget::MacOS(Architecture::AArch64));
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Clap,
    Vst3,
    Program,
    AudioUnit,
}

impl Kind {
    /// Returns the last part of the bundle's identifier, which must differ between bundles.
    fn suffix(self) -> &'static str {
        match self {
            Self::Clap => "clap",
            Self::Vst3 => "vst3",
            Self::Program => "app",
            Self::AudioUnit => "component",
        }
    }
}

fn property_list(kind: Kind, version: &str) -> Value {
    let package_type = if kind == Kind::Program {
        "APPL"
    } else {
        "BNDL"
    };
    let identifier = format!("org.tidepool-audio.tidepool.{}", kind.suffix());
    let mut list = dictionary([
        ("CFBundleExecutable", "Tidepool".into()),
        ("CFBundleIdentifier", identifier.into()),
        ("CFBundleName", "Tidepool".into()),
        ("CFBundleDisplayName", "Tidepool".into()),
        ("CFBundleInfoDictionaryVersion", "6.0".into()),
        ("CFBundlePackageType", package_type.into()),
        ("CFBundleSignature", "????".into()),
        ("CFBundleShortVersionString", version.into()),
        ("CFBundleVersion", version.into()),
        ("NSHighResolutionCapable", true.into()),
        (
            "NSMicrophoneUsageDescription",
            "Tidepool can take sound from an audio input.".into(),
        ),
    ]);
    if kind == Kind::AudioUnit {
        let component = dictionary([
            ("name", "Tidepool: Tidepool".into()),
            ("description", "Polyphonic synthesizer".into()),
            ("factoryFunction", FACTORY.into()),
            ("type", TYPE.into()),
            ("subtype", SUBTYPE.into()),
            ("manufacturer", MANUFACTURER.into()),
            ("version", version_number(version).into()),
            ("sandboxSafe", true.into()),
            ("tags", Value::Array(vec!["Synthesizer".into()])),
        ]);
        let components = Value::Array(vec![component.into()]);
        list.insert("AudioComponents".to_owned(), components);
    }
    list.into()
}

fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Dictionary {
    Dictionary::from_iter(entries)
}

/// Returns the version number of an Audio Unit: `1.2.3` as 0x010203. Hosts update their information about a component
/// when this number grows, and require it to be above zero.
fn version_number(version: &str) -> u32 {
    let mut parts = version.split('.').map(|part| {
        part.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .unwrap_or(0)
    });
    let mut next = || parts.next().unwrap_or(0).min(0xff);
    (next() << 16 | next() << 8 | next()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_numbers_grow_with_versions() {
        let numbers =
            ["0.0.0", "0.1.0", "0.1.1", "0.2.0-beta", "1.0.0", "1.12.3"].map(version_number);
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        assert_eq!(version_number("1.2.3"), 0x01_02_03);
    }

    #[test]
    fn only_the_audio_unit_lists_components() {
        let mut list = Vec::new();
        let unit = property_list(Kind::AudioUnit, "0.1.0");
        unit.to_writer_xml(&mut list).unwrap();
        let list = String::from_utf8(list).unwrap();
        for value in [TYPE, SUBTYPE, MANUFACTURER, FACTORY] {
            assert!(
                list.contains(&format!("<string>{value}</string>")),
                "{list}"
            );
        }
        let vst3 = property_list(Kind::Vst3, "0.1.0");
        assert!(
            !vst3
                .as_dictionary()
                .unwrap()
                .contains_key("AudioComponents")
        );
    }
}
