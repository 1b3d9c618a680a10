//! The table of modules, with the cost of each.

use egui::{Color32, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo};
use tidepool_dsp::Module;
use tidepool_dsp::rt::metrics::MAX_MODULES;

use super::history_entry::{HistoryEntry, chosen};
use super::table::{Column, cell, columns, row, swatch};
use super::{Choices, TAP_ACCOUNT, View, figures, module_colour, title};
use crate::editor::theme::Colours;

const HEADS: [(&str, &str); 8] = [
    (
        "Module",
        "Parts of the engine, in the order in which they run.",
    ),
    ("Block", "Time in an average block of the last second."),
    ("Load", "The same time in percent of the deadline."),
    (
        "p99",
        "99 of 100 blocks take less time than this in the module.",
    ),
    (
        "Of worst",
        "The module's share of the worst block of the last minute.",
    ),
    (
        "Per voice",
        "Time for each voice and sample in the last second.",
    ),
    (
        "Memory",
        "Memory that the module holds, where it is known. In the row All: memory that the pool holds.",
    ),
    (
        "Faults",
        "NaN or infinite values that came out of the module. The row All adds panics and refusals of scratch memory.",
    ),
];
/// Lowest edge of the modules' histograms, in nanoseconds; shorter times cannot be distinguished from 0.
const LEAST: u32 = 256;
/// Width of the scroll bar beside the figures.
const BAR: f32 = 10.0;
const SHARES: [f32; 8] = [1.75, 1.2, 1.1, 1.2, 1.1, 1.2, 1.15, 0.85];

/// Row of figures, as text.
struct ModuleRow {
    name: &'static str,
    swatch: Option<Color32>,
    cells: [String; 7],
    faults: u64,
}

/// Draws the table, of the last second or of the chosen entry of the history.
pub fn show(ui: &mut Ui, view: &View, choices: &Choices, colours: &Colours) {
    let chosen = chosen(view, choices);
    title(ui, "Modules", colours, |ui| {
        let (text, colour) = match &chosen {
            Some((_, ago)) => (ago.as_str(), colours.warning),
            None => ("last second", colours.quiet),
        };
        ui.label(RichText::new(text).color(colour));
    });
    let grid = columns(SHARES);
    let entry = chosen.map(|(entry, _)| entry);
    let (all, rows) = rows(view, entry, colours);
    // The heads and the row of all modules stay when the others scroll.
    ui.scope(|ui| {
        ui.set_max_width(ui.available_width() - BAR);
        let heads = row(ui);
        for (column, (head, about)) in grid.iter().zip(HEADS) {
            let colour = colours.quiet;
            cell(ui, heads, *column, head, colour).on_hover_text(about);
        }
        show_row(ui, &grid, &all, colours);
    });
    let scrolled = ScrollArea::vertical().id_salt("modules");
    scrolled.auto_shrink([false, true]).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - BAR);
        for line in &rows {
            show_row(ui, &grid, line, colours);
        }
    });
}

fn show_row(ui: &mut Ui, grid: &[Column; 8], line: &ModuleRow, colours: &Colours) {
    let area = row(ui);
    let mut name = area;
    if let Some(colour) = line.swatch {
        swatch(ui, area, colour);
        name.min.x += 14.0;
    }
    let first = Column {
        to: grid[0].to * area.width() / name.width(),
        ..grid[0]
    };
    cell(ui, name, first, line.name, colours.text);
    for (n, (column, text)) in grid[1..].iter().zip(&line.cells).enumerate() {
        let colour = match text.as_str() {
            "–" => colours.quiet,
            _ if n == 6 && line.faults > 0 => colours.danger,
            _ => colours.text,
        };
        cell(ui, area, *column, text, colour);
    }
    let told = format!("{}: {}", line.name, line.cells.join(", "));
    let whole = ui.interact(area, ui.scope_id().with(line.name), Sense::hover());
    whole.widget_info(|| WidgetInfo::labeled(Role::Row, true, &told));
}

