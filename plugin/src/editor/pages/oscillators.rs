//! The oscillators page: both oscillators and the mixer of all sources.

use std::f32::consts::TAU;

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo};
use tidepool_dsp::Parameter;
use tidepool_dsp::engine::MIXER;
use tidepool_dsp::parameter::OscillatorParameter::{
    self, Detune, Fine, Pitch, Shape, Spread, Unison, Width,
};

use crate::editor::controls::{choice, fader, knob, switch};
use crate::editor::page_context::PageContext;
use crate::editor::{card, layout, plot};

/// Least heights of oscillators and mixer, and their shares of the rest.
const ROWS: [(f32, f32); 2] = [(256.0, 1.0), (172.0, 0.25)];
/// Height of a row of knobs.
const KNOBS: f32 = knob::HEIGHT + 10.0;
const NAMES: [&str; Parameter::OSCILLATORS] = ["Oscillator A", "Oscillator B"];

/// The page, which has no state.
#[derive(Default)]
pub struct Page;

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
        let [upper, lower] = layout::rows_by(area, ROWS, layout::GAP);
        let halves = layout::columns(upper, [1.0; Parameter::OSCILLATORS], layout::GAP);
        for (number, half) in halves.into_iter().enumerate() {
            oscillator(ui, page, half, number);
        }
        mixer(ui, page, lower);
    }
}

fn oscillator(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, number: usize) {
    let (mut line, mut room) = card::titled(ui, area, NAMES[number], page.colours);
    let of = |parameter: OscillatorParameter| Parameter::oscillator(number, parameter);
    if number == 1 {
        let sync = layout::right(&mut line, 84.0, 6.0);
        switch::show(ui, page, sync, Parameter::Sync);
        card::note(ui, line, Align2::RIGHT_CENTER, "Sync to A", page.colours);
    }
    let stacked = layout::bottom(&mut room, KNOBS, 4.0);
    let tuned = layout::bottom(&mut room, KNOBS, 8.0);
    wave(ui, page, room, number);
    let [shape, width, pitch, fine] = layout::columns(tuned, [1.5, 1.0, 1.0, 1.0], 4.0);
    knob::show(ui, page, shape, of(Shape));
    knob::show(ui, page, width, of(Width));
    knob::show(ui, page, pitch, of(Pitch));
    knob::show(ui, page, fine, of(Fine));
    let [unison, detune, spread, _] = layout::columns(stacked, [1.5, 1.0, 1.0, 1.0], 4.0);
    knob::show(ui, page, unison, of(Unison));
    knob::show(ui, page, detune, of(Detune));
    knob::show(ui, page, spread, of(Spread));
}

/// Draws two cycles of the wave.
fn wave(ui: &mut Ui, page: &PageContext<'_>, area: Rect, number: usize) {
    let colours = page.colours;
    let label = format!("Wave of {}", NAMES[number]);
    ui.allocate_rect(area, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let room = plot::ground(ui, area, colours);
    plot::level(ui.painter(), room, 0.0, colours);
    let value = |parameter| page.value(Parameter::oscillator(number, parameter));
    let (shape, width) = (value(Shape), value(Width));
    let count = 400;
    let points = (0..=count).map(|n| {
        let part = n as f32 / count as f32;
        plot::at(room, part, 0.9 * level(shape, width, (2.0 * part).fract()))
    });
    plot::curve(ui.painter(), points.collect(), room.center().y, colours);
}

/// Returns the level at `phase`, 0 to 1, of a wave between sine, triangle, saw and pulse, in phase with a sine whose
/// cycle runs from −½ to ½.
fn level(shape: f32, width: f32, phase: f32) -> f32 {
    let s = phase - 0.5;
    let pure = |number: usize| match number {
        0 => (TAU * s).sin(),
        1 => 1.0 - 4.0 * ((s + 0.25).rem_euclid(1.0) - 0.5).abs(),
        2 => 2.0 * s,
        _ if phase >= 1.0 - width => 1.0,
        _ => -1.0,
    };
    let first = (shape as usize).min(2);
    let part = shape - first as f32;
    pure(first) * (1.0 - part) + pure(first + 1) * part
}

fn mixer(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let sources = MIXER.map(|row| (row.name, row.level, row.pan, row.route));
    let external = (
        "External",
        Parameter::External,
        Parameter::ExternalPan,
        Parameter::ExternalRoute,
    );
    let cells = layout::columns(area, [1.0; MIXER.len() + 1], layout::GAP);
    let strips = sources.into_iter().chain([external]);
    for ((name, level, pan, route), cell) in strips.zip(cells) {
        let (_, mut room) = card::titled(ui, cell, name, page.colours);
        let way = layout::bottom(&mut room, choice::HEIGHT, 4.0);
        if name == "External" {
            choice::show(ui, page, way, route);
        } else {
            switch::show(ui, page, way, route);
        }
        let row = layout::top(&mut room, KNOBS, 4.0);
        let [left, right] = layout::columns(row, [1.0; 2], 0.0);
        knob::named(ui, page, left, level, "Level");
        knob::named(ui, page, right, pan, "Pan");
        if name == "Noise" {
            let [colour, rate] = layout::columns(room, [1.5, 1.0], 4.0);
            choice::named(ui, page, colour, Parameter::NoiseColour, "Colour");
            let (above, below) = choice::labelled(rate);
            card::note(ui, above, Align2::LEFT_CENTER, "Rate", page.colours);
            fader::show(ui, page, below, Parameter::NoiseRate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pure_waves_are_in_phase_and_between_their_ends() {
        for shape in [0.0, 1.0, 2.0, 3.0] {
            assert!((level(shape, 0.5, 0.75) - [1.0, 1.0, 0.5, 1.0][shape as usize]).abs() < 1e-6);
            assert!((level(shape, 0.5, 0.25) + [1.0, 1.0, 0.5, 1.0][shape as usize]).abs() < 1e-6);
        }
        assert_eq!(level(2.5, 0.5, 0.75), 0.75);
        assert_eq!((level(3.0, 0.1, 0.89), level(3.0, 0.1, 0.91)), (-1.0, 1.0));
    }
}
