//! The presets found: search, order, and the list. A click or an arrow key loads a preset so that it can be heard; Enter
//! keeps it, Escape goes back to the sound before.

use egui::{
    Align, Align2, Key, Layout, Modifiers, Rect, Response, RichText, Role, ScrollArea, Sense, Ui,
    WidgetInfo, vec2,
};
use tidepool_dsp::Patch;

use super::{field, menu};
use crate::editor::origin::Origin;
use crate::editor::page_context::PageContext;
use crate::editor::sound::{Load, differences};
use crate::editor::{card, layout};
use crate::presets::entry::{Entry, PresetId};
use crate::presets::search::{Shelf, Sort};

const ROW: f32 = 22.0;
const STAR: f32 = 22.0;

const ORDERS: [(Sort, &str); 4] = [
    (Sort::Category, "Category"),
    (Sort::Name, "Name"),
    (Sort::Author, "Author"),
    (Sort::Date, "Newest"),
];

/// State of the list.
#[derive(Default)]
pub struct Results {
    /// Sound before the presets that were only listened to, with its origin.
    before: Option<(Patch, Origin)>,
    /// True if the list has to scroll to the selected preset.
    reveals: bool,
}

impl Results {
    /// Scrolls the list to the selected preset.
    pub fn reveal(&mut self) {
        self.reveals = true;
    }

    /// Draws the search and the list.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        page: &mut PageContext<'_>,
        selected: &mut Option<PresetId>,
    ) {
        let step = self.keys(ui, page);
        search(ui, page);
        ui.add_space(4.0);
        let list = &page.browser.list;
        let place = selected.as_ref().and_then(|id| list.place(id));
        if let Some(step) = step
            && list.count() > 0
        {
            let last = list.count() - 1;
            let next = place.map_or(0, |place| place.saturating_add_signed(step).min(last));
            let id = list.at(next).map(|entry| entry.id.clone());
            if let Some(id) = id {
                self.audition(&id, page);
                *selected = Some(id);
                self.reveals = true;
            }
        }
        self.rows(ui, page, selected);
    }

    /// Handles Enter and Escape; returns the steps that the arrow keys ask for.
    fn keys(&mut self, ui: &Ui, page: &mut PageContext<'_>) -> Option<isize> {
        let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
        let [up, down] = [Key::ArrowUp, Key::ArrowDown].map(pressed);
        if self.before.is_some() && pressed(Key::Enter) > 0 {
            self.before = None;
        }
        if self.before.is_some()
            && pressed(Key::Escape) > 0
            && let Some((patch, origin)) = self.before.take()
        {
            let name = format!("Back to {}", origin.name());
            let values = differences(page.sound, &patch);
            page.sound.load(Load::new(&values, origin, &name));
        }
        let step = down as isize - up as isize;
        (step != 0).then_some(step)
    }

    /// Loads a preset, and remembers the sound before the first of several.
    fn audition(&mut self, id: &PresetId, page: &mut PageContext<'_>) {
        if self.before.is_none() {
            self.before = Some((page.sound.patch(), page.sound.origin()));
        }
        page.browser.list.load(id, page.sound);
    }

    fn rows(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, selected: &mut Option<PresetId>) {
        let count = page.browser.list.count();
        if count == 0 {
            let colours = page.colours;
            let scans = page.browser.list.is_scanning();
            let text = if scans {
                "Reading files\u{2026}"
            } else {
                "No preset fits."
            };
            ui.label(RichText::new(text).color(colours.quiet));
            return;
        }
        let place = selected.as_ref().and_then(|id| page.browser.list.place(id));
        let mut scroll = ScrollArea::vertical().auto_shrink(false);
        if std::mem::take(&mut self.reveals)
            && let Some(place) = place
        {
            let middle = place as f32 * ROW - 5.0 * ROW;
            scroll = scroll.vertical_scroll_offset(middle.max(0.0));
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut clicked = None;
        let mut starred = None;
        scroll.show_rows(ui, ROW, count, |ui, rows| {
            for place in rows {
                let Some(entry) = page.browser.list.at(place) else {
                    continue;
                };
                let is_selected = selected.as_ref() == Some(&entry.id);
                let favourite = page.browser.list.is_favourite(&entry.id);
                let (star, row) = row(ui, page, entry, is_selected, favourite);
                if star.clicked() {
                    starred = Some((entry.id.clone(), !favourite));
                } else if row.clicked() {
                    clicked = Some(entry.id.clone());
                }
            }
        });
        if let Some((id, favourite)) = starred {
            page.browser.list.set_favourite(&id, favourite);
        }
        if let Some(id) = clicked {
            self.audition(&id, page);
            *selected = Some(id);
        }
    }
}

