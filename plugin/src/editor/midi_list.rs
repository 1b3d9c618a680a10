//! The list of all assignments of MIDI controllers, which the button "MIDI" of the tabs' line opens.

use egui::{Align2, Button, Grid, Popup, PopupCloseBehavior, Rect, RichText, ScrollArea, Ui};

use super::card;
use super::controls::{choice, midi_range};
use super::midi_learn;
use super::sound::Sound;
use super::theme::Colours;
use crate::midi_map::MidiMap;
use crate::settings;

/// Width of the button, and of the list of a parameter's name.
pub const WIDTH: f32 = 52.0;
const LONGEST: f32 = 300.0;

/// Draws the button into `area`, and the list below it while it is open.
pub fn show(ui: &mut Ui, area: Rect, sound: &mut dyn Sound, colours: &Colours) {
    let learning = midi_learn::parameter(ui.ctx());
    let hint = match learning {
        Some(parameter) => format!(
            "Move the controller for {}. Escape stops learning.",
            parameter.spec().name
        ),
        None => HINT.to_owned(),
    };
    let button = choice::bare(ui, area, "MIDI", "MIDI", "MIDI", colours).on_hover_text(hint);
    if learning.is_some() {
        // Covers the text of the button with the state of learning.
        ui.painter().rect_filled(area, 4.0, colours.accent);
        card::write(
            ui,
            area,
            Align2::CENTER_CENTER,
            "Learn",
            11.5,
            colours.window,
        );
    }
    Popup::menu(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| contents(ui, sound, colours));
}

fn contents(ui: &mut Ui, sound: &mut dyn Sound, colours: &Colours) {
    let map = sound.midi_map().get();
    if let Some(parameter) = midi_learn::parameter(ui.ctx()) {
        ui.label(format!(
            "Move the controller for {}.",
            parameter.spec().name
        ));
        if ui.button("Stop learning").clicked() {
            midi_learn::stop(ui.ctx());
        }
        ui.separator();
    }
    if map.is_empty() {
        ui.label(RichText::new(EMPTY).color(colours.quiet));
    }
    ScrollArea::vertical().max_height(LONGEST).show(ui, |ui| {
        Grid::new("assignments").num_columns(5).show(ui, |ui| {
            for assignment in map.assignments() {
                ui.label(assignment.parameter.spec().name);
                ui.label(RichText::new(assignment.controller.to_string()).color(colours.quiet));
                midi_range::show(ui, sound, assignment);
                let name = format!("Remove {}", assignment.parameter.spec().name);
                let remove = ui.add(Button::new("Remove"));
                remove.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                if remove.clicked() {
                    midi_learn::remove(sound, assignment.parameter);
                }
                ui.end_row();
            }
        });
    });
    ui.separator();
    let default = settings::get().midi_map;
    ui.horizontal(|ui| {
        let mut offer = |enabled, name: &str, hint: &str| {
            let button = ui.add_enabled(enabled, Button::new(name));
            button.on_hover_text(hint).clicked()
        };
        if offer(!map.is_empty(), "Remove all", REMOVE_ALL) {
            sound.set_midi_map(MidiMap::default(), "Remove all controllers");
        }
        if offer(*map != default, "Use for new instances", KEEP) {
            settings::update(|settings| settings.midi_map = map.as_ref().clone());
        }
        if offer(*map != default, "Load those of new instances", LOAD) {
            sound.set_midi_map(default, "Load the controllers of new instances");
        }
    });
}

const HINT: &str = "MIDI controllers that move parameters. To assign one, right-click a control.";
const EMPTY: &str = "No controller is assigned. Right-click a control, choose \u{201c}Learn MIDI\u{201d}, and move a controller.";
const REMOVE_ALL: &str = "Removes all assignments from this instance.";
const KEEP: &str = "New instances begin with these assignments.";
const LOAD: &str = "Replaces the assignments by those that new instances begin with.";
