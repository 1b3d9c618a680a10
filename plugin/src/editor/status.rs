//! The right end of the tabs' line: the MIDI controllers, the voices, the lamp of missed deadlines, and the scale of the window.

use std::time::Duration;

use egui::{
    Align2, Color32, Popup, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use tidepool_dsp::rt::metrics::{Overrun, Verdict};

use super::controls::choice;
use super::pages::Tab;
use super::theme::Colours;
use super::{UiActions, UiState, card, layout, midi_list, scale};
use crate::telemetry::Overview;

/// Width of everything here.
pub const WIDTH: f32 = 222.0;
const SCALE: f32 = 66.0;
const LAMP: f32 = 22.0;
/// Interval between updates of the figures in the lamp's hint.
const HINT: Duration = Duration::from_millis(500);
/// Nanoseconds for which the lamp shows a missed deadline.
const MINUTE: u64 = 60_000_000_000;

/// Draws controllers, voices, lamp and scale into `area`.
pub fn show(ui: &mut Ui, state: &UiState<'_>, actions: &mut UiActions<'_>, area: Rect) {
    let colours = actions.theme.colours();
    let mut room = area;
    let midi = layout::left(&mut room, midi_list::WIDTH, 4.0).shrink2(vec2(0.0, 1.0));
    actions.edit(|_, _, sound| midi_list::show(ui, midi, sound, colours));
    let menu = layout::right(&mut room, SCALE, 6.0).shrink2(vec2(0.0, 1.0));
    let response = choice::bare(ui, menu, "Size", &percent(state), &percent(state), colours);
    let response = response.on_hover_text(SIZE);
    Popup::menu(&response).show(|ui| {
        for step in scale::STEPS {
            let chosen = percent_of(state.scale) == step;
            if choice::item(ui, &format!("{step} %"), chosen, colours).clicked() {
                *actions.scale = Some(step);
            }
        }
    });
    let missed = missed(state.overview);
    let place = layout::right(&mut room, LAMP, 4.0);
    if lamp(ui, place, state.overview, missed, colours).clicked() {
        *actions.tab = Tab::Engine;
    }
    let voices = match state.overview.live.voices {
        1 => "1 voice".to_owned(),
        n => format!("{n} voices"),
    };
    card::write(ui, room, Align2::RIGHT_CENTER, &voices, 11.5, colours.quiet);
}

fn percent_of(scale: f32) -> u32 {
    (scale * 100.0).round() as u32
}

fn percent(state: &UiState<'_>) -> String {
    format!("{} %", percent_of(state.scale))
}

/// Draws the lamp: grey, or amber while Tidepool itself has missed a deadline within the last minute.
fn lamp(
    ui: &mut Ui,
    area: Rect,
    overview: &Overview,
    missed: usize,
    colours: &Colours,
) -> Response {
    let response = ui.interact(area, ui.scope_id().with("lamp"), Sense::click());
    let told = match missed {
        0 => "No block was late through Tidepool within the last minute.".to_owned(),
        1 => "A block was late through Tidepool within the last minute.".to_owned(),
        n => format!("{n} blocks were late through Tidepool within the last minute."),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &told));
    let painter = ui.painter();
    let centre = pos2(area.center().x.round(), area.center().y.round());
    let (fill, line): (Color32, Color32) = match missed {
        0 => (colours.trough, colours.quiet),
        _ => (colours.warning, colours.warning),
    };
    painter.circle(centre, 4.5, fill, Stroke::new(1.0, line));
    // The shape tells it, too, to those who cannot tell the colours apart.
    if missed > 0 {
        painter.line_segment(
            [centre - vec2(0.0, 2.5), centre + vec2(0.0, 0.5)],
            Stroke::new(1.5, colours.window),
        );
        painter.circle_filled(centre + vec2(0.0, 2.5), 0.9, colours.window);
    }
    if response.hovered() || response.has_focus() {
        painter.circle_stroke(centre, 7.5, Stroke::new(1.0, colours.accent));
    }
    if response.hovered() {
        // The hint shows figures that change all the time.
        ui.ctx().request_repaint_after(HINT);
    }
    let second = &overview.live.last_second;
    response.on_hover_text(format!(
        "{told} Load {:.1} %, slowest block of the last second {:.1} % of its deadline. A click opens the Engine page.",
        second.mean_load() * 100.0,
        second.worst.load() * 100.0,
    ))
}

/// Returns the number of blocks of the last minute that missed their deadline because the engine computed too long.
/// Blocks that waited for the processor, as beside a compiler, are none of Tidepool's.
pub fn missed(overview: &Overview) -> usize {
    if overview.about.offline {
        return 0;
    }
    let now = overview.last_block().start;
    let own = |overrun: &&Overrun| {
        let block = &overrun.block;
        block.number > 0
            && block.load() >= 1.0
            && now.saturating_sub(block.start) < MINUTE
            && matches!(overrun.verdict(), Verdict::Module(_) | Verdict::Load)
    };
    overview.log.overruns.iter().filter(own).count()
}

const SIZE: &str =
    "Scale of the window. Drag the corner of the window for more room at the same scale.";
