//! The panel of variations: its buttons, amount and locks.

use std::time::Instant;

use super::*;
use crate::editor::edit_history::EditHistory;
use crate::editor::edit_history::recorder::Recorder;
use crate::editor::edit_history::{Direction, controls};
use crate::editor::vary::{self, Variations};
use crate::variation::{Group, Groups};

/// A sound with its history and the panel.
struct Varying {
    table: Table,
    history: EditHistory,
    variations: Variations,
}

/// Makes the buttons of the header.
fn header(percent: u32, locked: Groups) -> Harness<'static, Varying> {
    Harness::builder()
        .with_size(vec2(300.0, 300.0))
        .with_step_dt(0.02)
        .with_render_cursor(false)
        .build_ui_state(
            |ui, state: &mut Varying| {
                let Varying {
                    table,
                    history,
                    variations,
                } = state;
                table.theme.apply(ui.ctx());
                let colours = table.theme.colours();
                let whole = ui.ctx().content_rect();
                ui.painter().rect_filled(whole, 0.0, colours.window);
                table.now += Duration::from_millis(20);
                let mut sound = Recorder {
                    sound: &mut table.sound,
                    history,
                    now: table.now,
                };
                let line = |x: f32, width: f32| {
                    egui::Rect::from_min_size(egui::pos2(x, 12.0), vec2(width, 26.0))
                };
                let area = line(12.0, controls::WIDTH);
                if let Some(direction) = controls::buttons(ui, sound.history, area, colours) {
                    sound.go(direction);
                }
                let patch = sound.patch();
                let area = line(80.0, vary::WIDTH);
                if let Some(varied) = vary::show(ui, variations, &patch, area, colours) {
                    varied.load(&mut sound);
                }
            },
            Varying {
                table: Table::of(shelf::all()[7].patch),
                history: EditHistory::default(),
                variations: Variations::chosen(percent, locked),
            },
        )
}

/// Clicks a button of the panel and waits until the sound has changed.
fn vary_by(harness: &mut Harness<'_, Varying>, name: &str) {
    harness.get_by_label(name).click();
    harness.run_steps(2);
    let began = Instant::now();
    while harness.state().table.sound.done.is_empty() {
        assert!(began.elapsed() < Duration::from_secs(120), "no sound");
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    harness.state_mut().table.sound.done.clear();
}

#[test]
fn a_click_varies_the_sound_in_one_step_and_undo_brings_it_back() {
    let mut harness = header(35, Groups::default());
    let before = harness.state().table.sound.patch;
    harness.state_mut().table.sound.origin = Origin::factory(7);
    harness.get_by_label("Vary").click();
    harness.run_steps(4);
    for (button, name, origin) in [
        ("Mutate", "Mutate 35 %", Origin::factory(7)),
        ("Randomise", "Randomise", Origin::Unknown),
    ] {
        vary_by(&mut harness, button);
        // The panel stays open for the next one.
        harness.get_by_label("Randomise");
        let state = harness.state();
        assert_ne!(state.table.sound.patch, before);
        assert_eq!(state.table.sound.origin, origin);
        let step = state.history.name(Direction::Undo);
        assert_eq!(step.as_deref(), Some(name));
        let state = harness.state_mut();
        let mut sound = Recorder {
            sound: &mut state.table.sound,
            history: &mut state.history,
            now: state.table.now,
        };
        sound.go(Direction::Undo);
        assert_eq!(state.table.sound.patch, before);
        assert_eq!(state.table.sound.origin, Origin::factory(7));
        assert_eq!(state.history.name(Direction::Undo), None);
        state.table.sound.done.clear();
    }
}

#[test]
fn locks_are_set_by_clicks_and_kept() {
    let all_but_two = Group::ALL.into_iter().skip(2).collect();
    let mut harness = header(100, all_but_two);
    let before = harness.state().table.sound.patch;
    harness.get_by_label("Vary").click();
    harness.run_steps(4);
    harness.get_by_label("FM").click();
    harness.run_steps(2);
    vary_by(&mut harness, "Mutate");
    let after = harness.state().table.sound.patch;
    for ((parameter, before), (_, after)) in before.iter().zip(after.iter()) {
        let is_free = matches!(Group::of(parameter), Some(Group::Oscillators));
        let is_same = before.to_bits() == after.to_bits();
        let is_free = is_free || parameter == Parameter::Level;
        assert!(is_same || is_free, "{parameter:?}: {before} to {after}");
    }
    // With every group locked there is nothing to do.
    harness.get_by_label("Oscillators").click();
    harness.run_steps(2);
    harness.get_by_label_contains("Every group is locked");
    harness.get_by_label("Randomise").click();
    harness.run_steps(10);
    assert!(harness.state().table.sound.done.is_empty());
}

/// Makes the picture of the open panel.
fn picture(theme: Theme, name: &str) {
    let locked = [Group::Filter, Group::Effects].into_iter().collect();
    let mut harness = header(20, locked);
    harness.state_mut().table.theme = theme;
    harness.run_steps(2);
    harness.get_by_label("Vary").click();
    harness.run_steps(10);
    compare(harness, name);
}

#[test]
fn panel() {
    picture(Theme::Dark, "vary");
}

#[test]
fn panel_by_daylight() {
    picture(Theme::Light, "vary-light");
}
