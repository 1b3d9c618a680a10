//! The form in which a sound gets its texts before it is saved.

use egui::{RichText, ScrollArea, Ui};

use super::{field, menu};
use crate::editor::page_context::PageContext;
use crate::editor::preset_list::Message;
use crate::editor::theme::Colours;
use crate::presets::store;
use crate::presets::{Category, Preset, texts};
use crate::settings;

/// Texts of a preset while they are typed.
pub struct Form {
    preset: Preset,
    /// Tags, separated by commas.
    tags: String,
    /// File of the user's preset that the sound came from.
    file: Option<store::PresetFile>,
}

impl Form {
    /// Makes the form of the present sound. A factory preset and the initial sound get a free name.
    pub fn new(page: &PageContext<'_>) -> Self {
        let origin = page.sound.origin();
        let loaded = origin.preset();
        let file = loaded.and_then(|loaded| loaded.file.clone());
        let list = &page.browser.list;
        let mut preset = match loaded {
            Some(loaded) => loaded.preset.clone(),
            None => origin.info().preset(page.sound.patch()),
        };
        if preset.name.is_empty() {
            preset.name = "New Sound".to_owned();
        }
        preset.name = list.free_name(&preset.name);
        if file.is_none() {
            // The sound becomes the player's own.
            preset.author = settings::get().author;
        }
        Self {
            tags: preset.tags.join(", "),
            preset,
            file,
        }
    }

    /// Draws the form; returns true if it is to be closed.
    pub fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>) -> bool {
        let colours = page.colours;
        let mut closes = false;
        ui.label(RichText::new("Save sound").size(13.0).color(colours.accent));
        let preset = &mut self.preset;
        ScrollArea::vertical()
            .max_height(ui.available_height() - 62.0)
            .auto_shrink(false)
            .show(ui, |ui| {
                named(ui, "Name", &mut preset.name, 1, colours);
                ui.horizontal(|ui| {
                    ui.label("Category");
                    let items = Category::ALL.map(|category| (category, category.name()));
                    let present = preset.category;
                    let chosen = menu(ui, 120.0, "Category", present, &items, colours);
                    preset.category = chosen.unwrap_or(present);
                });
                named(ui, "Author", &mut preset.author, 1, colours);
                named(ui, "Tags, separated by commas", &mut self.tags, 1, colours);
                named(ui, "Description", &mut preset.description, 3, colours);
                for (row, names) in preset.macros.chunks_mut(2).enumerate() {
                    ui.columns(2, |columns| {
                        for (place, (ui, name)) in columns.iter_mut().zip(names).enumerate() {
                            let label = format!("Macro {}", 2 * row + place + 1);
                            named(ui, &label, name, 1, colours);
                        }
                    });
                }
            });
        preset.tags = (self.tags.split(','))
            .map(texts::one_line)
            .filter(|tag| !tag.is_empty())
            .collect();
        preset.patch = page.sound.patch();
        let mut checked = preset.clone();
        checked.tidy();
        let mistake = checked.check().err();
        if let Some(mistake) = &mistake {
            ui.label(RichText::new(mistake).color(colours.danger));
        } else if let Some(Message::Failed(sentence)) = &page.browser.list.message {
            ui.label(RichText::new(sentence).color(colours.danger));
        }
        ui.horizontal(|ui| {
            let list = &mut page.browser.list;
            let mut saved = false;
            ui.add_enabled_ui(mistake.is_none(), |ui| {
                if ui.button("Save as new").clicked() {
                    saved = list.save_new(&checked, page.sound);
                }
                if let Some(file) = &self.file
                    && ui.button("Replace").on_hover_text(REPLACE).clicked()
                {
                    saved = list.overwrite(file, &checked, page.sound);
                }
            });
            if saved {
                settings::update(|settings| settings.author.clone_from(&checked.author));
            }
            closes = saved | ui.button("Cancel").clicked();
        });
        closes
    }
}

/// Draws a field of text of `rows` lines with its name above it.
fn named(ui: &mut Ui, label: &str, text: &mut String, rows: usize, colours: &Colours) {
    ui.label(RichText::new(label).small());
    field(ui, label, "", text, rows, colours);
}

const REPLACE: &str =
    "Saves over the user\u{2019}s preset that this sound came from, under the name above.";
