//! The filters of the list: a part of the presets, a category and a tag.

use egui::{RichText, ScrollArea, Ui};

use crate::editor::page_context::PageContext;
use crate::presets::Category;
use crate::presets::search::Shelf;

const SHELVES: [(Shelf, &str); 5] = [
    (Shelf::All, "All"),
    (Shelf::Factory, "Factory"),
    (Shelf::User, "My presets"),
    (Shelf::Favourites, "Favourites"),
    (Shelf::Recent, "Recent"),
];

/// Draws the filters.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>) {
    let colours = page.colours;
    let list = &mut page.browser.list;
    let title = |ui: &mut Ui, text: &str| {
        ui.label(RichText::new(text).size(13.0).color(colours.accent));
    };
    let item = |ui: &mut Ui, text: &str, chosen: bool| {
        let ink = if chosen { colours.window } else { colours.text };
        let text = RichText::new(text).color(ink);
        ui.selectable_label(chosen, text).clicked()
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        title(ui, "Presets");
        for (shelf, name) in SHELVES {
            if item(ui, name, list.query.shelf == shelf) {
                list.query.shelf = shelf;
            }
        }
        ui.add_space(6.0);
        title(ui, "Category");
        if item(ui, "Any category", list.query.category.is_none()) {
            list.query.category = None;
        }
        for category in Category::ALL {
            let chosen = list.query.category == Some(category);
            if item(ui, category.name(), chosen) {
                list.query.category = (!chosen).then_some(category);
            }
        }
        if list.tags().is_empty() {
            return;
        }
        ui.add_space(6.0);
        title(ui, "Tag");
        if item(ui, "Any tag", list.query.tag.is_none()) {
            list.query.tag = None;
        }
        let mut chosen = list.query.tag.clone();
        for (tag, count) in list.tags() {
            let is_chosen = chosen.as_ref() == Some(tag);
            if item(ui, &format!("{tag} ({count})"), is_chosen) {
                chosen = (!is_chosen).then(|| tag.clone());
            }
        }
        list.query.tag = chosen;
    });
}
