//! The variations of a sound in the header: a button that opens a panel with Randomise, Mutate, the amount of a mutation
//! and the groups that stay as they are.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use egui::{
    Button, Checkbox, Grid, Popup, PopupCloseBehavior, Rect, RichText, Slider, Stroke, StrokeKind,
    Ui, vec2,
};
use tidepool_dsp::{Parameter, Patch};

use super::controls::icon;
use super::origin::Origin;
use super::sound::{Load, Sound};
use super::theme::Colours;
use crate::settings;
use crate::variation::task::Task;
use crate::variation::{Group, Groups, Kind, Request, VariationError};

/// Width of the button.
pub const WIDTH: f32 = 26.0;
/// Width of the panel's contents.
const PANEL: f32 = 220.0;
/// Time between two looks at a task that runs.
const LOOK: Duration = Duration::from_millis(15);

/// State of the variations: what is chosen in the panel, and the task that runs. `[gui]`
#[derive(Debug, Default)]
pub struct Variations {
    /// Amount of a mutation in percent, and the groups that stay; `None` until the settings were read.
    chosen: Option<Chosen>,
    /// True while the slider is dragged to an amount that the settings do not have.
    is_unsaved: bool,
    task: Option<Task>,
    /// Ends the task when it becomes true.
    stop: Arc<AtomicBool>,
    problem: Option<String>,
}

/// Settings of the panel.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Chosen {
    percent: u32,
    locked: Groups,
}

impl Chosen {
    fn of_user() -> Self {
        let settings = settings::get();
        Self {
            percent: settings.vary_amount.clamp(1, 100),
            locked: Groups::named(settings.vary_locked.iter().map(String::as_str)),
        }
    }

    fn remember(self) {
        settings::update(|settings| {
            settings.vary_amount = self.percent;
            settings.vary_locked = self.locked.names().map(str::to_owned).collect();
        });
    }
}

/// A variation that has been made.
#[derive(Debug)]
pub struct Varied {
    /// Values that it changed.
    values: Vec<(Parameter, f32)>,
    kind: Kind,
}

impl Varied {
    /// Makes it the sound, as one step of the history.
    pub fn load(self, sound: &mut dyn Sound) {
        let origin = match self.kind {
            Kind::Randomise => Origin::Unknown,
            Kind::Mutate { .. } => sound.origin(),
        };
        sound.load(Load::new(&self.values, origin, &self.kind.name()));
    }
}

impl Variations {
    /// Makes the state with these choices instead of those in the settings.
    #[cfg(test)]
    pub fn chosen(percent: u32, locked: Groups) -> Self {
        Self {
            chosen: Some(Chosen { percent, locked }),
            ..Self::default()
        }
    }