/// Returns the row of all modules together, and the row of each.
fn rows(
    view: &View,
    entry: Option<HistoryEntry>,
    colours: &Colours,
) -> (ModuleRow, Vec<ModuleRow>) {
    let live = &view.overview.live;
    let second = &live.last_second;
    let worst = &live.last_minute.worst;
    let known = |value: f64, text: fn(f64) -> String| {
        if value > 0.0 {
            text(value)
        } else {
            "–".into()
        }
    };
    let line = |name, swatch, cost: Cost| ModuleRow {
        name,
        swatch,
        faults: cost.faults,
        cells: [
            known(cost.block, figures::time),
            known(cost.load, figures::percent),
            known(f64::from(cost.p99), figures::time),
            known(cost.of_worst, figures::percent),
            known(cost.per_voice, figures::per_voice),
            cost.memory.map_or("–".into(), figures::memory),
            figures::count(cost.faults),
        ],
    };
    let modules = Module::ALL.iter().enumerate().take(MAX_MODULES);
    let rows: Vec<_> = modules
        .map(|(n, module)| {
            let (block, load, per_voice) = match &entry {
                None => (
                    second.modules[n] as f64 / (second.blocks as f64).max(1.0),
                    second.module_load(n),
                    second.modules[n] as f64 / (second.voice_samples as f64).max(1.0),
                ),
                Some(HistoryEntry::Block(block)) => {
                    let nanos = f64::from(block.modules[n]);
                    let voiced = f64::from(block.samples) * f64::from(block.voices);
                    (
                        nanos,
                        nanos / block.deadline().max(1.0),
                        nanos / voiced.max(1.0),
                    )
                }
                Some(HistoryEntry::Span(point)) => {
                    let (load, voice) = (point.modules[n], point.per_voice[n]);
                    (0.0, f64::from(load), f64::from(voice))
                }
            };
            let cost = Cost {
                block,
                load,
                // A module that has not run has no p99.
                p99: match live.p99[n] {
                    ..=LEAST if load == 0.0 => 0,
                    p99 => p99,
                },
                of_worst: f64::from(worst.modules[n]) / f64::from(worst.wall.max(1)),
                per_voice: if voiced(view, &entry) { per_voice } else { 0.0 },
                memory: memory(view, *module),
                faults: live.totals.not_finite[n],
            };
            line(module.name(), Some(module_colour(n, colours)), cost)
        })
        .collect();
    let (block, load) = match &entry {
        None => (
            second.wall as f64 / (second.blocks as f64).max(1.0),
            second.mean_load(),
        ),
        Some(HistoryEntry::Block(block)) => (f64::from(block.wall), f64::from(block.load())),
        Some(HistoryEntry::Span(point)) => (0.0, f64::from(point.load)),
    };
    let held = view.overview.pool.as_ref().map(|pool| pool.bytes as u64);
    let all = line(
        "All",
        None,
        Cost {
            block,
            load,
            memory: held,
            faults: live.totals.faults(),
            ..Cost::default()
        },
    );
    (all, rows)
}

/// Figures of a row, times in nanoseconds; 0 is not shown.
#[derive(Default)]
struct Cost {
    block: f64,
    load: f64,
    p99: u32,
    of_worst: f64,
    per_voice: f64,
    memory: Option<u64>,
    faults: u64,
}

/// Returns true if there was a voice to share the cost between.
fn voiced(view: &View, entry: &Option<HistoryEntry>) -> bool {
    match entry {
        None => view.overview.live.last_second.voice_samples > 0,
        Some(HistoryEntry::Block(block)) => block.voices > 0,
        Some(HistoryEntry::Span(point)) => point.voices > 0.0,
    }
}

/// Returns the bytes that `module` holds, where they are known.
fn memory(view: &View, module: Module) -> Option<u64> {
    let pool = view.overview.pool.as_ref()?;
    let frames = pool.by_account[TAP_ACCOUNT] as u64;
    (module == Module::Tap).then_some(frames)
}
