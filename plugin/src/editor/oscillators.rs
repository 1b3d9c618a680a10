//! Both oscillators and the mixer of all sources.

use std::f32::consts::TAU;

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo};
use tidepool_dsp::Parameter;
use tidepool_dsp::engine::MIXER;
use tidepool_dsp::parameter::OscillatorParameter::{
    self, Detune, Fine, Pitch, Shape, Spread, Unison, Width,
};

use super::controls::{choice, knob, switch};
use super::desk::Desk;
use super::{card, cut, plot};

/// Height of the mixer.
const HEIGHT: f32 = 186.0;
/// Height of a row of knobs.
const KNOBS: f32 = knob::HEIGHT + 10.0;
const NAMES: [&str; Parameter::OSCILLATORS] = ["Oscillator A", "Oscillator B"];

/// Draws the cards.
pub fn show(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let mut room = area;
    let below = cut::bottom(&mut room, HEIGHT, cut::GAP);
    let halves = cut::columns(room, [1.0; Parameter::OSCILLATORS], cut::GAP);
    for (number, half) in halves.into_iter().enumerate() {
        oscillator(ui, desk, half, number);
    }
    mixer(ui, desk, below);
}

fn oscillator(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect, number: usize) {
    let (mut line, mut room) = card::titled(ui, area, NAMES[number], desk.colours);
    let of = |parameter: OscillatorParameter| Parameter::oscillator(number, parameter);
    if number == 1 {
        let sync = cut::right(&mut line, 84.0, 6.0);
        switch::show(ui, desk, sync, Parameter::Sync);
        card::note(ui, line, Align2::RIGHT_CENTER, "Sync to A", desk.colours);
    }
    let stacked = cut::bottom(&mut room, KNOBS, 4.0);
    let tuned = cut::bottom(&mut room, KNOBS, 8.0);
    wave(ui, desk, room, number);
    let [shape, width, pitch, fine] = cut::columns(tuned, [1.5, 1.0, 1.0, 1.0], 4.0);
    knob::show(ui, desk, shape, of(Shape));
    knob::show(ui, desk, width, of(Width));
    knob::show(ui, desk, pitch, of(Pitch));
    knob::show(ui, desk, fine, of(Fine));
    let [unison, detune, spread, _] = cut::columns(stacked, [1.5, 1.0, 1.0, 1.0], 4.0);
    knob::show(ui, desk, unison, of(Unison));
    knob::show(ui, desk, detune, of(Detune));
    knob::show(ui, desk, spread, of(Spread));
}

/// Two cycles.
fn wave(ui: &mut Ui, desk: &Desk<'_>, area: Rect, number: usize) {
    let colours = desk.colours;
    let label = format!("Wave of {}", NAMES[number]);
    ui.allocate_rect(area, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let room = plot::ground(ui, area, colours);
    plot::level(ui.painter(), room, 0.0, colours);
    let value = |parameter| desk.value(Parameter::oscillator(number, parameter));
    let (shape, width) = (value(Shape), value(Width));
    let count = 400;
    let points = (0..=count).map(|n| {
        let part = n as f32 / count as f32;
        plot::at(room, part, 0.9 * level(shape, width, (2.0 * part).fract()))
    });
    plot::curve(ui.painter(), points.collect(), room.center().y, colours);
}

/// How high a wave between sine, triangle, saw and pulse is at this part of its cycle, in phase with a sine of −½ to ½.
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

fn mixer(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let sources = MIXER.map(|row| (row.name, row.level, row.pan, row.route));
    let external = (
        "External",
        Parameter::External,
        Parameter::ExternalPan,
        Parameter::ExternalRoute,
    );
    let cells = cut::columns(area, [1.0; MIXER.len() + 1], cut::GAP);
    let strips = sources.into_iter().chain([external]);
    for ((name, level, pan, route), cell) in strips.zip(cells) {
        let (_, mut room) = card::titled(ui, cell, name, desk.colours);
        let way = cut::bottom(&mut room, choice::HEIGHT, 4.0);
        if name == "External" {
            choice::show(ui, desk, way, route);
        } else {
            switch::show(ui, desk, way, route);
        }
        let row = cut::top(&mut room, KNOBS, 4.0);
        let [left, right] = cut::columns(row, [1.0; 2], 0.0);
        knob::named(ui, desk, left, level, "Level");
        knob::named(ui, desk, right, pan, "Pan");
        if name == "Noise" {
            let [colour, rate] = cut::columns(room, [1.5, 1.0], 4.0);
            choice::named(ui, desk, colour, Parameter::NoiseColour, "Colour");
            let (above, below) = choice::labelled(rate);
            card::note(ui, above, Align2::LEFT_CENTER, "Rate", desk.colours);
            super::controls::fader::show(ui, desk, below, Parameter::NoiseRate);
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