fn search(ui: &mut Ui, page: &mut PageContext<'_>) {
    let colours = page.colours;
    let list = &mut page.browser.list;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(list.query.shelf != Shelf::Recent, |ui| {
                let chosen = menu(ui, 92.0, "Order", list.query.sort, &ORDERS, colours);
                list.query.sort = chosen.unwrap_or(list.query.sort);
            });
            let count = list.count();
            let text = if list.is_scanning() {
                format!("{count}\u{2026}")
            } else {
                count.to_string()
            };
            ui.label(RichText::new(text).color(colours.quiet));
            let hint = "Search name, tag, category, author, description";
            field(ui, "Search", hint, &mut list.query.text, 1, colours);
        });
    });
    if let Some(problem) = list.problem() {
        ui.label(RichText::new(problem).color(colours.danger));
    }
}

/// Draws a preset of the list; returns the responses of its star and of the row.
fn row(
    ui: &mut Ui,
    page: &PageContext<'_>,
    entry: &Entry,
    selected: bool,
    favourite: bool,
) -> (Response, Response) {
    let colours = page.colours;
    let size = vec2(ui.available_width(), ROW);
    let (area, response) = ui.allocate_exact_size(size, Sense::click());
    response
        .widget_info(|| WidgetInfo::selected(Role::Button, true, selected, entry.name.as_str()));
    if selected {
        ui.painter().rect_filled(area, 4.0, colours.fill);
    } else if response.hovered() {
        ui.painter().rect_filled(area, 4.0, colours.trough);
    }
    let mut room = area.shrink2(vec2(4.0, 0.0));
    let star = layout::left(&mut room, STAR, 2.0);
    let star_response = ui.interact(star, response.id.with("star"), Sense::click());
    let label = if favourite {
        "No favourite any longer"
    } else {
        "Favourite"
    };
    star_response.widget_info(|| {
        let label = format!("{label}: {}", entry.name);
        WidgetInfo::selected(Role::Button, true, favourite, label)
    });
    let ink = if favourite {
        colours.warning
    } else {
        colours.quiet
    };
    paint_star(ui, star, favourite || star_response.hovered(), ink);
    let author = layout::right(&mut room, 110.0, 6.0);
    let category = layout::right(&mut room, 64.0, 6.0);
    let ink = if entry.error.is_some() {
        colours.danger
    } else {
        colours.text
    };
    card::write(ui, room, Align2::LEFT_CENTER, &entry.name, 13.0, ink);
    let ink = if selected {
        colours.text
    } else {
        colours.quiet
    };
    let note = |ui: &Ui, area: Rect, text: &str| {
        card::write(ui, area, Align2::LEFT_CENTER, text, card::SMALL, ink);
    };
    if entry.error.is_some() {
        note(ui, category, "damaged");
    } else {
        note(ui, category, entry.category.name());
        note(ui, author, &entry.author);
    }
    (star_response.on_hover_text(label), response)
}

fn paint_star(ui: &Ui, area: Rect, filled: bool, ink: egui::Color32) {
    use egui::{Shape, Stroke};
    let centre = area.center();
    let point = |n: usize| {
        let radius = if n.is_multiple_of(2) { 6.5 } else { 2.8 };
        let turn = std::f32::consts::PI * (n as f32 / 5.0 - 0.5);
        centre + radius * vec2(turn.cos(), turn.sin())
    };
    let points: Vec<_> = (0..10).map(point).collect();
    let painter = ui.painter();
    if filled {
        // A star is not convex: its points and its middle are filled by themselves.
        for n in (0..10).step_by(2) {
            let triangle = vec![points[n], points[(n + 1) % 10], points[(n + 9) % 10]];
            painter.add(Shape::convex_polygon(triangle, ink, Stroke::NONE));
        }
        let middle = (1..10).step_by(2).map(|n| points[n]).collect();
        painter.add(Shape::convex_polygon(middle, ink, Stroke::NONE));
    }
    painter.add(Shape::closed_line(points, Stroke::new(1.0, ink)));
}
