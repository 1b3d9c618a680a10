//! Keys of the display's keyboard, and the key events that a window receives.

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, InputFocus, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::Screen;

/// Keys that a window of the test receives.
pub struct ReceivedKeys {
    /// A connection of its own, so that it receives nothing else.
    connection: RustConnection,
    window: Window,
}

impl Screen {
    /// Presses and releases keys of the keyboard, by their X11 keycodes: all go down in order, then up in reverse. The
    /// window with the focus, or the one below the pointer, receives them.
    pub fn strike(&self, keycodes: &[u8]) {
        let down = keycodes.iter().map(|code| (KEY_PRESS_EVENT, *code));
        let up = keycodes.iter().rev().map(|code| (KEY_RELEASE_EVENT, *code));
        for (event, code) in down.chain(up) {
            let struck = (self.connection).xtest_fake_input(event, code, 0, self.root, 0, 0, 0);
            struck.expect("the server listens");
        }
        self.sync();
    }

    /// Gives the keyboard to `window`.
    pub fn focus(&self, window: Window) {
        let focus =
            self.connection
                .set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME);
        focus.expect("the server listens");
        self.sync();
    }

    /// Returns the window that has the keyboard.
    pub fn focused(&self) -> Window {
        let focus = self.connection.get_input_focus();
        let focus = focus.expect("the server listens").reply();
        focus.expect("the server answers").focus
    }

    /// Receives the key events of `window` from now on, as its owner does.
    pub fn received_keys(&self, window: Window) -> ReceivedKeys {
        let (connection, _) = x11rb::connect(None).expect("the display answers");
        let keys = EventMask::KEY_PRESS | EventMask::KEY_RELEASE;
        let keys = ChangeWindowAttributesAux::new().event_mask(keys);
        let selected = connection.change_window_attributes(window, &keys);
        let selected = selected.expect("the server listens").check();
        selected.expect("the window is there");
        ReceivedKeys { connection, window }
    }

    /// Gives the keys with these codes the keysyms `keysyms`, as a keyboard layout does.
    pub fn map_keys(&self, keys: &[(u8, [u32; 2])]) {
        for (code, keysyms) in keys {
            let mapped = self
                .connection
                .change_keyboard_mapping(1, *code, 2, keysyms);
            mapped.expect("the server listens");
        }
        self.sync();
    }
}

impl ReceivedKeys {
    /// Returns the keycodes of the keys that went down (true) or up (false) since the last call.
    pub fn take(&self) -> Vec<(u8, bool)> {
        let mut received = Vec::new();
        loop {
            let event = self.connection.poll_for_event();
            match event.expect("the server listens") {
                Some(Event::KeyPress(key)) if key.event == self.window => {
                    received.push((key.detail, true));
                }
                Some(Event::KeyRelease(key)) if key.event == self.window => {
                    received.push((key.detail, false));
                }
                Some(_) => {}
                None => return received,
            }
        }
    }
}
