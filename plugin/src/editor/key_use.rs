//! Keys that the editor uses in its present state. All others are the host's.

use egui::{Context, Key, Modifiers};

use super::edit_history;
use super::keyboard;

/// State that decides which keys the editor uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUse {
    /// True if a field of text has the focus, which takes every key.
    writes: bool,
    /// True if a control has the focus.
    has_focus: bool,
    /// True if a menu or a window inside the editor is open.
    is_menu_open: bool,
    /// True if the letters play notes.
    plays: bool,
    /// True if the arrows move through a list.
    lists: bool,
}

#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "elsewhere, baseview hands keys back by itself")
)]
impl KeyUse {
    /// Returns the state after a frame. `plays` is true if the letters play notes, `lists` if the page has a list,
    /// `has_window` if it has opened a window inside the editor.
    pub fn new(context: &Context, plays: bool, lists: bool, has_window: bool) -> Self {
        Self {
            writes: context.text_edit_focused(),
            has_focus: context.memory(|memory| memory.focused().is_some()),
            is_menu_open: has_window || context.any_popup_open(),
            plays,
            lists,
        }
    }

    /// Returns the state that uses the keys of both: a key may have changed one into the other.
    pub fn or(self, other: Self) -> Self {
        Self {
            writes: self.writes | other.writes,
            has_focus: self.has_focus | other.has_focus,
            is_menu_open: self.is_menu_open | other.is_menu_open,
            plays: self.plays | other.plays,
            lists: self.lists | other.lists,
        }
    }

    /// Returns true if the editor uses `key` with these modifiers. `None` is a key that has no name in egui.
    pub fn takes(self, key: Option<Key>, modifiers: Modifiers) -> bool {
        if self.writes {
            return true;
        }
        let Some(key) = key else {
            return false;
        };
        if edit_history::controls::is_shortcut(key, modifiers) {
            return true;
        }
        if modifiers.ctrl || modifiers.alt || modifiers.mac_cmd {
            return false;
        }
        match key {
            Key::Tab => true,
            Key::Escape => self.has_focus || self.is_menu_open || self.lists,
            Key::Enter | Key::ArrowUp | Key::ArrowDown => self.has_focus || self.lists,
            Key::Space | Key::PageUp | Key::PageDown | Key::Backspace | Key::Delete => {
                self.has_focus
            }
            Key::ArrowLeft | Key::ArrowRight => self.has_focus || self.plays,
            key => self.plays && keyboard::plays(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Modifiers = Modifiers::NONE;
    const CONTROL: Modifiers = Modifiers::COMMAND.plus(Modifiers::CTRL);

    #[test]
    fn the_host_gets_what_nothing_takes() {
        let idle = KeyUse::default();
        for key in [
            Key::Space,
            Key::Enter,
            Key::Escape,
            Key::A,
            Key::ArrowUp,
            Key::Home,
        ] {
            assert!(!idle.takes(Some(key), NONE), "{key:?}");
        }
        assert!(!idle.takes(None, NONE) && !idle.takes(Some(Key::S), CONTROL));
        assert!(idle.takes(Some(Key::Tab), NONE) && idle.takes(Some(Key::Tab), Modifiers::SHIFT));
        for shift in [NONE, Modifiers::SHIFT] {
            assert!(idle.takes(Some(Key::Z), CONTROL | shift));
        }
    }

    #[test]
    fn a_text_takes_everything_and_a_control_its_own_keys() {
        let writes = KeyUse {
            writes: true,
            ..KeyUse::default()
        };
        assert!(writes.takes(None, NONE) && writes.takes(Some(Key::Space), NONE));
        let control = KeyUse {
            has_focus: true,
            ..KeyUse::default()
        };
        for key in [
            Key::Space,
            Key::Enter,
            Key::ArrowLeft,
            Key::Delete,
            Key::Escape,
        ] {
            assert!(control.takes(Some(key), NONE), "{key:?}");
        }
        for key in [Key::A, Key::Home] {
            assert!(!control.takes(Some(key), NONE), "{key:?}");
        }
        assert!(!control.takes(Some(Key::Space), CONTROL));
    }

    #[test]
    fn letters_play_where_they_are_switched_on() {
        let plays = KeyUse {
            plays: true,
            ..KeyUse::default()
        };
        for key in [Key::A, Key::P, Key::Z, Key::X, Key::ArrowRight] {
            assert!(plays.takes(Some(key), NONE), "{key:?}");
        }
        for key in [Key::Q, Key::Space, Key::ArrowUp] {
            assert!(!plays.takes(Some(key), NONE), "{key:?}");
        }
        assert!(!plays.takes(Some(Key::A), CONTROL));
        let either = plays.or(KeyUse {
            lists: true,
            ..KeyUse::default()
        });
        assert!(either.takes(Some(Key::A), NONE) && either.takes(Some(Key::ArrowUp), NONE));
    }
}
