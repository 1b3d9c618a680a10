//! Scale factor of the window, on top of the system's factor for the screen. Only the stand-alone program sets it;
//! hosts pass no such factor.

use std::sync::OnceLock;

/// Global to the process, because nice-plug makes the plugin itself and passes nothing to it.
static ZOOM: OnceLock<f32> = OnceLock::new();

/// Sets the factor by which windows open larger; it is above 0. Only the first call has an effect. `[gui]`
pub fn set_zoom(factor: f32) {
    ZOOM.get_or_init(|| factor);
}

/// Returns the factor for a window that opens. `[gui]`
pub(super) fn zoom() -> f32 {
    ZOOM.get().copied().unwrap_or(1.0)
}
