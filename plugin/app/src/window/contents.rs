//! The editor's window inside the program's: the focus of the keyboard is passed on to it, and its end is waited for.

#[cfg(all(unix, not(target_os = "macos")))]
pub use x11::{is_visible, pass_focus_on, threads, wait_until_closed};

#[cfg(all(unix, not(target_os = "macos")))]
mod x11 {
    use std::error::Error;
    use std::fs;
    use std::thread;
    use std::time::{Duration, Instant};

    use raw_window_handle::{HasWindowHandle, RawWindowHandle};
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{ConnectionExt, InputFocus, MapState, Window};
    use x11rb::rust_connection::RustConnection;

    /// Time that the editor has to close.
    const PATIENCE: Duration = Duration::from_secs(3);
    const PAUSE: Duration = Duration::from_millis(5);

    /// Returns true if `window` is on the screen. `[main]`
    pub fn is_visible(window: &impl HasWindowHandle) -> bool {
        let state = || -> Result<MapState, Box<dyn Error>> {
            let (connection, _) = x11rb::connect(None)?;
            let attributes = connection.get_window_attributes(id(window)?)?;
            Ok(attributes.reply()?.map_state)
        };
        state().is_ok_and(|state| state == MapState::VIEWABLE)
    }

    /// Gives the focus to the window inside `parent`. X11 sends keys to the window under the pointer, and to the one with
    /// the focus when the pointer is elsewhere. `[main]`
    pub fn pass_focus_on(parent: &impl HasWindowHandle) {
        // A window that is about to close cannot have the focus, which is no loss.
        let _ = focus_child(parent);
    }

    /// Returns the number of threads of this process; 0 if the system does not tell it.
    pub fn threads() -> usize {
        fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
    }

    /// Waits until there is no window inside `parent` and no more than `threads` are left: baseview 0.4.2 returns from the
    /// end of a window on X11 before its thread has ended, which must not outlive the parent and the program. `[main]`
    pub fn wait_until_closed(parent: &impl HasWindowHandle, threads: usize) {
        let start = Instant::now();
        let is_open = || child(parent).is_ok_and(|(_, child)| child.is_some());
        while start.elapsed() < PATIENCE && (is_open() || self::threads() > threads) {
            thread::sleep(PAUSE);
        }
    }

    fn focus_child(parent: &impl HasWindowHandle) -> Result<(), Box<dyn Error>> {
        if let (connection, Some(child)) = child(parent)? {
            let focus = InputFocus::PARENT;
            let set = connection.set_input_focus(focus, child, x11rb::CURRENT_TIME)?;
            set.check()?;
            connection.flush()?;
        }
        Ok(())
    }

    /// Returns a connection, and the window inside `parent`.
    fn child(
        parent: &impl HasWindowHandle,
    ) -> Result<(RustConnection, Option<Window>), Box<dyn Error>> {
        let (connection, _) = x11rb::connect(None)?;
        let tree = connection.query_tree(id(parent)?)?.reply()?;
        Ok((connection, tree.children.first().copied()))
    }

    fn id(window: &impl HasWindowHandle) -> Result<Window, Box<dyn Error>> {
        let handle = window.window_handle().map_err(|error| error.to_string())?;
        match handle.as_raw() {
            RawWindowHandle::Xlib(handle) => Ok(u32::try_from(handle.window)?),
            RawWindowHandle::Xcb(handle) => Ok(handle.window.get()),
            _ => Err("the window is none of X11".into()),
        }
    }
}

/// Always true: elsewhere the editor may open in a window that is about to be shown.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn is_visible(_window: &impl raw_window_handle::HasWindowHandle) -> bool {
    true
}

/// Does nothing: elsewhere the editor takes the focus by itself.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn pass_focus_on(_parent: &impl raw_window_handle::HasWindowHandle) {}

/// Always 0: elsewhere windows have no threads.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn threads() -> usize {
    0
}

/// Does nothing: elsewhere windows close on this thread.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn wait_until_closed(_parent: &impl raw_window_handle::HasWindowHandle, _threads: usize) {}
