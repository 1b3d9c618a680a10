//! Size of the screen on which a window is about to open.

use egui::Vec2;

/// Screen of the user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Screen {
    /// Size in pixels.
    pub pixels: Vec2,
    /// Pixels per point, if the system has such a setting.
    pub scale: Option<f32>,
}

/// Returns the largest monitor of the X server in `DISPLAY`. `[gui]`
#[cfg(target_os = "linux")]
pub fn largest() -> Option<Screen> {
    use egui::vec2;
    use x11rb::connection::Connection;
    use x11rb::protocol::randr::ConnectionExt as _;
    use x11rb::resource_manager;

    let (connection, number) = x11rb::connect(None).ok()?;
    let screen = &connection.setup().roots[number];
    let size = |width: u16, height: u16| vec2(f32::from(width), f32::from(height));
    // The screen spans all monitors. Old servers know only the screen.
    let monitors = connection.randr_get_monitors(screen.root, true).ok();
    let monitors = monitors.and_then(|monitors| monitors.reply().ok());
    let sizes = monitors.iter().flat_map(|reply| &reply.monitors);
    let pixels = sizes
        .map(|monitor| size(monitor.width, monitor.height))
        .filter(|size| size.min_elem() > 0.0)
        .max_by(|a, b| (a.x * a.y).total_cmp(&(b.x * b.y)));
    // baseview reads the same setting in the same way.
    let resources = resource_manager::new_from_default(&connection).ok()?;
    let dpi: Option<u32> = resources.get_value("Xft.dpi", "").ok().flatten();
    Some(Screen {
        pixels: pixels.unwrap_or(size(screen.width_in_pixels, screen.height_in_pixels)),
        scale: dpi.map(|dpi| dpi as f32 / 96.0),
    })
}

/// Always `None`: elsewhere the host bounds the window.
#[cfg(not(target_os = "linux"))]
pub fn largest() -> Option<Screen> {
    None
}
