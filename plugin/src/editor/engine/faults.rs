//! Counters of faults, which should never happen.

use egui::Ui;

use super::table::pair;
use super::{View, figures, title};
use crate::editor::theme::Colours;

const ALLOCATIONS: &str = "Allocations";
const NOT_COUNTED: &str =
    "A debug build does not count: it aborts at the first allocation on the audio thread.";

/// Draws the counters, all since the instance was made.
pub fn show(ui: &mut Ui, view: &View, colours: &Colours) {
    title(ui, "Faults", colours, |_| {});
    let totals = &view.overview.live.totals;
    let rows = [
        ("Panics", totals.panics, "Panics that were caught."),
        (
            "Not finite",
            totals.not_finite.iter().sum(),
            "NaN or infinite values that came out of a module.",
        ),
        (
            "Silenced",
            totals.silenced,
            "NaN or infinite samples and events from outside, which were silenced.",
        ),
        (
            "Misses",
            totals.stream_misses,
            "Times that a stream had no samples ready.",
        ),
        (
            ALLOCATIONS,
            totals.allocations,
            "Calls of the allocator on the audio thread.",
        ),
    ];
    for (name, count, about) in rows {
        if name == ALLOCATIONS && view.overview.about.allocations_uncounted {
            let told = pair(ui, name, "not counted", colours.quiet, colours.quiet);
            told.on_hover_text(NOT_COUNTED);
            continue;
        }
        let colour = if count > 0 {
            colours.danger
        } else {
            colours.text
        };
        let told = pair(ui, name, &figures::count(count), colours.quiet, colour);
        told.on_hover_text(about);
    }
}
