//! The engine page: the cost of blocks and modules, the causes of overruns, and the memory.
//!
//! Every panel is a function of the figures and of the choices on the page; what the page asks of the engine goes
//! through [`PageAction`]s. Nothing here depends on the plugin, so that the panels can be drawn without one.

mod alerts;
mod bridge;
mod changes;
mod faults;
mod figures;
mod histogram;
mod history_entry;
mod modules;
mod overruns;
mod pool;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod timeline;
mod toolbar;

use std::time::Duration;

use egui::{
    Align, Color32, FontId, Layout, Rect, RichText, ScrollArea, Sense, TextStyle, Ui, UiBuilder,
    pos2, vec2,
};
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{BlockRecord, Overrun};

use super::tab;
use super::theme::Colours;
use crate::telemetry::Overview;

/// Interval between updates of the figures, which could not be read if they changed more often.
const STEADY: Duration = Duration::from_millis(250);
/// Gap between panels.
const GAP: f32 = 8.0;
/// Heights of the rows from top to bottom; the row of modules and histogram gets the rest.
const TOOLBAR: f32 = 24.0;
const TIMELINE: f32 = 116.0;
const LATE: f32 = 122.0;
const MEMORY: f32 = 148.0;
/// Least height of the page.
const LEAST: f32 = 600.0;

/// Index of the tap's account in the statistics of the pool.
const TAP_ACCOUNT: usize = 1;

/// Figures that the panels show, all taken at one moment.
pub struct View {
    /// Overview of the instance.
    pub overview: Overview,
    /// Changes per second.
    pub change_rate: f32,
}

/// Action that the page asks of the engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PageAction {
    /// Restarts the statistics.
    Reset,
    /// Sets the budget to this fraction of the deadline.
    Budget(f32),
}

/// Choices on the page.
#[derive(Default)]
pub struct Choices {
    /// Budget as a fraction of the deadline.
    line: f32,
    paused: bool,
    /// Range of the timeline.
    reach: history_entry::HistoryRange,
    /// Chosen column of the timeline, counted back from the newest.
    back: Option<usize>,
    /// Span of the histogram.
    span: histogram::HistogramSpan,
    /// Block whose record is open.
    open: Option<Subject>,
    /// Button that has copied something, and the time.
    copied: Option<(&'static str, f64)>,
    actions: Vec<PageAction>,
}

/// Block whose record is open.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// A block over the budget, with the one before it and a verdict.
    Overrun(Overrun),
    /// Any other block.
    Block(BlockRecord),
}

/// The page: the figures that it shows, and the choices on it.
#[derive(Default)]
pub struct Page {
    shown: Option<View>,
    taken: Duration,
    choices: Choices,
}

impl Page {
    /// Returns true if new figures are to be shown at the time `now`.
    pub fn is_due(&self, now: Duration) -> bool {
        now.saturating_sub(self.taken) >= STEADY && !self.choices.paused
    }

    /// Returns true if the record of a block is open.
    pub fn has_window(&self) -> bool {
        self.choices.open.is_some()
    }

    /// Takes new figures at the time `now`, on a clock that never goes back, if they are due and the page is not
    /// paused.
    pub fn follow(&mut self, now: Duration, view: impl FnOnce() -> View) {
        if self.is_due(now) || self.shown.is_none() {
            self.taken = now;
            self.shown = Some(view());
        }
    }

    /// Draws the page with the budget `line`; returns the actions that it asks for.
    pub fn show(&mut self, ui: &mut Ui, line: f32, colours: &Colours) -> Vec<PageAction> {
        let Self {
            shown: Some(view),
            choices,
            ..
        } = self
        else {
            return Vec::new();
        };
        choices.line = line;
        let area = ui.max_rect();
        let room = vec2(area.width(), area.height().max(LEAST));
        // Panels need their height; a window that is too low scrolls.
        ScrollArea::vertical().id_salt("engine").show(ui, |ui| {
            let (place, _) = ui.allocate_exact_size(room, Sense::hover());
            ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
                lay_out(ui, view, choices, colours);
            });
        });
        record::show(ui.ctx(), view, choices, colours);
        std::mem::take(&mut choices.actions)
    }
}

