//! A control that shows the chosen name and opens a menu of all names.

use egui::{
    Align2, Popup, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, vec2,
};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::Unit;

use super::{context_menu, icon};
use crate::editor::card;
use crate::editor::layout;
use crate::editor::page_context::PageContext;
use crate::editor::theme::Colours;

/// Height of the longest list that does not scroll.
const LONGEST: f32 = 380.0;
/// Height of a control of one line, without and with its name above it.
pub const HEIGHT: f32 = 20.0;
pub const LABELLED: f32 = 35.0;

/// Draws a button that opens a menu of the names of `parameter`.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, parameter: Parameter) -> Response {
    let response = button(
        ui,
        area,
        parameter.spec().name,
        &page.text(parameter),
        page.colours,
    );
    Popup::menu(&response).show(|ui| list(ui, page, parameter));
    context_menu::show(ui, page, &response, parameter);
    response
}

fn list(ui: &mut Ui, page: &mut PageContext<'_>, parameter: Parameter) {
    let Unit::Choice(names) = parameter.spec().unit else {
        return;
    };
    let chosen = page.choice(parameter);
    ScrollArea::vertical().max_height(LONGEST).show(ui, |ui| {
        for (number, name) in names.iter().enumerate() {
            if item(ui, name, number == chosen, page.colours).clicked() {
                page.put(parameter, number as f32);
            }
        }
    });
}

/// Draws one line of a menu.
pub fn item(ui: &mut Ui, name: &str, chosen: bool, colours: &Colours) -> Response {
    let ink = if chosen { colours.window } else { colours.text };
    ui.selectable_label(chosen, egui::RichText::new(name).color(ink))
}

/// Draws a button that opens a menu; `text` is the chosen item of the list `name`.
pub fn button(ui: &mut Ui, area: Rect, name: &str, text: &str, colours: &Colours) -> Response {
    button_of(ui, area, name, text, text, colours)
}

/// Draws a [`button`] that shows only the part `shown` of a long text.
pub fn button_of(
    ui: &mut Ui,
    area: Rect,
    name: &str,
    text: &str,
    shown: &str,
    colours: &Colours,
) -> Response {
    bare(ui, area, name, text, shown, colours).on_hover_ui(|ui| {
        ui.label(format!("{name}: {text}"));
    })
}

/// Draws a [`button_of`] without its hint, for callers that add their own.
pub fn bare(
    ui: &mut Ui,
    area: Rect,
    name: &str,
    text: &str,
    shown: &str,
    colours: &Colours,
) -> Response {
    let id = ui.scope_id().with(("menu", name));
    let response = ui.interact(area, id, Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(text.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, name)
    });
    let painter = ui.painter();
    painter.rect_filled(area, 4.0, colours.trough);
    if response.hovered() || response.has_focus() {
        let stroke = Stroke::new(1.0, colours.accent);
        painter.rect_stroke(area, 4.0, stroke, StrokeKind::Inside);
    }
    let mut room = area.shrink2(vec2(6.0, 0.0));
    let arrow = layout::right(&mut room, 8.0, 4.0).center();
    let points = [vec2(-3.5, -2.0), vec2(3.5, -2.0), vec2(0.0, 2.5)];
    let points = points.map(|by| arrow + by).to_vec();
    painter.add(Shape::convex_polygon(points, colours.quiet, Stroke::NONE));
    card::write(ui, room, Align2::LEFT_CENTER, shown, 11.5, colours.text);
    response
}

/// Draws a button that steps through a list, forward if `on` is true, else back.
pub fn step(ui: &mut Ui, area: Rect, on: bool, name: &str, colours: &Colours) -> Response {
    icon::show(ui, area, name, true, colours, |painter, centre, ink| {
        let way = if on { 1.0 } else { -1.0 };
        let points = [vec2(-2.5, -4.0), vec2(3.0, 0.0), vec2(-2.5, 4.0)];
        let points = points.map(|by| centre + vec2(way * by.x, by.y)).to_vec();
        painter.add(Shape::convex_polygon(points, ink, Stroke::NONE));
    })
    .on_hover_text(name)
}

/// Draws a menu with its name above it.
pub fn named(
    ui: &mut Ui,
    page: &mut PageContext<'_>,
    area: Rect,
    parameter: Parameter,
    name: &str,
) -> Response {
    let (above, below) = labelled(area);
    card::note(ui, above, Align2::LEFT_CENTER, name, page.colours);
    show(ui, page, below, parameter)
}

/// Splits `area` into a line for a name and the control below it.
pub fn labelled(area: Rect) -> (Rect, Rect) {
    let mut room = layout::middle(area, area.width(), LABELLED);
    let above = layout::top(&mut room, LABELLED - HEIGHT - 1.0, 1.0);
    (above, room)
}
