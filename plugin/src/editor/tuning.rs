//! The tuning: its name, and the menu of the user's scales and keyboard maps.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use egui::{
    Align, Button, Label, Layout, Popup, PopupCloseBehavior, Rect, RichText, ScrollArea,
    TextWrapMode, Ui, vec2,
};
use tidepool_dsp::synth::Scale;

use super::card::SMALL;
use super::controls::choice;
use super::desk::Desk;
use super::theme::Colours;
use crate::tuning::library::{Entry, Library};
use crate::tuning::{self, Chosen};

/// Longest list before it scrolls.
const LONGEST: f32 = 190.0;
/// Widths of the lists of scales and of maps, and the gap.
const SCALES: f32 = 230.0;
const MAPS: f32 = 160.0;
const GAP: f32 = 16.0;
/// Letters of a description that are shown. A damaged file may have a million.
const LETTERS: usize = 100;
/// Letters that the control has room for.
const ROOM: usize = 38;

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scale,
    Map,
}

/// What is chosen of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Present {
    /// Nothing, which is the usual.
    #[default]
    Usual,
    /// A file of the library, by its number.
    Listed(usize),
    /// A file that is not there.
    Foreign,
}

/// Chooses the tuning. `[gui]`
#[derive(Debug)]
pub struct Tuner {
    library: Library,
    /// Shows a folder in the system's file manager.
    open: fn(&Path) -> io::Result<()>,
    /// At that, as long as it takes.
    opening: Option<JoinHandle<io::Result<()>>>,
    /// How often a tuning had been chosen when what follows was found out.
    count: Option<u64>,
    scale: Present,
    map: Present,
    /// The scale as its author calls it.
    scale_name: String,
    /// The same with the map, and as much of it as the control has room for.
    name: String,
    shown: String,
    /// Of a scale and of a map, whether the menu has still to show what is chosen.
    reveal: [bool; 2],
    /// Why the last wish was not fulfilled, and what to do.
    problem: Option<String>,
}

