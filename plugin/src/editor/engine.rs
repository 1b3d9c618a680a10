//! The engine page: what each block costs, why some are late, and where the memory is.
//!
//! Every panel is a function of what it shows and of what was chosen on the page; what it asks of the engine
//! goes through [`PageAction`]es. Nothing here knows of a plugin, so that the panels can be drawn without one.

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

use egui::{Align, Color32, FontId, Layout, Rect, RichText, TextStyle, Ui, UiBuilder, pos2, vec2};
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::{BlockRecord, Overrun};

use super::tab;
use super::theme::Colours;
use crate::observer::Overview;

/// Figures change at most four times a second, or nobody could read them.
const STEADY: Duration = Duration::from_millis(250);
/// Between two pictures, so that one of them comes soon after the figures are due.
pub const FRAME: Duration = Duration::from_millis(STEADY.as_millis() as u64 / 2);
/// Between panels.
const GAP: f32 = 8.0;
/// Heights from top to bottom: what tells of time gets what the others leave.
const TOOLBAR: f32 = 24.0;
const TIMELINE: f32 = 116.0;
const LATE: f32 = 122.0;
const MEMORY: f32 = 148.0;

/// In the pool's accounts, the tap's frames.
const TAP_ACCOUNT: usize = 1;

/// What the panels show, at one moment.
pub struct View {
    /// Everything that is known of the instance.
    pub overview: Overview,
    /// Changes a second.
    pub change_rate: f32,
}

/// What a person asks of the engine here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PageAction {
    /// Statistics start over.
    Reset,
    /// The budget becomes this part of the deadline.
    Budget(f32),
}

/// What is chosen on the page.
#[derive(Default)]
pub struct Choices {
    /// The budget as a part of the deadline.
    line: f32,
    paused: bool,
    /// What the strip reaches over.
    reach: history_entry::HistoryRange,
    /// Columns of the strip that lie between the chosen one and now.
    back: Option<usize>,
    /// What the histogram reaches over.
    span: histogram::HistogramSpan,
    /// The block whose record is open.
    open: Option<Subject>,
    /// The button that copied something, and when.
    copied: Option<(&'static str, f64)>,
    actions: Vec<PageAction>,
}

/// The block whose record is open.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// A block over the budget, with the one before it and a verdict.
    Overrun(Overrun),
    /// Any other.
    Block(BlockRecord),
}

/// The page: what it shows, and what is chosen on it.
#[derive(Default)]
pub struct Page {
    shown: Option<View>,
    taken: Duration,
    choices: Choices,
}

impl Page {
    /// Takes what is there `now`, on a clock that never goes back, unless what is shown is to stay.
    pub fn follow(&mut self, now: Duration, view: impl FnOnce() -> View) {
        let due = now.saturating_sub(self.taken) >= STEADY && !self.choices.paused;
        if due || self.shown.is_none() {
            self.taken = now;
            self.shown = Some(view());
        }
    }

    /// Draws the page while the budget is `line`; answers what is asked of the engine.
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
        lay_out(ui, view, choices, colours);
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

/// A little smaller than on the other page: here are more figures.
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
    // What is clicked here are rows, not the words in them.
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

/// Parts of a row in these shares.
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

/// The first line of a card: its name on the left, and something on the right, from right to left.
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

/// Buttons of which one is down, in a title; answers whether that is another one now.
fn toggle<T: Copy + PartialEq>(
    ui: &mut Ui,
    chosen: &mut T,
    names: &[(T, &str)],
    colours: &Colours,
) -> bool {
    let before = *chosen;
    // The right part of a title grows to the left.
    for (value, name) in names.iter().rev() {
        tab::show(ui, chosen, *value, name, colours);
    }
    *chosen != before
}

/// The name of a module by its number.
fn module_name(module: usize) -> &'static str {
    Module::at(module).map_or("?", Module::name)
}

/// The colour of a module: those of Okabe and Ito, which all eyes tell apart, and the same again paler.
/// What only takes note of the others is grey, and none of them.
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
