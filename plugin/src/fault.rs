//! Panics on command, only in bundles built with the feature `plant-faults`: a test plants one in each function that
//! a host or nice-plug calls, and checks that the host survives. Other bundles contain none of this.

/// A place where a panic can be planted: one for each function that is called from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum FaultPoint {
    /// The instance is created.
    Create = 1,
    /// The pages of remote controls are listed.
    RemoteControls,
    /// The editor is created, without a window.
    CreateEditor,
    /// The host activates the plugin.
    Activate,
    /// The host resets the plugin.
    Reset,
    /// A block begins, before the engine is reached.
    Process,
    /// The engine processes.
    Engine,
    /// The block is measured, after the engine.
    Measure,
    /// A state is validated before it is loaded.
    FilterState,
    /// The tuning of a state is loaded.
    LoadTuning,
    /// The tuning is saved.
    SaveTuning,
    /// A parameter's value changes.
    ParameterMoved,
    /// A value is formatted as text.
    ValueToText,
    /// Text is parsed as a value.
    TextToValue,
    /// A window is opened.
    BuildEditor,
    /// The editor reads the engine's metrics.
    Look,
    /// The editor sends its commands to the engine.
    Tend,
    /// A panel is painted.
    Paint,
    /// A CLAP extension function of this crate is called.
    Extension,
}

/// Panics if a fault is planted at `point`. Does nothing without the feature. Any thread.
#[inline(always)]
pub(crate) fn at(point: FaultPoint) {
    #[cfg(feature = "plant-faults")]
    planted::at(point);
    #[cfg(not(feature = "plant-faults"))]
    let _ = point;
}

#[cfg(feature = "plant-faults")]
mod planted {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::FaultPoint;

    static PLANTED: AtomicU32 = AtomicU32::new(0);
    static STRUCK: AtomicU32 = AtomicU32::new(0);

    pub(super) fn at(point: FaultPoint) {
        if PLANTED.load(Relaxed) == point as u32 {
            STRUCK.fetch_add(1, Relaxed);
            panic!("planted at {point:?}");
        }
    }

    /// Plants a fault at the point of this number and removes any other; 0 removes all. Returns how often the last one has
    /// panicked.
    // SAFETY: no other symbol of this library has this name.
    #[unsafe(no_mangle)]
    pub extern "C" fn tidepool_plant_fault(point: u32) -> u32 {
        PLANTED.store(point, Relaxed);
        STRUCK.swap(0, Relaxed)
    }
}
