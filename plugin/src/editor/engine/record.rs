//! The record of one block, in a window over the page.

use egui::{Align2, Context, Frame, Key, Rect, RichText, Ui, Window, pos2, vec2};
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::BlockRecord;

use super::table::{WHOLE, cell, columns, pair, row, swatch};
use super::{Choices, Subject, View, figures, module_colour, overruns, set_style};
use crate::editor::theme::Colours;

const WIDTH: f32 = 560.0;

impl Subject {
    fn block(&self) -> &BlockRecord {
        match self {
            Self::Overrun(overrun) => &overrun.block,
            Self::Block(block) => block,
        }
    }
}

/// Draws the window, if one is open.
pub fn show(context: &Context, view: &View, choices: &mut Choices, colours: &Colours) {
    let Some(subject) = choices.open else {
        return;
    };
    let mut open = !context.input(|input| input.key_pressed(Key::Escape));
    let name = format!("Block {}", subject.block().number);
    let name = RichText::new(name).size(14.0).color(colours.accent);
    let frame = Frame::window(&context.global_style()).inner_margin(14);
    Window::new(name)
        .id(egui::Id::unique("block record"))
        .open(&mut open)
        .frame(frame)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
        .show(context, |ui| {
            set_style(ui);
            ui.set_width(WIDTH);
            contents(ui, view, &subject, colours);
        });
    if !open {
        choices.open = None;
    }
}

fn contents(ui: &mut Ui, view: &View, subject: &Subject, colours: &Colours) {
    if let Subject::Overrun(overrun) = subject {
        let (_, colour) = overruns::verdict(overrun, colours);
        ui.colored_label(colour, overrun.explain(Module::name_at));
        ui.add_space(6.0);
    }
    let block = subject.block();
    ui.spacing_mut().item_spacing.x = 32.0;
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        fields(left, &times(block, subject), colours);
        fields(
            right,
            &deeds(block, view.overview.about.allocations_uncounted),
            colours,
        );
    });
    ui.spacing_mut().item_spacing.x = 6.0;
    ui.add_space(8.0);
    split(ui, view, subject, colours);
    if let Subject::Overrun(overrun) = subject {
        ui.add_space(8.0);
        ui.colored_label(colours.quiet, before(&overrun.before));
    }
}

fn fields(ui: &mut Ui, fields: &[(&str, String)], colours: &Colours) {
    for (name, value) in fields {
        pair(ui, name, value, colours.quiet, colours.text);
    }
}

fn times(block: &BlockRecord, subject: &Subject) -> Vec<(&'static str, String)> {
    let time = |nanos: u32| figures::time(f64::from(nanos));
    let budget = match subject {
        Subject::Overrun(overrun) => figures::time(overrun.budget as f64),
        Subject::Block(_) => "–".into(),
    };
    let ran = if block.cpu_least == block.cpu_most {
        time(block.cpu_most)
    } else {
        format!("{} to {}", time(block.cpu_least), time(block.cpu_most))
    };
    vec![
        ("Wall time", time(block.wall)),
        ("The thread ran", ran),
        ("Deadline", figures::time(block.deadline())),
        ("Budget", budget),
        ("Load", figures::percent(f64::from(block.load()))),
        ("Began late by", time(block.late)),
        ("Began at", format!("{:.3} s", block.start as f64 / 1e9)),
        ("Samples", block.samples.to_string()),
        ("Sample rate", format!("{} Hz", block.sample_rate)),
    ]
}

fn deeds(block: &BlockRecord, allocations_uncounted: bool) -> Vec<(&'static str, String)> {
    vec![
        ("Pieces", block.pieces.to_string()),
        ("Voices", block.voices.to_string()),
        ("Notes begun", block.notes.to_string()),
        ("Changes", block.changes.to_string()),
        ("Batches", block.batches.to_string()),
        ("Stream misses", block.stream_misses.to_string()),
        ("Tap drops", block.bridge_drops.to_string()),
        (
            "Allocations",
            match allocations_uncounted {
                true => "not counted".into(),
                false => block.allocations.to_string(),
            },
        ),
        ("Faults", block.faults.to_string()),
    ]
}

/// Draws the time of each module in the block and in the one before, and its usual time.
fn split(ui: &mut Ui, view: &View, subject: &Subject, colours: &Colours) {
    let block = subject.block();
    let before = match subject {
        Subject::Overrun(overrun) if overrun.before.number > 0 => Some(&overrun.before),
        _ => None,
    };
    let grid = columns([1.3, 1.0, 1.0, 1.0, 0.9]);
    // The bar is to the right of the figures.
    let narrow = |mut area: Rect| {
        area.max.x -= 140.0;
        area
    };
    let heads = narrow(row(ui));
    let names = [
        "Module",
        "Block before",
        "Usual (p99)",
        "This block",
        "Part",
    ];
    for (column, name) in grid.iter().zip(names) {
        cell(ui, heads, *column, name, colours.quiet);
    }
    let time = |nanos: u32| match nanos {
        0 => "–".to_string(),
        nanos => figures::time(f64::from(nanos)),
    };
    for (n, module) in Module::ALL.iter().enumerate() {
        let whole = row(ui);
        let area = narrow(whole);
        let spent = block.modules[n];
        let part = f64::from(spent) / f64::from(block.wall.max(1));
        let cells = [
            String::new(),
            before.map_or("–".into(), |before| time(before.modules[n])),
            time(view.overview.live.p99[n]),
            time(spent),
            figures::percent(part),
        ];
        swatch(ui, area, module_colour(n, colours));
        for ((column, text), shade) in grid
            .iter()
            .zip(&cells)
            .zip([false, false, false, true, true])
        {
            let colour = if shade { colours.text } else { colours.quiet };
            cell(ui, area, *column, text, colour);
        }
        let mut name = area;
        name.min.x += 14.0;
        cell(ui, name, WHOLE, module.name(), colours.quiet);
        let trough = Rect::from_min_max(
            pos2(area.right() + 12.0, whole.top() + 4.0),
            pos2(whole.right(), whole.bottom() - 4.0),
        );
        ui.painter().rect_filled(trough, 2.0, colours.trough);
        let width = trough.width() * (part as f32).clamp(0.0, 1.0);
        let bar = Rect::from_min_size(trough.min, vec2(width, trough.height()));
        ui.painter()
            .rect_filled(bar, 2.0, module_colour(n, colours));
    }
}

fn before(block: &BlockRecord) -> String {
    if block.number == 0 {
        return "There are no figures of the block before.".into();
    }
    format!(
        "Block {} before it: {} ({}), {} voices, {} notes, {} changes, {} drops, {} late.",
        block.number,
        figures::time(f64::from(block.wall)),
        figures::percent(f64::from(block.load())),
        block.voices,
        block.notes,
        block.changes,
        block.bridge_drops,
        figures::time(f64::from(block.late)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_not_taken_is_no_zero() {
        let block = BlockRecord::default();
        let shown = |uncounted| {
            let deeds = deeds(&block, uncounted);
            deeds
                .into_iter()
                .find(|(name, _)| *name == "Allocations")
                .map(|(_, value)| value)
        };
        assert_eq!(shown(true).as_deref(), Some("not counted"));
        assert_eq!(shown(false).as_deref(), Some("0"));
    }
}
