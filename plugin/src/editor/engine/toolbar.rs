//! The toolbar: pause, reset, budget, and copies of the report.

use egui::{Align, Button, Layout, RichText, Slider, Ui, vec2};

use super::{Choices, PageAction, View};
use crate::editor::theme::Colours;
use crate::telemetry::report::to_json;

/// Seconds for which a button says that it has copied.
const TELL: f64 = 2.0;

/// Draws the toolbar.
pub fn show(ui: &mut Ui, view: &View, choices: &mut Choices, colours: &Colours) {
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        let (name, tip) = if choices.paused {
            ("Resume", "Shows live figures again.")
        } else {
            ("Pause", "Freezes the figures of this page. The engine goes on.")
        };
        // Wide enough for both names, or the widgets after it would move.
        let pause = Button::new(name).min_size(vec2(58.0, 0.0));
        if ui.add(pause).on_hover_text(tip).clicked() {
            choices.paused = !choices.paused;
            choices.back = None;
        }
        let reset = ui.button("Reset").on_hover_text(
            "Clears statistics, history and overruns. Totals since the start stay.",
        );
        if reset.clicked() {
            choices.actions.push(PageAction::Reset);
            // The reset would not be seen while the page is paused.
            choices.paused = false;
            choices.back = None;
        }
        ui.add_space(10.0);
        let mut percent = (choices.line * 100.0).round();
        let name = ui.label(RichText::new("Budget").color(colours.quiet));
        ui.spacing_mut().slider_width = 110.0;
        let slider = Slider::new(&mut percent, 5.0..=100.0)
            .step_by(1.0)
            .fixed_decimals(0)
            .suffix(" %");
        let slider = ui.add(slider).labelled_by(name.id).on_hover_text(
            "Share of the deadline that a block may take. The host and other plugins need the rest.",
        );
        if slider.changed() {
            choices.actions.push(PageAction::Budget(percent / 100.0));
        }
        ui.add_space(10.0);
        let block = view.overview.last_block().number;
        let (text, colour) = match (block, choices.paused) {
            (0, _) => ("No blocks yet".into(), colours.quiet),
            (_, true) => (format!("Paused at block {block}"), colours.warning),
            _ => (String::new(), colours.quiet),
        };
        ui.label(RichText::new(text).color(colour));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            // The layout runs from right to left.
            copy(ui, choices, "Copy JSON", "Copies the whole report as JSON.", || {
                to_json(&view.overview.report())
            });
            copy(ui, choices, "Copy text", "Copies the whole report as text.", || {
                view.overview.report().to_string()
            });
            ui.label(RichText::new("Report").color(colours.quiet));
        });
    });
}

/// Draws a button that puts a text on the clipboard, and says so for a while.
fn copy(
    ui: &mut Ui,
    choices: &mut Choices,
    name: &'static str,
    tip: &str,
    text: impl FnOnce() -> String,
) {
    let now = ui.input(|input| input.time);
    let copied = choices.copied;
    let told = copied.is_some_and(|(by, at)| by == name && now - at < TELL);
    let button = Button::new(if told { "Copied" } else { name }).min_size(vec2(72.0, 0.0));
    if told {
        ui.ctx().request_repaint_after_secs(TELL as f32);
    }
    if ui.add(button).on_hover_text(tip).clicked() {
        ui.copy_text(text());
        choices.copied = Some((name, now));
    }
}
