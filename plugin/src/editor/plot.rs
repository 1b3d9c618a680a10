//! Plots: a ground, level lines, curves, and live values beside them.

use egui::{Mesh, Painter, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::theme::Colours;

/// Draws the ground; returns the area for the curve.
pub fn ground(ui: &Ui, area: Rect, colours: &Colours) -> Rect {
    ui.painter().rect_filled(area, 6.0, colours.window);
    area.shrink2(vec2(8.0, 8.0))
}

/// Draws a faint horizontal line at the height `y`, −1 to 1, in `room`.
pub fn level(painter: &Painter, room: Rect, y: f32, colours: &Colours) {
    let line = Stroke::new(1.0, colours.trough);
    painter.hline(room.x_range(), at(room, 0.0, y).y.round() + 0.5, line);
}

/// Returns the position of `x`, 0 to 1, and `y`, −1 to 1, in `room`.
pub fn at(room: Rect, x: f32, y: f32) -> Pos2 {
    let part = (1.0 - y) / 2.0;
    pos2(
        room.left() + x * room.width(),
        room.top() + part * room.height(),
    )
}

/// Draws the curve through `points`, and fills the area between the curve and the height `rest` in a pale colour.
pub fn curve(painter: &Painter, points: Vec<Pos2>, rest: f32, colours: &Colours) {
    let pale = colours.accent.gamma_multiply(0.18);
    let mut filled = Mesh::default();
    for (n, point) in points.iter().enumerate() {
        filled.colored_vertex(*point, pale);
        filled.colored_vertex(pos2(point.x, rest), pale);
        if n > 0 {
            let last = 2 * n as u32;
            filled.add_triangle(last - 2, last - 1, last);
            filled.add_triangle(last - 1, last, last + 1);
        }
    }
    painter.add(filled);
    painter.add(Shape::line(points, Stroke::new(1.5, colours.accent)));
}

/// Draws a live value as a bar at the right edge of `area`: from 0 to 1, or from the middle, −1 to 1, if `both` is
/// true.
pub fn now(painter: &Painter, area: Rect, value: f32, both: bool, colours: &Colours) {
    let bar = Rect::from_min_max(
        pos2(area.right() - 5.0, area.top() + 8.0),
        area.max - vec2(2.0, 8.0),
    );
    painter.rect_filled(bar, 1.5, colours.trough);
    let low = if both { bar.center().y } else { bar.bottom() };
    let high = low - value.clamp(-1.0, 1.0) * (low - bar.top());
    let fill = Rect::from_x_y_ranges(bar.x_range(), low.min(high)..=low.max(high));
    painter.rect_filled(fill, 1.5, colours.modulation);
}
