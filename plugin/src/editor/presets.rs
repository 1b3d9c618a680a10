//! The preset browser: the loaded preset, its edited state, and the menu of all presets.

use std::time::Duration;

use egui::{Popup, Rect, RichText, ScrollArea, Ui};
use tidepool_dsp::Patch;

use super::controls::choice;
use super::layout;
use super::origin::Origin;
use super::sound::{Sound, differences};
use super::theme::Colours;
use crate::presets::{self, Preset};

/// Time that a host may take until all parameters are at the values that were sent.
const PATIENCE: Duration = Duration::from_millis(400);
/// Tolerance for values that went through a host, as a fraction of the range.
const SAME: f32 = 1e-4;
const STEP: f32 = 24.0;

/// State of the browser, which compares the sound with its origin.
#[derive(Debug, Default)]
pub struct Browser {
    /// Origin at the last comparison.
    origin: Origin,
    /// Time since when the sound has differed from its origin.
    differs: Option<Duration>,
    edited: bool,
}

impl Browser {
    /// Compares the sound with its origin at the time `now`, on a clock that never goes back. If the sound has left
    /// `origin` and is a preset, the preset becomes the origin.
    pub fn follow(&mut self, sound: &Patch, origin: &mut Origin, now: Duration) {
        if *origin != self.origin {
            *self = Self {
                origin: *origin,
                ..Self::default()
            };
        }
        if *origin == Origin::Unknown || (*origin == Origin::Initial && self.edited) {
            // The host may have loaded a preset.
            let is = |preset: &Preset| same(sound, &preset.over(sound));
            if let Some(number) = presets::all().iter().position(is) {
                *origin = Origin::Preset(number);
            } else if *origin == Origin::Unknown && same(sound, &Patch::default()) {
                *origin = Origin::Initial;
            }
            self.origin = *origin;
        }
        let differs = of_origin(*origin, sound).is_some_and(|patch| !same(sound, &patch));
        self.differs = differs.then(|| self.differs.unwrap_or(now));
        self.edited = (self.differs).is_some_and(|since| now.saturating_sub(since) >= PATIENCE);
    }
}

/// Returns the sound of `origin` with the settings of the player taken from `current`.
fn of_origin(origin: Origin, current: &Patch) -> Option<Patch> {
    match origin {
        Origin::Unknown => None,
        Origin::Initial => Some(presets::over(&Patch::default(), current)),
        Origin::Preset(_) => preset(origin).map(|preset| preset.over(current)),
    }
}

/// Returns the preset that a sound was loaded from.
fn preset(origin: Origin) -> Option<&'static Preset> {
    match origin {
        Origin::Preset(number) => presets::all().get(number),
        Origin::Unknown | Origin::Initial => None,
    }
}

fn name(origin: Origin) -> &'static str {
    match (preset(origin), origin) {
        (Some(preset), _) => &preset.name,
        (None, Origin::Initial) => "Init",
        (None, _) => "No preset",
    }
}

/// Loads the initial sound, with the default of every parameter.
pub fn load_initial(sound: &mut dyn Sound) {
    let values = differences(sound, &Patch::default());
    sound.load(&values, Origin::Initial, "Init");
}

/// Loads the preset with this index.
fn load(sound: &mut dyn Sound, number: usize) {
    let Some(preset) = presets::all().get(number) else {
        return;
    };
    let values = differences(sound, &preset.over(&sound.patch()));
    sound.load(
        &values,
        Origin::Preset(number),
        &format!("Load {}", preset.name),
    );
}

/// Returns true if all values are equal within [`SAME`].
fn same(a: &Patch, b: &Patch) -> bool {
    a.iter().zip(b.iter()).all(|((parameter, a), (_, b))| {
        let range = parameter.spec().range;
        a == b || (range.normalize(a) - range.normalize(b)).abs() < SAME
    })
}

/// Draws the browser into `area`.
pub fn show(ui: &mut Ui, browser: &Browser, sound: &mut dyn Sound, area: Rect, colours: &Colours) {
    let count = presets::all().len();
    let chosen = match sound.origin() {
        Origin::Preset(number) => Some(number),
        Origin::Unknown | Origin::Initial => None,
    };
    let mut room = area;
    let before = layout::left(&mut room, STEP, 4.0);
    let after = layout::right(&mut room, STEP, 4.0);
    if choice::step(ui, before, false, "Previous preset", colours).clicked() && count > 0 {
        load(
            sound,
            chosen.map_or(count - 1, |number| (number + count - 1) % count),
        );
    }
    if choice::step(ui, after, true, "Next preset", colours).clicked() && count > 0 {
        load(sound, chosen.map_or(0, |number| (number + 1) % count));
    }
    let origin = sound.origin();
    let edited = browser.edited && browser.origin == origin;
    let name = format!("{}{}", name(origin), if edited { " (edited)" } else { "" });
    let button = choice::bare(ui, room, "Preset", &name, &name, colours);
    let response = button.on_hover_ui(|ui| {
        ui.label(&name);
        if let Some(preset) = preset(origin) {
            ui.label(RichText::new(&preset.description).color(colours.quiet));
        }
    });
    Popup::menu(&response).show(|ui| menu(ui, sound, chosen, colours));
}

/// Draws the menu, with a submenu for each category.
fn menu(ui: &mut Ui, sound: &mut dyn Sound, chosen: Option<usize>, colours: &Colours) {
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
                    let item = choice::item(ui, &preset.name, chosen == Some(number), colours);
                    if item.on_hover_text(&preset.description).clicked() {
                        load(sound, number);
                    }
                }
            });
        });
    }
    if all.is_empty() {
        ui.label("There are none.");
    }
}
