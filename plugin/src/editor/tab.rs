//! Buttons of which one is selected.

use egui::{Button, Response, RichText, Ui};

use super::theme::Colours;

/// Draws a button that selects `value`, and is down while it is selected.
pub fn show<T: PartialEq>(
    ui: &mut Ui,
    chosen: &mut T,
    value: T,
    name: &str,
    colours: &Colours,
) -> Response {
    let down = *chosen == value;
    // Bright text could not be read on the accent colour.
    let ink = if down { colours.window } else { colours.text };
    let response = ui.add(Button::selectable(down, RichText::new(name).color(ink)));
    if response.clicked() {
        *chosen = value;
    }
    response
}
