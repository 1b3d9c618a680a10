//! The parameters, a card a group.

use egui::{Align, Layout, RichText, Ui, Widget, vec2};
use nice_plug::context::gui::ParamSetter;
use nice_plug::params::Param;
use nice_plug_egui::widgets::ParamSlider;

use super::theme::Colours;
use crate::params::{AnyParam, Group, TidepoolParams};

/// How the groups are dealt to the columns, so that these are about as long as each other.
const COLUMNS: [&[&str]; 2] = [&["Oscillator", "Filter"], &["Envelope", "Voice", "Output"]];
const LABEL_WIDTH: f32 = 112.0;
const SLIDER_WIDTH: f32 = 140.0;
const ROW_HEIGHT: f32 = 22.0;

/// Draws every parameter.
pub fn show(ui: &mut Ui, params: &TidepoolParams, setter: &ParamSetter<'_>, colours: &Colours) {
    let groups = params.groups();
    ui.columns(COLUMNS.len(), |columns| {
        for (ui, names) in columns.iter_mut().zip(COLUMNS) {
            for group in groups.iter().filter(|(name, _)| names.contains(name)) {
                card(ui, group, setter, colours);
                ui.add_space(8.0);
            }
        }
    });
}

fn card(ui: &mut Ui, (name, params): &Group<'_>, setter: &ParamSetter<'_>, colours: &Colours) {
    colours.card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing = vec2(8.0, 2.0);
        ui.label(RichText::new(*name).strong().color(colours.accent));
        for (_, param) in params {
            match param {
                AnyParam::Float(param) => row(ui, *param, setter, colours),
                AnyParam::Int(param) => row(ui, *param, setter, colours),
                AnyParam::NoteLength(param) => row(ui, *param, setter, colours),
            }
        }
    });
}

fn row(ui: &mut Ui, param: &impl Param, setter: &ParamSetter<'_>, colours: &Colours) {
    ui.horizontal(|ui| {
        let size = vec2(LABEL_WIDTH, ROW_HEIGHT);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(LABEL_WIDTH);
            ui.label(RichText::new(param.name()).color(colours.quiet));
        });
        ParamSlider::for_param(param, setter)
            .with_width(SLIDER_WIDTH)
            .ui(ui);
    });
}
