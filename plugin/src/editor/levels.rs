//! The output meter.

use egui::{
    Align2, Color32, FontId, Painter, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use tidepool_dsp::engine::{MeterPoint, Overload};

use super::theme::Colours;

/// Width of the panel.
pub const WIDTH: f32 = 88.0;

/// The scale, in dBFS.
const BOTTOM: f32 = -60.0;
const TOP: f32 = 6.0;
pub const MARKS: [f32; 7] = [6.0, 0.0, -6.0, -12.0, -24.0, -36.0, -48.0];
/// Linear value of −6 dBFS, from which the bar is amber.
const HALF: f32 = 0.501_187_2;
const BAR: f32 = 12.0;

/// Draws the meter; `peaks` are linear, left and right. Above 0 dBFS it shows in red how far the sound before the limiter
/// is over, which the limiter takes away.
pub fn show(
    ui: &mut Ui,
    peaks: [f32; 2],
    overloads: &[Overload; MeterPoint::ALL.len()],
    colours: &Colours,
) {
    let before = overloads[MeterPoint::Output as usize];
    let (area, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, "Output level"));
    let hint = "Output level, left and right: peaks in dBFS. Red: what the limiter takes away.";
    response.on_hover_text(hint);
    let painter = ui.painter();
    painter.rect_filled(area, 8.0, colours.card);
    let scale = area.shrink2(vec2(10.0, 16.0));
    let font = FontId::proportional(10.0);
    for (n, peak) in peaks.into_iter().enumerate() {
        let left = scale.left() + n as f32 * (BAR + 3.0);
        let column = Rect::from_min_size(pos2(left, scale.top()), vec2(BAR, scale.height()));
        bar(painter, column, peak, colours.danger, colours);
        let over = before.peak[n].max(1.0);
        fill(painter, column, 1.0, over, colours.danger);
        if before.hold[n] > 1.0 {
            let line = Stroke::new(1.5, colours.danger);
            painter.hline(column.x_range(), y(column, decibels(before.hold[n])), line);
        }
    }
    for each in MARKS {
        let at = pos2(scale.right(), y(scale, each));
        painter.text(
            at,
            Align2::RIGHT_CENTER,
            mark(each),
            font.clone(),
            colours.quiet,
        );
    }
}

/// Draws a bar in `column` that is filled up to `peak`, a linear value, and has the colour `over` above 0 dBFS.
pub fn bar(painter: &Painter, column: Rect, peak: f32, over: Color32, colours: &Colours) {
    painter.rect_filled(column, 2.0, colours.trough);
    for (from, to, colour) in [
        (0.0, HALF, colours.accent),
        (HALF, 1.0, colours.warning),
        (1.0, f32::INFINITY, over),
    ] {
        fill(painter, column, from, peak.min(to), colour);
    }
}

/// Fills `column` between two linear values.
fn fill(painter: &Painter, column: Rect, from: f32, to: f32, colour: Color32) {
    let (from, to) = (y(column, decibels(from)), y(column, decibels(to)));
    if to < from {
        let bar = Rect::from_x_y_ranges(column.x_range(), to..=from);
        painter.rect_filled(bar, 1.0, colour);
    }
}

/// Formats a mark of the scale.
pub fn mark(decibels: f32) -> String {
    if decibels > 0.0 {
        format!("+{decibels}")
    } else {
        format!("{decibels}").replace('-', "−")
    }
}

/// Converts a linear value to decibels.
pub fn decibels(peak: f32) -> f32 {
    20.0 * peak.max(1e-6).log10()
}

/// Returns the height of `decibels` on `scale`, as a y coordinate.
pub fn y(scale: Rect, decibels: f32) -> f32 {
    let part = ((decibels - BOTTOM) / (TOP - BOTTOM)).clamp(0.0, 1.0);
    scale.bottom() - part * scale.height()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_runs_from_silence_to_its_top() {
        let scale = Rect::from_min_size(pos2(0.0, 0.0), vec2(10.0, 66.0));
        assert_eq!(y(scale, decibels(0.0)), 66.0);
        assert!((y(scale, decibels(1.0)) - 6.0).abs() < 1e-3);
        assert_eq!(y(scale, 100.0), 0.0);
    }
}