fn lay_out(ui: &mut Ui, view: &View, choices: &mut Choices, colours: &Colours) {
    set_style(ui);
    let area = ui.max_rect();
    let [toolbar, strip, time, late, memory] = rows(area);
    ui.scope_builder(UiBuilder::new().max_rect(toolbar), |ui| {
        toolbar::show(ui, view, choices, colours);
    });
    card(ui, strip, colours, |ui| {
        timeline::show(ui, view, choices, colours);
    });
    let [left, right] = split(time, [1.55, 1.0]);
    card(ui, left, colours, |ui| {
        modules::show(ui, view, choices, colours);
    });
    card(ui, right, colours, |ui| {
        histogram::show(ui, view, choices, colours);
    });
    let [left, middle, right] = split(late, [2.3, 2.6, 1.0]);
    card(ui, left, colours, |ui| {
        overruns::show(ui, view, choices, colours);
    });
    card(ui, middle, colours, |ui| alerts::show(ui, view, colours));
    card(ui, right, colours, |ui| faults::show(ui, view, colours));
    let [left, middle, right] = split(memory, [2.1, 1.3, 1.0]);
    card(ui, left, colours, |ui| pool::show(ui, view, colours));
    card(ui, middle, colours, |ui| bridge::show(ui, view, colours));
    card(ui, right, colours, |ui| changes::show(ui, view, colours));
}

/// Sets a smaller text size than on the other pages, since there are more figures.
fn set_style(ui: &mut Ui) {
    let style = ui.style_mut();
    style
        .text_styles
        .insert(TextStyle::Body, FontId::proportional(12.0));
    style
        .text_styles
        .insert(TextStyle::Button, FontId::proportional(12.0));
    style
        .text_styles
        .insert(TextStyle::Small, FontId::proportional(10.5));
    style.spacing.item_spacing = vec2(6.0, 0.0);
    style.spacing.interact_size.y = 16.0;
    style.spacing.button_padding = vec2(5.0, 1.0);
    // Clicks choose whole rows, so the text in them is not selectable.
    style.interaction.selectable_labels = false;
}

fn rows(area: Rect) -> [Rect; 5] {
    let fixed = TOOLBAR + TIMELINE + LATE + MEMORY + 4.0 * GAP;
    let heights = [
        TOOLBAR,
        TIMELINE,
        (area.height() - fixed).max(0.0),
        LATE,
        MEMORY,
    ];
    let mut top = area.top();
    heights.map(|height| {
        let min = pos2(area.left(), top);
        top += height + GAP;
        Rect::from_min_size(min, vec2(area.width(), height))
    })
}

/// Splits a row into parts of these shares.
fn split<const N: usize>(row: Rect, shares: [f32; N]) -> [Rect; N] {
    let all: f32 = shares.iter().sum();
    let width = row.width() - GAP * (N - 1) as f32;
    let mut left = row.left();
    shares.map(|share| {
        let size = vec2((width * share / all).round(), row.height());
        let min = pos2(left, row.top());
        left += size.x + GAP;
        Rect::from_min_size(min, size)
    })
}

fn card(ui: &mut Ui, area: Rect, colours: &Colours, show: impl FnOnce(&mut Ui)) {
    ui.painter().rect_filled(area, 8.0, colours.card);
    let inside = area.shrink2(vec2(10.0, 7.0));
    ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| {
        ui.set_clip_rect(ui.clip_rect().intersect(area));
        show(ui);
    });
}

/// Draws the first line of a card: its name on the left, and `more` on the right, from right to left.
fn title(ui: &mut Ui, name: &str, colours: &Colours, more: impl FnOnce(&mut Ui)) {
    let size = vec2(ui.available_width(), 18.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.label(
            RichText::new(name)
                .size(13.0)
                .strong()
                .color(colours.accent),
        );
        ui.with_layout(Layout::right_to_left(Align::Center), more);
    });
    ui.add_space(2.0);
}

/// Draws buttons in a title, of which one is selected; returns true if the selection has changed.
fn toggle<T: Copy + PartialEq>(
    ui: &mut Ui,
    chosen: &mut T,
    names: &[(T, &str)],
    colours: &Colours,
) -> bool {
    let before = *chosen;
    // The right part of a title is laid out from right to left.
    for (value, name) in names.iter().rev() {
        tab::show(ui, chosen, *value, name, colours);
    }
    *chosen != before
}

/// Returns the colour of a module: the palette of Okabe and Ito, which colour-blind readers can tell apart, then the
/// same colours paler. The metrics, which only measure the other modules, have a grey outside of it.
fn module_colour(module: usize, colours: &Colours) -> Color32 {
    if module == Module::Metrics as usize {
        return colours.quiet.lerp_to_gamma(colours.card, 0.55);
    }
    let colour = colours.series[module % colours.series.len()];
    if module < colours.series.len() {
        colour
    } else {
        colour.lerp_to_gamma(colours.card, 0.45)
    }
}
