//! The preset in the header: its name, whether it is edited, steps to its neighbours, and the menu.

use std::time::Duration;

use egui::{Popup, Rect, RichText, ScrollArea, Ui};
use tidepool_dsp::Patch;

use super::controls::choice;
use super::layout;
use super::origin::Origin;
use super::preset_list::{PresetList, PresetPlaces};
use super::sound::{Load, Sound, differences};
use super::theme::Colours;
use crate::presets::entry::PresetId;
use crate::presets::{self, Category, Preset};

/// Time that a host may take until all parameters are at the values that were sent.
const PATIENCE: Duration = Duration::from_millis(400);
/// Tolerance for values that went through a host, as a fraction of the range.
const SAME: f32 = 1e-4;
const STEP: f32 = 24.0;

/// Page that the header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageRequest {
    /// The list of presets.
    Browse,
    /// The form in which a sound gets a name.
    SaveAs,
}

/// State of the browser: the list of presets, and the comparison of the sound with its origin.
#[derive(Debug, Default)]
pub struct Browser {
    pub list: PresetList,
    /// Page that the header asks for, until the browser's page takes it.
    pub request: Option<PageRequest>,
    /// Origin at the last comparison.
    origin: Origin,
    /// Time since when the sound has differed from its origin.
    differs: Option<Duration>,
    edited: bool,
}

impl Browser {
    /// Makes the browser of the presets in these places.
    pub fn new(places: PresetPlaces) -> Self {
        Self {
            list: PresetList::new(places),
            ..Self::default()
        }
    }

    /// Returns true if the sound has been edited since it was loaded or saved.
    pub fn is_edited(&self) -> bool {
        self.edited
    }

    /// Compares the sound with its origin at the time `now`, on a clock that never goes back. If the sound has left
    /// `origin` and is a preset, the preset becomes the origin.
    pub fn follow(&mut self, sound: &Patch, origin: &mut Origin, now: Duration) {
        if *origin != self.origin {
            self.origin = origin.clone();
            (self.differs, self.edited) = (None, false);
        }
        if *origin == Origin::Unknown || (*origin == Origin::Initial && self.edited) {
            // The host may have loaded a preset.
            let is = |preset: &Preset| same(sound, &preset.over(sound));
            if let Some(number) = presets::all().iter().position(is) {
                *origin = Origin::factory(number);
            } else if *origin == Origin::Unknown && same(sound, &Patch::default()) {
                *origin = Origin::Initial;
            }
            self.origin = origin.clone();
        }
        let renamed = origin.preset().is_some_and(|loaded| loaded.renamed);
        let values = || origin.sound(sound);
        let differs = renamed || values().is_some_and(|patch| !same(sound, &patch));
        self.differs = differs.then(|| self.differs.unwrap_or(now));
        self.edited = (self.differs).is_some_and(|since| now.saturating_sub(since) >= PATIENCE);
    }

    /// Returns the time after which [`follow`](Self::follow) has to be called again although nothing has changed.
    pub fn is_due_after(&self) -> Option<Duration> {
        (self.differs.is_some() && !self.edited).then_some(PATIENCE)
    }

    /// Saves the sound over the user's preset that it came from; asks for a name if it came from none.
    pub fn save(&mut self, sound: &mut dyn Sound) {
        let origin = sound.origin();
        let Some((loaded, file)) = origin.preset().and_then(|it| Some((it, it.file.as_ref()?)))
        else {
            self.request = Some(PageRequest::SaveAs);
            return;
        };
        let mut preset = loaded.preset.clone();
        preset.patch = sound.patch();
        if !self.list.overwrite(file, &preset, sound) {
            // The message is on the browser's page.
            self.request = Some(PageRequest::Browse);
        }
    }

    /// Brings the sound back to its origin, which is read again if it is a file.
    pub fn revert(&mut self, sound: &mut dyn Sound) {
        let origin = sound.origin();
        match &origin {
            Origin::Preset(loaded)
                if loaded.file.is_some() && self.list.get(&loaded.id).is_some() =>
            {
                self.list.load(&loaded.id, sound);
            }
            Origin::Unknown => {}
            _ => {
                let Some(patch) = origin.sound(&sound.patch()) else {
                    return;
                };
                let name = format!("Revert to {}", origin.name());
                let values = differences(sound, &patch);
                sound.load(Load::new(&values, origin.without_renames(), &name));
            }
        }
    }
}