impl Tuner {
    /// Offers the files of `folder`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            library: Library::new(folder),
            open: |folder| open::that_detached(folder),
            opening: None,
            count: None,
            scale: Present::Usual,
            map: Present::Usual,
            scale_name: String::new(),
            name: String::new(),
            shown: String::new(),
            reveal: [false; 2],
            problem: None,
        }
    }

    /// Shows the folder by `open` from now on.
    #[cfg(test)]
    pub fn open_with(&mut self, open: fn(&Path) -> io::Result<()>) {
        self.open = open;
    }

    /// Looks again if another tuning was chosen, by whomever.
    fn follow(&mut self, chosen: &Chosen) {
        if self.count != Some(chosen.count()) {
            self.look(chosen);
        }
    }

    /// Lists the folder anew and finds in it what is chosen.
    fn look(&mut self, chosen: &Chosen) {
        self.count = Some(chosen.count());
        let files = chosen.files();
        let looked = self.library.look();
        self.problem = looked.err().map(|error| {
            format!("The folder of tunings cannot be read: {error}; correct that and reload.")
        });
        self.scale = present(files.scale.as_deref(), self.library.scales());
        self.map = present(files.map.as_deref(), self.library.maps());
        self.scale_name = match &files.scale {
            None => "12 equal".to_owned(),
            Some(text) => described(text)
                .or_else(|| self.file(Kind::Scale))
                .unwrap_or_else(|| "Unnamed scale".to_owned()),
        };
        let map = match self.map {
            Present::Usual => String::new(),
            _ => {
                let name = self.file(Kind::Map);
                format!(" \u{b7} {}", name.as_deref().unwrap_or("keyboard map"))
            }
        };
        // A long description leaves room for the map.
        let room = ROOM.saturating_sub(map.chars().count()).max(ROOM / 3);
        self.shown = cut(&self.scale_name, room) + &map;
        self.name = self.scale_name.clone() + &map;
    }

    /// The name of the file that is chosen, where it is known.
    fn file(&self, kind: Kind) -> Option<String> {
        match self.present(kind) {
            Present::Listed(number) => Some(self.list(kind).get(number)?.name.clone()),
            Present::Usual | Present::Foreign => None,
        }
    }

    fn list(&self, kind: Kind) -> &[Entry] {
        match kind {
            Kind::Scale => self.library.scales(),
            Kind::Map => self.library.maps(),
        }
    }

    fn present(&self, kind: Kind) -> Present {
        match kind {
            Kind::Scale => self.scale,
            Kind::Map => self.map,
        }
    }

    /// Back to what is usual: of a scale, of both.
    fn reset(&mut self, chosen: &Chosen, kind: Kind) {
        let mut files = chosen.files();
        files.map = None;
        if kind == Kind::Scale {
            files.scale = None;
        }
        let done = chosen.choose(files);
        self.problem = done.err().map(|error| format!("{error}."));
    }

    /// Takes a file of the library, or says why not.
    fn choose(&mut self, chosen: &Chosen, kind: Kind, number: usize) {
        let Some(entry) = self.list(kind).get(number) else {
            return;
        };
        let file = entry.path.file_name().unwrap_or_default();
        let file = file.to_string_lossy().into_owned();
        let mut files = chosen.files();
        self.problem = match tuning::read(&entry.path) {
            Err(error) => Some(format!("{file}: {error}.")),
            Ok(text) => {
                match kind {
                    Kind::Scale => files.scale = Some(text),
                    Kind::Map => files.map = Some(text),
                }
                let done = chosen.choose(files);
                done.err().map(|it| format!("{file}: {}.", it.error))
            }
        };
    }

    /// Shows the folder, which is made if it is missing.
    fn open(&mut self) {
        let Some(folder) = self.library.folder().map(Path::to_owned) else {
            return;
        };
        let open = self.open;
        // Finding a file manager takes a while, in which the window would stand still.
        let thread = thread::Builder::new().name("open folder".to_owned());
        let started =
            fs::create_dir_all(&folder).and_then(|()| thread.spawn(move || open(&folder)));
        match started {
            Ok(opening) => self.opening = Some(opening),
            Err(error) => self.opened(Err(error)),
        }
    }

    /// Looks how opening the folder has ended, if it has.
    fn await_opening(&mut self) {
        let ended = (self.opening).take_if(|opening| opening.is_finished());
        // Who panics has told the log already.
        if let Some(Ok(done)) = ended.map(JoinHandle::join) {
            self.opened(done);
        }
    }

    fn opened(&mut self, done: io::Result<()>) {
        self.problem = done.err().map(|error| {
            format!("The folder of tunings cannot be opened: {error}; open it yourself and reload.")
        });
    }
}

impl Drop for Tuner {
    fn drop(&mut self) {
        // No thread may outlive the library that it runs in.
        if let Some(opening) = self.opening.take() {
            let _ = opening.join();
        }
    }
}

/// Where in `list` the text is.
fn present(text: Option<&str>, list: &[Entry]) -> Present {
    text.map_or(Present::Usual, |text| {
        let number = list.iter().position(|entry| entry.has(text));
        number.map_or(Present::Foreign, Present::Listed)
    })
}

/// What the author of a scale calls it.
fn described(text: &str) -> Option<String> {
    let scale = Scale::parse(text).ok()?;
    let description = scale.description().trim();
    (!description.is_empty()).then(|| cut(description, LETTERS))
}

/// The first `letters` of `text`.
fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        None => text.to_owned(),
        Some((end, _)) => text[..end].trim_end().to_owned() + "\u{2026}",
    }
}

/// Draws it into `area`.
pub fn show(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let Desk {
        sound,
        tuner,
        colours,
        ..
    } = desk;
    let chosen = sound.tuning();
    tuner.follow(chosen);
    tuner.await_opening();
    let response = choice::button_of(ui, area, "Tuning", &tuner.name, &tuner.shown, colours);
    if response.clicked() {
        // Files may have come and gone.
        tuner.look(chosen);
        tuner.reveal = [true; 2];
    }
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| menu(ui, tuner, chosen, colours));
}

