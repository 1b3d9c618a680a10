//! The counters of the bridge between the audio thread and the listener.

use std::time::Duration;

use egui::{RichText, Ui};

use super::table::pair;
use super::{View, figures, title};
use crate::editor::theme::Colours;

/// Draws the counters.
pub fn show(ui: &mut Ui, view: &View, colours: &Colours) {
    let Some(bridge) = &view.overview.bridge else {
        title(ui, "Bridge", colours, |_| {});
        ui.colored_label(colours.quiet, "This instance has no bridge.");
        return;
    };
    title(ui, "Bridge", colours, |ui| {
        let (text, colour) = match (bridge.consumer_gone, bridge.stalled) {
            (true, _) => ("consumer gone", colours.danger),
            (_, true) => ("stalled", colours.danger),
            _ => ("flowing", colours.quiet),
        };
        ui.label(RichText::new(text).color(colour));
    });
    let nanos = |time: Option<Duration>| figures::time(time.unwrap_or_default().as_nanos() as f64);
    let good = |name, value: u64| (name, figures::count(value), false);
    let bad = |name, value: u64| (name, figures::count(value), value > 0);
    let left = [
        good("Samples", bridge.samples.into()),
        good("Spares", bridge.spares.into()),
        good("Asked", bridge.acquires),
        good("Sent", bridge.sent),
        good("Received", bridge.received),
        good("Returned", bridge.returned),
        ("Mean", nanos(bridge.mean_acquire), false),
    ];
    let right = [
        (
            "Hits",
            figures::percent(bridge.hit_rate()),
            bridge.hit_rate() < 0.95,
        ),
        bad("Drops", bridge.drops),
        bad("Timeouts", bridge.timeouts),
        bad("Late", bridge.late),
        bad("Stalls", bridge.stalls),
        good("Resizes", bridge.resizes),
        ("Worst", nanos(bridge.worst_acquire), false),
    ];
    ui.spacing_mut().item_spacing.x = 16.0;
    ui.columns(2, |columns| {
        for (ui, pairs) in columns.iter_mut().zip([left, right]) {
            for (name, value, bad) in pairs {
                let colour = if bad { colours.warning } else { colours.text };
                let told = pair(ui, name, &value, colours.quiet, colour);
                told.on_hover_text(about(name));
            }
        }
    });
}

fn about(name: &str) -> &'static str {
    match name {
        "Samples" => "Samples that a frame holds.",
        "Spares" => "Frames in reserve, to replace frames that are written off.",
        "Asked" => "Frames that the audio thread requested.",
        "Sent" => "Frames sent to the listener.",
        "Received" => "Frames that the listener received.",
        "Returned" => "Frames that came back in time.",
        "Mean" => "Mean time to get a frame.",
        "Hits" => "Share of the requests for a frame that got one.",
        "Drops" => "Chunks of sound dropped because there was no frame.",
        "Timeouts" => "Frames written off because they did not come back in time.",
        "Late" => "Frames that came back after they were written off.",
        "Stalls" => "How often the listener fell behind.",
        "Resizes" => "Sets of frames made since the start, off the audio thread.",
        _ => "Longest time to get a frame.",
    }
}
