//! Modules: parts of the engine whose time and faults are measured separately.

use crate::rt::metrics::MAX_MODULES;

macro_rules! modules {
    ($($(#[$doc:meta])* $module:ident = $name:literal,)+) => {
        /// Part of the engine whose time and faults are measured separately.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Module {
            $($(#[$doc])* $module,)+
        }

        impl Module {
            /// All modules, in the order in which they run.
            pub const ALL: &[Self] = &[$(Self::$module,)+];

            /// Display name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$module => $name,)+
                }
            }
        }
    };
}

// A new module is a line here, and a mark at the end of its work.
modules! {
    /// Handling of notes, controllers, commands and parameter changes.
    Events = "Events",
    /// Smoothing bank.
    Parameters = "Parameters",
    /// Modulation matrix and the voices' targets, once a tick.
    Modulation = "Modulation",
    /// Virtual-analogue oscillators.
    Oscillators = "Oscillators",
    /// FM operators.
    Fm = "FM",
    /// Noise.
    Noise = "Noise",
    /// Ladder filters and the DC blockers after them.
    Filter = "Filter",
    /// Envelopes and the output stage of the voices.
    Voices = "Voices",
    /// Chorus, delay and reverb.
    Sends = "Sends",
    /// Sum of the voices, External input, drive and volume.
    Mix = "Mix",
    /// Limiter and output buffers.
    Output = "Output",
    /// Frames sent to the analysis thread.
    Tap = "Tap",
    /// Recording of the metrics themselves.
    Metrics = "Metrics",
}

const _: () = assert!(
    Module::ALL.len() <= MAX_MODULES,
    "the metrics have no room for so many modules"
);

impl Module {
    /// Returns the module with this number, if there is one.
    pub fn at(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }

    /// Returns the name of the module with this number, for users.
    pub fn name_at(index: usize) -> &'static str {
        Self::at(index).map_or("an unknown module", Self::name)
    }
}
