//! The filter: its frequency response and its controls.

use egui::{Align2, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use tidepool_dsp::Parameter;

use crate::editor::controls::{choice, knob, switch};
use crate::editor::page_context::PageContext;
use crate::editor::{card, envelope, layout, plot};

/// Ends of the axes, in Hz and dB.
const HERTZ: (f32, f32) = (20.0, 20_000.0);
const DECIBELS: (f32, f32) = (-48.0, 24.0);
const MARKS: [(f32, &str); 3] = [(100.0, "100 Hz"), (1_000.0, "1 kHz"), (10_000.0, "10 kHz")];
/// Feedback at which a ladder oscillates by itself.
const FEEDBACK: f32 = 4.0;

const KNOBS: [Parameter; 6] = [
    Parameter::Cutoff,
    Parameter::Resonance,
    Parameter::Drive,
    Parameter::Keytrack,
    Parameter::FilterEnv,
    Parameter::FilterFm,
];

const HEIGHT: f32 = 218.0;

/// The page: the filter above the three envelopes, without state.
#[derive(Default)]
pub struct Page;

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
        let mut room = area;
        let upper = layout::top(&mut room, HEIGHT, layout::GAP);
        show(ui, page, upper);
        let thirds = layout::columns(room, [1.0; Parameter::ENVELOPES], layout::GAP);
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
    let mode = page.choice(Parameter::FilterMode);
    let cutoff = page.value(Parameter::Cutoff);
    let resonance = page.value(Parameter::Resonance);
    let points = (0..=160).map(|n| {
        let part = n as f32 / 160.0;
        let hertz = HERTZ.0 * (HERTZ.1 / HERTZ.0).powf(part);
        let level = 20.0 * magnitude(mode, hertz / cutoff, resonance).max(1e-6).log10();
        plot::at(room, part, y(level))
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

/// A complex number.
type Complex = (f32, f32);

fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// Returns the magnitude of the small-signal response at `ratio` times the cutoff, with the stages mixed as in
/// `synth::ladder`: over D⁴ + k with D = 1 + s.
fn magnitude(mode: usize, ratio: f32, resonance: f32) -> f32 {
    let k = FEEDBACK * resonance;
    let s: Complex = (0.0, ratio);
    let d: Complex = (1.0, ratio);
    let d2 = times(d, d);
    let s2 = times(s, s);
    let below = times(d2, d2);
    let below = (below.0 + k, below.1);
    let make_up = 1.0 + k / 2.0;
    let above = match mode {
        0 => (make_up, 0.0),
        1 => (d.0 * make_up, d.1 * make_up),
        2 => (d2.0 * make_up, d2.1 * make_up),
        3 => {
            let d3 = times(d2, d);
            (d3.0 * make_up, d3.1 * make_up)
        }
        4 => (4.0 * s2.0, 4.0 * s2.1),
        5 => times(s2, s2),
        _ => times((s2.0 + 1.0, s2.1), (d2.0 + k / 2.0, d2.1)),
    };
    let size = |of: Complex| of.0.hypot(of.1);
    size(above) / size(below).max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_passes_and_stops_what_its_name_says() {
        let level = |mode, ratio| 20.0 * magnitude(mode, ratio, 0.0).log10();
        for (mode, slope) in [(0, 24.0), (1, 18.0), (2, 12.0), (3, 6.0)] {
            assert!(level(mode, 0.001).abs() < 0.1);
            let octave = level(mode, 64.0) - level(mode, 128.0);
            assert!((octave - slope).abs() < 0.1, "{mode}: {octave}");
        }
        let rises = level(4, 1.0 / 64.0) - level(4, 1.0 / 128.0);
        assert!((rises - 12.0).abs() < 0.1, "{rises}");
        assert!(level(5, 1000.0).abs() < 0.1 && level(5, 0.1) < -75.0);
        assert!(level(6, 1.0) < -100.0 && level(6, 0.001).abs() < 0.1);
    }

    #[test]
    fn resonance_lifts_the_cutoff_without_end() {
        let at_cutoff = |resonance| magnitude(0, 1.0, resonance);
        assert!((at_cutoff(0.0) - 0.25).abs() < 1e-6);
        assert!(at_cutoff(0.9) > 2.0 && at_cutoff(0.999) > 200.0);
    }
}
