//! The row of metrics on the play page: load, worst blocks, voices, changes, tap drops and faults.

use std::time::Duration;

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Rect, RichText, Sense, TextStyle, Ui, UiBuilder, pos2, vec2};

use super::UiState;
use super::theme::Colours;

/// Gap between tiles.
const GAP: f32 = 8.0;
/// Height of a tile.
const HEIGHT: f32 = 54.0;
/// Width of the tile with two numbers, relative to the others.
const DOUBLE: f32 = 1.7;
/// Time for which a rate is shown, so that it can be read.
const SECOND: Duration = Duration::from_secs(1);

/// Load from which the colour is a warning: the host and other plugins share the deadline.
const WARNING: f32 = 0.5;
const DANGER: f32 = 1.0;

/// Draws the tiles for `state`.
pub(super) fn show(ui: &mut Ui, state: &UiState<'_>, colours: &Colours) {
    let live = &state.overview.live;
    let totals = &live.totals;
    let second = &live.last_second;
    let (load, worst) = (second.mean_load() as f32, second.worst.load());
    let worst_so_far = live.since_reset.worst.load();
    let shade = |ratio: f32| match ratio {
        r if r >= DANGER => colours.danger,
        r if r >= WARNING => colours.warning,
        _ => colours.text,
    };
    let faults = totals.faults();
    let faults_shade = if faults > 0 {
        colours.danger
    } else {
        colours.text
    };
    let coalesced = percent(part(totals.coalesced, totals.changes));
    let plain = |name, value: String, colour, tip: &str| Tile {
        name,
        value,
        colour,
        more: String::new(),
        tip: tip.to_owned(),
    };
    let tiles = [
        plain("Load", percent(load), shade(load), LOAD),
        plain("Worst block", percent(worst), shade(worst), WORST),
        plain(
            "Worst so far",
            percent(worst_so_far),
            shade(worst_so_far),
            WORST_SO_FAR,
        ),
        plain("Voices", live.voices.to_string(), colours.text, VOICES),
        Tile {
            more: format!("{coalesced} coalesced"),
            tip: format!(
                "Changes of parameters, controllers and expressions per second, and the share of all {} that \
                 a later one replaced. A batch holds up to {} at present.",
                totals.changes, totals.batch_limit
            ),
            ..plain("Changes", per_second(state.change_rate), colours.text, "")
        },
        plain(
            "Tap drops",
            totals.bridge_drops.to_string(),
            colours.text,
            TAP_DROPS,
        ),
        plain("Faults", faults.to_string(), faults_shade, FAULTS),
    ];
    let weights: f32 = tiles.iter().map(Tile::weight).sum();
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let unit = (row.width() - GAP * (tiles.len() - 1) as f32) / weights;
    let mut left = row.left();
    for tile in tiles {
        let size = vec2(unit * tile.weight(), HEIGHT);
        tile.show(
            ui,
            Rect::from_min_size(pos2(left, row.top()), size),
            colours,
        );
        left += size.x + GAP;
    }
}

const LOAD: &str = "Mean share of the deadline that the blocks of the last second took.";
const WORST: &str = "Share of its deadline that the slowest block of the last second took.";
const WORST_SO_FAR: &str =
    "Share of its deadline that the slowest block took since the last Reset on the Engine page.";
const VOICES: &str = "Voices that sound at this moment.";
const TAP_DROPS: &str = "Chunks of sound that the meters missed. The output is complete.";
const FAULTS: &str =
    "Errors that were caught, such as a NaN or a panic. The Engine page lists them.";

/// A tile: a number and its name.
struct Tile {
    name: &'static str,
    value: String,
    colour: Color32,
    /// Smaller text beside the number.
    more: String,
    tip: String,
}

impl Tile {
    fn weight(&self) -> f32 {
        if self.more.is_empty() { 1.0 } else { DOUBLE }
    }

    fn show(self, ui: &mut Ui, area: Rect, colours: &Colours) {
        let shown = ui.scope_builder(UiBuilder::new().max_rect(area), |ui| {
            colours.card().show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.label(RichText::new(self.name).small().color(colours.quiet));
                // One layout puts both texts on one line. The small text is centred in a higher line of its own, or
                // it would stand lower by the difference of the descenders.
                let mut line = LayoutJob::default();
                let value = TextFormat::simple(FontId::proportional(18.0), self.colour);
                let small = TextStyle::Small.resolve(ui.style());
                let more = TextFormat {
                    line_height: Some(small.size + 5.0),
                    ..TextFormat::simple(small, colours.quiet)
                };
                line.append(&self.value, 0.0, value);
                line.append(&self.more, 6.0, more);
                ui.label(line);
            });
        });
        if !self.tip.is_empty() {
            shown.response.on_hover_text(self.tip);
        }
    }
}

/// Changes per second, over the last complete second.
#[derive(Debug, Default)]
pub(super) struct Rate {
    since: Duration,
    counted: u64,
    shown: f32,
}

impl Rate {
    /// Returns the rate to show at the time `now`, on a clock that never goes back.
    pub(super) fn of(&mut self, changes: u64, now: Duration) -> f32 {
        let elapsed = now.saturating_sub(self.since);
        if elapsed >= SECOND {
            let counted = changes.saturating_sub(self.counted);
            // The window was closed in between, and the average over that time is of no use.
            self.shown = if elapsed < 2 * SECOND {
                counted as f32 / elapsed.as_secs_f32()
            } else {
                0.0
            };
            self.since = now;
            self.counted = changes;
        }
        self.shown
    }
}

/// Formats a rate per second with at most four digits.
fn per_second(rate: f32) -> String {
    match rate {
        r if r < 9_999.5 => format!("{r:.0} /s"),
        r => format!("{:.0} k/s", r / 1_000.0),
    }
}

fn part(of: u64, all: u64) -> f32 {
    of as f32 / all.max(1) as f32
}

/// Formats a fraction of the deadline, in steps that the eye can follow.
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

    #[test]
    fn rates_have_four_digits_at_most() {
        let said = [0.0, 1.4, 9_999.4, 9_999.6, 123_456.0].map(per_second);
        assert_eq!(said, ["0 /s", "1 /s", "9999 /s", "10 k/s", "123 k/s"]);
        assert_eq!((part(0, 0), part(1, 4)), (0.0, 0.25));
    }

    #[test]
    fn a_rate_is_that_of_the_last_second_and_holds_for_the_next() {
        let mut rate = Rate::default();
        let mut at = |millis, changes| rate.of(changes, Duration::from_millis(millis));
        assert_eq!(at(0, 0), 0.0);
        assert_eq!(at(990, 400), 0.0);
        assert_eq!(at(1_000, 500), 500.0);
        assert_eq!(at(1_990, 9_000), 500.0);
        assert_eq!(at(2_250, 9_000), 6_800.0);
        // The window was closed for a minute.
        assert_eq!(at(62_250, 900_000), 0.0);
        assert_eq!(at(63_250, 900_010), 10.0);
    }
}
