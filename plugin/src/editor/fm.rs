//! The FM page: how the operators are joined, what each of them does, and where it all goes.

mod matrix;
mod strip;
mod topology;

use egui::{Align2, Rect, Ui};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::Unit;

use super::controls::{choice, knob, switch};
use super::desk::Desk;
use super::{card, cut};

const STRIPS: f32 = 344.0;

/// Draws the cards.
pub fn show(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let mut room = area;
    let below = cut::bottom(&mut room, STRIPS, cut::GAP);
    let [left, middle, right] = cut::columns(room, [2.4, 2.2, 1.0], cut::GAP);
    algorithm(ui, desk, left);
    matrix::show(ui, desk, middle);
    mix(ui, desk, right);
    let strips = cut::columns(below, [1.0; Parameter::OPERATORS], cut::GAP);
    for (number, area) in strips.into_iter().enumerate() {
        strip::show(ui, desk, area, number);
    }
}

fn algorithm(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let (mut line, room) = card::titled(ui, area, "Algorithm", desk.colours);
    let parameter = Parameter::FmAlgorithm;
    let Unit::Choice(names) = parameter.spec().unit else {
        return;
    };
    let number = desk.choice(parameter);
    let mut buttons = cut::right(&mut line, 110.0, 0.0);
    let back = cut::left(&mut buttons, 20.0, 3.0);
    let on = cut::right(&mut buttons, 20.0, 3.0);
    let last = names.len() - 1;
    // Through all of them, and around.
    if choice::step(ui, back, false, "Previous algorithm", desk.colours).clicked() {
        desk.put(parameter, ((number + last) % names.len()) as f32);
    }
    if choice::step(ui, on, true, "Next algorithm", desk.colours).clicked() {
        desk.put(parameter, ((number + 1) % names.len()) as f32);
    }
    choice::show(ui, desk, buttons, parameter);
    topology::show(ui, desk, room);
}

fn mix(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let (line, mut room) = card::titled(ui, area, "To the mixer", desk.colours);
    if desk.value(Parameter::FmLevel) <= Parameter::FmLevel.spec().range.ends().0 {
        let colour = desk.colours.warning;
        card::write(
            ui,
            line,
            Align2::RIGHT_CENTER,
            "not heard",
            card::SMALL,
            colour,
        );
    }
    let way = cut::bottom(&mut room, choice::HEIGHT, 4.0);
    switch::show(ui, desk, way, Parameter::FmRoute);
    let [level, pan] = cut::rows(room, 4.0);
    knob::named(ui, desk, level, Parameter::FmLevel, "Level");
    knob::named(ui, desk, pan, Parameter::FmPan, "Pan");
}
