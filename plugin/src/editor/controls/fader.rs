//! A fader: a flat control with its value written on it, for tables.

use egui::{Align2, Rect, Response, Stroke, StrokeKind, Ui, pos2};
use tidepool_dsp::Parameter;

use super::param_input;
use crate::editor::card;
use crate::editor::page_context::PageContext;

/// Least distance of dragging from one end of the range to the other, in points.
const TRAVEL: f32 = 120.0;
/// Width below which "100 %" does not fit.
const NARROW: f32 = 32.0;

/// Draws a fader that fills `area`.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, parameter: Parameter) -> Response {
    let colours = page.colours;
    let travel = area.width().max(TRAVEL);
    // The value covers the whole fader, so that a click anywhere starts typing.
    let input = param_input::param_input(ui, page, parameter, area, area, travel);
    if !ui.is_rect_visible(area) {
        return input.response;
    }
    let painter = ui.painter();
    painter.rect_filled(area, 3.0, colours.trough);
    let x = |part: f32| area.left() + part * area.width();
    let (from, to) = (x(input.rest.min(input.at)), x(input.rest.max(input.at)));
    let fill = Rect::from_min_max(pos2(from, area.top()), pos2(to, area.bottom()));
    painter.rect_filled(fill, 3.0, colours.fill);
    if let Some(added) = input.matrix {
        let x = x((input.at + added).clamp(0.0, 1.0));
        painter.vline(x, area.y_range(), Stroke::new(2.0, colours.modulation));
    }
    if input.response.has_focus() || input.response.hovered() {
        let stroke = Stroke::new(1.0, colours.accent);
        painter.rect_stroke(area, 3.0, stroke, StrokeKind::Inside);
    }
    let ink = colours.text;
    // A narrow fader leaves out the sign rather than digits.
    let text = match area.width() {
        ..NARROW => input.text.trim_end_matches(" %"),
        _ => &input.text,
    };
    card::write(ui, area, Align2::CENTER_CENTER, text, card::SMALL, ink);
    input.response
}
