//! The parts of the engine that time and faults are told apart by.

use crate::rt::metrics::MAX_MODULES;

macro_rules! modules {
    ($($(#[$doc:meta])* $module:ident = $name:literal,)+) => {
        /// A part of the engine that time and faults are told apart by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Module {
            $($(#[$doc])* $module,)+
        }

        impl Module {
            /// All of them, in the order in which they run.
            pub const ALL: &[Self] = &[$(Self::$module,)+];

            /// What people call it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$module => $name,)+
                }
            }
        }
    };
}

// A new module is a line here, and a lap where it runs.
modules! {
    /// Notes, controllers, commands and changes as they come in.
    Events = "Events",
    /// The smoothing bank.
    Parameters = "Parameters",
    /// The matrix and what it moves: what voices are told once a tick.
    Modulation = "Modulation",
    /// The virtual-analogue oscillators.
    Oscillators = "Oscillators",
    /// The operators.
    Fm = "FM",
    /// Noise.
    Noise = "Noise",
    /// The ladders, and what takes the mean out behind them.
    Filter = "Filter",
    /// Envelopes, and the way out of the voices.
    Voices = "Voices",
    /// Chorus, delay and reverb.
    Sends = "Sends",
    /// The bus: voices added up, the External input, drive and volume.
    Mix = "Mix",
    /// The limiter, and the way out.
    Output = "Output",
    /// What is sent to the analysis thread.
    Tap = "Tap",
    /// Taking note of all this.
    Metrics = "Metrics",
}

const _: () = assert!(
    Module::ALL.len() <= MAX_MODULES,
    "the metrics have no room for so many modules"
);

impl Module {
    /// The module with this number, if there is one.
    pub fn at(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }
}
