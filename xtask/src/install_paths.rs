//! Install paths: the folders in which the hosts of a platform look for the plugins of one user.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::platform::Platform;

/// Bundle and its install path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// File name under `target/bundled`.
    pub bundle: &'static str,
    /// Path of the installed bundle.
    pub path: PathBuf,
}

/// Returns all install paths of one user, whose home the environment names.
///
/// # Errors
/// When the environment names no home.
pub fn places(
    platform: Platform,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<Place>> {
    let home_variable = match platform {
        Platform::Linux | Platform::MacOs => "HOME",
        Platform::Windows => "LOCALAPPDATA",
    };
    let home = variable(home_variable)
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
        .with_context(|| {
            format!("{home_variable} is not set, so there is no place to install to")
        })?;

    let (clap, vst3, standalone) = match platform {
        Platform::Linux => (".clap", ".vst3", ".local/bin/tidepool"),
        Platform::MacOs => (
            "Library/Audio/Plug-Ins/CLAP",
            "Library/Audio/Plug-Ins/VST3",
            "Applications/Tidepool.app",
        ),
        Platform::Windows => (
            "Programs/Common/CLAP",
            "Programs/Common/VST3",
            "Programs/Tidepool/Tidepool.exe",
        ),
    };
    let mut places = vec![
        Place {
            bundle: platform.clap(),
            path: home.join(clap).join(platform.clap()),
        },
        Place {
            bundle: platform.vst3(),
            path: home.join(vst3).join(platform.vst3()),
        },
        Place {
            bundle: platform.standalone(),
            path: home.join(standalone),
        },
    ];
    if let Some(component) = platform.component() {
        let path = home
            .join("Library/Audio/Plug-Ins/Components")
            .join(component);
        places.push(Place {
            bundle: component,
            path,
        });
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places_at(platform: Platform, variable: &str, home: &str) -> Vec<(&'static str, PathBuf)> {
        let environment = |name: &str| (name == variable).then(|| home.into());
        let places = places(platform, environment).unwrap();
        places
            .into_iter()
            .map(|place| (place.bundle, place.path))
            .collect()
    }

    #[test]
    fn linux_uses_hidden_folders_at_home() {
        let expected = [
            ("Tidepool.clap", "/home/ada/.clap/Tidepool.clap".into()),
            ("Tidepool.vst3", "/home/ada/.vst3/Tidepool.vst3".into()),
            ("Tidepool", "/home/ada/.local/bin/tidepool".into()),
        ];
        assert_eq!(places_at(Platform::Linux, "HOME", "/home/ada"), expected);
    }

    #[test]
    fn macos_uses_the_library_and_has_audio_units() {
        let expected = [
            (
                "Tidepool.clap",
                "/Users/ada/Library/Audio/Plug-Ins/CLAP/Tidepool.clap".into(),
            ),
            (
                "Tidepool.vst3",
                "/Users/ada/Library/Audio/Plug-Ins/VST3/Tidepool.vst3".into(),
            ),
            (
                "Tidepool.app",
                "/Users/ada/Applications/Tidepool.app".into(),
            ),
            (
                "Tidepool.component",
                "/Users/ada/Library/Audio/Plug-Ins/Components/Tidepool.component".into(),
            ),
        ];
        assert_eq!(places_at(Platform::MacOs, "HOME", "/Users/ada"), expected);
    }

    #[test]
    fn windows_uses_the_local_programs() {
        let expected = [
            (
                "Tidepool.clap",
                "C:/Local/Programs/Common/CLAP/Tidepool.clap".into(),
            ),
            (
                "Tidepool.vst3",
                "C:/Local/Programs/Common/VST3/Tidepool.vst3".into(),
            ),
            (
                "Tidepool.exe",
                "C:/Local/Programs/Tidepool/Tidepool.exe".into(),
            ),
        ];
        assert_eq!(
            places_at(Platform::Windows, "LOCALAPPDATA", "C:/Local"),
            expected
        );
    }

    #[test]
    fn every_bundle_has_a_place() {
        for platform in [Platform::Linux, Platform::MacOs, Platform::Windows] {
            let mut placed: Vec<_> = places(platform, |_| Some("home".into()))
                .unwrap()
                .iter()
                .map(|place| place.bundle)
                .collect();
            let mut made = platform.bundles();
            placed.sort_unstable();
            made.sort_unstable();
            assert_eq!(placed, made);
        }
    }

    /// The table of the README has a row for each platform, with the folder of each bundle as its users write it.
    #[test]
    fn the_readme_says_where_everything_goes() {
        let readme = include_str!("../../README.md");
        for (platform, home) in [
            (Platform::Linux, "~"),
            (Platform::MacOs, "~"),
            (Platform::Windows, "%LOCALAPPDATA%"),
        ] {
            let name = match platform {
                Platform::Linux => "| Linux |",
                Platform::MacOs => "| macOS |",
                Platform::Windows => "| Windows |",
            };
            let row = readme.lines().find(|line| line.starts_with(name)).unwrap();
            for place in places(platform, |_| Some(home.into())).unwrap() {
                // A plugin goes into a folder of plugins; the program's own name is part of the row.
                let path = if place.bundle == platform.standalone() {
                    &place.path
                } else {
                    place.path.parent().unwrap()
                };
                let mut written = path.to_str().unwrap().to_owned();
                if platform == Platform::Windows {
                    written = written.replace('/', "\\");
                }
                assert!(
                    row.contains(&format!("`{written}`")),
                    "{written} is not in {row}"
                );
            }
        }
    }

    #[test]
    fn no_home_is_said() {
        for home in [None, Some(OsString::new())] {
            let error = places(Platform::Linux, |_| home.clone()).unwrap_err();
            assert!(error.to_string().contains("HOME"));
        }
    }
}
