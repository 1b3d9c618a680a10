//! A button that is down or up.

use egui::{Align2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

use crate::editor::card;
use crate::editor::theme::Colours;

/// Texts of a button.
#[derive(Clone, Copy, Debug)]
pub struct Toggle<'a> {
    /// Name for screen readers, which no other button beside it has.
    pub name: &'a str,
    /// Text on the button, and its size.
    pub text: (&'a str, f32),
    /// Role for screen readers.
    pub role: Role,
}

/// Draws a button that fills `area`.
pub fn show(
    ui: &mut Ui,
    area: Rect,
    toggle: Toggle<'_>,
    is_down: bool,
    colours: &Colours,
) -> Response {
    let Toggle { name, text, role } = toggle;
    let response = ui.interact(area, ui.scope_id().with(name), Sense::click());
    response.widget_info(|| WidgetInfo::selected(role, true, is_down, name));
    let (fill, ink) = match is_down {
        true => (colours.accent, colours.window),
        false => (colours.trough, colours.text),
    };
    let painter = ui.painter();
    painter.rect_filled(area, 4.0, fill);
    if response.hovered() || response.has_focus() {
        let stroke = Stroke::new(1.0, colours.accent);
        painter.rect_stroke(area, 4.0, stroke, StrokeKind::Inside);
    }
    card::write(ui, area, Align2::CENTER_CENTER, text.0, text.1, ink);
    response
}
