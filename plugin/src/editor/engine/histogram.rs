//! The histogram of block times on a logarithmic axis, with the budget and the percentiles marked.

use egui::{
    Align2, Color32, FontId, Painter, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use tidepool_dsp::rt::metrics::{BUCKETS, Histogram, Live, Span};

use super::{Choices, View, figures, title, toggle};
use crate::editor::theme::Colours;

/// Span of time whose blocks are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistogramSpan {
    /// Blocks of the last second.
    Second,
    /// Blocks of the last minute.
    #[default]
    Minute,
    /// All blocks since the reset.
    All,
}

impl HistogramSpan {
    fn span(self, live: &Live) -> &Span {
        match self {
            Self::Second => &live.last_second,
            Self::Minute => &live.last_minute,
            Self::All => &live.since_reset,
        }
    }
}

/// Ends of the axis, in fractions of the deadline.
const AXIS: (f32, f32) = (0.001, 10.0);

/// Draws the histogram.
pub fn show(ui: &mut Ui, view: &View, choices: &mut Choices, colours: &Colours) {
    title(ui, "Block time", colours, |ui| {
        let names = [
            (HistogramSpan::Second, "Second"),
            (HistogramSpan::Minute, "Minute"),
            (HistogramSpan::All, "Since reset"),
        ];
        toggle(ui, &mut choices.span, &names, colours);
    });
    let span = choices.span.span(&view.overview.live);
    let marks = [
        ("p50", span.percentile(0.5)),
        ("p99", span.percentile(0.99)),
        ("p99.9", span.percentile(0.999)),
        ("worst", (span.blocks > 0).then(|| span.worst.load())),
    ];
    let told = marks.map(|(name, load)| {
        let load = load.map_or("–".into(), |load| figures::percent(f64::from(load)));
        (name, load)
    });
    numbers(ui, &told, choices.line, &marks, colours);

    let (area, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let plot = Rect::from_min_max(area.min + vec2(2.0, 12.0), area.max - vec2(2.0, 14.0));
    let painter = ui.painter();
    axis(painter, plot, colours);
    bars(painter, plot, &span.load, choices.line, colours);
    let dashed = |load: f32, name: &str, colour: Color32, align: Align2| {
        let x = x(plot, load).round() + 0.5;
        let ends = [pos2(x, plot.top() - 2.0), pos2(x, plot.bottom())];
        painter.extend(Shape::dashed_line(
            &ends,
            Stroke::new(1.0, colour),
            4.0,
            3.0,
        ));
        let beside = if align == Align2::RIGHT_BOTTOM {
            -3.0
        } else {
            3.0
        };
        let at = pos2(x + beside, plot.top() + 1.0);
        painter.text(at, align, name, FontId::proportional(10.5), colour);
    };
    dashed(
        choices.line,
        "budget",
        colours.warning,
        Align2::RIGHT_BOTTOM,
    );
    dashed(1.0, "deadline", colours.danger, Align2::LEFT_BOTTOM);
    for (n, (_, load)) in marks.iter().enumerate() {
        if let Some(load) = load {
            mark(painter, plot, *load, n, colours);
        }
    }
    if span.blocks == 0 {
        let font = FontId::proportional(12.0);
        painter.text(
            plot.center(),
            Align2::CENTER_CENTER,
            "Nothing yet",
            font,
            colours.quiet,
        );
    }
    let all = told.map(|(name, load)| format!("{name} {load}")).join(", ");
    let label = format!("Block time of {} blocks: {all}", span.blocks);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    response.on_hover_text(
        "Blocks by the share of the deadline that they took. The height of a bar is the logarithm of their number. \
         A percentile is the upper edge of its bar; the worst block is exact.",
    );
}

/// Draws the marks as figures, each with the symbol that it has on the plot.
fn numbers(
    ui: &mut Ui,
    told: &[(&str, String); 4],
    line: f32,
    marks: &[(&str, Option<f32>); 4],
    colours: &Colours,
) {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::hover());
    let width = row.width() / told.len() as f32;
    for (n, ((name, text), (_, load))) in told.iter().zip(marks).enumerate() {
        let left = row.left() + n as f32 * width;
        let place = Rect::from_min_size(pos2(left, row.top()), vec2(width, 15.0));
        sign(
            ui.painter(),
            place.left_center() + vec2(4.0, 0.0),
            n,
            colours,
        );
        let name = egui::RichText::new(*name).small().color(colours.quiet);
        let mut words = place;
        words.min.x += 11.0;
        let left = |ui: &mut Ui, area, text| {
            let layout = egui::Layout::left_to_right(egui::Align::Center);
            let builder = egui::UiBuilder::new().max_rect(area).layout(layout);
            ui.scope_builder(builder, |ui| ui.label(text));
        };
        left(ui, words, name);
        let colour = match load {
            Some(load) if *load > line => colours.danger,
            _ => colours.text,
        };
        let value = egui::RichText::new(text).color(colour);
        left(ui, place.translate(vec2(0.0, 14.0)), value);
    }
}

