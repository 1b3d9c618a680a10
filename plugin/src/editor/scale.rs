//! Scale of the window's contents, and the size of the window that goes with it.
//!
//! The user chooses a scale; the corner of the window changes the area that the pages have at that scale. Where the
//! pages would have less room than they need, or more than they can use, the scale follows the window instead, so that
//! a host may give the window any size.

use std::sync::OnceLock;
use std::time::Duration;

use egui::{Context, Vec2, ViewportCommand, vec2};

/// Scales in the menu, in percent.
pub const STEPS: [u32; 7] = [75, 100, 125, 150, 175, 200, 300];
/// Room in points that every page needs.
pub const LEAST: Vec2 = vec2(900.0, 600.0);
/// Room in points beyond which the contents grow with the window.
const MOST: Vec2 = vec2(1280.0, 864.0);
/// Scales that are drawn at all; a window below the least one shows a part of its page.
const DRAWN: std::ops::RangeInclusive<f32> = 0.5..=4.0;
/// Largest window in points at 100 %, more than any screen has.
pub const LARGEST: Vec2 = vec2(7680.0, 4320.0);
/// Time that a host has to accept a size.
const PATIENCE: Duration = Duration::from_millis(600);

/// Scale from the command line of the program. Global to the process, because nice-plug makes the plugin itself and
/// passes nothing to it.
static FIXED: OnceLock<f32> = OnceLock::new();

/// Sets the scale of windows that open, above 0, in the place of the remembered one. Only the first call has an effect.
/// `[gui]`
pub fn set_zoom(factor: f32) {
    FIXED.get_or_init(|| factor);
}

/// Returns the scale that [`set_zoom`] has set.
pub fn fixed() -> Option<f32> {
    FIXED.get().copied()
}

/// Returns the smallest window in points at 100 %: the room of a page at the smallest scale that can be chosen.
pub fn smallest() -> Vec2 {
    let least = STEPS[0] as f32 / 100.0;
    LEAST * fixed().map_or(least, |fixed| fixed.min(least))
}

/// Sizes of a window around the editor, as width and height in points at 100 %.
#[derive(Clone, Copy, Debug)]
pub struct WindowLimits {
    /// Smallest size.
    pub smallest: (f32, f32),
    /// Largest size.
    pub largest: (f32, f32),
}

/// Returns the sizes that the program's window may have. `[gui]`
pub fn window_limits() -> WindowLimits {
    WindowLimits {
        smallest: smallest().into(),
        largest: LARGEST.into(),
    }
}

/// Returns the scale of the contents of a window of `size`, in points at 100 %, if `chosen` is the user's scale.
fn fitting(chosen: f32, size: Vec2) -> f32 {
    let ratio = |room: Vec2| (size / room).min_elem();
    let fit = chosen.max(ratio(MOST)).min(ratio(LEAST));
    fit.clamp(*DRAWN.start(), *DRAWN.end())
}

/// Scale of an open window.
#[derive(Debug)]
pub struct Scale {
    /// Scale that the user has chosen.
    chosen: f32,
    /// Scale that the library draws with.
    applied: f32,
    /// Size that the window has been asked to take, in points at 100 %, and the time until which it may.
    wanted: Option<(Vec2, Duration)>,
}

impl Scale {
    /// Creates the scale of a window that opens with `size`, in points at 100 %.
    pub fn new(chosen: f32, size: Vec2) -> Self {
        Self {
            chosen,
            applied: fitting(chosen, size),
            wanted: None,
        }
    }

    /// Returns the scale of the contents.
    pub fn applied(&self) -> f32 {
        self.applied
    }

    /// Returns the scale that the user has chosen.
    pub fn chosen(&self) -> f32 {
        self.chosen
    }

    /// Follows a window that has `size`, in points at 100 %, at the time `now`, on a clock that never goes back. To be
    /// called at the beginning of each frame.
    pub fn follow(&mut self, context: &Context, size: Vec2, now: Duration) {
        let zoom = context.zoom_factor();
        if zoom != self.applied {
            self.applied = zoom;
            // The library enlarges the window with the scale, unless a size is given in the frame that begins with it.
            let size = self.wanted.map_or(size, |(wanted, _)| wanted);
            context.send_viewport_cmd(ViewportCommand::InnerSize(size / zoom));
        }
        if let Some((wanted, until)) = self.wanted {
            if now < until && (wanted - size).abs().max_elem() > 1.0 {
                context.request_repaint_after(until - now);
                return;
            }
            self.wanted = None;
        }
        context.set_zoom_factor(fitting(self.chosen, size));
    }

    /// Chooses a scale in percent for a window that has `size`, in points at 100 %: the window is asked to keep the room
    /// of its page, within `bound`.
    pub fn choose(
        &mut self,
        percent: u32,
        context: &Context,
        size: Vec2,
        bound: Option<Vec2>,
        now: Duration,
    ) {
        self.chosen = percent as f32 / 100.0;
        let size = size / self.applied * self.chosen;
        let size = bounded(size, bound);
        self.wanted = Some((size, now + PATIENCE));
        let zoom = fitting(self.chosen, size);
        if zoom == self.applied {
            context.send_viewport_cmd(ViewportCommand::InnerSize(size / zoom));
        }
        context.set_zoom_factor(zoom);
        context.request_repaint();
    }
}

/// Returns `size` within the sizes that a window may have, and within `bound`, such as a screen.
pub fn bounded(size: Vec2, bound: Option<Vec2>) -> Vec2 {
    let size = size.clamp(smallest(), LARGEST);
    bound.map_or(size, |bound| size.min(bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_scale_is_drawn_while_pages_have_room() {
        for percent in STEPS {
            let chosen = percent as f32 / 100.0;
            for room in [LEAST, vec2(1000.0, 720.0), MOST, vec2(900.0, 3000.0)] {
                assert_eq!(fitting(chosen, room * chosen), chosen, "{room:?}");
            }
        }
    }

    #[test]
    fn a_page_always_has_room_and_never_more_than_it_can_use() {
        for (chosen, size, scale) in [
            (1.0, vec2(675.0, 450.0), 0.75),
            (3.0, vec2(900.0, 600.0), 1.0),
            (1.5, vec2(1000.0, 720.0), 1000.0 / 900.0),
            // A screen of 4K.
            (1.0, vec2(3840.0, 2160.0), 2.5),
            (1.0, vec2(3840.0, 600.0), 1.0),
            // Absurd sizes.
            (1.0, vec2(1.0, 1.0), 0.5),
            (0.75, vec2(60_000.0, 60_000.0), 4.0),
        ] {
            assert_eq!(fitting(chosen, size), scale, "{chosen} {size:?}");
        }
    }

    #[test]
    fn a_window_stays_within_its_limits_and_its_screen() {
        assert_eq!(bounded(vec2(1.0, 9999.0), None), vec2(675.0, 4320.0));
        let screen = Some(vec2(640.0, 480.0));
        assert_eq!(bounded(vec2(1000.0, 720.0), screen), vec2(640.0, 480.0));
    }
}
