//! MIDI program changes: their switch, and the presets of the programs of a bank.

use egui::{Button, DragValue, RichText, Ui};

use crate::editor::page_context::PageContext;
use crate::presets::entry::PresetId;
use crate::presets::programs::{BANKS, PROGRAMS, Program};

/// Bank that is shown, and the program that is assigned next.
#[derive(Default)]
pub struct ProgramList {
    next: Program,
}

impl ProgramList {
    /// Draws the list; `selected` is the preset that can be assigned.
    pub fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, selected: Option<&PresetId>) {
        let colours = page.colours;
        let list = &mut page.browser.list;
        let mut on = list.programs().is_on();
        let switch = ui.checkbox(&mut on, "Load presets by program change");
        if switch.on_hover_text(SWITCH).changed() {
            list.switch_programs(on);
        }
        let next = &mut self.next;
        // Players and most keyboards count programs from 1.
        let mut number = next.number + 1;
        ui.horizontal(|ui| {
            let bank = DragValue::new(&mut next.bank).range(0..=BANKS - 1);
            ui.add(bank.prefix("Bank ")).on_hover_text(BANK);
            let program = DragValue::new(&mut number).range(1..=PROGRAMS);
            ui.add(program.prefix("Program ")).on_hover_text(PROGRAM);
        });
        next.number = number - 1;
        let entry = selected.and_then(|id| list.get(id));
        let chosen = entry.filter(|entry| entry.error.is_none());
        let chosen = chosen.map(|entry| (entry.id.clone(), entry.name.clone()));
        let name = match &chosen {
            Some((_, name)) => format!("Assign {name}"),
            None => "Assign the chosen preset".to_owned(),
        };
        let assign = ui.add_enabled(chosen.is_some(), Button::new(name).truncate());
        if assign.on_hover_text(ASSIGN).clicked()
            && let Some((id, _)) = chosen
        {
            list.set_program(*next, Some(&id));
            next.number = (next.number + 1).min(PROGRAMS - 1);
        }
        let programs = list.programs().of_bank(next.bank);
        if programs.is_empty() {
            ui.label(RichText::new(EMPTY).color(colours.quiet));
        }
        for (program, id) in programs {
            ui.horizontal(|ui| {
                let number = program.number + 1;
                if ui
                    .button("\u{2212}")
                    .on_hover_text(format!("Remove program {number}"))
                    .clicked()
                {
                    list.set_program(program, None);
                }
                let name = match list.get(&id) {
                    Some(entry) => RichText::new(format!("{number}  {}", entry.name)),
                    None if list.is_scanning() => RichText::new(format!("{number}  {id}")),
                    None => {
                        RichText::new(format!("{number}  {id} (missing)")).color(colours.danger)
                    }
                };
                ui.add(egui::Label::new(name).truncate());
            });
        }
    }
}

const SWITCH: &str = "A MIDI program change then loads the preset of its program, in every instance of this user. \
     VST3 hosts send no program changes to plugins.";
const BANK: &str =
    "Bank select: controller 0 times 128, plus controller 32. Most keyboards use bank 0.";
const PROGRAM: &str = "Number of the program, counted from 1 as on most keyboards.";
const ASSIGN: &str =
    "Gives the preset to the program of this number, and moves on to the next number.";
const EMPTY: &str = "No program of this bank has a preset.";
