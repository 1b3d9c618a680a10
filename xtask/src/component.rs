//! Property lists of the bundles on macOS, and the Audio Unit, which only macOS has.
//!
//! The keys of an Audio Unit are those that clap-wrapper writes for its own (`build-helper.cpp`).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use nice_plug_xtask::{Architecture, CompilationTarget, maybe_codesign};

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
        fs::write(&list, property_list(kind, version))
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

fn property_list(kind: Kind, version: &str) -> String {
    let suffix = kind.suffix();
    let package_type = if kind == Kind::Program {
        "APPL"
    } else {
        "BNDL"
    };
    let components = if kind == Kind::AudioUnit {
        audio_components(version)
    } else {
        String::new()
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <dict>
    <key>CFBundleExecutable</key>
    <string>Tidepool</string>
    <key>CFBundleIdentifier</key>
    <string>org.tidepool-audio.tidepool.{suffix}</string>
    <key>CFBundleName</key>
    <string>Tidepool</string>
    <key>CFBundleDisplayName</key>
    <string>Tidepool</string>
    <key>CFBundleInfoDictionaryVersion</key>
    <string>6.0</string>
    <key>CFBundlePackageType</key>
    <string>{package_type}</string>
    <key>CFBundleSignature</key>
    <string>????</string>
    <key>CFBundleShortVersionString</key>
    <string>{version}</string>
    <key>CFBundleVersion</key>
    <string>{version}</string>
    <key>NSHighResolutionCapable</key>
    <true/>
    <key>NSMicrophoneUsageDescription</key>
    <string>Tidepool can take sound from an audio input.</string>
{components}  </dict>
</plist>
"#
    )
}

fn audio_components(version: &str) -> String {
    let number = version_number(version);
    format!(
        "    <key>AudioComponents</key>
    <array>
      <dict>
        <key>name</key>
        <string>Tidepool: Tidepool</string>
        <key>description</key>
        <string>Polyphonic synthesizer</string>
        <key>factoryFunction</key>
        <string>{FACTORY}</string>
        <key>type</key>
        <string>{TYPE}</string>
        <key>subtype</key>
        <string>{SUBTYPE}</string>
        <key>manufacturer</key>
        <string>{MANUFACTURER}</string>
        <key>version</key>
        <integer>{number}</integer>
        <key>sandboxSafe</key>
        <true/>
        <key>tags</key>
        <array>
          <string>Synthesizer</string>
        </array>
      </dict>
    </array>
"
    )
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
        let list = property_list(Kind::AudioUnit, "0.1.0");
        for value in [TYPE, SUBTYPE, MANUFACTURER, FACTORY] {
            assert!(
                list.contains(&format!("<string>{value}</string>")),
                "{list}"
            );
        }
        assert!(!property_list(Kind::Vst3, "0.1.0").contains("AudioComponents"));
    }

    #[test]
    fn every_key_has_a_value_and_every_tag_its_end() {
        for kind in [Kind::Clap, Kind::Vst3, Kind::Program, Kind::AudioUnit] {
            let list = property_list(kind, "0.1.0");
            for tag in ["dict", "array", "key", "string", "integer"] {
                let count = |what: &str| list.matches(what).count();
                assert_eq!(
                    count(&format!("<{tag}>")),
                    count(&format!("</{tag}>")),
                    "{tag} in {kind:?}"
                );
            }
        }
    }
}
