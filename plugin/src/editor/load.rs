//! The first row of metrics: load, worst block, voices, and what went wrong.

use super::Seen;
use super::theme::Colours;
use egui::{RichText, Ui};

/// A plugin shares the deadline with everything else: half of it is where it becomes a bad guest.
const WARNING: f32 = 0.5;
const DANGER: f32 = 1.0;

/// Draws what was `seen`.
pub(super) fn show(ui: &mut Ui, seen: &Seen, colours: &Colours) {
    let reading = &seen.reading;
    let shade = |ratio: f32| match ratio {
        r if r >= DANGER => colours.danger,
        r if r >= WARNING => colours.warning,
        _ => colours.text,
    };
    let faults = reading.muted_voices + reading.silenced + reading.panics + reading.scratch_refused;
    let tiles = [
        ("Load", percent(reading.load), shade(reading.load)),
        ("Worst block", percent(reading.worst), shade(reading.worst)),
        (
            "Worst so far",
            percent(reading.worst_ever),
            shade(reading.worst_ever),
        ),
        ("Voices", reading.voices.to_string(), colours.text),
        ("Tap drops", seen.tap_drops.to_string(), colours.text),
        (
            "Faults",
            faults.to_string(),
            if faults > 0 {
                colours.danger
            } else {
                colours.text
            },
        ),
    ];
    ui.columns(tiles.len(), |columns| {
        for (ui, (name, value, colour)) in columns.iter_mut().zip(tiles) {
            colours.card().show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.label(RichText::new(name).small().color(colours.quiet));
                ui.label(RichText::new(value).size(18.0).color(colour));
            });
        }
    });
}

/// Of the deadline; in steps that an eye can follow.
fn percent(ratio: f32) -> String {
    if ratio < 0.1 {
        format!("{:.1} %", ratio * 100.0)
    } else {
        format!("{:.0} %", ratio * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_loads_keep_a_decimal() {
        assert_eq!(percent(0.0123), "1.2 %");
        assert_eq!(percent(0.456), "46 %");
    }
}
