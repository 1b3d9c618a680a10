//! Paths of the bundles under test: the folder `TIDEPOOL_BUNDLES`, or freshly built bundles.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tidepool_host::PluginEntry;
use xtask::platform::Platform;
use xtask::workspace::{Profile, Workspace};

/// Build profile of these tests, and of the bundles that they build.
pub const PROFILE: Profile = if cfg!(debug_assertions) {
    Profile::Debug
} else {
    Profile::Release
};

/// Returns the workspace that contains these tests.
pub fn workspace() -> &'static Workspace {
    static WORKSPACE: OnceLock<Workspace> = OnceLock::new();
    WORKSPACE.get_or_init(|| Workspace::locate().expect("the workspace is found"))
}

/// Returns the folder that holds the bundles. Without `TIDEPOOL_BUNDLES`, `cargo xtask bundle` builds them once per
/// test run, so that the bundles under test are never older than the code.
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

/// Returns the CLAP's entry, loaded once and never unloaded, as in most hosts.
pub fn clap() -> &'static PluginEntry {
    static ENTRY: OnceLock<PluginEntry> = OnceLock::new();
    ENTRY.get_or_init(|| {
        let path = folder().join(Platform::CURRENT.clap());
        // SAFETY: the bundle is Tidepool's own; its entry, made by nice-plug, conforms to the CLAP ABI.
        unsafe { PluginEntry::load(&path) }
            .unwrap_or_else(|error| panic!("{} does not load: {error}", path.display()))
    })
}

/// Returns the path of the shared library inside the CLAP bundle.
pub fn clap_library() -> PathBuf {
    let bundle = folder().join(Platform::CURRENT.clap());
    match Platform::CURRENT {
        Platform::MacOs => bundle.join("Contents/MacOS/Tidepool"),
        Platform::Linux | Platform::Windows => bundle,
    }
}

/// Returns the path of a shared library with injected panics, built once per test run in a target folder of its own.
/// Debug assertions are off, because nice-plug's allocation check would abort the process: a panic allocates.
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

/// Returns the path of the VST3 bundle.
pub fn vst3() -> PathBuf {
    folder().join(Platform::CURRENT.vst3())
}

/// Returns the path of the shared library inside the VST3 bundle.
pub fn vst3_library() -> PathBuf {
    let contents = vst3().join("Contents");
    match Platform::CURRENT {
        Platform::MacOs => contents.join("MacOS/Tidepool"),
        Platform::Linux => contents.join(format!("{}-linux/Tidepool.so", env::consts::ARCH)),
        Platform::Windows => contents.join("x86_64-win/Tidepool.vst3"),
    }
}

/// Returns the path of the standalone program.
pub fn standalone() -> PathBuf {
    let bundle = folder().join(Platform::CURRENT.standalone());
    match Platform::CURRENT {
        Platform::MacOs => bundle.join("Contents/MacOS/Tidepool"),
        Platform::Linux | Platform::Windows => bundle,
    }
}
