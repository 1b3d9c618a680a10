//! Buttons of which one is down.

use egui::{Button, Response, RichText, Ui};

use super::theme::Colours;

/// A button that makes `value` the chosen one, and is down while it is.
pub fn show<T: PartialEq>(
    ui: &mut Ui,
    chosen: &mut T,
    value: T,
    name: &str,
    colours: &Colours,
) -> Response {
    let down = *chosen == value;
    // Bright letters could not be read on the accent.
    let ink = if down { colours.window } else { colours.text };
    let response = ui.add(Button::selectable(down, RichText::new(name).color(ink)));
    if response.clicked() {
        *chosen = value;
    }
    response
}
