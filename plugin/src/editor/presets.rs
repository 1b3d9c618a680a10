//! The preset browser: the loaded preset, its edited state, and the menu of all presets.

use std::time::Duration;

use egui::{Popup, Rect, RichText, ScrollArea, Ui};
use tidepool_dsp::Patch;

use super::controls::choice;
use super::layout;
use super::sound::Sound;
use super::theme::Colours;
use crate::presets::{self, Preset};

/// Time that a host may take until all parameters are at the values that were sent.
const PATIENCE: Duration = Duration::from_millis(400);
/// Tolerance for values that went through a host, as a fraction of the range.
const SAME: f32 = 1e-4;
const STEP: f32 = 24.0;

/// State of the browser: the chosen preset, and the sound that Undo brings back.
#[derive(Debug, Default)]
pub struct Browser {
    /// Index among all presets.
    chosen: Option<usize>,
    /// Time since when the sound has differed from its origin.
    differs: Option<Duration>,
    edited: bool,
    /// True if the origin is not a preset, but the sound that every instance begins with.
    initial: bool,
    /// Last sound that was in no preset when another replaced it.
    lost: Option<Box<Lost>>,
}

/// A replaced sound, with its origin.
#[derive(Debug)]
struct Lost {
    patch: Patch,
    chosen: Option<usize>,
    initial: bool,
}

impl Browser {
    /// Compares the sound with its origin at the time `now`, on a clock that never goes back.
    pub fn follow(&mut self, sound: &Patch, now: Duration) {
        let all = presets::all();
        let is = |preset: &Preset| same(sound, &preset.over(sound));
        if self.chosen.is_none() && (!self.initial || self.edited) {
            // The host may have loaded a preset.
            self.chosen = all.iter().position(is);
            let initial = self.initial || same(sound, &Patch::default());
            self.initial = initial && self.chosen.is_none();
        }
        let differs = self.differs_from_its_origin(sound).unwrap_or(false);
        self.differs = differs.then(|| self.differs.unwrap_or(now));
        self.edited = (self.differs).is_some_and(|since| now.saturating_sub(since) >= PATIENCE);
    }

    /// Returns true if `sound` differs from its origin, the preset or the initial sound; `None` if it has no origin.
    fn differs_from_its_origin(&self, sound: &Patch) -> Option<bool> {
        let origin = match self.preset() {
            Some(preset) => preset.over(sound),
            None if self.initial => presets::over(&Patch::default(), sound),
            None => return None,
        };
        Some(!same(sound, &origin))
    }

    /// Loads the initial sound.
    pub fn begin_anew(&mut self, sound: &mut dyn Sound) {
        self.replace(sound, &Patch::default(), None, true);
    }

    /// Returns true if there is a sound to [bring back](Self::bring_back).
    pub fn can_bring_back(&self) -> bool {
        self.lost.is_some()
    }

    /// Restores the last sound that was in no preset when another replaced it.
    pub fn bring_back(&mut self, sound: &mut dyn Sound) {
        if let Some(lost) = self.lost.take() {
            self.replace(sound, &lost.patch, lost.chosen, lost.initial);
        }
    }

    fn load(&mut self, number: usize, sound: &mut dyn Sound) {
        if let Some(preset) = presets::all().get(number) {
            let patch = preset.over(&sound.patch());
            self.replace(sound, &patch, Some(number), false);
        }
    }

    fn replace(
        &mut self,
        sound: &mut dyn Sound,
        patch: &Patch,
        chosen: Option<usize>,
        initial: bool,
    ) {
        let left = sound.patch();
        // Presets can be loaded again, so they must not replace a kept sound that is in none.
        if self.differs_from_its_origin(&left).unwrap_or(true) {
            self.lost = Some(Box::new(Lost {
                patch: left,
                chosen: self.chosen,
                initial: self.initial,
            }));
        }
        sound.load(patch);
        *self = Self {
            chosen,
            initial,
            lost: self.lost.take(),
            ..Self::default()
        };
    }

    fn preset(&self) -> Option<&'static Preset> {
        self.chosen.and_then(|chosen| presets::all().get(chosen))
    }

    fn name(&self) -> &'static str {
        match self.preset() {
            Some(preset) => &preset.name,
            None if self.initial => "Init",
            None => "No preset",
        }
    }
}

/// Returns true if all values are equal within [`SAME`].
fn same(a: &Patch, b: &Patch) -> bool {
    a.iter().zip(b.iter()).all(|((parameter, a), (_, b))| {
        let range = parameter.spec().range;
        a == b || (range.normalize(a) - range.normalize(b)).abs() < SAME
    })
}

/// Draws the browser into `area`.
pub fn show(
    ui: &mut Ui,
    browser: &mut Browser,
    sound: &mut dyn Sound,
    area: Rect,
    colours: &Colours,
) {
    let count = presets::all().len();
    let mut room = area;
    let before = layout::left(&mut room, STEP, 4.0);
    let after = layout::right(&mut room, STEP, 4.0);
    if choice::step(ui, before, false, "Previous preset", colours).clicked() && count > 0 {
        let number = browser
            .chosen
            .map_or(count - 1, |number| (number + count - 1) % count);
        browser.load(number, sound);
    }
    if choice::step(ui, after, true, "Next preset", colours).clicked() && count > 0 {
        let number = browser.chosen.map_or(0, |number| (number + 1) % count);
        browser.load(number, sound);
    }
    let edited = if browser.edited { " (edited)" } else { "" };
    let name = format!("{}{edited}", browser.name());
    let button = choice::bare(ui, room, "Preset", &name, &name, colours);
    let response = button.on_hover_ui(|ui| {
        ui.label(&name);
        if let Some(preset) = browser.preset() {
            ui.label(RichText::new(&preset.description).color(colours.quiet));
        }
    });
    Popup::menu(&response).show(|ui| menu(ui, browser, sound, colours));
}

/// Draws the menu, with a submenu for each category.
fn menu(ui: &mut Ui, browser: &mut Browser, sound: &mut dyn Sound, colours: &Colours) {
    let all = presets::all();
    let mut rest = all;
    while let Some(first) = rest.first() {
        let begin = all.len() - rest.len();
        let count = rest
            .iter()
            .take_while(|it| it.category == first.category)
            .count();
        let (shelf, others) = rest.split_at(count);
        rest = others;
        ui.menu_button(first.category.name(), |ui| {
            ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                for (number, preset) in (begin..).zip(shelf) {
                    let chosen = browser.chosen == Some(number);
                    let item = choice::item(ui, &preset.name, chosen, colours);
                    if item.on_hover_text(&preset.description).clicked() {
                        browser.load(number, sound);
                    }
                }
            });
        });
    }
    if all.is_empty() {
        ui.label("There are none.");
    }
}
