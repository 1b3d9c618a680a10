//! Panics on command, in bundles built with the feature `plant-faults` alone: a test drives one through each function
//! that a host or nice-plug calls, and looks whether the host lives. Other bundles contain nothing of it.

/// A place where a panic can be planted: one for each of our functions that is called from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum FaultPoint {
    /// The instance is made.
    Create = 1,
    /// The pages of remote controls are listed.
    RemoteControls,
    /// The editor is made, without a window.
    CreateEditor,
    /// The host activates.
    Activate,
    /// The host resets.
    Reset,
    /// A block begins, before the engine is reached.
    Process,
    /// The engine plays.
    Engine,
    /// The block is measured, after the engine.
    Measure,
    /// A state is looked through before it is loaded.
    FilterState,
    /// The tuning of a state is taken over.
    LoadTuning,
    /// The tuning is asked for, to be saved.
    SaveTuning,
    /// A parameter has a new value.
    ParameterMoved,
    /// A value becomes text.
    ValueToText,
    /// A text becomes a value.
    TextToValue,
    /// A window is opened.
    BuildEditor,
    /// The editor looks at the engine.
    Look,
    /// The editor sends what it asks of the engine.
    Tend,
    /// A panel is drawn.
    Paint,
    /// A function of an extension of our own.
    Extension,
}

/// Panics if a fault is planted at `point`. Nothing where the feature is off. Any thread.
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

    use super::Place;

    static PLANTED: AtomicU32 = AtomicU32::new(0);
    static STRUCK: AtomicU32 = AtomicU32::new(0);

    pub(super) fn at(point: FaultPoint) {
        if PLANTED.load(Relaxed) == point as u32 {
            STRUCK.fetch_add(1, Relaxed);
            panic!("planted at {point:?}");
        }
    }

    /// Plants a fault at the place of this number, and takes every other one away; 0 takes all away. Answers how often
    /// the last one has panicked.
    // SAFETY: no other symbol of this library is called so.
    #[unsafe(no_mangle)]
    pub extern "C" fn tidepool_plant_fault(point: u32) -> u32 {
        PLANTED.store(point, Relaxed);
        STRUCK.swap(0, Relaxed)
    }
}
