//! A button with a drawn icon.

use egui::{
    Color32, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
};

use crate::editor::theme::Colours;

/// Draws a button whose icon `draw` paints around a point in a colour. `name` is its name for screen readers.
pub fn show(
    ui: &mut Ui,
    area: Rect,
    name: &str,
    enabled: bool,
    colours: &Colours,
    draw: impl FnOnce(&Painter, Pos2, Color32),
) -> Response {
    let id = ui.scope_id().with(("icon", name));
    let sense = if enabled {
        Sense::click()
    } else {
        Sense::hover()
    };
    let response = ui.interact(area, id, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let painter = ui.painter();
    painter.rect_filled(area, 4.0, colours.trough);
    if enabled && (response.hovered() || response.has_focus()) {
        let stroke = Stroke::new(1.0, colours.accent);
        painter.rect_stroke(area, 4.0, stroke, StrokeKind::Inside);
    }
    let ink = match enabled {
        true => colours.text,
        false => colours.quiet.gamma_multiply(FAINT),
    };
    draw(painter, area.center(), ink);
    response
}

/// Opacity of the icon of a disabled button.
const FAINT: f32 = 0.5;
