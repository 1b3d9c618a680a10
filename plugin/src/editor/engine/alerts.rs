//! The active alerts with their remedies, and the alerts that have ended.

use egui::{Color32, RichText, ScrollArea, Ui};

use super::{View, figures, title};
use crate::editor::theme::Colours;
use crate::telemetry::Level;

/// Returns the word and the colour of a level: a word too, because not every reader can tell the colours apart.
fn sign(level: Level, colours: &Colours) -> (&'static str, Color32) {
    match level {
        Level::Warn => ("Warning", colours.warning),
        Level::Info => ("Info", colours.accent),
        Level::Debug => ("Debug", colours.quiet),
    }
}

/// Draws all alerts, the most important first.
pub fn show(ui: &mut Ui, view: &View, colours: &Colours) {
    let alerts = &view.overview.alerts;
    title(ui, "Alerts", colours, |ui| {
        let text = match alerts.len() {
            0 => String::new(),
            n => format!("{n} active"),
        };
        ui.label(RichText::new(text).color(colours.quiet));
    });
    let log = &view.overview.alert_log;
    if alerts.is_empty() {
        ui.colored_label(colours.quiet, "Nothing is wrong.");
    }
    ScrollArea::vertical()
        .id_salt("alerts")
        .auto_shrink(false)
        .show(ui, |ui| {
            for alert in alerts {
                let (word, colour) = sign(alert.level, colours);
                ui.horizontal_wrapped(|ui| {
                    ui.label(RichText::new(word).strong().color(colour));
                    ui.label(&alert.text);
                    ui.label(RichText::new(&alert.remedy).color(colours.quiet));
                });
                ui.add_space(4.0);
            }
            // Ended alerts, newest first like the overruns; the active ones stand above.
            for change in log.iter().rev().filter(|change| !change.raised) {
                let ago = figures::ago(change.ago.as_nanos() as u64);
                let text = format!("Ended {ago}: {}", change.text);
                ui.label(RichText::new(text).small().color(colours.quiet));
            }
        });
}