fn x(plot: Rect, load: f32) -> f32 {
    let (low, high) = (AXIS.0.log2(), AXIS.1.log2());
    let part = (load.max(1e-9).log2() - low) / (high - low);
    plot.left() + part.clamp(0.0, 1.0) * plot.width()
}

fn axis(painter: &Painter, plot: Rect, colours: &Colours) {
    let font = FontId::proportional(10.5);
    for (load, name, align) in [
        (0.001, "0.1 %", Align2::LEFT_TOP),
        (0.01, "1 %", Align2::CENTER_TOP),
        (0.1, "10 %", Align2::CENTER_TOP),
        (1.0, "100 %", Align2::CENTER_TOP),
        (10.0, "1000 %", Align2::RIGHT_TOP),
    ] {
        let x = x(plot, load).round() + 0.5;
        painter.vline(x, plot.y_range(), Stroke::new(1.0, colours.trough));
        let at = pos2(x, plot.bottom() + 2.0);
        painter.text(at, align, name, font.clone(), colours.quiet);
    }
    painter.hline(
        plot.x_range(),
        plot.bottom(),
        Stroke::new(1.0, colours.trough),
    );
}

fn bars(painter: &Painter, plot: Rect, histogram: &Histogram, line: f32, colours: &Colours) {
    let counts = histogram.counts();
    let height = |count: u32| (1.0 + count as f32).log10();
    let most = counts.iter().copied().max().map_or(0.0, height).max(1.0);
    for (bucket, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let low = if bucket == 0 {
            0.0
        } else {
            Histogram::edge(bucket - 1)
        };
        let high = if bucket + 1 == BUCKETS {
            AXIS.1
        } else {
            Histogram::edge(bucket)
        };
        let (left, right) = (x(plot, low), x(plot, high).max(x(plot, low) + 1.5));
        let top = plot.bottom() - height(*count) / most * plot.height();
        let bar = Rect::from_min_max(pos2(left, top), pos2(right, plot.bottom()));
        let colour = match low {
            low if low >= 1.0 => colours.danger,
            low if low >= line => colours.warning,
            _ => colours.accent,
        };
        painter.rect_filled(bar, 0.0, colour);
    }
}

/// Draws a mark on the lower edge of the plot.
fn mark(painter: &Painter, plot: Rect, load: f32, n: usize, colours: &Colours) {
    let at = pos2(x(plot, load), plot.bottom());
    painter.vline(
        at.x,
        plot.bottom() - 10.0..=plot.bottom(),
        Stroke::new(1.0, colours.text),
    );
    sign(painter, at - vec2(0.0, 12.0), n, colours);
}

/// Draws the symbol of the mark `n`: a circle, a disc, a square or a triangle.
fn sign(painter: &Painter, at: egui::Pos2, n: usize, colours: &Colours) {
    let stroke = Stroke::new(1.0, colours.text);
    match n {
        0 => painter.circle(at, 3.0, colours.card, stroke),
        1 => painter.circle(at, 3.0, colours.text, stroke),
        2 => {
            let square = Rect::from_center_size(at, vec2(6.0, 6.0));
            painter.rect_filled(square, 0.0, colours.text)
        }
        _ => {
            let points = [vec2(0.0, -4.0), vec2(4.0, 3.0), vec2(-4.0, 3.0)];
            let points = points.map(|by| at + by).to_vec();
            painter.add(Shape::convex_polygon(points, colours.text, Stroke::NONE))
        }
    };
}
