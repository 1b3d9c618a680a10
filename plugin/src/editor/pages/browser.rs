//! The browser: filters on the left, the presets found in the middle, the chosen one on the right.

mod details;
mod filters;
mod form;
mod programs;
mod results;

use egui::{Popup, Rect, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, vec2};

use crate::editor::controls::choice;
use crate::editor::page_context::PageContext;
use crate::editor::presets::{self, PageRequest};
use crate::editor::theme::Colours;
use crate::editor::{card, layout};
use crate::presets::entry::PresetId;
use form::Form;

const FILTERS: f32 = 168.0;
const DETAILS: f32 = 300.0;

/// The page.
#[derive(Default)]
pub struct Page {
    /// Preset that the details show.
    selected: Option<PresetId>,
    results: results::Results,
    details: details::Details,
    /// Form in which a sound gets a name, while it is open.
    form: Option<Form>,
}

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
        if page.browser.request.take() == Some(PageRequest::SaveAs) {
            self.form = Some(Form::new(page));
        }
        if self.selected.is_none() {
            self.selected = presets::chosen(page.sound);
            self.results.reveal();
        }
        let mut room = area;
        let left = layout::left(&mut room, FILTERS, layout::GAP);
        let right = layout::right(&mut room, DETAILS, layout::GAP);
        within(ui, "filters", left, page, filters::show);
        within(ui, "results", room, page, |ui, page| {
            self.results.show(ui, page, &mut self.selected);
        });
        within(ui, "details", right, page, |ui, page| {
            match &mut self.form {
                Some(form) => {
                    if form.show(ui, page) {
                        self.form = None;
                        self.selected = presets::chosen(page.sound);
                    }
                }
                None => {
                    let asks = (self.details).show(ui, page, &mut self.selected);
                    if asks == Some(PageRequest::SaveAs) {
                        self.form = Some(Form::new(page));
                    }
                }
            }
        });
    }
}

/// Draws a card that fills `area`, with contents of egui's own layout.
fn within(
    ui: &mut Ui,
    name: &str,
    area: Rect,
    page: &mut PageContext<'_>,
    contents: impl FnOnce(&mut Ui, &mut PageContext<'_>),
) {
    let room = card::plain(ui, area, page.colours);
    ui.scope_builder(UiBuilder::new().max_rect(room).id_salt(name), |ui| {
        ui.set_clip_rect(room.expand(2.0).intersect(ui.clip_rect()));
        contents(ui, page);
    });
}

/// Draws a menu of `items` that is `width` wide and named `name`; returns the one that is clicked.
fn menu<T: Copy + PartialEq>(
    ui: &mut Ui,
    width: f32,
    name: &str,
    present: T,
    items: &[(T, &str)],
    colours: &Colours,
) -> Option<T> {
    let size = vec2(width, ui.spacing().interact_size.y);
    let (area, _) = ui.allocate_exact_size(size, Sense::hover());
    let text = items.iter().find(|(item, _)| *item == present);
    let text = text.map_or("", |(_, text)| text);
    let button = choice::button(ui, area, name, text, colours);
    let mut clicked = None;
    Popup::menu(&button).show(|ui| {
        for (item, text) in items {
            if choice::item(ui, text, *item == present, colours).clicked() {
                clicked = Some(*item);
            }
        }
    });
    clicked
}

/// Draws a field of text of `rows` lines, as wide as its area. `label` is its name for screen readers; `hint` stands in
/// it while it is empty.
fn field(ui: &mut Ui, label: &str, hint: &str, text: &mut String, rows: usize, colours: &Colours) {
    let edit = match rows {
        1 => TextEdit::singleline(text),
        _ => TextEdit::multiline(text).desired_rows(rows),
    };
    let edit = edit.background_color(colours.window).hint_text(hint);
    let response = ui.add(edit.desired_width(f32::INFINITY));
    response.widget_info(|| WidgetInfo {
        label: Some(label.to_owned()),
        ..WidgetInfo::text_edit(true, "", &*text, "")
    });
}
