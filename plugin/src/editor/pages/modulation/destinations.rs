//! The menu of the matrix's destinations, group by group.

use egui::{Popup, Rect, ScrollArea, Ui};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::MatrixParameter;

use crate::editor::controls::{choice, context_menu};
use crate::editor::page_context::PageContext;

/// Height of the longest list that does not scroll.
const LONGEST: f32 = 420.0;

/// Draws the menu for the destination of `slot`.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, slot: usize) {
    let parameter = Parameter::matrix_slot(slot, MatrixParameter::Destination);
    let name = parameter.spec().name;
    let response = choice::button(ui, area, name, &page.text(parameter), page.colours);
    Popup::menu(&response).show(|ui| {
        let chosen = page.choice(parameter);
        if choice::item(ui, "None", chosen == 0, page.colours).clicked() {
            page.put(parameter, 0.0);
        }
        for (group, members) in groups() {
            ui.menu_button(group, |ui| {
                ScrollArea::vertical().max_height(LONGEST).show(ui, |ui| {
                    for member in members {
                        // Index 0 stands for None.
                        let number = member.destination_index().map_or(0, |number| number + 1);
                        let name = member.spec().name;
                        if choice::item(ui, name, number == chosen, page.colours).clicked() {
                            page.put(parameter, number as f32);
                        }
                    }
                });
            });
        }
    });
    context_menu::show(ui, page, &response, parameter);
}

/// Returns the destinations of the matrix by group.
fn groups() -> Vec<(&'static str, Vec<Parameter>)> {
    let mut groups: Vec<(&'static str, Vec<Parameter>)> = Vec::new();
    for parameter in Parameter::destinations() {
        let group = parameter.spec().group;
        match groups.last_mut().filter(|(name, _)| *name == group) {
            Some((_, members)) => members.push(parameter),
            None => groups.push((group, vec![parameter])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_destination_is_in_one_group_and_no_group_comes_twice() {
        let groups = groups();
        let all = groups
            .iter()
            .flat_map(|(_, members)| members.iter().copied());
        assert!(all.eq(Parameter::destinations()));
        let mut names: Vec<_> = groups.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), groups.len());
        assert!(groups.len() < 24, "the menu is too long");
    }
}
