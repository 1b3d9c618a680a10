//! Overload meters at four points of the signal path: level, held peak, and number of overs.

use egui::{Align2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use tidepool_dsp::engine::{MeterPoint, Overload};

use crate::editor::levels::{self, decibels, y};
use crate::editor::overload_baseline::OverloadBaseline;
use crate::editor::page_context::PageContext;
use crate::editor::theme::Colours;
use crate::editor::{card, layout};

const BAR: f32 = 12.0;
const BETWEEN: f32 = 3.0;
/// Width of the scale's figures.
const SCALE: f32 = 26.0;

const POINTS: usize = MeterPoint::ALL.len();

/// Draws the card, with a meter for each point.
pub fn show(ui: &mut Ui, area: Rect, page: &PageContext<'_>, baseline: &mut OverloadBaseline) {
    let colours = page.colours;
    let (line, mut room) = card::titled(ui, area, "Overloads", colours);
    let hint = "how often each went over 0 dBFS; a click clears";
    card::note(ui, line, Align2::LEFT_CENTER, hint, colours);
    let mut scale = layout::right(&mut room, SCALE, 4.0);
    let overloads = &page.monitor.overloads;
    let counts = baseline.since(overloads);
    let areas = layout::columns(room, [1.0; POINTS], 4.0);
    for (place, area) in areas.into_iter().enumerate() {
        let overs = counts[place];
        let overload = Overload {
            overs,
            ..overloads[place]
        };
        let meter = meter(ui, area, MeterPoint::ALL[place], overload, colours);
        if meter.clicked() {
            baseline.clear(overloads);
        }
    }
    scale.min.y += HEAD;
    scale.max.y -= FOOT;
    for mark in levels::MARKS {
        let at = Rect::from_center_size(pos2(scale.center().x, y(scale, mark)), vec2(SCALE, 12.0));
        let text = levels::mark(mark);
        card::note(ui, at, Align2::RIGHT_CENTER, &text, colours);
    }
}

const HEAD: f32 = 20.0;
const FOOT: f32 = 40.0;

fn meter(
    ui: &mut Ui,
    area: Rect,
    point: MeterPoint,
    overload: Overload,
    colours: &Colours,
) -> Response {
    let name = point.name();
    // The mixer and the filter compute with numbers that have room above 0 dBFS. Only what is over at the output is
    // taken away, by the limiter.
    let alarm = match point {
        MeterPoint::Output => colours.danger,
        MeterPoint::Mixer | MeterPoint::Filter | MeterPoint::Sends => colours.warning,
    };
    let Overload { peak, hold, overs } = overload;
    let loudest = decibels(hold[0].max(hold[1]));
    let told = if loudest <= -90.0 {
        "−inf".to_owned()
    } else {
        format!("{loudest:+.1}").replace('-', "−")
    };
    let response = ui.allocate_rect(area, Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(format!("{told} dB, {overs} overs")),
        ..WidgetInfo::labeled(Role::Meter, true, name)
    });
    let mut room = area;
    let head = layout::top(&mut room, HEAD, 0.0);
    card::write(ui, head, Align2::CENTER_TOP, name, 11.5, colours.text);
    let foot = layout::bottom(&mut room, FOOT, 0.0);
    let [held, count] = layout::rows(foot, 0.0);
    let over = |over| if over { alarm } else { colours.text };
    let ink = over(loudest > 0.0);
    card::write(ui, held, Align2::CENTER_BOTTOM, &told, 11.5, ink);
    let text = match overs {
        0 => "no overs".to_owned(),
        1 => "1 over".to_owned(),
        n => format!("{n} overs"),
    };
    let ink = if overs > 0 { alarm } else { colours.quiet };
    card::write(ui, count, Align2::CENTER_CENTER, &text, card::SMALL, ink);
    if response.has_focus() || (response.hovered() && overs > 0) {
        let stroke = Stroke::new(1.0, colours.accent);
        ui.painter()
            .rect_stroke(count, 4.0, stroke, StrokeKind::Inside);
    }

    let bars = layout::middle(room, 2.0 * BAR + BETWEEN, room.height());
    for (n, (peak, hold)) in peak.into_iter().zip(hold).enumerate() {
        let min = bars.min + vec2(n as f32 * (BAR + BETWEEN), 0.0);
        let column = Rect::from_min_size(min, vec2(BAR, bars.height()));
        levels::bar(ui.painter(), column, peak, alarm, colours);
        if hold > 0.0 {
            let line = Stroke::new(1.5, over(decibels(hold) > 0.0));
            ui.painter()
                .hline(column.x_range(), y(column, decibels(hold)), line);
        }
    }
    response.on_hover_text(format!(
        "{name}: held at {told} dBFS; {text}. A click clears the counts of all four."
    ))
}
