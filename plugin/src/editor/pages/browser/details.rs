//! The chosen preset: its texts, and what can be done with it, with the sound, and with the user's folder.

use egui::{CollapsingHeader, RichText, ScrollArea, Ui};

use super::field;
use super::programs::ProgramList;
use crate::editor::page_context::PageContext;
use crate::editor::preset_list::{Message, PresetList, PresetPlaces};
use crate::editor::presets::PageRequest;
use crate::editor::theme::Colours;
use crate::presets::entry::PresetId;
use crate::settings;
use crate::user_folder;

/// Text fields of the card.
#[derive(Default)]
pub struct Details {
    /// Preset that is being renamed, and the name so far.
    rename: Option<(PresetId, String)>,
    import: String,
    export: String,
    folder: String,
    programs: ProgramList,
}

impl Details {
    /// Draws the card; returns the form that it asks for.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        page: &mut PageContext<'_>,
        selected: &mut Option<PresetId>,
    ) -> Option<PageRequest> {
        let mut asks = None;
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            message(ui, page);
            if let Some(id) = selected.clone() {
                self.chosen(ui, page, &id, selected);
            } else {
                ui.label(RichText::new("Choose a preset.").color(page.colours.quiet));
            }
            ui.separator();
            asks = sound(ui, page);
            ui.separator();
            self.files(ui, page, selected.as_ref());
        });
        asks
    }

    /// Draws the texts of the preset `id`, and what can be done with it.
    fn chosen(
        &mut self,
        ui: &mut Ui,
        page: &mut PageContext<'_>,
        id: &PresetId,
        selected: &mut Option<PresetId>,
    ) {
        let colours = page.colours;
        let list = &mut page.browser.list;
        let Some(entry) = list.get(id).cloned() else {
            ui.label(RichText::new("The file is gone.").color(colours.quiet));
            return;
        };
        let name = RichText::new(&entry.name).size(18.0).strong();
        ui.label(name);
        if let Some(error) = &entry.error {
            ui.label(RichText::new(error.to_string()).color(colours.danger));
        } else {
            let by = match entry.author.is_empty() {
                true => entry.category.name().to_owned(),
                false => format!("{} by {}", entry.category, entry.author),
            };
            ui.label(RichText::new(by).color(colours.quiet));
            if !entry.tags.is_empty() {
                ui.label(RichText::new(entry.tags.join(", ")).color(colours.quiet));
            }
            ui.add_space(4.0);
            ui.label(&entry.description);
        }
        ui.add_space(6.0);
        if let Some((_, name)) = self.rename.as_mut().filter(|(of, _)| of == id) {
            typed(ui, "New name", name, colours);
            let (mut done, mut dropped) = (false, false);
            ui.horizontal(|ui| {
                done = ui.button("Rename").clicked();
                dropped = ui.button("Cancel").clicked();
            });
            let name = name.clone();
            if done && let Some(new) = list.rename(id, &name, page.sound) {
                *selected = Some(new);
                dropped = true;
            }
            if dropped {
                self.rename = None;
            }
            return;
        }
        ui.horizontal_wrapped(|ui| {
            let favourite = list.is_favourite(id);
            if ui.selectable_label(favourite, "Favourite").clicked() {
                list.set_favourite(id, !favourite);
            }
            if entry.error.is_none() && ui.button("Copy").on_hover_text(COPY).clicked() {
                *selected = list.duplicate(id).or(selected.take());
            }
            if !entry.is_user() {
                return;
            }
            if entry.error.is_none() && ui.button("Rename\u{2026}").clicked() {
                self.rename = Some((id.clone(), entry.name.clone()));
            }
            if ui.button("Delete").on_hover_text(DELETE).clicked() {
                list.delete(id);
            }
        });
    }

    /// Draws program changes, import, export and the folder.
    fn files(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, selected: Option<&PresetId>) {
        CollapsingHeader::new("Program change").show(ui, |ui| {
            self.programs.show(ui, page, selected);
        });
        let colours = page.colours;
        let list = &mut page.browser.list;
        CollapsingHeader::new("Import and export").show(ui, |ui| {
            typed(ui, "File or folder to import", &mut self.import, colours);
            ui.add_enabled_ui(!self.import.trim().is_empty(), |ui| {
                if ui.button("Import").clicked() {
                    list.import(&self.import);
                }
            });
            typed(ui, "File or folder to export to", &mut self.export, colours);
            let ready = !self.export.trim().is_empty() && selected.is_some();
            ui.add_enabled_ui(ready, |ui| {
                if ui.button("Export").clicked()
                    && let Some(id) = selected
                {
                    list.export(id, &self.export);
                }
            });
        });
        CollapsingHeader::new("Folder").show(ui, |ui| {
            let folder = list.folder().map(|folder| folder.display().to_string());
            let shown = folder.as_deref().unwrap_or("none");
            ui.label(RichText::new(shown).color(colours.quiet));
            if ui.button("Open folder").clicked() {
                list.reveal();
            }
            typed(
                ui,
                "Other folder; empty for the usual one",
                &mut self.folder,
                colours,
            );
            if ui.button("Change folder").clicked() {
                let text = self.folder.trim();
                let folder = (!text.is_empty()).then(|| user_folder::typed_path(text));
                settings::update(|settings| settings.presets_folder = folder);
                *list = PresetList::new(PresetPlaces::usual());
            }
        });
    }
}

/// Draws the sentence about the last action, and the button that takes a deletion back.
fn message(ui: &mut Ui, page: &mut PageContext<'_>) {
    let colours = page.colours;
    let list = &mut page.browser.list;
    let (text, ink) = match &list.message {
        Some(Message::Done(text)) => (text.clone(), colours.quiet),
        Some(Message::Failed(text)) => (text.clone(), colours.danger),
        None => return,
    };
    ui.label(RichText::new(text).color(ink));
    ui.horizontal(|ui| {
        if let Some(name) = list.deleted().map(str::to_owned)
            && ui.button(format!("Restore {name}")).clicked()
        {
            list.restore();
        }
        if ui.button("Dismiss").clicked() {
            list.message = None;
        }
    });
    ui.separator();
}

/// Draws what can be done with the present sound; returns the form that it asks for.
fn sound(ui: &mut Ui, page: &mut PageContext<'_>) -> Option<PageRequest> {
    let origin = page.sound.origin();
    let edited = page.browser.is_edited();
    let name = format!(
        "Sound: {}{}",
        origin.name(),
        if edited { " (edited)" } else { "" }
    );
    ui.label(name);
    let mut asks = None;
    let is_user = origin.preset().is_some_and(|loaded| loaded.file.is_some());
    ui.horizontal(|ui| {
        ui.add_enabled_ui(is_user, |ui| {
            if ui.button("Save").clicked() {
                page.browser.save(page.sound);
            }
        });
        if ui.button("Save as\u{2026}").clicked() {
            asks = Some(PageRequest::SaveAs);
        }
        ui.add_enabled_ui(edited, |ui| {
            if ui.button("Revert").clicked() {
                page.browser.revert(page.sound);
            }
        });
    });
    asks
}

/// Draws a line of text with its name as the hint.
fn typed(ui: &mut Ui, label: &str, text: &mut String, colours: &Colours) {
    field(ui, label, label, text, 1, colours);
}

const COPY: &str = "Copies the preset into your folder.";
const DELETE: &str = "Moves the file to the folder Trash beside your presets; it can be restored.";
