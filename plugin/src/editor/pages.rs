//! The pages of the sound, a row each: the tab, its title and the module that draws the page and owns its state.

pub mod browser;
mod effects;
mod filter;
mod fm;
mod modulation;
mod oscillators;
pub mod play;
pub mod program;

use egui::{Rect, Ui};

use super::page_context::PageContext;
use crate::program as program_around;

/// A page between the header and the keyboard.
pub trait Page: Default {
    /// Draws the page into `area`.
    fn show(&mut self, ui: &mut Ui, context: &mut PageContext<'_>, area: Rect);
}

macro_rules! pages {
    ($($(#[$doc:meta])* $Tab:ident, $title:literal, $module:ident;)+) => {
        /// Page of the window.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Tab {
            $($(#[$doc])* $Tab,)+
            /// Load, overruns and memory of the engine; [its page](super::engine::Page) has no keyboard below it.
            Engine,
        }

        impl Tab {
            /// Tabs of the pages of the sound with their titles, in order.
            pub const OF_SOUND: &[(Self, &str)] = &[$((Self::$Tab, $title)),+];

            const NAMES: &[(Self, &str)] =
                &[$((Self::$Tab, stringify!($Tab)),)+ (Self::Engine, "Engine")];

            /// Returns the name of the page in the user's settings, which stays when the title changes.
            pub fn name(self) -> &'static str {
                let found = Self::NAMES.iter().find(|(tab, _)| *tab == self);
                found.map_or("", |(_, name)| name)
            }

            /// Returns the page with this name, if there is one.
            pub fn named(name: &str) -> Option<Self> {
                let found = Self::NAMES.iter().find(|(_, known)| *known == name);
                found.map(|(tab, _)| *tab)
            }
        }

        impl Tab {
            /// Returns true if this process has the page: only the program has devices.
            pub fn is_available(self) -> bool {
                self != Self::Program || program_around::registered().is_some()
            }
        }

        /// All pages of the sound.
        #[derive(Default)]
        pub struct Pages {
            $(pub $module: $module::Page,)+
        }

        impl Pages {
            /// Draws the page of `tab`; nothing for the engine page.
            pub fn show(&mut self, tab: Tab, ui: &mut Ui, context: &mut PageContext<'_>, area: Rect) {
                match tab {
                    $(Tab::$Tab => self.$module.show(ui, context, area),)+
                    Tab::Engine => {}
                }
            }
        }
    };
}

pages! {
    /// Macros, output, filter, envelope, levels and voice settings.
    Play, "Play", play;
    /// Both oscillators and the mixer.
    Oscillators, "Oscillators", oscillators;
    /// FM operators and their algorithm.
    Fm, "FM", fm;
    /// The filter and the envelopes.
    Filter, "Filter & Envelopes", filter;
    /// LFOs, matrix and macros.
    Modulation, "Modulation", modulation;
    /// Sends, output and meters.
    Effects, "Effects", effects;
    /// Presets of the factory and of the user.
    Browser, "Browser", browser;
    /// Devices of the program.
    Program, "Devices", program;
}
