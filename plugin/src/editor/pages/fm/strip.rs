//! The card of one operator.

use egui::{Align2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::OperatorParameter::{
    self, Detune, Feedback, Fixed, KeyLevel, KeyRate, Level, Level1, Level2, Level3, Level4, Mode,
    Output, Rate1, Rate2, Rate3, Rate4, Ratio, Velocity, Wave,
};
use tidepool_dsp::synth::Algorithm;

use crate::editor::controls::{choice, fader, knob, short, switch};
use crate::editor::page_context::PageContext;
use crate::editor::{card, layout, plot};

const FREE: usize = 32;
/// Width of a card below which names are short.
const NARROW: f32 = 150.0;
/// Width of the word "carrier".
const CARRIER: f32 = 40.0;
const ABOUT_CARRIERS: &str = "A carrier is heard, at its level. The other operators only modulate.";
const RATES: [OperatorParameter; 4] = [Rate1, Rate2, Rate3, Rate4];
const LEVELS: [OperatorParameter; 4] = [Level1, Level2, Level3, Level4];

/// Draws all controls of the operator `number`, counted from 0.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, number: usize) {
    let colours = page.colours;
    let name = format!("Operator {}", number + 1);
    let (mut line, mut room) = card::titled(ui, area, &name, colours);
    let of = |parameter| Parameter::operator(number, parameter);
    let algorithm = page.choice(Parameter::FmAlgorithm);
    let carrier = match Algorithm::Classic(algorithm as u8 + 1).topology() {
        Some(topology) if algorithm < FREE => topology.carriers & (1 << number) != 0,
        _ => page.value(of(Output)) > 0.0,
    };
    if carrier {
        let word = layout::right(&mut line, CARRIER, 0.0);
        let ink = colours.accent;
        card::write(ui, word, Align2::RIGHT_CENTER, "carrier", card::SMALL, ink);
        let id = ui.scope_id().with(("carrier", number));
        let word = ui.interact(word, id, Sense::hover());
        word.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} is a carrier")));
        word.on_hover_text(ABOUT_CARRIERS);
    }
    let ways = layout::top(&mut room, choice::HEIGHT, 6.0);
    let [mode, wave] = layout::columns(ways, [1.1, 1.1], 3.0);
    switch::show(ui, page, mode, of(Mode));
    choice::show(ui, page, wave, of(Wave));

    let frequency = if page.choice(of(Mode)) == 0 {
        Ratio
    } else {
        Fixed
    };
    let [first, second] = [[frequency, Detune, Feedback], [Level, Velocity, Output]];
    for mut parameters in [first, second] {
        let row = layout::top(&mut room, 60.0, 4.0);
        // Only the free algorithm has an output level; with the others, the key level takes its place.
        if algorithm < FREE && parameters[2] == Output {
            parameters[2] = KeyLevel;
        }
        let cells = layout::columns(row, [1.0; 3], 2.0);
        for (parameter, cell) in parameters.into_iter().zip(cells) {
            let brief = brief(parameter).filter(|_| area.width() < NARROW);
            let name = brief.unwrap_or_else(|| short(of(parameter)));
            knob::named(ui, page, cell, of(parameter), name);
        }
    }
    // With the free algorithm, the key level has a line of its own.
    let scales: &[_] = match algorithm < FREE {
        true => &[(KeyRate, "Key Rate")],
        false => &[(KeyLevel, "Key Level"), (KeyRate, "Key Rate")],
    };
    let mut table = layout::bottom(&mut room, 51.0 + 19.0 * scales.len() as f32, 6.0);
    for (parameter, name) in scales {
        scale(ui, page, &mut table, of(*parameter), name);
    }
    let hint = layout::top(&mut table, 12.0, 2.0);
    let text = "Rates and levels 1 to 4";
    card::note(ui, hint, Align2::LEFT_CENTER, text, colours);
    for parameters in [RATES, LEVELS] {
        let row = layout::top(&mut table, 16.0, 3.0);
        let cells = layout::columns(row, [1.0; 4], 3.0);
        for (parameter, cell) in parameters.into_iter().zip(cells) {
            fader::show(ui, page, cell, of(parameter));
        }
    }
    contour(ui, page, room, number);
}

/// Returns the name for a narrow card, where the usual one would touch its neighbour.
fn brief(parameter: OperatorParameter) -> Option<&'static str> {
    match parameter {
        Feedback => Some("FB"),
        Velocity => Some("Vel"),
        KeyLevel => Some("Key Lvl"),
        _ => None,
    }
}

/// Draws a line with a name and a fader.
fn scale(
    ui: &mut Ui,
    page: &mut PageContext<'_>,
    area: &mut Rect,
    parameter: Parameter,
    name: &str,
) {
    let row = layout::top(area, 16.0, 3.0);
    let [left, right] = layout::columns(row, [1.0; 2], 3.0);
    card::note(ui, left, Align2::LEFT_CENTER, name, page.colours);
    fader::show(ui, page, right, parameter);
}

/// Draws the envelope from rate to rate and from level to level; a dashed line marks the release of the key.
fn contour(ui: &mut Ui, page: &PageContext<'_>, area: Rect, number: usize) {
    let colours = page.colours;
    let label = format!("Envelope of operator {}", number + 1);
    ui.allocate_rect(area, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let room = plot::ground(ui, area, colours).expand2(egui::vec2(2.0, 2.0));
    let value = |parameter| page.value(Parameter::operator(number, parameter));
    let levels = LEVELS.map(value);
    // High rates are steep, but never vertical, or they could not be seen.
    let [a, b, c, d] = RATES.map(|rate| 1.05 - value(rate));
    let held = 0.5;
    let stages = [
        (0.0, levels[3]),
        (a, levels[0]),
        (b, levels[1]),
        (c, levels[2]),
        (held, levels[2]),
        (d, levels[3]),
    ];
    let all: f32 = a + b + c + d + held;
    let mut x = 0.0;
    let points: Vec<_> = stages
        .into_iter()
        .map(|(width, level)| {
            x += width / all;
            plot::at(room, x, 2.0 * level - 1.0)
        })
        .collect();
    let off = [points[4], egui::pos2(points[4].x, room.bottom())];
    let line = Stroke::new(1.0, colours.quiet);
    ui.painter()
        .extend(Shape::dashed_line(&off, line, 2.0, 2.0));
    plot::curve(ui.painter(), points, room.bottom(), colours);
}
