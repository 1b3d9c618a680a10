//! MIDI learn: the menu of a control, the list of assignments, and the programs of program changes.

use super::*;
use crate::editor::edit_history::Direction::{Redo, Undo};
use crate::editor::edit_history::EditHistory;
use crate::editor::edit_history::recorder::Recorder;
use crate::editor::{midi_list, preset_list};
use crate::midi_map::{Assignment, Controller};
use crate::presets::entry::PresetId;
use crate::presets::programs::Program;

fn opened(tab: Tab) -> Harness<'static, Table> {
    let mut harness = page(tab, Table::of(Patch::default()), 1.0);
    harness.run_steps(2);
    harness
}

/// Opens the menu of the control `name` and clicks `item`.
fn choose(harness: &mut Harness<'_, Table>, name: &str, item: &str) {
    harness.get_by_label(name).click_secondary();
    harness.run_steps(3);
    harness.get_by_label(item).click();
    harness.run_steps(3);
}

fn of(harness: &Harness<'_, Table>, parameter: Parameter) -> Option<Assignment> {
    harness.state().sound.midi_map.get().of(parameter).copied()
}

fn report(harness: &mut Harness<'_, Table>, controller: Controller) {
    harness.state().sound.midi_map.report(controller);
    harness.run_steps(1);
}

const LEARN: &str = "Learn MIDI\u{2026}";

#[test]
fn a_controller_is_learned_turned_round_and_removed() {
    let mut harness = opened(Tab::Play);
    // What was moved before does not count.
    report(&mut harness, Controller::Cc(7));
    choose(&mut harness, "Cutoff", LEARN);
    assert_eq!(of(&harness, Parameter::Cutoff), None);
    report(&mut harness, Controller::Cc(74));
    let whole = Assignment::new(Parameter::Cutoff, Controller::Cc(74));
    assert_eq!(of(&harness, Parameter::Cutoff), Some(whole));
    report(&mut harness, Controller::Cc(75));
    assert_eq!(
        of(&harness, Parameter::Cutoff),
        Some(whole),
        "one is learned"
    );

    choose(&mut harness, "Cutoff", "Invert");
    harness.get_by_label("Moved by CC 74");
    let inverse = Assignment {
        from: 1.0,
        to: 0.0,
        ..whole
    };
    assert_eq!(of(&harness, Parameter::Cutoff), Some(inverse));
    harness.get_by_label("Remove").click();
    harness.run_steps(3);
    assert_eq!(of(&harness, Parameter::Cutoff), None);
    assert_eq!(harness.state().sound.done, [], "no value is edited");
}

#[test]
fn a_pair_is_learned_whichever_of_its_controllers_is_heard_first() {
    for first in [1, 33] {
        let mut harness = opened(Tab::Play);
        choose(&mut harness, "Cutoff", LEARN);
        report(&mut harness, Controller::Cc(first));
        assert_eq!(of(&harness, Parameter::Cutoff), None, "a pair may follow");
        report(&mut harness, Controller::Pair(1));
        let assignment = of(&harness, Parameter::Cutoff).expect("it is learned");
        assert_eq!(assignment.controller, Controller::Pair(1));
    }
    let mut harness = opened(Tab::Play);
    choose(&mut harness, "Cutoff", LEARN);
    report(&mut harness, Controller::Cc(1));
    harness.run_steps(10);
    let assignment = of(&harness, Parameter::Cutoff).expect("it is learned alone");
    assert_eq!(assignment.controller, Controller::Cc(1));
}

#[test]
fn escape_and_the_menu_stop_learning() {
    let mut harness = opened(Tab::Play);
    choose(&mut harness, "Cutoff", LEARN);
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    report(&mut harness, Controller::Cc(74));
    choose(&mut harness, "Cutoff", LEARN);
    choose(&mut harness, "Cutoff", "Stop learning");
    report(&mut harness, Controller::Cc(74));
    harness.run_steps(10);
    assert_eq!(of(&harness, Parameter::Cutoff), None);
}

#[test]
fn every_kind_of_control_has_the_menu() {
    for (tab, name, parameter) in [
        (Tab::Play, "Cutoff", Parameter::Cutoff),
        (Tab::Play, "Vibrato Rate", Parameter::VibratoRate),
        (Tab::Play, "Mode: Legato", Parameter::Mode),
        (Tab::Play, "MPE Channels", Parameter::MpeChannels),
        (
            Tab::Modulation,
            "Slot 1 Destination",
            Parameter::matrix_slot(0, MatrixParameter::Destination),
        ),
    ] {
        let mut harness = opened(tab);
        choose(&mut harness, name, LEARN);
        report(&mut harness, Controller::Pressure);
        let assignment = of(&harness, parameter);
        assert!(assignment.is_some(), "{name} is not assigned");
        assert_eq!(harness.state().sound.done, [], "{name} is edited");
    }
}

#[test]
fn the_menu_types_and_restores_the_default() {
    let mut harness = opened(Tab::Play);
    choose(&mut harness, "Cutoff", "Type a value\u{2026}");
    harness.event(Event::Text("2.5 kHz".into()));
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    let cutoff = |harness: &Harness<'_, Table>| harness.state().sound.patch.get(Parameter::Cutoff);
    assert_eq!(cutoff(&harness), 2500.0);
    choose(&mut harness, "Cutoff", "Default");
    assert_eq!(cutoff(&harness), Parameter::Cutoff.spec().default);
}