/// The scales beside the maps, and below them the folder that they are from.
fn menu(ui: &mut Ui, tuner: &mut Tuner, chosen: &Chosen, colours: &Colours) {
    ui.set_width(SCALES + GAP + MAPS);
    ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
    // Bars beside the names instead of on them.
    ui.spacing_mut().scroll.floating_allocated_width = 8.0;
    let before = chosen.count();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        for (kind, width) in [(Kind::Scale, SCALES), (Kind::Map, MAPS)] {
            let column = Layout::top_down_justified(Align::Min);
            ui.allocate_ui_with_layout(vec2(width, LONGEST), column, |ui| {
                ui.set_width(width);
                list(ui, tuner, chosen, kind, colours);
            });
        }
    });
    if chosen.count() != before {
        ui.close();
    }
    let note = |text: &str| RichText::new(text).size(SMALL).color(colours.quiet);
    if tuner.library.left_out() {
        ui.add_space(4.0);
        ui.label(note(
            "There are more than can be listed: put fewer files into the folder.",
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
    // Menus leave the ground of buttons out, but these are none of its lines.
    let button = |name| Button::new(name).fill(colours.trough);
    ui.horizontal(|ui| {
        ui.spacing_mut().button_padding.x = 8.0;
        let reload = ui.add(button("Reload")).on_hover_text(RELOAD);
        let open = ui.add(button("Open folder")).on_hover_text(OPEN);
        ui.label(note(&folder)).on_hover_text(&folder);
        if reload.clicked() {
            tuner.look(chosen);
        }
        if open.clicked() {
            tuner.open();
        }
    });
}

/// What there is of a kind.
fn list(ui: &mut Ui, tuner: &mut Tuner, chosen: &Chosen, kind: Kind, colours: &Colours) {
    let (title, usual, about, ending) = match kind {
        Kind::Scale => ("Scale", "Twelve equal steps", TWELVE, "scl"),
        Kind::Map => ("Keyboard map", "None", NONE, "kbm"),
    };
    let note = |text: String| RichText::new(text).size(SMALL).color(colours.quiet);
    ui.label(note(title.to_owned()));
    let present = tuner.present(kind);
    let mut wish = None;
    let reveal = &mut tuner.reveal[kind as usize];
    let files = match kind {
        Kind::Scale => tuner.library.scales(),
        Kind::Map => tuner.library.maps(),
    };
    ScrollArea::vertical()
        .id_salt(title)
        .max_height(LONGEST)
        .show(ui, |ui| {
            let item = choice::item(ui, usual, present == Present::Usual, colours);
            if item.on_hover_text(about).clicked() {
                wish = Some(Present::Usual);
            }
            if present == Present::Foreign {
                let name = match kind {
                    Kind::Scale => &tuner.scale_name,
                    Kind::Map => "That of the project",
                };
                choice::item(ui, name, true, colours).on_hover_text(FOREIGN);
            }
            for (number, entry) in files.iter().enumerate() {
                let listed = Present::Listed(number);
                let item = choice::item(ui, &entry.name, present == listed, colours);
                if present == listed && *reveal {
                    item.scroll_to_me(Some(Align::Center));
                    *reveal = !ui.is_rect_visible(item.rect);
                }
                let file = entry.path.file_name().unwrap_or_default();
                let item = item.on_hover_ui(|ui| {
                    ui.label(file.to_string_lossy());
                });
                if item.clicked() {
                    wish = Some(listed);
                }
            }
            if files.is_empty() {
                ui.label(note(format!("No .{ending} files in the folder")));
            }
        });
    match wish {
        Some(Present::Usual) => tuner.reset(chosen, kind),
        Some(Present::Listed(number)) => tuner.choose(chosen, kind, number),
        Some(Present::Foreign) | None => {}
    }
}

const TWELVE: &str = "The usual tuning. It takes the keyboard map away too.";
const NONE: &str = "Every key plays the next step of the scale; middle C is at 261.63 Hz.";
const FOREIGN: &str = "The project keeps it. Its file is not in the folder.";
const LEFT_OUT: &str =
    "Up to 400 scales and 400 maps are listed, from the folder and the folders in it.";
const RELOAD: &str = "Lists the folder anew.";
const OPEN: &str = "Opens it in the file manager. Put .scl and .kbm files there.";
