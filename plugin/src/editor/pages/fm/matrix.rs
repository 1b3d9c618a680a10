//! The table of modulators: editable with the free algorithm, read-only with the others.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::OperatorParameter;
use tidepool_dsp::synth::Algorithm;

use crate::editor::controls::fader;
use crate::editor::page_context::PageContext;
use crate::editor::{card, layout};

const OPERATORS: usize = Parameter::OPERATORS;
const HEAD: f32 = 46.0;

/// Draws the table: a row for each modulated operator, a column for each modulator.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    // Feedback has a second control on the operator's card, so the table has an id of its own.
    ui.push_id("modulators", |ui| table(ui, page, area));
}

fn table(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let colours = page.colours;
    let (line, mut room) = card::titled(ui, area, "Modulators", colours);
    let number = page.choice(Parameter::FmAlgorithm);
    let topology = match number {
        0..32 => Algorithm::Classic(number as u8 + 1).topology(),
        _ => None,
    };
    let hint = match topology {
        Some(_) => "choose the algorithm Free to edit these",
        None => "how far each operator modulates another",
    };
    card::note(ui, line, Align2::LEFT_CENTER, hint, colours);
    let mut heads = layout::top(&mut room, 14.0, 2.0);
    heads.min.x += HEAD;
    for (from, cell) in layout::columns(heads, [1.0; OPERATORS], 3.0)
        .into_iter()
        .enumerate()
    {
        let name = format!("from {}", from + 1);
        card::note(ui, cell, Align2::CENTER_CENTER, &name, colours);
    }
    for (to, mut row) in layout::rows::<OPERATORS>(room, 3.0).into_iter().enumerate() {
        let head = layout::left(&mut row, HEAD, 0.0);
        let name = format!("into {}", to + 1);
        card::note(ui, head, Align2::LEFT_CENTER, &name, colours);
        for (from, cell) in layout::columns(row, [1.0; OPERATORS], 3.0)
            .into_iter()
            .enumerate()
        {
            let joined = topology.map(|topology| topology.sources[to] & (1 << from) != 0);
            match joined {
                None if from == to => {
                    let feedback = Parameter::operator(to, OperatorParameter::Feedback);
                    fader::show(ui, page, cell, feedback);
                }
                None => {
                    fader::show(ui, page, cell, Parameter::modulator(to, from));
                }
                Some(joined) => {
                    let fill = if joined { colours.fill } else { colours.window };
                    ui.painter().rect_filled(cell, 3.0, fill);
                    fixed(ui, cell, joined, (to, from));
                }
            }
        }
    }
}

/// Adds the hint to a cell that the algorithm decides.
fn fixed(ui: &Ui, cell: Rect, joined: bool, (to, from): (usize, usize)) {
    let does = if joined {
        "modulates"
    } else {
        "does not modulate"
    };
    let told = format!("Operator {} {does} operator {}", from + 1, to + 1);
    let id = ui.scope_id().with(("fixed", to, from));
    let response = ui.interact(cell, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Cell, true, &told));
    response.on_hover_text(format!("{told}. Choose the algorithm Free to change this."));
}
