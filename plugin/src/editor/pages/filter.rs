//! The filter: its frequency response and its controls.

use egui::{Align2, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use tidepool_dsp::Parameter;
use tidepool_dsp::synth::LadderMode;

use crate::editor::controls::{choice, knob, switch};
use crate::editor::page_context::PageContext;
use crate::editor::{card, envelope, layout, plot};

/// Ends of the axes, in Hz and dB.
const HERTZ: (f32, f32) = (20.0, 20_000.0);
const DECIBELS: (f32, f32) = (-48.0, 24.0);
const MARKS: [(f32, &str); 3] = [(100.0, "100 Hz"), (1_000.0, "1 kHz"), (10_000.0, "10 kHz")];

const KNOBS: [Parameter; 6] = [
    Parameter::Cutoff,
    Parameter::Resonance,
    Parameter::Drive,
    Parameter::Keytrack,
    Parameter::FilterEnv,
    Parameter::FilterFm,
];

/// Least heights of filter and envelopes, and their shares of the rest.
const ROWS: [(f32, f32); 2] = [(172.0, 0.8), (250.0, 1.0)];

/// The page: the filter above the three envelopes, without state.
#[derive(Default)]
pub struct Page;

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
        let [upper, lower] = layout::rows_by(area, ROWS, layout::GAP);
        show(ui, page, upper);
        let thirds = layout::columns(lower, [1.0; Parameter::ENVELOPES], layout::GAP);
        for (number, area) in thirds.into_iter().enumerate() {
            envelope::show(ui, page, area, number);
        }
    }
}

/// Draws the card with all controls.
fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let (_, mut room) = card::titled(ui, area, "Filter", page.colours);
    let curve = layout::left(&mut room, area.width() * 0.5, 14.0);
    response(ui, page, curve);
    let [mut ways, knobs] = layout::columns(room, [1.0, 2.6], 14.0);
    let first = layout::top(&mut ways, 36.0, 12.0);
    choice::named(ui, page, first, Parameter::FilterMode, "Mode");
    let second = layout::top(&mut ways, 36.0, 0.0);
    switch::named(ui, page, second, Parameter::Quality, "Quality");
    let [upper, lower] = layout::rows(knobs, 4.0);
    knob::row(ui, page, upper, &KNOBS[..3]);
    let names = ["Key Track", "Envelope 2", "Osc B FM"];
    for (n, cell) in layout::columns(lower, [1.0; 3], 0.0)
        .into_iter()
        .enumerate()
    {
        knob::named(ui, page, cell, KNOBS[3 + n], names[n]);
    }
}

/// Draws a short card with the controls used while playing.
pub fn show_brief(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let (mut line, mut room) = card::titled(ui, area, "Filter", page.colours);
    let mode = layout::right(&mut line, 96.0, 0.0);
    choice::show(ui, page, mode, Parameter::FilterMode);
    let big = layout::left(&mut room, 118.0, 6.0);
    knob::show(ui, page, big, Parameter::Cutoff);
    let [upper, lower] = layout::rows(room, 4.0);
    let [a, b] = layout::columns(upper, [1.0; 2], 0.0);
    knob::show(ui, page, a, Parameter::Resonance);
    knob::show(ui, page, b, Parameter::Drive);
    let [a, b] = layout::columns(lower, [1.0; 2], 0.0);
    knob::named(ui, page, a, Parameter::FilterEnv, "Envelope 2");
    knob::show(ui, page, b, Parameter::Keytrack);
}

fn response(ui: &mut Ui, page: &PageContext<'_>, area: Rect) {
    let colours = page.colours;
    ui.allocate_rect(area, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, "Response of the filter"));
    let room = plot::ground(ui, area, colours);
    let painter = ui.painter().with_clip_rect(area);
    for (hertz, name) in MARKS {
        let top = plot::at(room, x(hertz), 1.0);
        painter.vline(
            top.x.round() + 0.5,
            room.y_range(),
            Stroke::new(1.0, colours.trough),
        );
        let place = Rect::from_min_size(
            Pos2::new(top.x + 3.0, room.bottom() - 12.0),
            vec2(60.0, 12.0),
        );
        card::note(ui, place, Align2::LEFT_CENTER, name, colours);
    }
    plot::level(&painter, room, y(0.0), colours);
    for decibels in [0.0, DECIBELS.0] {
        let line = plot::at(room, 0.0, y(decibels));
        let place = Rect::from_min_size(line - vec2(0.0, 13.0), vec2(60.0, 12.0));
        let name = format!("{decibels} dB").replace('-', "−");
        card::note(ui, place, Align2::LEFT_CENTER, &name, colours);
    }
    let mode = LadderMode::ALL[page.choice(Parameter::FilterMode)];
    let cutoff = page.value(Parameter::Cutoff);
    let resonance = page.value(Parameter::Resonance).into();
    let points = (0..=160).map(|n| {
        let part = n as f32 / 160.0;
        let hertz = HERTZ.0 * (HERTZ.1 / HERTZ.0).powf(part);
        let magnitude = mode.magnitude((hertz / cutoff).into(), resonance);
        let level = 20.0 * magnitude.clamp(1e-6, 1e9).log10();
        plot::at(room, part, y(level as f32))
    });
    // Values beyond an axis are clipped.
    plot::curve(&painter, points.collect(), area.bottom(), colours);
}

fn x(hertz: f32) -> f32 {
    (hertz / HERTZ.0).ln() / (HERTZ.1 / HERTZ.0).ln()
}

fn y(decibels: f32) -> f32 {
    2.0 * (decibels - DECIBELS.0) / (DECIBELS.1 - DECIBELS.0) - 1.0
}
