//! The FM page: the algorithm, the table of modulators, the levels to the mixer, and the operators.

mod matrix;
mod strip;
mod topology;

use egui::{Align2, Rect, Ui};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::Unit;

use crate::editor::controls::{choice, knob, switch};
use crate::editor::page_context::PageContext;
use crate::editor::{card, layout};

/// Least heights of the algorithm and the operators, and their shares of the rest.
const ROWS: [(f32, f32); 2] = [(142.0, 1.0), (292.0, 1.0)];
/// Height from which two knobs stand below each other.
const STACKED: f32 = 120.0;

/// The page, which has no state.
#[derive(Default)]
pub struct Page;

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
        let [upper, lower] = layout::rows_by(area, ROWS, layout::GAP);
        let [left, middle, right] = layout::columns(upper, [2.4, 2.2, 1.0], layout::GAP);
        algorithm(ui, page, left);
        matrix::show(ui, page, middle);
        mix(ui, page, right);
        let strips = layout::columns(lower, [1.0; Parameter::OPERATORS], layout::GAP);
        for (number, area) in strips.into_iter().enumerate() {
            strip::show(ui, page, area, number);
        }
    }
}

fn algorithm(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let (mut line, room) = card::titled(ui, area, "Algorithm", page.colours);
    let parameter = Parameter::FmAlgorithm;
    let Unit::Choice(names) = parameter.spec().unit else {
        return;
    };
    let number = page.choice(parameter);
    let mut buttons = layout::right(&mut line, 110.0, 0.0);
    let back = layout::left(&mut buttons, 20.0, 3.0);
    let on = layout::right(&mut buttons, 20.0, 3.0);
    let last = names.len() - 1;
    // The steps go around from the last algorithm to the first and back.
    if choice::step(ui, back, false, "Previous algorithm", page.colours).clicked() {
        page.put(parameter, ((number + last) % names.len()) as f32);
    }
    if choice::step(ui, on, true, "Next algorithm", page.colours).clicked() {
        page.put(parameter, ((number + 1) % names.len()) as f32);
    }
    choice::show(ui, page, buttons, parameter);
    topology::show(ui, page, room);
}

fn mix(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let (line, mut room) = card::titled(ui, area, "To the mixer", page.colours);
    if page.value(Parameter::FmLevel) <= Parameter::FmLevel.spec().range.ends().0 {
        let colour = page.colours.warning;
        card::write(
            ui,
            line,
            Align2::RIGHT_CENTER,
            "not heard",
            card::SMALL,
            colour,
        );
    }
    let way = layout::bottom(&mut room, choice::HEIGHT, 4.0);
    switch::show(ui, page, way, Parameter::FmRoute);
    let [level, pan] = match room.height() {
        ..STACKED => layout::columns(room, [1.0; 2], 4.0),
        _ => layout::rows(room, 4.0),
    };
    knob::named(ui, page, level, Parameter::FmLevel, "Level");
    knob::named(ui, page, pan, Parameter::FmPan, "Pan");
}
