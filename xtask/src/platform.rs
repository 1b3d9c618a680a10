//! The three platforms, and the names of the bundles on each.

/// Platform that Tidepool runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Linux, and every other Unix without bundles of its own.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Platform {
    /// Platform that this program was built for.
    pub const CURRENT: Self = if cfg!(target_os = "macos") {
        Self::MacOs
    } else if cfg!(windows) {
        Self::Windows
    } else {
        Self::Linux
    };

    /// Returns the names of everything that `cargo xtask bundle` makes.
    #[must_use]
    pub fn bundles(self) -> Vec<&'static str> {
        let mut names = vec![self.clap(), self.vst3(), self.standalone()];
        names.extend(self.component());
        names
    }

    /// Returns the name of the CLAP plugin.
    #[must_use]
    pub fn clap(self) -> &'static str {
        "Tidepool.clap"
    }

    /// Returns the name of the VST3 plugin.
    #[must_use]
    pub fn vst3(self) -> &'static str {
        "Tidepool.vst3"
    }

    /// Returns the name of the standalone program.
    #[must_use]
    pub fn standalone(self) -> &'static str {
        match self {
            Self::Linux => "Tidepool",
            Self::MacOs => "Tidepool.app",
            Self::Windows => "Tidepool.exe",
        }
    }

    /// Returns the name of the Audio Unit, which only macOS has.
    #[must_use]
    pub fn component(self) -> Option<&'static str> {
        (self == Self::MacOs).then_some("Tidepool.component")
    }
}
