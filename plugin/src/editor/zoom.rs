//! How large the window is drawn, on top of what the system says of its screen. Only the program on its own has a
//! say in it: hosts ask for no factor of the sort.

use std::sync::OnceLock;

/// For the whole process, because nice-plug makes the plugin itself and hands nothing on to it.
static ZOOM: OnceLock<f32> = OnceLock::new();

/// From now on windows open `factor` times as large, which is more than 0. The first call counts. `[gui]`
pub fn set_zoom(factor: f32) {
    ZOOM.get_or_init(|| factor);
}

/// The factor for a window that opens. `[gui]`
pub(super) fn zoom() -> f32 {
    ZOOM.get().copied().unwrap_or(1.0)
}
