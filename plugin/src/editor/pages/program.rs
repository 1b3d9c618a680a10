//! Page with the devices of the program: audio output and MIDI inputs.

use egui::{Align2, Button, Popup, Rect, RichText, ScrollArea, Ui, UiBuilder};

use crate::editor::card;
use crate::editor::controls::choice;
use crate::editor::layout;
use crate::editor::page_context::PageContext;
use crate::editor::theme::Colours;
use crate::program::{self, BLOCKS, Devices, Item, RATES, Setup};

const ROW: f32 = 30.0;
const NAME: f32 = 110.0;
const MENU: f32 = 300.0;
/// Height of the longest list that does not scroll.
const LONGEST: f32 = 320.0;

/// Devices of the program.
#[derive(Default)]
pub struct Page;

/// Action of the user.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Choose devices.
    Choose(Setup),
    /// Play the test tone.
    TestTone,
}

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, context: &mut PageContext<'_>, area: Rect) {
        let Some(program) = program::registered() else {
            return;
        };
        match show(ui, &program.devices(), area, context.colours) {
            Some(Action::Choose(setup)) => program.choose(setup),
            Some(Action::TestTone) => program.test_tone(),
            None => {}
        }
    }
}

/// Draws the page into `area`; returns the action of the user in this frame.
pub fn show(ui: &mut Ui, devices: &Devices, area: Rect, colours: &Colours) -> Option<Action> {
    let [audio, midi] = layout::columns(area, [1.0, 1.0], layout::GAP);
    let played = audio_card(ui, devices, audio, colours);
    midi_card(ui, devices, midi, colours).or(played)
}

fn audio_card(ui: &mut Ui, devices: &Devices, area: Rect, colours: &Colours) -> Option<Action> {
    let (_, mut room) = card::titled(ui, area, "Audio output", colours);
    let mut setup = devices.setup.clone();
    let name_of = |items: &[Item], id: &str| {
        let item = items.iter().find(|item| item.id == id);
        item.map_or_else(|| id.to_owned(), |item| item.name.clone())
    };
    let mut line = |name: &str, ui: &mut Ui| {
        let mut line = layout::top(&mut room, ROW - 6.0, 6.0);
        let label = layout::left(&mut line, NAME, 6.0);
        card::write(ui, label, Align2::LEFT_CENTER, name, 12.0, colours.text);
        let width = MENU.min(line.width());
        layout::left(&mut line, width, 0.0)
    };

    let menu = line("Audio system", ui);
    let system = name_of(&devices.systems, &setup.system);
    if let Some(id) = pick(ui, menu, "Audio system", &system, colours, || {
        items(&devices.systems)
    }) && id != setup.system
    {
        setup.system = id;
        setup.device.clear();
    }

    let menu = line("Device", ui);
    let device = match setup.device.as_str() {
        "" => DEFAULT.to_owned(),
        id => name_of(&devices.outputs, id),
    };
    if let Some(id) = pick(ui, menu, "Device", &device, colours, || {
        let mut all = vec![(String::new(), DEFAULT.to_owned())];
        all.extend(items(&devices.outputs));
        all
    }) {
        setup.device = id;
    }

    let menu = line("Output channels", ui);
    let channels = pair(setup.channel);
    if let Some(first) = pick(ui, menu, "Output channels", &channels, colours, || {
        let last = devices.channels.max(setup.channel + 2).max(2) - 2;
        (0..=last)
            .step_by(2)
            .map(|first| (first, pair(first)))
            .collect()
    }) {
        setup.channel = first;
    }

    let fixed = |text: String| match devices.is_fixed {
        true => "set in JACK".to_owned(),
        false => text,
    };
    let menu = line("Sample rate", ui);
    let rate = fixed(hertz(setup.rate));
    if let Some(rate) = pick(ui, menu, "Sample rate", &rate, colours, || {
        RATES.map(|rate| (rate, hertz(rate))).to_vec()
    }) {
        setup.rate = rate;
    }
    let menu = line("Block", ui);
    let block = fixed(samples(setup.block));
    if let Some(block) = pick(ui, menu, "Block", &block, colours, || {
        BLOCKS.map(|block| (block, samples(block))).to_vec()
    }) {
        setup.block = block;
    }

    let place = line("", ui);
    let tone = Button::new("Test tone");
    let tone = ui.put(place.with_max_x(place.left() + 90.0), tone);
    let plays = tone.on_hover_text(TONE).clicked();

    room.min.y += 6.0;
    let text = UiBuilder::new().max_rect(room);
    ui.scope_builder(text, |ui| {
        ui.label(RichText::new(&devices.status).color(colours.text));
        for problem in &devices.problems {
            ui.label(RichText::new(problem).color(colours.warning));
        }
    });
    match (plays, setup == devices.setup) {
        (true, _) => Some(Action::TestTone),
        (false, true) => None,
        (false, false) => Some(Action::Choose(setup)),
    }
}

