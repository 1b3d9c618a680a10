//! Statistics of parameter changes: rate, coalescing, batches and scratch memory.

use egui::{RichText, Ui};

use super::table::pair;
use super::{View, figures, title};
use crate::editor::theme::Colours;

/// Draws the statistics.
pub fn show(ui: &mut Ui, view: &View, colours: &Colours) {
    let totals = &view.overview.live.totals;
    title(ui, "Changes", colours, |ui| {
        let text = format!("{} in all", figures::count(totals.changes));
        ui.label(RichText::new(text).color(colours.quiet));
    });
    let part = |of: u64, all: u64| of as f64 / all.max(1) as f64;
    let applied = totals.changes.saturating_sub(totals.coalesced);
    let plain = |name, value: String, about| (name, value, about, false);
    let rows = [
        plain(
            "Changes",
            format!("{:.0} /s", view.change_rate),
            "Changes of parameters, controllers and expressions in the last second.",
        ),
        plain(
            "Coalesced",
            figures::percent(part(totals.coalesced, totals.changes)),
            "Share of the changes that a later change replaced before they could be heard.",
        ),
        plain(
            "Per batch",
            format!("{:.1}", part(applied, totals.batches)),
            "Mean number of changes that take effect per batch. The next line gives the limit.",
        ),
        plain(
            "Batch limit",
            figures::count(totals.batch_limit),
            "Most changes that a batch may hold at present.",
        ),
        (
            "Early flushes",
            figures::count(totals.early_flushes),
            "Batches that were flushed early because they were full.",
            totals.early_flushes > 0,
        ),
        plain(
            "Scratch",
            figures::memory(totals.scratch_bytes),
            "Most scratch memory in use at once since the start.",
        ),
        (
            "Refused",
            figures::count(totals.scratch_refused),
            "Requests for scratch memory that found no room.",
            totals.scratch_refused > 0,
        ),
    ];
    for (name, value, about, bad) in rows {
        let colour = if bad { colours.warning } else { colours.text };
        pair(ui, name, &value, colours.quiet, colour).on_hover_text(about);
    }
}
