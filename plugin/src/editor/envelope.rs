//! The card of an envelope: its contour and its controls.

use egui::{Pos2, Rect, Role, Sense, Ui, WidgetInfo};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::EnvelopeParameter::{
    self, Attack, AttackCurve, Decay, DecayCurve, Delay, Hold, Release, ReleaseCurve, Retrigger,
    Sustain,
};

use super::controls::{knob, switch};
use super::page_context::PageContext;
use super::{card, layout, plot};

/// Titles of the cards, with the default use of each envelope.
const NAMES: [&str; Parameter::ENVELOPES] =
    ["Envelope 1 · loudness", "Envelope 2 · filter", "Envelope 3"];

/// Width of the sustain beside the normalized times of the stages; it has no time of its own.
const HELD: f32 = 0.35;
/// Points of a curved stage.
const POINTS: usize = 24;

/// Draws all controls of the envelope `number`, counted from 0.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, number: usize) {
    let (_, mut room) = card::titled(ui, area, NAMES[number], page.colours);
    let of = |parameter| Parameter::envelope(number, parameter);
    let mut below = layout::bottom(&mut room, 2.0 * knob::HEIGHT + 6.0, 8.0);
    contour(ui, page, room, number);
    let stages = layout::top(&mut below, knob::HEIGHT, 6.0);
    let times = [Delay, Attack, Hold, Decay, Sustain, Release];
    knob::row(ui, page, stages, &times.map(of));
    let way = layout::right(&mut below, 124.0, 6.0);
    let bends = [
        (AttackCurve, "A Curve"),
        (DecayCurve, "D Curve"),
        (ReleaseCurve, "R Curve"),
    ];
    for ((parameter, name), cell) in bends.into_iter().zip(layout::columns(below, [1.0; 3], 0.0)) {
        knob::named(ui, page, cell, of(parameter), name);
    }
    switch::named(ui, page, way, of(Retrigger), "Overlapping keys");
}

/// Draws a short card with attack, decay, sustain and release only.
pub fn show_brief(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, number: usize) {
    let (_, mut room) = card::titled(ui, area, NAMES[number], page.colours);
    let of = |parameter| Parameter::envelope(number, parameter);
    let knobs = (room.height() * 0.36).max(knob::HEIGHT);
    let below = layout::bottom(&mut room, knobs, 6.0);
    contour(ui, page, room, number);
    knob::row(ui, page, below, &[Attack, Decay, Sustain, Release].map(of));
}

/// Draws the contour, and the level of the newest note's envelope.
fn contour(ui: &mut Ui, page: &PageContext<'_>, area: Rect, number: usize) {
    let colours = page.colours;
    let label = format!("Contour of envelope {}", number + 1);
    ui.allocate_rect(area, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let mut room = plot::ground(ui, area, colours);
    room.max.x -= 6.0;
    let points = points(room, |parameter| {
        let parameter = Parameter::envelope(number, parameter);
        (
            page.value(parameter),
            parameter.spec().range.normalize(page.value(parameter)),
        )
    });
    plot::curve(ui.painter(), points, room.bottom(), colours);
    let level = page.monitor.sources[1 + number];
    plot::now(ui.painter(), area, level, false, colours);
}

/// Returns the points of the contour in `room`; `value` returns a parameter's plain and normalized value. A stage is
/// as wide as its normalized time, since long plain times would leave no room for short ones.
fn points(room: Rect, value: impl Fn(EnvelopeParameter) -> (f32, f32)) -> Vec<Pos2> {
    let sustain = value(Sustain).0;
    let stages = [
        (value(Delay).1, 0.0, 0.0, 0.0),
        (value(Attack).1, 0.0, 1.0, value(AttackCurve).0),
        (value(Hold).1, 1.0, 1.0, 0.0),
        (value(Decay).1, 1.0, sustain, value(DecayCurve).0),
        (HELD, sustain, sustain, 0.0),
        (value(Release).1, sustain, 0.0, value(ReleaseCurve).0),
    ];
    let all: f32 = stages.iter().map(|(width, ..)| width).sum();
    let mut begin = 0.0;
    let mut points = Vec::with_capacity(stages.len() * (POINTS + 1));
    for (width, from, to, bend) in stages {
        let width = width / all;
        let count = if bend == 0.0 { 1 } else { POINTS };
        for n in 0..=count {
            let part = n as f32 / count as f32;
            let level = from + (to - from) * bent(part, bend);
            points.push(plot::at(room, begin + part * width, 2.0 * level - 1.0));
        }
        begin += width;
    }
    points
}

/// Returns the fraction of its level change that a stage has made after the fraction `part` of its time, by the
/// formula of `synth::envelope`.
fn bent(part: f32, bend: f32) -> f32 {
    if bend.abs() < 1e-3 {
        return part;
    }
    let ratio = 1000.0_f32.powf(-bend);
    (1.0 - ratio.powf(part)) / (1.0 - ratio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    #[test]
    fn the_contour_fills_its_room_from_nothing_over_the_peak_to_nothing() {
        let room = Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, 50.0));
        let points = points(room, |parameter| match parameter {
            Delay | Hold => (0.0, 0.0),
            Sustain => (0.5, 0.5),
            AttackCurve | DecayCurve | ReleaseCurve => (0.5, 0.75),
            _ => (1.0, 0.5),
        });
        assert_eq!(points[0], pos2(0.0, 50.0));
        let last = points[points.len() - 1];
        assert!((last - pos2(100.0, 50.0)).length() < 1e-3, "{last:?}");
        let peak = points.iter().map(|point| point.y).fold(50.0, f32::min);
        assert_eq!(peak, 0.0);
        assert!(points.windows(2).all(|pair| pair[0].x <= pair[1].x));
    }

    #[test]
    fn stages_bend_as_the_engine_bends_them() {
        assert_eq!(
            [bent(0.0, 0.7), bent(1.0, 0.7), bent(0.25, 0.0)],
            [0.0, 1.0, 0.25]
        );
        // Half of the time covers 30 of 60 dB: (1 − 10^(−1.5)) / (1 − 10^(−3)).
        assert!((bent(0.5, 1.0) - 0.968_377_2 / 0.999).abs() < 1e-6);
        assert!((bent(0.5, -1.0) - (1.0 - 0.968_377_2 / 0.999)).abs() < 1e-5);
    }
}
