//! The tuning menu: the user's scales and keyboard maps.

mod tuner;

use egui::{
    Align, Button, Label, Layout, Popup, PopupCloseBehavior, Rect, RichText, ScrollArea,
    TextWrapMode, Ui, vec2,
};

use super::card::SMALL;
use super::controls::choice;
use super::page_context::PageContext;
use super::sound::Sound;
use super::theme::Colours;
use tuner::Present;
pub use tuner::{Kind, Tuner};

/// Height of the longest list that does not scroll.
const LONGEST: f32 = 190.0;
/// Widths of the lists of scales and of maps, and the gap.
const SCALES: f32 = 230.0;
const MAPS: f32 = 160.0;
const GAP: f32 = 16.0;

/// Draws the button of the menu into `area`.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, tuner: &mut Tuner, area: Rect) {
    let colours = page.colours;
    tuner.follow(page.sound.tuning());
    tuner.await_opening();
    let response = choice::button_of(ui, area, "Tuning", &tuner.name, &tuner.shown, colours);
    if response.clicked() {
        // Files may have been added or removed.
        tuner.rescan(page.sound.tuning());
        tuner.reveal = [true; 2];
    }
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| menu(ui, tuner, page.sound, colours));
}

/// Draws the scales beside the maps, and below them their folder.
fn menu(ui: &mut Ui, tuner: &mut Tuner, sound: &mut dyn Sound, colours: &Colours) {
    ui.set_width(SCALES + GAP + MAPS);
    ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
    // Scroll bars stand beside the names instead of over them.
    ui.spacing_mut().scroll.floating_allocated_width = 8.0;
    let before = sound.tuning().count();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        for (kind, width) in [(Kind::Scale, SCALES), (Kind::Map, MAPS)] {
            let column = Layout::top_down_justified(Align::Min);
            ui.allocate_ui_with_layout(vec2(width, LONGEST), column, |ui| {
                ui.set_width(width);
                list(ui, tuner, sound, kind, colours);
            });
        }
    });
    if sound.tuning().count() != before {
        ui.close();
    }
    let note = |text: &str| RichText::new(text).size(SMALL).color(colours.quiet);
    if let Some(name) = &tuner.master {
        ui.add_space(4.0);
        let is_followed = tuner.present(Kind::Scale) == Present::Usual
            && tuner.present(Kind::Map) == Present::Usual;
        let told = match is_followed {
            true => format!("The keys follow the MTS-ESP master ({name})."),
            false => format!("This tuning overrides the MTS-ESP master ({name})."),
        };
        ui.label(note(&told)).on_hover_text(MASTER);
    }
    if tuner.library.left_out() {
        ui.add_space(4.0);
        ui.label(note(
            "The folder holds too many files to list them all. Put fewer files there.",
        ))
        .on_hover_text(LEFT_OUT);
    }
    if let Some(problem) = &tuner.problem {
        ui.add_space(4.0);
        let problem = RichText::new(problem).size(12.0).color(colours.warning);
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.add(Label::new(problem).wrap());
        });
    }
    ui.add_space(4.0);
    ui.separator();
    ui.add_space(2.0);
    let Some(folder) = tuner.library.folder() else {
        ui.label(note("This system has no folder for your scales."));
        return;
    };
    let folder = folder.display().to_string();
    // Menus draw buttons without a background, but these are not menu items.
    let button = |name| Button::new(name).fill(colours.trough);
    ui.horizontal(|ui| {
        ui.spacing_mut().button_padding.x = 8.0;
        let reload = ui.add(button("Reload")).on_hover_text(RELOAD);
        let open = ui.add(button("Open folder")).on_hover_text(OPEN);
        ui.label(note(&folder)).on_hover_text(&folder);
        if reload.clicked() {
            tuner.rescan(sound.tuning());
        }
        if open.clicked() {
            tuner.open();
        }
    });
}

/// Draws the list of the scales or the maps.
fn list(ui: &mut Ui, tuner: &mut Tuner, sound: &mut dyn Sound, kind: Kind, colours: &Colours) {
    let (title, usual, about, ending) = match kind {
        Kind::Scale => ("Scale", tuner::TWELVE, USUAL, "scl"),
        Kind::Map => ("Keyboard map", "None", NONE, "kbm"),
    };
    let note = |text: String| RichText::new(text).size(SMALL).color(colours.quiet);
    ui.label(note(title.to_owned()));
    let present = tuner.present(kind);
    let mut action = None;
    let mut reveal = tuner.reveal[kind as usize];
    let files = tuner.list(kind);
    ScrollArea::vertical()
        .id_salt(title)
        .max_height(LONGEST)
        .show(ui, |ui| {
            let item = choice::item(ui, usual, present == Present::Usual, colours);
            if item.on_hover_text(about).clicked() {
                action = Some(Present::Usual);
            }
            if present == Present::Foreign {
                let name = match kind {
                    Kind::Scale => &tuner.scale_name,
                    Kind::Map => "From the project",
                };
                choice::item(ui, name, true, colours).on_hover_text(FOREIGN);
            }
            for (number, entry) in files.iter().enumerate() {
                let listed = Present::Listed(number);
                let item = choice::item(ui, &entry.name, present == listed, colours);
                if present == listed && reveal {
                    item.scroll_to_me(Some(Align::Center));
                    reveal = !ui.is_rect_visible(item.rect);
                }
                let file = entry.path.file_name().unwrap_or_default();
                let item = item.on_hover_ui(|ui| {
                    ui.label(file.to_string_lossy());
                });
                if item.clicked() {
                    action = Some(listed);
                }
            }
            if files.is_empty() {
                ui.label(note(format!("No .{ending} files in the folder")));
            }
        });
    tuner.reveal[kind as usize] = reveal;
    match action {
        Some(Present::Usual) => tuner.reset(sound, kind),
        Some(Present::Listed(number)) => tuner.choose(sound, kind, number),
        Some(Present::Foreign) | None => {}
    }
}

const USUAL: &str = "Twelve equal steps per octave, A4 at 440 Hz. Also removes the keyboard map.";
const NONE: &str = "Every key plays the next step of the scale; middle C is at 261.63 Hz.";
const MASTER: &str = "An MTS-ESP master tunes all its clients while the scale is Twelve equal steps, without a keyboard map.";
const FOREIGN: &str = "Stored in the project. Its file is not in the folder.";
const LEFT_OUT: &str =
    "Up to 400 scales and 400 maps are listed, from the folder and its subfolders.";
const RELOAD: &str = "Reads the folder again.";
const OPEN: &str = "Opens the folder in the file manager. Put .scl and .kbm files there.";
