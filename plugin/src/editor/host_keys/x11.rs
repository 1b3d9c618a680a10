//! Keys of the window under X11: those that the editor does not use go to the host, and shortcuts follow the letters of
//! the keyboard's layout.
//!
//! The server gives a key to one window only. That is the editor's while it has the keyboard, or the pointer in a host
//! that has it, because baseview asks for the keys of its window; it hands none back. A second connection receives the
//! same keys here and sends them to the host's window, as the plugins of robtk do. Keys that a host has sent itself, as
//! GTK's socket does, are not sent back, or they would go around for ever.

use egui::{Event, Key, Modifiers};
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::connection::Connection;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::Event as XEvent;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, KeyButMask, KeyPressEvent, Window,
};
use x11rb::rust_connection::RustConnection;

use super::layout::Layout;
use crate::editor::key_use::KeyUse;

/// Receiver of the keys of a window. `[gui]`
pub struct HostKeys {
    connection: RustConnection,
    window: Window,
    /// True if the window is inside a host's.
    is_embedded: bool,
    layout: Layout,
    /// Keys of this frame, which are down or up.
    received: Vec<(KeyPressEvent, bool)>,
    /// Keys that the host knows to be down, by their keycodes.
    sent: [bool; 256],
    /// State after the last frame.
    before: KeyUse,
}

impl HostKeys {
    /// Connects to the display of `window`, which is embedded in a host's window or not. `None` if that fails: the host
    /// gets no keys then.
    pub fn open(window: &impl HasWindowHandle, is_embedded: bool) -> Option<Self> {
        let RawWindowHandle::Xlib(handle) = window.window_handle().ok()?.as_raw() else {
            return None;
        };
        Self::connect(u32::try_from(handle.window).ok()?, is_embedded).ok()
    }

    fn connect(window: Window, is_embedded: bool) -> Result<Self, ReplyOrIdError> {
        let failed = |_| x11rb::errors::ConnectionError::UnknownError;
        let (connection, _) = x11rb::connect(None).map_err(failed)?;
        let keys = EventMask::KEY_PRESS | EventMask::KEY_RELEASE;
        let keys = ChangeWindowAttributesAux::new().event_mask(keys);
        connection
            .change_window_attributes(window, &keys)?
            .check()?;
        let layout = Layout::read(&connection)?;
        Ok(Self {
            connection,
            window,
            is_embedded,
            layout,
            received: Vec::new(),
            sent: [false; 256],
            before: KeyUse::default(),
        })
    }

    /// Receives the keys of this frame, and gives the shortcuts in `events`, which baseview names by their place on the
    /// keyboard, the letters of the layout. To be called at the beginning of a frame.
    pub fn begin(&mut self, events: &mut Vec<Event>) {
        let mut shortcuts = Vec::new();
        while let Ok(Some(event)) = self.connection.poll_for_event() {
            let is_real = !event.sent_event();
            match event {
                XEvent::MappingNotify(_) => {
                    if let Ok(layout) = Layout::read(&self.connection) {
                        self.layout = layout;
                    }
                }
                XEvent::KeyPress(key) if is_real => self.received.push((key, true)),
                XEvent::KeyRelease(key) if is_real => self.received.push((key, false)),
                _ => {}
            }
        }
        for (key, pressed) in &self.received {
            let modifiers = modifiers(key.state);
            // A letter on a key that has another character in the United States has no name in baseview.
            if modifiers.ctrl
                && let Some(key) = self.layout.letter_elsewhere(key.detail)
            {
                shortcuts.push(event(key, *pressed, modifiers));
            }
        }
        events.retain_mut(|event| match event {
            Event::Key { key, modifiers, .. } if modifiers.ctrl => match self.layout.letter(*key) {
                Some(letter) => {
                    *key = letter;
                    true
                }
                None => false,
            },
            _ => true,
        });
        events.extend(shortcuts);
    }

    /// Sends the keys that the editor does not use to the host. To be called at the end of a frame, with the state after
    /// it.
    pub fn end(&mut self, after: KeyUse) {
        let uses = self.before.or(after);
        self.before = after;
        for (key, pressed) in std::mem::take(&mut self.received) {
            let place = usize::from(key.detail);
            let is_host = match pressed {
                true => !uses.takes(self.layout.key(key.detail), modifiers(key.state)),
                // The host is told of the end of what it was told of.
                false => self.sent[place],
            };
            self.sent[place] = is_host && pressed;
            if is_host && self.is_embedded {
                // The host's window may be closing.
                let _ = self.send(key);
            }
        }
    }

    /// Sends a key to the nearest window around the editor's that receives keys; if there is none, to the owner of the
    /// one directly around it.
    fn send(&self, key: KeyPressEvent) -> Result<(), ReplyOrIdError> {
        let tree = self.connection.query_tree(self.window)?.reply()?;
        let mut found = (tree.parent, EventMask::NO_EVENT);
        let mut window = tree.parent;
        while window != tree.root && window != x11rb::NONE {
            let attributes = self.connection.get_window_attributes(window)?.reply()?;
            if attributes.all_event_masks.contains(EventMask::KEY_PRESS) {
                found = (window, EventMask::KEY_PRESS | EventMask::KEY_RELEASE);
                break;
            }
            window = self.connection.query_tree(window)?.reply()?.parent;
        }
        let (window, mask) = found;
        if window == tree.root {
            return Ok(());
        }
        let key = KeyPressEvent {
            event: window,
            child: x11rb::NONE,
            ..key
        };
        self.connection.send_event(false, window, mask, key)?;
        self.connection.flush()?;
        Ok(())
    }
}

fn event(key: Key, pressed: bool, modifiers: Modifiers) -> Event {
    Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers,
    }
}

/// Returns the modifiers that were down before a key.
fn modifiers(state: KeyButMask) -> Modifiers {
    let ctrl = state.contains(KeyButMask::CONTROL);
    Modifiers {
        alt: state.contains(KeyButMask::MOD1) || state.contains(KeyButMask::MOD4),
        ctrl,
        shift: state.contains(KeyButMask::SHIFT),
        mac_cmd: false,
        command: ctrl,
    }
}