/// Loads the initial sound, with the default of every parameter.
pub fn load_initial(sound: &mut dyn Sound) {
    let values = differences(sound, &Patch::default());
    sound.load(Load::new(&values, Origin::Initial, "Init"));
}

/// Returns true if all values are equal within [`SAME`].
fn same(a: &Patch, b: &Patch) -> bool {
    a.iter().zip(b.iter()).all(|((parameter, a), (_, b))| {
        let range = parameter.spec().range;
        a == b || (range.normalize(a) - range.normalize(b)).abs() < SAME
    })
}

/// Draws the preset into `area`.
pub fn show(
    ui: &mut Ui,
    browser: &mut Browser,
    sound: &mut dyn Sound,
    area: Rect,
    colours: &Colours,
) {
    let mut room = area;
    let before = layout::left(&mut room, STEP, 4.0);
    let after = layout::right(&mut room, STEP, 4.0);
    if choice::step(ui, before, false, "Previous preset", colours).clicked() {
        browser.list.step(-1, sound);
    }
    if choice::step(ui, after, true, "Next preset", colours).clicked() {
        browser.list.step(1, sound);
    }
    let origin = sound.origin();
    let edited = browser.edited && browser.origin == origin;
    let name = format!("{}{}", origin.name(), if edited { " (edited)" } else { "" });
    let button = choice::bare(ui, room, "Preset", &name, &name, colours);
    let response = button.on_hover_ui(|ui| {
        ui.label(&name);
        if let Some(loaded) = origin.preset() {
            ui.label(RichText::new(&loaded.preset.description).color(colours.quiet));
        }
    });
    Popup::menu(&response).show(|ui| menu(ui, browser, sound, edited, colours));
}

/// Draws the menu: what can be done with the sound, and a submenu for each category.
fn menu(
    ui: &mut Ui,
    browser: &mut Browser,
    sound: &mut dyn Sound,
    edited: bool,
    colours: &Colours,
) {
    let origin = sound.origin();
    let is_user = origin.preset().is_some_and(|it| it.file.is_some());
    if ui.button("Browse\u{2026}").clicked() {
        browser.request = Some(PageRequest::Browse);
    }
    ui.add_enabled_ui(is_user, |ui| {
        if ui.button("Save").clicked() {
            browser.save(sound);
        }
    });
    if ui.button("Save as\u{2026}").clicked() {
        browser.request = Some(PageRequest::SaveAs);
    }
    ui.add_enabled_ui(edited && origin != Origin::Unknown, |ui| {
        if ui.button("Revert").clicked() {
            browser.revert(sound);
        }
    });
    ui.separator();
    let chosen = origin.preset().map(|loaded| &loaded.id);
    let mut clicked = None;
    for category in Category::ALL {
        let entries = browser.list.entries().iter();
        let shelf: Vec<_> = entries
            .filter(|entry| entry.category == category && entry.error.is_none())
            .collect();
        if shelf.is_empty() {
            continue;
        }
        ui.menu_button(category.name(), |ui| {
            let height = ui.text_style_height(&egui::TextStyle::Button) + 2.0;
            let scroll = ScrollArea::vertical().max_height(420.0);
            scroll.show_rows(ui, height, shelf.len(), |ui, rows| {
                for entry in &shelf[rows] {
                    let item = choice::item(ui, &entry.name, chosen == Some(&entry.id), colours);
                    if item.on_hover_text(&entry.description).clicked() {
                        clicked = Some(entry.id.clone());
                    }
                }
            });
        });
    }
    if let Some(id) = clicked {
        browser.list.load(&id, sound);
    }
}

/// Returns the identity of the preset that the sound came from.
pub fn chosen(sound: &dyn Sound) -> Option<PresetId> {
    sound.origin().preset().map(|loaded| loaded.id.clone())
}
