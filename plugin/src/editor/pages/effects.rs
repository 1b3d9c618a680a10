//! The effects page: sends, a card for each effect, the output, and overload meters.

mod overloads;

use egui::{Rect, Ui};
use tidepool_dsp::Parameter;
use tidepool_dsp::engine::{EFFECTS, EffectRow};
use tidepool_dsp::parameter::Unit;

use crate::editor::controls::{choice, knob, switch};
use crate::editor::overload_baseline::OverloadBaseline;
use crate::editor::page_context::PageContext;
use crate::editor::{card, layout};

const METERS: f32 = 330.0;
/// Height of a row of knobs.
const KNOBS: f32 = 100.0;
/// Width of the column of switches and menus in a card.
const CHOICES: f32 = 84.0;
/// The cards of the page with their share of a row's width. An effect without a card here gets a row of its own below.
const ROWS: [&[(&str, f32)]; 3] = [
    &[("Sends", 1.0), ("Chorus", 1.5)],
    &[("Delay", 1.0)],
    &[("Reverb", 3.0), ("Output", 1.0)],
];
/// Effect whose parameters are on the card of the output.
const DRIVE: &str = "Drive";

/// The page.
#[derive(Default)]
pub struct Page {
    /// Counts of overloads when they were last cleared.
    baseline: OverloadBaseline,
}

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
        let mut room = area;
        let meters = layout::right(&mut room, METERS, layout::GAP);
        overloads::show(ui, meters, page, &mut self.baseline);
        let has_card =
            |name: &str| name == DRIVE || ROWS.concat().iter().any(|(card, _)| *card == name);
        let others = EFFECTS.iter().filter(|effect| !has_card(effect.name));
        let others: Vec<_> = others.map(|effect| [(effect.name, 1.0)]).collect();
        let rows: Vec<_> = ROWS
            .into_iter()
            .chain(others.iter().map(|row| &row[..]))
            .collect();
        for (row, area) in rows
            .iter()
            .zip(layout::rows_of(room, rows.len(), layout::GAP))
        {
            let shares: Vec<_> = row.iter().map(|(_, share)| *share).collect();
            for ((name, _), area) in row
                .iter()
                .zip(layout::columns_of(area, &shares, layout::GAP))
            {
                draw(ui, page, area, name);
            }
        }
    }
}

/// Draws the card with this name.
fn draw(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, name: &str) {
    let (_, mut room) = card::titled(ui, area, name, page.colours);
    let parameters: Vec<_> = match name {
        "Sends" => vec![Parameter::SendDelay, Parameter::SendReverb],
        "Output" => vec![Parameter::OutputDrive, Parameter::Volume],
        _ => {
            let effect = EFFECTS.iter().filter(|effect| effect.name == name);
            effect.flat_map(EffectRow::parameters).collect()
        }
    };
    let (mut choices, knobs): (Vec<_>, Vec<_>) = parameters
        .into_iter()
        .partition(|parameter| matches!(parameter.spec().unit, Unit::Choice(_)));
    // Switches stand above menus.
    choices.sort_by_key(|parameter| !is_switch(*parameter));
    if !choices.is_empty() {
        let column = layout::left(&mut room, CHOICES, 10.0);
        let gaps = layout::GAP * (choices.len() - 1) as f32;
        let height = choice::LABELLED * choices.len() as f32 + gaps;
        let mut column = layout::middle(column, column.width(), height);
        for parameter in choices {
            let cell = layout::top(&mut column, choice::LABELLED, layout::GAP);
            let label = label(name, parameter);
            if is_switch(parameter) {
                switch::named(ui, page, cell, parameter, &label);
            } else {
                choice::named(ui, page, cell, parameter, &label);
            }
        }
    }
    let room = layout::middle(room, room.width(), KNOBS);
    let width = room.width() / knobs.len() as f32;
    let mut rest = room;
    for parameter in knobs {
        let cell = layout::left(&mut rest, width, 0.0).shrink2(egui::vec2(1.0, 0.0));
        knob::named(ui, page, cell, parameter, &label(name, parameter));
    }
}

/// Returns true if the names of the choices fit side by side.
fn is_switch(parameter: Parameter) -> bool {
    matches!(parameter.spec().unit, Unit::Choice(names) if names.len() == 2)
}

/// Returns the name of `parameter` on the card `card`: its full name without that of the card.
fn label(card: &str, parameter: Parameter) -> String {
    match parameter {
        Parameter::SendDelay => "To Delay".into(),
        Parameter::SendReverb => "To Reverb".into(),
        Parameter::DelayTime => "Sync Time".into(),
        _ => {
            let name = parameter.spec().name;
            let rest = name.strip_prefix(card).unwrap_or(name).trim_start();
            rest.replacen("to ", "To ", 1)
        }
    }
}
