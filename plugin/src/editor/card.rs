//! Cards: framed areas of a page with a title, and text on them.

use egui::text::LayoutJob;
use egui::{Align2, Color32, FontId, Rect, TextWrapMode, Ui, WidgetText, vec2};

use super::layout;
use super::theme::Colours;

/// Distance from the edge of a card to its content.
const MARGIN: egui::Vec2 = vec2(10.0, 8.0);
const TITLE: f32 = 18.0;
/// Size of small text, such as names and values.
pub const SMALL: f32 = 10.5;

/// Draws the ground of a card; returns the area for its content.
pub fn plain(ui: &Ui, area: Rect, colours: &Colours) -> Rect {
    ui.painter().rect_filled(area, 8.0, colours.card);
    area.shrink2(MARGIN)
}

/// Draws a card with a title; returns the rest of the title's line, and the area below it.
pub fn titled(ui: &Ui, area: Rect, name: &str, colours: &Colours) -> (Rect, Rect) {
    let mut room = plain(ui, area, colours);
    let mut line = layout::top(&mut room, TITLE, 4.0);
    let width = write(ui, line, Align2::LEFT_CENTER, name, 13.0, colours.accent);
    line.min.x += width + 10.0;
    (line, room)
}

/// Writes `text` into `area`, truncated where it does not fit; returns its width.
pub fn write(ui: &Ui, area: Rect, align: Align2, text: &str, size: f32, colour: Color32) -> f32 {
    let font = FontId::proportional(size);
    let text =
        WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Truncate), area.width(), font);
    let width = text.size().x;
    let place = align.align_size_within_rect(text.size(), area);
    ui.painter()
        .galley_with_override_text_color(place.min, text, colour);
    width
}

/// Writes `text` into `area` from its top left corner on, in at most `rows` lines; the end is cut where it does not fit.
pub fn write_lines(ui: &Ui, area: Rect, text: &str, rows: usize, size: f32, colour: Color32) {
    let font = FontId::proportional(size);
    let mut job = LayoutJob::simple(text.to_owned(), font, colour, area.width());
    job.wrap.max_rows = rows;
    let galley = ui.ctx().fonts_mut(|fonts| fonts.layout_job(job));
    ui.painter().galley(area.min, galley, colour);
}

/// Writes small text in the quiet colour; returns its width.
pub fn note(ui: &Ui, area: Rect, align: Align2, text: &str, colours: &Colours) -> f32 {
    write(ui, area, align, text, SMALL, colours.quiet)
}