fn midi_card(ui: &mut Ui, devices: &Devices, area: Rect, colours: &Colours) -> Option<Action> {
    let (_, room) = card::titled(ui, area, "MIDI inputs", colours);
    let mut setup = devices.setup.clone();
    let list = UiBuilder::new().max_rect(room);
    ui.scope_builder(list, |ui| {
        let every = ui.checkbox(&mut setup.every_midi_input, "Every input");
        every.on_hover_text(EVERY);
        ui.add_space(6.0);
        if setup.every_midi_input != devices.setup.every_midi_input {
            // The choice of single inputs begins with those that are played.
            let connected = devices
                .midi_inputs
                .iter()
                .filter(|input| input.is_connected);
            setup.midi_inputs = connected.map(|input| input.name.clone()).collect();
            setup.midi_inputs.dedup();
        }
        let single = !setup.every_midi_input;
        ScrollArea::vertical().show(ui, |ui| {
            if devices.midi_inputs.is_empty() {
                let none = "No MIDI input is connected.";
                ui.label(RichText::new(none).color(colours.quiet));
            }
            for input in &devices.midi_inputs {
                let chosen = setup
                    .midi_inputs
                    .iter()
                    .position(|name| *name == input.name);
                let mut ticked = match single {
                    true => chosen.is_some(),
                    false => input.is_connected,
                };
                let tick = egui::Checkbox::new(&mut ticked, input.name.as_str());
                if ui.add_enabled(single, tick).clicked() {
                    match chosen {
                        Some(place) => drop(setup.midi_inputs.remove(place)),
                        None => setup.midi_inputs.push(input.name.clone()),
                    }
                }
            }
        });
    });
    (setup != devices.setup).then_some(Action::Choose(setup))
}

/// Draws a button that opens a menu of `list`; returns the value that is chosen in this frame.
fn pick<T>(
    ui: &mut Ui,
    area: Rect,
    name: &str,
    text: &str,
    colours: &Colours,
    list: impl FnOnce() -> Vec<(T, String)>,
) -> Option<T> {
    let response = choice::button(ui, area, name, text, colours);
    let mut picked = None;
    Popup::menu(&response).show(|ui| {
        ui.set_min_width(area.width() - 12.0);
        ScrollArea::vertical().max_height(LONGEST).show(ui, |ui| {
            for (value, item) in list() {
                if choice::item(ui, &item, item == text, colours).clicked() {
                    picked = Some(value);
                }
            }
        });
    });
    picked
}

fn items(items: &[Item]) -> Vec<(String, String)> {
    let items = items.iter();
    items
        .map(|item| (item.id.clone(), item.name.clone()))
        .collect()
}

fn pair(first: u32) -> String {
    format!("{} + {}", first + 1, first + 2)
}

fn hertz(rate: u32) -> String {
    format!("{rate} Hz")
}

fn samples(block: u32) -> String {
    format!("{block} samples")
}

const DEFAULT: &str = "System default";
const TONE: &str = "Plays 440 Hz at \u{2212}18 dBFS on the left channel and then on the right one.";
const EVERY: &str = "Plays every MIDI input, also one that is connected later.";
