//! Tables: rows of cells on one grid, with text on the left and figures on the right.

use egui::{Align, Color32, Label, Layout, Rect, Response, RichText, Ui, UiBuilder, pos2, vec2};

/// Height of a row.
pub const ROW: f32 = 16.0;

/// Position of a cell in a row, in fractions of its width, and its alignment.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Left edge, 0 to 1.
    pub from: f32,
    /// Right edge, 0 to 1.
    pub to: f32,
    /// True if the cell is aligned right, as figures are, so that their digits stand below each other.
    pub right: bool,
}

/// A column across the whole row.
pub const WHOLE: Column = Column {
    from: 0.0,
    to: 1.0,
    right: false,
};

/// Makes columns of these shares of the width; the first is aligned left, the others right.
pub fn columns<const N: usize>(shares: [f32; N]) -> [Column; N] {
    let all: f32 = shares.iter().sum();
    let mut from = 0.0;
    let mut first = true;
    shares.map(|share| {
        let to = from + share / all;
        let column = Column {
            from,
            to,
            right: !std::mem::take(&mut first),
        };
        from = to;
        column
    })
}

/// Allocates the next row of a table.
pub fn row(ui: &mut Ui) -> Rect {
    let size = vec2(ui.available_width(), ROW);
    ui.allocate_space(size).1
}

/// Writes `text` into a cell of `row`, truncated where it does not fit.
pub fn cell(ui: &mut Ui, row: Rect, column: Column, text: &str, colour: Color32) -> Response {
    let x = |part: f32| row.left() + part * row.width();
    let (left, right) = (x(column.from), x(column.to));
    // Gap to a left neighbour that is aligned left.
    let left = if column.right { left + 4.0 } else { left };
    let area = Rect::from_min_max(pos2(left, row.top()), pos2(right, row.bottom()));
    let layout = if column.right {
        Layout::right_to_left(Align::Center)
    } else {
        Layout::left_to_right(Align::Center)
    };
    let builder = UiBuilder::new().max_rect(area).layout(layout);
    let label = Label::new(RichText::new(text).color(colour)).truncate();
    ui.scope_builder(builder, |ui| ui.add(label)).inner
}

/// Draws a square of `colour` at the left edge of a row.
pub fn swatch(ui: &Ui, row: Rect, colour: Color32) {
    let area = Rect::from_min_size(row.left_center() - vec2(0.0, 4.5), vec2(9.0, 9.0));
    ui.painter().rect_filled(area, 2.0, colour);
}

/// Writes a row with a name on the left and its value on the right.
pub fn pair(ui: &mut Ui, name: &str, value: &str, quiet: Color32, colour: Color32) -> Response {
    let row = row(ui);
    let told = cell(ui, row, WHOLE, name, quiet);
    // The value has priority where both are long.
    let value_cell = Column {
        from: 0.3,
        right: true,
        ..WHOLE
    };
    cell(ui, row, value_cell, value, colour).union(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_share_the_width() {
        let [name, value] = columns([3.0, 1.0]);
        assert_eq!((name.from, name.to, name.right), (0.0, 0.75, false));
        assert_eq!((value.from, value.to, value.right), (0.75, 1.0, true));
    }
}
