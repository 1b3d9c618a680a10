//! The plugin's window inside a window of the host.

use std::ffi::c_ulong;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window};
use raw_window_handle::{HasWindowHandle, RawWindowHandle};

use super::{HostError, Instance};

/// Requests of the plugin's window, from any thread, until the main thread takes them.
#[derive(Debug, Default)]
pub(super) struct GuiRequests {
    /// Width in the upper half, height in the lower one; 0 without a request.
    size: AtomicU64,
    closed: AtomicBool,
}

impl GuiRequests {
    // Both values are complete in themselves and publish no other data, so relaxed accesses are enough.

    pub(super) fn resize(&self, size: GuiSize) {
        let packed = u64::from(size.width) << 32 | u64::from(size.height);
        self.size.store(packed, Ordering::Relaxed);
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    fn take_size(&self) -> Option<(u32, u32)> {
        let packed = self.size.swap(0, Ordering::Relaxed);
        (packed != 0).then_some(((packed >> 32) as u32, packed as u32))
    }
}

/// Sizes are in the unit of the system's windows: pixels on X11 and Windows, points on macOS.
impl Instance {
    /// Opens the plugin's window inside `parent`, which is kept until [`Instance::close_window`]; returns its width and
    /// height. `[main]`
    ///
    /// # Errors
    /// If the plugin has no window, has one already, or refuses this parent.
    pub fn open_window(
        &mut self,
        parent: Box<dyn HasWindowHandle>,
    ) -> Result<(u32, u32), HostError> {
        let gui = self.gui()?;
        let raw = parent.window_handle().map_err(|_| HostError::Window)?;
        let window = match raw.as_raw() {
            RawWindowHandle::Xlib(handle) => Window::from_x11_handle(handle.window),
            RawWindowHandle::Xcb(handle) => Window::from_x11_handle(handle.window.get() as c_ulong),
            RawWindowHandle::AppKit(handle) => {
                Window::from_generic_ptr(GuiApiType::COCOA, handle.ns_view.as_ptr())
            }
            RawWindowHandle::Win32(handle) => {
                Window::from_generic_ptr(GuiApiType::WIN32, handle.hwnd.get() as *mut _)
            }
            _ => return Err(HostError::Window),
        };
        let handle = self.handle();
        let configuration = GuiConfiguration {
            api_type: window.api_type(),
            is_floating: false,
        };
        let created = gui.create(&handle, configuration);
        created.map_err(|_| HostError::Window)?;
        // SAFETY: the handle of the parent is valid as long as the parent, which this instance keeps until the window is
        // closed.
        let shown = unsafe { gui.set_parent(&handle, window) }.and_then(|()| gui.show(&handle));
        if shown.is_err() {
            gui.destroy(&handle);
            return Err(HostError::Window);
        }
        let size = gui.get_size(&handle);
        self.parent = Some(parent);
        let size = size.ok_or(HostError::Window)?;
        Ok((size.width, size.height))
    }

    /// Returns the size that the plugin's window has, or will open with. `[main]`
    pub fn window_size(&mut self) -> Option<(u32, u32)> {
        let gui = self.gui().ok()?;
        let size = gui.get_size(&self.handle())?;
        Some((size.width, size.height))
    }

    /// Gives the plugin's window another size, because its parent has one. `[main]`
    pub fn resize_window(&mut self, width: u32, height: u32) {
        let Ok(gui) = self.gui() else { return };
        // A plugin that refuses a size keeps its own one.
        let _ = gui.set_size(&self.handle(), GuiSize { width, height });
    }

    /// Closes the plugin's window, if it is open. `[main]`
    pub fn close_window(&mut self) {
        if self.parent.is_some()
            && let Ok(gui) = self.gui()
        {
            gui.destroy(&self.handle());
        }
        self.parent = None;
    }

    /// Returns the size that the plugin's window has requested since the last call of this function. `[main]`
    pub fn wanted_window_size(&mut self) -> Option<(u32, u32)> {
        self.window_requests(GuiRequests::take_size)
    }

    /// Returns true if the plugin's window has closed by itself. `[main]`
    pub fn window_has_closed(&mut self) -> bool {
        self.window_requests(|requests| requests.closed.load(Ordering::Relaxed))
    }

    fn gui(&mut self) -> Result<PluginGui, HostError> {
        let gui = self.handle().get_extension();
        gui.ok_or(HostError::Missing("clap.gui"))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.close_window();
    }
}