    /// Returns the flag that ends the task, for a window that closes.
    pub fn stop(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// Starts to vary `sound`, unless a task runs.
    fn start(&mut self, kind: Kind, locked: Groups, sound: Patch) {
        if self.task.is_some() {
            return;
        }
        let seed = fastrand::u64(..);
        let request = Request {
            kind,
            locked,
            sound,
            seed,
        };
        match Task::start(request, self.stop.clone()) {
            Ok(task) => (self.task, self.problem) = (Some(task), None),
            Err(error) => {
                let error = format!("the sound cannot be varied: {error}; try again");
                self.problem = Some(error);
            }
        }
    }

    /// Returns the variation, if it has been made since the last call.
    fn poll(&mut self) -> Option<Varied> {
        let task = self.task.as_mut()?;
        let found = task.poll()?;
        let Request { kind, sound, .. } = *task.request();
        self.task = None;
        match found {
            Ok(patch) => {
                let pairs = sound.iter().zip(patch.iter());
                // What was edited meanwhile stays, unless the variation changed it.
                let values = pairs.filter_map(|((_, before), after)| {
                    (before != after.1 && !is_of_player(after.0)).then_some(after)
                });
                let values = values.collect();
                Some(Varied { values, kind })
            }
            // The window was closed.
            Err(VariationError::Stopped) => None,
            Err(error) => {
                self.problem = Some(error.to_string());
                None
            }
        }
    }
}

fn is_of_player(parameter: Parameter) -> bool {
    crate::presets::NOT_IN_PRESETS.contains(&parameter)
}

/// Draws the button into `area`, and its panel. `sound` is the present sound. Returns a variation that has been made.
pub fn show(
    ui: &mut Ui,
    variations: &mut Variations,
    sound: &Patch,
    area: Rect,
    colours: &Colours,
) -> Option<Varied> {
    let varied = variations.poll();
    if variations.task.is_some() {
        ui.ctx().request_repaint_after(LOOK);
    }
    let button = icon::show(ui, area, "Vary", true, colours, |painter, centre, ink| {
        // A die that shows five.
        let die = Rect::from_center_size(centre, vec2(15.0, 15.0));
        painter.rect_stroke(die, 3.0, Stroke::new(1.5, ink), StrokeKind::Middle);
        for by in [
            vec2(0.0, 0.0),
            vec2(-3.5, -3.5),
            vec2(3.5, -3.5),
            vec2(-3.5, 3.5),
            vec2(3.5, 3.5),
        ] {
            painter.circle_filled(centre + by, 1.4, ink);
        }
    });
    let button = button.on_hover_text(HINT);
    Popup::menu(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| panel(ui, variations, sound, colours));
    varied
}

/// Draws the panel.
fn panel(ui: &mut Ui, variations: &mut Variations, sound: &Patch, colours: &Colours) {
    let mut chosen = *variations.chosen.get_or_insert_with(Chosen::of_user);
    let before = chosen;
    ui.set_width(PANEL);
    let is_idle = variations.task.is_none() && !chosen.locked.is_all();
    let mut start = None;
    ui.columns(2, |columns| {
        let kinds = [
            (Kind::Randomise, "Randomise", RANDOMISE),
            (
                Kind::Mutate {
                    percent: chosen.percent,
                },
                "Mutate",
                MUTATE,
            ),
        ];
        for (ui, (kind, name, hint)) in columns.iter_mut().zip(kinds) {
            let size = vec2(ui.available_width(), 26.0);
            ui.add_enabled_ui(is_idle, |ui| {
                // Menus draw buttons without a background, but these are not menu items.
                let button = Button::new(name).fill(colours.trough);
                if ui.add_sized(size, button).on_hover_text(hint).clicked() {
                    start = Some(kind);
                }
            });
        }
    });
    let mut is_dragged = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().slider_width = 100.0;
        let slider = Slider::new(&mut chosen.percent, 1..=100).suffix(" %");
        let label = ui.label("Amount");
        let slider = ui.add(slider).labelled_by(label.id);
        is_dragged = slider.dragged();
        slider.on_hover_text(AMOUNT);
    });
    ui.separator();
    ui.label(RichText::new("Keep as it is").color(colours.quiet));
    Grid::new("locked").num_columns(2).show(ui, |ui| {
        let [left, right] = [0, 1].map(|column| Group::ALL.into_iter().skip(4 * column).take(4));
        for row in left.zip(right) {
            for group in [row.0, row.1] {
                let mut is_locked = chosen.locked.contains(group);
                let lock = Checkbox::new(&mut is_locked, group.name());
                if ui.add(lock).changed() {
                    chosen.locked.toggle(group);
                }
            }
            ui.end_row();
        }
    });
    let told = match (&variations.problem, variations.task.is_some()) {
        (_, true) => Some(("Listening\u{2026}".to_owned(), colours.quiet)),
        _ if chosen.locked.is_all() => Some((
            sentence(&VariationError::Locked.to_string()),
            colours.warning,
        )),
        (Some(problem), false) => Some((sentence(problem), colours.warning)),
        (None, false) => None,
    };
    if let Some((told, ink)) = told {
        ui.label(RichText::new(told).color(ink));
    }
    variations.chosen = Some(chosen);
    variations.is_unsaved |= chosen != before;
    if variations.is_unsaved && !is_dragged {
        variations.is_unsaved = false;
        chosen.remember();
    }
    if let Some(kind) = start {
        variations.start(kind, chosen.locked, *sound);
        ui.ctx().request_repaint();
    }
}

/// Returns `text` with a capital at the start and a full stop at the end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

const HINT: &str = "Random sounds, and random changes of this one";
const RANDOMISE: &str = "Makes a new sound out of parts of the factory sounds, as loud as they are. Undo brings this one back.";
const MUTATE: &str = "Changes this sound at random by the amount. Undo brings it back.";
const AMOUNT: &str = "Size of the changes by Mutate";
