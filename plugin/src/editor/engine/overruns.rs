//! The log of the blocks over the budget, newest first, with the verdict on each.

use egui::{Color32, Role, ScrollArea, Sense, Ui, WidgetInfo};
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{Overrun, Verdict};

use super::table::{cell, columns, row};
use super::{Choices, Subject, View, figures, title};
use crate::editor::theme::Colours;

/// Draws the log; a click on a row opens the block's record.
pub fn show(ui: &mut Ui, view: &View, choices: &mut Choices, colours: &Colours) {
    let overview = &view.overview;
    title(ui, "Overruns", colours, |ui| {
        let text = format!("{} since reset", figures::count(overview.live.overruns));
        ui.label(egui::RichText::new(text).color(colours.quiet));
    });
    let now = overview.last_block().start;
    let overruns = overview.log.overruns.iter().rev();
    let mut overruns = overruns
        .filter(|overrun| overrun.block.number > 0)
        .peekable();
    if overruns.peek().is_none() {
        ui.colored_label(colours.quiet, "No block was over the budget.");
        return;
    }
    let grid = columns([1.5, 0.9, 0.8, 1.0]);
    ScrollArea::vertical()
        .id_salt("overruns")
        .auto_shrink(false)
        .show(ui, |ui| {
            for overrun in overruns {
                let area = row(ui);
                let id = ui.scope_id().with(("overrun", overrun.block.number));
                let response = ui.interact(area, id, Sense::click());
                if response.hovered() || response.has_focus() {
                    ui.painter().rect_filled(area, 3.0, colours.trough);
                }
                let (word, colour) = verdict(overrun, colours);
                let cells = [
                    word,
                    figures::time(f64::from(overrun.block.wall)),
                    figures::percent(f64::from(overrun.block.load())),
                    figures::ago(now.saturating_sub(overrun.block.start)),
                ];
                let shades = [colour, colours.text, colours.text, colours.quiet];
                for ((column, text), colour) in grid.iter().zip(&cells).zip(shades) {
                    cell(ui, area, *column, text, colour);
                }
                let told = format!(
                    "Overrun, block {}: {}",
                    overrun.block.number,
                    cells.join(", ")
                );
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &told));
                if response.clicked() {
                    choices.open = Some(Subject::Overrun(*overrun));
                }
                response.on_hover_text(overrun.explain(Module::name_at));
            }
        });
}

/// Returns the word and the colour of the verdict on the overrun.
pub fn verdict(overrun: &Overrun, colours: &Colours) -> (String, Color32) {
    match overrun.verdict() {
        Verdict::Module(module) => (
            format!("Inside: {}", Module::name_at(module)),
            colours.danger,
        ),
        Verdict::Load => ("Inside: load".into(), colours.warning),
        Verdict::Descheduled => ("Outside".into(), colours.accent),
        Verdict::Unknown => ("Unknown".into(), colours.quiet),
    }
}
