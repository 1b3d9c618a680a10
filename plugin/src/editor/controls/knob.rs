//! A knob, with its name above, its value below, and its modulation around it.

use std::f32::consts::PI;

use egui::{Align2, Color32, Painter, Pos2, Rect, Response, Shape, Stroke, Ui, vec2};
use tidepool_dsp::Parameter;

use super::{param_input, short};
use crate::editor::page_context::PageContext;
use crate::editor::{card, layout};

/// Height of a line of text.
const LINE: f32 = 13.0;
/// Height of a knob of the usual size, with its name and value.
pub const HEIGHT: f32 = 34.0 + 2.0 * LINE + 2.0;
/// Diameter of the largest knob.
const LARGEST: f32 = 96.0;
/// Start and length of the knob's arc, clockwise from three o'clock.
const FROM: f32 = 0.75 * PI;
const SWEEP: f32 = 1.5 * PI;
/// Distance of dragging from one end of the range to the other, in points.
const TRAVEL: f32 = 180.0;

/// Draws a knob under the parameter's short name, as large as fits into `area`.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, parameter: Parameter) -> Response {
    named(ui, page, area, parameter, short(parameter))
}

/// Draws a knob under the name `name`.
pub fn named(
    ui: &mut Ui,
    page: &mut PageContext<'_>,
    area: Rect,
    parameter: Parameter,
    name: &str,
) -> Response {
    let colours = page.colours;
    let size = (area.height() - 2.0 * LINE - 2.0)
        .min(area.width())
        .min(LARGEST);
    let mut rest = layout::middle(area, area.width(), size + 2.0 * LINE + 2.0);
    let whole = rest;
    let above = layout::top(&mut rest, LINE, 1.0);
    let number = layout::bottom(&mut rest, LINE, 0.0);
    let input = param_input::param_input(ui, page, parameter, whole, number, TRAVEL);
    if !ui.is_rect_visible(whole) {
        return input.response;
    }
    // A long name may extend a little over its neighbours, which are seldom long.
    let above = above.expand2(vec2(5.0, 0.0));
    card::note(ui, above, Align2::CENTER_CENTER, name, colours);
    let ink = colours.text;
    let text = &input.text;
    let number = number.expand2(vec2(5.0, 0.0));
    card::write(ui, number, Align2::CENTER_CENTER, text, card::SMALL, ink);

    let painter = ui.painter();
    let (centre, radius) = (rest.center(), rest.height().min(rest.width()) / 2.0 - 2.0);
    let width = (radius * 0.22).clamp(2.5, 5.0);
    let track = radius - width / 2.0 - 1.0;
    let active = input.response.hovered() || input.response.dragged();
    painter.circle_filled(centre, track - width, colours.trough);
    if input.response.has_focus() {
        let ring = Stroke::new(1.0, colours.text);
        painter.circle_stroke(centre, radius + 2.0, ring);
    }
    arc(painter, centre, track, (0.0, 1.0), width, colours.trough);
    let fill = if active { colours.text } else { colours.accent };
    let (from, to) = sorted(input.rest, input.at);
    arc(painter, centre, track, (from, to), width, colours.accent);
    if input.host != 0.0 {
        let ends = sorted(input.at, (input.at + input.host).clamp(0.0, 1.0));
        arc(painter, centre, radius + 1.0, ends, 2.0, colours.modulation);
    }
    let towards = direction(input.at);
    let (inner, outer) = (0.25 * track, track - width - 0.5);
    painter.line_segment(
        [centre + inner * towards, centre + outer * towards],
        Stroke::new(2.0, fill),
    );
    if let Some(matrix) = input.matrix {
        let towards = direction((input.at + matrix).clamp(0.0, 1.0));
        painter.circle_filled(centre + track * towards, width * 0.6 + 0.8, colours.card);
        painter.circle_filled(centre + track * towards, width * 0.6, colours.modulation);
    }
    input.response
}

/// Draws knobs side by side in cells of equal width.
pub fn row(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, parameters: &[Parameter]) {
    let width = area.width() / parameters.len() as f32;
    for (n, parameter) in parameters.iter().enumerate() {
        let min = area.min + vec2(n as f32 * width, 0.0);
        let cell = Rect::from_min_size(min, vec2(width, area.height()));
        show(ui, page, cell.shrink2(vec2(1.0, 0.0)), *parameter);
    }
}

fn sorted(a: f32, b: f32) -> (f32, f32) {
    (a.min(b), a.max(b))
}

/// Returns the direction of the fraction `at` of the range on the knob's arc.
fn direction(at: f32) -> egui::Vec2 {
    egui::Vec2::angled(FROM + SWEEP * at)
}

fn arc(
    painter: &Painter,
    centre: Pos2,
    radius: f32,
    (from, to): (f32, f32),
    width: f32,
    colour: Color32,
) {
    if to - from < 1e-3 {
        return;
    }
    let count = (radius * SWEEP * (to - from) / 3.0).ceil().max(2.0) as usize;
    let points = (0..=count)
        .map(|n| centre + radius * direction(from + (to - from) * n as f32 / count as f32));
    painter.add(Shape::line(points.collect(), Stroke::new(width, colour)));
}