#[test]
fn assignments_are_undone_and_a_dragged_range_is_one_step() {
    let (mut sound, mut history) = (Quiet::default(), EditHistory::default());
    let put = |sound: &mut Quiet, history: &mut EditHistory, millis, from, name: &str| {
        let mut recorder = Recorder {
            sound,
            history,
            now: Duration::from_millis(millis),
        };
        let whole = Assignment::new(Parameter::Cutoff, Controller::Cc(74));
        midi_learn::put(&mut recorder, Assignment { from, ..whole }, name);
    };
    put(&mut sound, &mut history, 0, 0.0, "Assign");
    for (n, from) in [0.1, 0.2, 0.3].into_iter().enumerate() {
        put(
            &mut sound,
            &mut history,
            1_000 + 30 * n as u64,
            from,
            "Range",
        );
    }
    let from = |sound: &Quiet| sound.midi_map.get().of(Parameter::Cutoff).map(|it| it.from);
    assert_eq!(from(&sound), Some(0.3));
    for (direction, expected) in [
        (Undo, Some(0.0)),
        (Undo, None),
        (Redo, Some(0.0)),
        (Redo, Some(0.3)),
    ] {
        history.go(direction, &mut sound);
        assert_eq!(from(&sound), expected);
    }
}

/// A page with the assignments of a player, one of which is inverse, and one control that learns.
fn assigned(theme: Theme) -> Harness<'static, Table> {
    let table = Table { theme, ..busy() };
    let mut map = (*table.sound.midi_map.get()).clone();
    for (parameter, controller, from, to) in [
        (Parameter::Cutoff, Controller::Pair(1), 0.2, 0.9),
        (Parameter::Resonance, Controller::Cc(71), 0.8, 0.0),
        (Parameter::Mode, Controller::Pressure, 0.0, 1.0),
    ] {
        let assignment = Assignment {
            parameter,
            controller,
            from,
            to,
        };
        map.assign(assignment).unwrap();
    }
    table.sound.midi_map.replace(map);
    let mut harness = page(Tab::Play, table, 1.0);
    harness.run_steps(2);
    harness
}

fn menu_picture(theme: Theme, name: &str) {
    let mut harness = assigned(theme);
    choose(&mut harness, "Drive", LEARN);
    harness.get_by_label("Cutoff").click_secondary();
    harness.run_steps(30);
    let options = SnapshotOptions::new().threshold(2.0).max_failed_pixels(10);
    harness.snapshot_options(name, &options);
}

#[test]
fn the_menu_of_an_assigned_control() {
    menu_picture(Theme::Dark, "midi-menu");
}

#[test]
fn the_menu_of_an_assigned_control_by_daylight() {
    menu_picture(Theme::Light, "midi-menu-light");
}

/// The button of the list alone, with the assignments of [`assigned`].
fn list(theme: Theme) -> Harness<'static, Table> {
    let mut table = std::mem::replace(assigned(theme).state_mut(), Table::of(Patch::default()));
    table.theme = theme;
    Harness::builder()
        .with_size(vec2(560.0, 220.0))
        .with_step_dt(0.02)
        .with_render_cursor(false)
        .build_ui_state(
            |ui, table: &mut Table| {
                table.theme.apply(ui.ctx());
                let colours = table.theme.colours();
                let whole = ui.ctx().content_rect();
                ui.painter().rect_filled(whole, 0.0, colours.window);
                let button = egui::Rect::from_min_size(egui::pos2(12.0, 12.0), vec2(52.0, 20.0));
                midi_list::show(ui, button, &mut table.sound, colours);
            },
            table,
        )
}

fn list_picture(theme: Theme, name: &str) {
    let mut harness = list(theme);
    harness.run_steps(2);
    harness.get_by_label("MIDI").click();
    harness.run_steps(30);
    let options = SnapshotOptions::new().threshold(2.0).max_failed_pixels(10);
    harness.snapshot_options(name, &options);
    harness.get_by_label("Remove Resonance").click();
    harness.run_steps(3);
    assert_eq!(of(&harness, Parameter::Resonance), None);
    assert!(of(&harness, Parameter::Cutoff).is_some());
    harness.get_by_label("Remove all").click();
    harness.run_steps(3);
    assert!(harness.state().sound.midi_map.get().is_empty());
}

#[test]
fn the_list_of_assignments() {
    list_picture(Theme::Dark, "midi-list");
}

#[test]
fn the_list_of_assignments_by_daylight() {
    list_picture(Theme::Light, "midi-list-light");
}

#[test]
fn programs_are_switched_on_assigned_and_removed_in_the_browser() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = Table::of(Patch::default());
    table.sound.origin = Origin::factory(0);
    table.browser = Browser::new(preset_list::PresetPlaces {
        programs: Some(folder.path().join("programs.toml")),
        ..Default::default()
    });
    let mut harness = page(Tab::Browser, table, 1.0);
    harness.run_steps(5);
    harness.get_by_label("Program change").click();
    harness.run_steps(30);
    let first = &shelf::all()[0].name;
    let program = |harness: &Harness<'_, Table>, number| {
        let program = Program { bank: 0, number };
        harness
            .state()
            .browser
            .list
            .programs()
            .get(program)
            .cloned()
    };
    harness
        .get_by_label("Load presets by program change")
        .click();
    harness.get_by_label(&format!("Assign {first}")).click();
    harness.run_steps(3);
    harness.get_by_label(&format!("Assign {first}")).click();
    harness.run_steps(3);
    assert!(harness.state().browser.list.programs().is_on());
    for number in [0, 1] {
        assert_eq!(program(&harness, number), Some(PresetId::factory(first)));
    }
    let missing = PresetId::factory("Gone");
    let third = Program { bank: 0, number: 2 };
    let list = &mut harness.state_mut().browser.list;
    list.set_program(third, Some(&missing));
    harness.run_steps(30);
    compare(harness, "browser-programs");
}
