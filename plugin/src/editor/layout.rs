//! Layout: functions that cut rectangles off an area, or split it into columns and rows.

use egui::{Rect, pos2, vec2};

/// Gap between cards.
pub const GAP: f32 = 8.0;

/// Cuts the upper `height` off `area`, which shrinks to the rest below a `gap`.
pub fn top(area: &mut Rect, height: f32, gap: f32) -> Rect {
    let piece = Rect::from_min_size(area.min, vec2(area.width(), height));
    area.min.y = (piece.bottom() + gap).min(area.bottom());
    piece
}

/// Cuts the lower `height` off `area`.
pub fn bottom(area: &mut Rect, height: f32, gap: f32) -> Rect {
    let piece = Rect::from_min_max(pos2(area.left(), area.bottom() - height), area.max);
    area.max.y = (piece.top() - gap).max(area.top());
    piece
}

/// Cuts the left `width` off `area`.
pub fn left(area: &mut Rect, width: f32, gap: f32) -> Rect {
    let piece = Rect::from_min_size(area.min, vec2(width, area.height()));
    area.min.x = (piece.right() + gap).min(area.right());
    piece
}

/// Cuts the right `width` off `area`.
pub fn right(area: &mut Rect, width: f32, gap: f32) -> Rect {
    let piece = Rect::from_min_max(pos2(area.right() - width, area.top()), area.max);
    area.max.x = (piece.left() - gap).max(area.left());
    piece
}

/// Splits `area` into columns of these shares, on whole pixels.
pub fn columns<const N: usize>(area: Rect, shares: [f32; N], gap: f32) -> [Rect; N] {
    let mut columns = columns_of(area, &shares, gap);
    std::array::from_fn(|_| columns.next().unwrap_or(area))
}

/// Splits `area` like [`columns`], into any number of columns.
pub fn columns_of(area: Rect, shares: &[f32], gap: f32) -> impl Iterator<Item = Rect> {
    let all: f32 = shares.iter().sum();
    let width = area.width() - gap * (shares.len() - 1) as f32;
    let mut from = 0.0;
    let mut n = 0.0;
    shares.iter().map(move |share| {
        let to = from + share / all;
        let x = |part: f32| (area.left() + part * width + n * gap).round();
        let piece = Rect::from_x_y_ranges(x(from)..=x(to), area.y_range());
        from = to;
        n += 1.0;
        piece
    })
}

/// Splits `area` into rows of equal height.
pub fn rows<const N: usize>(area: Rect, gap: f32) -> [Rect; N] {
    let mut rows = rows_of(area, N, gap);
    std::array::from_fn(|_| rows.next().unwrap_or(area))
}

/// Splits `area` like [`rows`], into any number of rows.
pub fn rows_of(area: Rect, count: usize, gap: f32) -> impl Iterator<Item = Rect> {
    let height = (area.height() - gap * (count - 1) as f32) / count as f32;
    (0..count).map(move |n| {
        let min = pos2(area.left(), area.top() + n as f32 * (height + gap));
        Rect::from_min_size(min, vec2(area.width(), height))
    })
}

/// Splits `area` into rows of at least these heights, which divide the height that remains by these shares.
pub fn rows_by<const N: usize>(area: Rect, rows: [(f32, f32); N], gap: f32) -> [Rect; N] {
    let least: f32 = rows.iter().map(|(least, _)| least).sum();
    let shares: f32 = rows.iter().map(|(_, share)| share).sum();
    let rest = (area.height() - least - gap * (N - 1) as f32).max(0.0);
    let mut top = area.top();
    rows.map(|(least, share)| {
        let height = (least + rest * share / shares).round();
        let row = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), height));
        top += height + gap;
        row
    })
}

/// Returns a rectangle of this size in the middle of `area`, no larger than `area`.
pub fn middle(area: Rect, width: f32, height: f32) -> Rect {
    let size = vec2(width.min(area.width()), height.min(area.height()));
    let min = area.center() - size / 2.0;
    Rect::from_min_size(pos2(min.x.round(), min.y.round()), size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_gaps_are_the_whole() {
        let whole = Rect::from_min_size(pos2(10.0, 20.0), vec2(100.0, 60.0));
        let mut rest = whole;
        let above = top(&mut rest, 10.0, 2.0);
        let below = bottom(&mut rest, 20.0, 2.0);
        assert_eq!((above.bottom(), rest.top()), (30.0, 32.0));
        assert_eq!((rest.bottom(), below.top()), (58.0, 60.0));
        let [first, second] = columns(whole, [1.0, 3.0], 4.0);
        assert_eq!((first.left(), first.right()), (10.0, 34.0));
        assert_eq!((second.left(), second.right()), (38.0, 110.0));
        let [first, second] = rows(whole, 4.0);
        assert_eq!((first.height(), second.top()), (28.0, 52.0));
        assert_eq!(middle(whole, 10.0, 400.0).height(), 60.0);
        let [first, second] = rows_by(whole, [(10.0, 1.0), (20.0, 3.0)], 2.0);
        assert_eq!((first.height(), second.top()), (17.0, 39.0));
        assert_eq!(second.bottom(), whole.bottom());
    }
}
