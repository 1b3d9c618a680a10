//! The bundles under test: those in the folder `TIDEPOOL_BUNDLES`, or freshly built ones.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tidepool_host::PluginEntry;
use xtask::platform::Platform;
use xtask::workspace::{Profile, Workspace};

/// The profile these tests were compiled with, and so that of the bundles they build.
pub const PROFILE: Profile = if cfg!(debug_assertions) {
    Profile::Debug
} else {
    Profile::Release
};

/// The workspace that the tests belong to.
pub fn workspace() -> &'static Workspace {
    static WORKSPACE: OnceLock<Workspace> = OnceLock::new();
    WORKSPACE.get_or_init(|| Workspace::locate().expect("the workspace is found"))
}

/// The folder that holds the bundles. Unless it is given, `cargo xtask bundle` makes it anew once per
/// run, so that what is tested is never older than the code.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| match env::var_os("TIDEPOOL_BUNDLES") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => {
            let mut bundle = workspace().cargo();
            bundle.args(["xtask", "bundle"]).args(PROFILE.flags());
            let status = bundle.status().expect("cargo runs");
            assert!(status.success(), "`cargo xtask bundle` failed");
            workspace().target.join("bundled")
        }
    })
}

/// The CLAP's entry, loaded once and never unloaded, as most hosts do it.
pub fn clap() -> &'static PluginEntry {
    static ENTRY: OnceLock<PluginEntry> = OnceLock::new();
    ENTRY.get_or_init(|| {
        let path = folder().join(Platform::CURRENT.clap());
        // SAFETY: the bundle is Tidepool's own, whose entry nice-plug makes to the letter of CLAP.
        unsafe { PluginEntry::load(&path) }
            .unwrap_or_else(|error| panic!("{} does not load: {error}", path.display()))
    })
}

/// The shared library inside the CLAP.
pub fn clap_library() -> PathBuf {
    let bundle = folder().join(Platform::CURRENT.clap());
    match Platform::CURRENT {
        Platform::MacOs => bundle.join("Contents/MacOS/Tidepool"),
        Platform::Linux | Platform::Windows => bundle,
    }
}

/// A shared library with panics planted in it, built once per run in a folder of its own. It is built without debug
/// assertions, because with them the first panic on the audio thread ends the process: a panic allocates.
pub fn with_faults() -> PathBuf {
    let target = workspace().target.join("faults");
    let mut build = workspace().cargo();
    build
        .args(["build", "--quiet", "--package", "tidepool", "--lib"])
        .args(["--features", "plant-faults", "--target-dir"])
        .arg(&target)
        .env("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false");
    let status = build.status().expect("cargo runs");
    assert!(status.success(), "the library with faults cannot be built");
    let name = format!(
        "{}tidepool{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    target.join("debug").join(name)
}

/// The VST3 as a host's user names it.
pub fn vst3() -> PathBuf {
    folder().join(Platform::CURRENT.vst3())
}

/// The shared library inside the VST3.
pub fn vst3_library() -> PathBuf {
    let contents = vst3().join("Contents");
    match Platform::CURRENT {
        Platform::MacOs => contents.join("MacOS/Tidepool"),
        Platform::Linux => contents.join(format!("{}-linux/Tidepool.so", env::consts::ARCH)),
        Platform::Windows => contents.join("x86_64-win/Tidepool.vst3"),
    }
}

/// The standalone program.
pub fn standalone() -> PathBuf {
    let bundle = folder().join(Platform::CURRENT.standalone());
    match Platform::CURRENT {
        Platform::MacOs => bundle.join("Contents/MacOS/Tidepool"),
        Platform::Linux | Platform::Windows => bundle,
    }
}
