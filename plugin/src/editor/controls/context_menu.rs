//! The menu that the right button opens on a control: typing, default, the name of a macro, and the MIDI controller.

use egui::{Button, Popup, PopupCloseBehavior, Response, RichText, Stroke, StrokeKind, Ui, pos2};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{Range, Unit};

use super::midi_range;
use crate::editor::page_context::PageContext;
use crate::editor::{macro_name, midi_learn};

/// Radius of the mark on a control that a controller moves.
const MARK: f32 = 2.5;

/// Draws the menu of the control `response` while it is open, the frame of a control that waits for a controller, and the
/// mark of one that has a controller. Returns true if the player wants to type a value.
pub fn show(
    ui: &mut Ui,
    page: &mut PageContext<'_>,
    response: &Response,
    parameter: Parameter,
) -> bool {
    let colours = page.colours;
    let learning = midi_learn::parameter(ui.ctx()) == Some(parameter);
    let assigned = page.sound.midi_map().get().of(parameter).is_some();
    let painter = ui.painter();
    if learning {
        let stroke = Stroke::new(2.0, colours.warning);
        painter.rect_stroke(response.rect, 4.0, stroke, StrokeKind::Outside);
    }
    if assigned {
        let area = response.rect;
        // The area of a knob may be much wider than the knob.
        let half = match area.width() > 3.0 * area.height() {
            true => area.width() / 2.0,
            false => area.width().min(area.height()) / 2.0,
        };
        let corner = pos2(area.center().x + half - MARK, area.top() + MARK);
        painter.circle_filled(corner, MARK, colours.accent);
    }
    let mut types = false;
    Popup::context_menu(response)
        // A control that opens a menu by a click has two.
        .id(response.id.with("context menu"))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| types = contents(ui, page, parameter));
    types
}

fn contents(ui: &mut Ui, page: &mut PageContext<'_>, parameter: Parameter) -> bool {
    let spec = parameter.spec();
    let colours = page.colours;
    ui.label(RichText::new(spec.name).color(colours.quiet));
    let is_choice = matches!(
        (spec.range, spec.unit),
        (Range::Whole { .. }, Unit::Choice(_))
    );
    let mut types = false;
    if !is_choice && ui.button("Type a value\u{2026}").clicked() {
        types = true;
        ui.close();
    }
    if ui.button("Default").clicked() {
        page.put(parameter, spec.default);
        ui.close();
    }
    if let Some(number) = macro_name::number(parameter) {
        macro_name::show(ui, page, number);
    }
    ui.separator();
    if midi_learn::parameter(ui.ctx()) == Some(parameter) {
        if ui.button("Stop learning").clicked() {
            midi_learn::stop(ui.ctx());
            ui.close();
        }
    } else {
        let room = midi_learn::has_room(page.sound, parameter);
        let learn = ui.add_enabled(room, Button::new("Learn MIDI\u{2026}"));
        let learn = learn.on_disabled_hover_text(FULL).on_hover_text(LEARN);
        if learn.clicked() {
            midi_learn::start(ui.ctx(), page.sound, parameter);
            ui.close();
        }
    }
    let map = page.sound.midi_map().get();
    if let Some(assignment) = map.of(parameter) {
        ui.label(format!("Moved by {}", assignment.controller));
        ui.horizontal(|ui| midi_range::show(ui, page.sound, assignment));
        if ui.button("Remove").clicked() {
            midi_learn::remove(page.sound, parameter);
            ui.close();
        }
    }
    types
}

const LEARN: &str = "Then move a controller of your keyboard: it will move this control.";
const FULL: &str = "64 controllers are assigned, which is the most. Remove one first.";
