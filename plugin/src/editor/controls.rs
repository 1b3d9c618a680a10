//! The parameters, a card a group, and the way back to how they all began.

use egui::{Align, Layout, RichText, Ui, Widget, vec2};
use nice_plug::context::gui::ParamSetter;
use nice_plug::params::Param;
use nice_plug_egui::widgets::ParamSlider;

use super::theme::Colours;
use crate::params::{AnyParam, Group, TidepoolParams};

/// How the groups are dealt to the columns, so that these are about as long as each other.
const COLUMNS: [&[&str]; 2] = [&["Oscillator", "Filter", "Output"], &["Envelope", "Voice"]];
/// Between cards.
const GAP: f32 = 8.0;
const LABEL_WIDTH: f32 = 112.0;
const SLIDER_WIDTH: f32 = 140.0;
const ROW_HEIGHT: f32 = 28.0;

/// Draws every parameter.
pub fn show(ui: &mut Ui, params: &TidepoolParams, setter: &ParamSetter<'_>, colours: &Colours) {
    let groups = params.groups();
    ui.columns(COLUMNS.len(), |columns| {
        for (ui, names) in columns.iter_mut().zip(COLUMNS) {
            ui.spacing_mut().item_spacing.y = GAP;
            let groups = groups.iter().filter(|(name, _)| names.contains(name));
            let (mut left, bottom) = (groups.clone().count(), ui.max_rect().bottom());
            for group in groups {
                left -= 1;
                // The last one reaches down to where the columns end.
                let height = if left == 0 {
                    bottom - ui.cursor().top()
                } else {
                    0.0
                };
                card(ui, group, height, setter, colours);
            }
        }
    });
}

/// Puts every parameter that is elsewhere back to its default, in the host's sight.
pub fn reset(params: &TidepoolParams, setter: &ParamSetter<'_>) {
    let groups = params.groups();
    for (_, param) in groups.iter().flat_map(|(_, params)| params) {
        match param {
            AnyParam::Float(param) => reset_one(*param, setter),
            AnyParam::Int(param) => reset_one(*param, setter),
            AnyParam::NoteLength(param) => reset_one(*param, setter),
            AnyParam::Zone(param) => reset_one(*param, setter),
        }
    }
}

fn reset_one(param: &impl Param, setter: &ParamSetter<'_>) {
    if param.unmodulated_normalized_value() != param.default_normalized_value() {
        setter.begin_set_parameter(param);
        setter.set_parameter(param, param.default_plain_value());
        setter.end_set_parameter(param);
    }
}

/// Draws a group on a card of at least this height.
fn card(
    ui: &mut Ui,
    (name, params): &Group<'_>,
    height: f32,
    setter: &ParamSetter<'_>,
    colours: &Colours,
) {
    let frame = colours.card();
    let margins = frame.total_margin().sum();
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.set_min_height((height - margins.y).max(0.0));
        ui.spacing_mut().item_spacing = vec2(8.0, 2.0);
        ui.label(RichText::new(*name).strong().color(colours.accent));
        for (_, param) in params {
            match param {
                AnyParam::Float(param) => row(ui, *param, setter, colours),
                AnyParam::Int(param) => row(ui, *param, setter, colours),
                AnyParam::NoteLength(param) => row(ui, *param, setter, colours),
                AnyParam::Zone(param) => row(ui, *param, setter, colours),
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
