//! The matrix: a row for each slot, with the live values of its source and of what it adds.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::MatrixParameter::{Amount, Source, Via};

use super::destinations;
use crate::editor::controls::{choice, fader};
use crate::editor::page_context::PageContext;
use crate::editor::{card, layout};

const HEADS: [(&str, f32); 7] = [
    ("", 0.25),
    ("Source", 1.45),
    ("value", 0.7),
    ("via", 1.2),
    ("Destination", 1.6),
    ("Amount", 1.2),
    ("adds", 0.8),
];

/// Width of the numbers of the controllers.
const CONTROLLERS: f32 = 250.0;

/// Draws the table.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let colours = page.colours;
    let (line, mut room) = card::titled(ui, area, "Matrix", colours);
    let mut line = line;
    controllers(ui, page, layout::right(&mut line, CONTROLLERS, 8.0));
    let hint = "the bars show the newest note that sounds";
    card::note(ui, line, Align2::LEFT_CENTER, hint, colours);
    let shares = HEADS.map(|(_, share)| share);
    let heads = layout::top(&mut room, 14.0, 2.0);
    for ((name, _), cell) in HEADS.iter().zip(layout::columns(heads, shares, 6.0)) {
        card::note(ui, cell, Align2::LEFT_CENTER, name, colours);
    }
    for (slot, row) in layout::rows::<{ Parameter::MATRIX_SLOTS }>(room, 4.0)
        .into_iter()
        .enumerate()
    {
        let [number, source, at, via, destination, amount, adds] =
            layout::columns(row, shares, 6.0);
        let of = |parameter| Parameter::matrix_slot(slot, parameter);
        let used = page.destination(slot).is_some();
        let ink = if used { colours.accent } else { colours.quiet };
        let name = (slot + 1).to_string();
        card::write(ui, number, Align2::LEFT_CENTER, &name, card::SMALL, ink);
        choice::show(ui, page, source, of(Source));
        let of_source = page.monitor.source(page.choice(of(Source)));
        let told = format!("Source of slot {name}");
        let shown = match page.choice(of(Source)) {
            0 => Shown::Nothing,
            _ => of_source.map_or(Shown::Unknown, Shown::At),
        };
        bar(ui, at, shown, &told, page);
        choice::show(ui, page, via, of(Via));
        destinations::show(ui, page, destination, slot);
        fader::show(ui, page, amount, of(Amount));
        let known = of_source.and(page.monitor.source(page.choice(of(Via))));
        let told = format!("Slot {name} adds");
        let shown = match known {
            _ if !used => Shown::Nothing,
            Some(_) => Shown::At(page.monitor.slots[slot]),
            None => Shown::Unknown,
        };
        bar(ui, adds, shown, &told, page);
    }
}

/// Content of a bar.
#[derive(Clone, Copy)]
enum Shown {
    /// The slot is not in use.
    Nothing,
    /// The value belongs to a note, and no note sounds.
    Unknown,
    /// A value from −1 to 1.
    At(f32),
}

/// Draws a live value as a bar from the middle.
fn bar(ui: &mut Ui, area: Rect, shown: Shown, name: &str, page: &PageContext<'_>) {
    let colours = page.colours;
    let percent = match shown {
        Shown::At(value) => format!("{:.0} %", value * 100.0),
        Shown::Nothing | Shown::Unknown => "–".to_owned(),
    };
    let response = ui.allocate_rect(area, Sense::hover());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(percent.clone()),
        ..WidgetInfo::labeled(Role::Meter, true, name)
    });
    if let Shown::Unknown = shown {
        card::note(ui, area, Align2::CENTER_CENTER, "–", colours);
        response.on_hover_text(format!("{name}: – (no note is sounding)"));
        return;
    }
    let trough = layout::middle(area, area.width(), 6.0);
    let painter = ui.painter();
    painter.rect_filled(trough, 3.0, colours.trough);
    if let Shown::At(value) = shown {
        let middle = trough.center().x;
        let end = middle + value.clamp(-1.0, 1.0) * trough.width() / 2.0;
        let fill = Rect::from_x_y_ranges(middle.min(end)..=middle.max(end), trough.y_range());
        painter.rect_filled(fill, 2.0, colours.modulation);
        let mark = Rect::from_center_size(pos2(middle, trough.center().y), vec2(1.0, 10.0));
        painter.rect_filled(mark, 0.0, colours.quiet);
        response.on_hover_text(format!("{name}: {percent}"));
    }
}

/// Draws the numbers of the controllers that are sources A to D.
fn controllers(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let mut room = area;
    let name = layout::left(&mut room, 66.0, 4.0);
    card::note(ui, name, Align2::RIGHT_CENTER, "Controllers", page.colours);
    let cells = layout::columns(room, [1.0; Parameter::CONTROLLERS], 4.0);
    for (source, (mut cell, letter)) in cells.into_iter().zip(["A", "B", "C", "D"]).enumerate() {
        let letter_area = layout::left(&mut cell, 9.0, 2.0);
        card::note(ui, letter_area, Align2::LEFT_CENTER, letter, page.colours);
        fader::show(ui, page, cell, Parameter::controller(source));
    }
}
