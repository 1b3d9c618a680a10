//! A switch: all names of a parameter side by side.

use egui::{Align2, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::Unit;

use super::choice::labelled;
use super::context_menu;
use crate::editor::card;
use crate::editor::page_context::PageContext;

/// Draws a switch that fills `area`.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, parameter: Parameter) {
    let spec = parameter.spec();
    let Unit::Choice(names) = spec.unit else {
        return;
    };
    let colours = page.colours;
    let chosen = page.choice(parameter);
    ui.painter().rect_filled(area, 4.0, colours.trough);
    let width = area.width() / names.len() as f32;
    let mut whole = ui.interact(area, ui.scope_id().with(spec.id), Sense::hover());
    for (number, name) in names.iter().enumerate() {
        let x = |n: usize| (area.left() + n as f32 * width).round();
        let part = Rect::from_min_max(
            pos2(x(number), area.top()),
            pos2(x(number + 1), area.bottom()),
        );
        let id = ui.scope_id().with((spec.id, number));
        let response = ui.interact(part, id, Sense::click());
        let down = number == chosen;
        response.widget_info(|| {
            let label = format!("{}: {name}", spec.name);
            WidgetInfo::selected(Role::RadioButton, true, down, label)
        });
        if response.clicked() {
            page.put(parameter, number as f32);
        }
        if down {
            let corners = CornerRadius::same(4);
            ui.painter().rect_filled(part, corners, colours.accent);
        }
        if response.hovered() || response.has_focus() {
            let stroke = Stroke::new(1.0, colours.accent);
            (ui.painter()).rect_stroke(part, 4.0, stroke, StrokeKind::Inside);
        }
        let ink = if down { colours.window } else { colours.text };
        card::write(ui, part, Align2::CENTER_CENTER, name, 11.0, ink);
        whole = whole.union(response.on_hover_text(spec.name));
    }
    context_menu::show(ui, page, &whole, parameter);
}

/// Draws a switch with a name above it.
pub fn named(
    ui: &mut Ui,
    page: &mut PageContext<'_>,
    area: Rect,
    parameter: Parameter,
    name: &str,
) {
    let (above, below) = labelled(area);
    card::note(ui, above, Align2::LEFT_CENTER, name, page.colours);
    show(ui, page, below, parameter);
}
