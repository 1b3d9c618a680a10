//! Undo and redo, from random edits to the buttons.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::*;
use crate::comparison::Side;
use crate::editor::compare;
use crate::editor::edit_history::Direction::{self, Redo, Undo};
use crate::editor::edit_history::recorder::Recorder;
use crate::editor::edit_history::{EditHistory, controls};
use crate::editor::macro_name;

const FIFTHS: &str = "Fifths\n 2\n 3/2\n 2/1\n";
const THIRDS: &str = "Thirds\n 2\n 5/4\n 2/1\n";

/// A sound with its history.
#[derive(Default)]
struct Edited {
    sound: Quiet,
    history: EditHistory,
    now: Duration,
}

impl Edited {
    /// Returns the sound with a recorder, `millis` later.
    fn later(&mut self, millis: u64) -> Recorder<'_> {
        self.now += Duration::from_millis(millis);
        Recorder {
            sound: &mut self.sound,
            history: &mut self.history,
            now: self.now,
        }
    }

    /// Moves `parameter` in a gesture that begins and ends in the same frame.
    fn put(&mut self, millis: u64, parameter: Parameter, plain: f32) {
        let mut sound = self.later(millis);
        sound.begin(parameter);
        sound.set(parameter, plain);
        sound.end(parameter);
    }

    fn go(&mut self, direction: Direction) {
        self.later(10).go(direction);
    }

    fn names(&self) -> [String; 2] {
        [Undo, Redo].map(|direction| self.history.name(direction).unwrap_or_default())
    }

    /// Returns everything that undo restores.
    fn state(&self) -> (Patch, Origin, Comparison, ScalaFiles) {
        let Quiet { patch, origin, .. } = &self.sound;
        let Quiet {
            comparison, tuning, ..
        } = &self.sound;
        (*patch, origin.clone(), comparison.clone(), tuning.files())
    }
}

/// An edit, or a change by the host.
#[derive(Clone, Debug)]
enum Act {
    /// A gesture through values, given as fractions of the range, over some milliseconds.
    Gesture(Parameter, Vec<f32>, u64),
    Load(Origin, Vec<(Parameter, f32)>),
    Switch,
    Copy(Side),
    Tuning(Option<&'static str>),
    Rename(usize, &'static str),
}

fn parameter() -> impl Strategy<Value = Parameter> {
    let all: Vec<_> = Parameter::all().collect();
    proptest::sample::select(all)
}

/// Returns a parameter and a value of its range, that ends and defaults are likely among.
fn value() -> impl Strategy<Value = (Parameter, f32)> {
    (parameter(), 0.0..=1.0_f32).prop_map(|(parameter, at)| {
        let at = if at < 0.2 { 0.0 } else { at };
        (parameter, parameter.spec().range.plain(at))
    })
}

fn act() -> impl Strategy<Value = Act> {
    let few = prop_oneof![Just(Parameter::Cutoff), Just(Parameter::Mode), parameter()];
    let gesture = (few, prop::collection::vec(0.0..=1.0_f32, 0..4), 0..900_u64);
    let origin = prop_oneof![
        Just(Origin::Unknown),
        Just(Origin::Initial),
        (0..9_usize).prop_map(Origin::factory)
    ];
    let scale = proptest::sample::select(vec![None, Some(FIFTHS), Some(THIRDS)]);
    let name = proptest::sample::select(vec!["", "Grit", "Air"]);
    prop_oneof![
        6 => gesture.prop_map(|(parameter, to, millis)| Act::Gesture(parameter, to, millis)),
        2 => (origin, prop::collection::vec(value(), 0..40))
            .prop_map(|(origin, values)| Act::Load(origin, values)),
        1 => scale.prop_map(Act::Tuning),
        1 => (0..Parameter::MACROS, name).prop_map(|(number, name)| Act::Rename(number, name)),
        1 => Just(Act::Switch),
        1 => prop_oneof![Just(Act::Copy(Side::A)), Just(Act::Copy(Side::B))],
    ]
}

fn perform(edited: &mut Edited, act: &Act) {
    match act {
        Act::Gesture(parameter, to, millis) => {
            edited.later(200).begin(*parameter);
            for at in to {
                let plain = parameter.spec().range.plain(*at);
                edited.later(0).set(*parameter, plain);
            }
            edited.later(*millis / 300 * 300).end(*parameter);
        }
        Act::Load(origin, values) => {
            let patch = (values.iter()).fold(edited.sound.patch, |patch, (parameter, plain)| {
                patch.with(*parameter, *plain)
            });
            let mut sound = edited.later(200);
            let values = crate::editor::sound::differences(&sound, &patch);
            sound.load(Load::new(&values, origin.clone(), "Load"));
        }
        Act::Switch => compare::switch(&mut edited.later(200), None),
        Act::Copy(from) => compare::copy(&mut edited.later(200), *from, None),
        Act::Tuning(scale) => {
            let scale = scale.map(str::to_owned);
            let files = ScalaFiles { scale, map: None };
            edited.later(200).retune(files, "Tuning").unwrap();
        }
        Act::Rename(number, name) => macro_name::rename(&mut edited.later(200), *number, name),
    }
}

proptest! {
    #[test]
    fn undo_of_random_edits_is_the_identity_and_so_is_redo(
        acts in prop::collection::vec(act(), 1..80)
    ) {
        undo_and_redo(&acts)?;
    }

    #[test]
    fn undo_leaves_what_the_host_automates(
        acts in prop::collection::vec(act(), 1..30),
        automated in prop::collection::vec(value(), 1..30),
    ) {
        host_keeps(&acts, &automated)?;
    }
}

/// Undoes and redoes all of `acts`, and compares the state at every step with the one at which it was before.
fn undo_and_redo(acts: &[Act]) -> TestCaseResult {
    let mut edited = Edited::default();
    let first = edited.state();
    for act in acts {
        perform(&mut edited, act);
    }
    let mut states = vec![edited.state()];
    let mut names = vec![edited.names()];
    while edited.history.name(Undo).is_some() {
        edited.go(Undo);
        prop_assert_ne!(&states[states.len() - 1], &edited.state(), "an empty step");
        states.push(edited.state());
        names.push(edited.names());
        prop_assert!(states.len() <= acts.len() + 1);
    }
    prop_assert_eq!(&states[states.len() - 1], &first);
    while let Some(state) = states.pop() {
        prop_assert_eq!(&state, &edited.state());
        prop_assert_eq!(names.pop().unwrap(), edited.names());
        edited.go(Redo);
    }
    prop_assert_eq!(edited.history.name(Redo), None);
    Ok(())
}

/// Performs `acts`, lets the host move parameters that they left alone, and undoes and redoes everything.
fn host_keeps(acts: &[Act], automated: &[(Parameter, f32)]) -> TestCaseResult {
    let mut edited = Edited::default();
    for act in acts {
        perform(&mut edited, act);
    }
    let moves = |parameter: Parameter| {
        acts.iter().any(|act| match act {
            Act::Gesture(moved, ..) => *moved == parameter,
            Act::Load(_, values) => values.iter().any(|(moved, _)| *moved == parameter),
            Act::Switch | Act::Copy(_) | Act::Tuning(_) | Act::Rename(..) => false,
        })
    };
    let mut kept = Vec::new();
    for (parameter, plain) in automated {
        if !moves(*parameter) {
            edited.sound.patch.set(*parameter, *plain);
            kept.push(*parameter);
        }
    }
    let host = edited.sound.patch;
    for direction in [Undo, Redo] {
        while edited.history.name(direction).is_some() {
            edited.go(direction);
            for parameter in &kept {
                prop_assert_eq!(edited.sound.patch.get(*parameter), host.get(*parameter));
            }
        }
    }
    Ok(())
}

#[test]
fn steps_have_the_names_of_their_edits() {
    let mut edited = Edited::default();
    edited.put(0, Parameter::Cutoff, 2000.0);
    let default =
        crate::params::text::format(Parameter::Cutoff.spec(), Parameter::Cutoff.spec().default);
    assert_eq!(
        edited.names(),
        [format!("Cutoff from {default} to 2 kHz"), String::new()]
    );
    let source = Parameter::matrix_slot(2, MatrixParameter::Source);
    edited.put(0, source, number(source, "LFO 1"));
    assert_eq!(edited.names()[0], "Slot 3 Source from None to LFO 1");
    presets::load_initial(&mut edited.later(0));
    assert_eq!(edited.names()[0], "Init");
    edited.go(Undo);
    assert_eq!(edited.names()[1], "Init");
    // A new edit drops the steps that were undone.
    edited.put(0, Parameter::Cutoff, 300.0);
    assert_eq!(edited.names(), ["Cutoff from 2 kHz to 300 Hz", ""]);
}

#[test]
fn macros_are_named_and_the_names_are_undone() {
    let mut edited = Edited::default();
    macro_name::rename(&mut edited.later(0), 2, "  Grit\n");
    assert_eq!(edited.sound.origin.macro_name(2), Some("Grit"));
    macro_name::rename(&mut edited.later(0), 2, "");
    assert_eq!(edited.sound.origin.macro_name(2), None);
    assert_eq!(edited.names()[0], "Macro 3 without a name");
    edited.go(Undo);
    assert_eq!(edited.names()[0], "Macro 3 named Grit");
    assert_eq!(edited.sound.origin.macro_name(2), Some("Grit"));
    // The same name is no step.
    macro_name::rename(&mut edited.later(0), 2, "Grit");
    assert_eq!(edited.names()[1], "Macro 3 without a name");
}

#[test]
fn notches_of_the_wheel_are_one_step_until_a_pause_or_another_edit() {
    let (cutoff, resonance) = (Parameter::Cutoff, Parameter::Resonance);
    let mut edited = Edited::default();
    for hertz in [1000.0, 1100.0, 1200.0] {
        edited.put(500, cutoff, hertz);
    }
    edited.put(700, cutoff, 1300.0);
    assert_eq!(edited.names()[0], "Cutoff from 1.2 kHz to 1.3 kHz");
    edited.go(Undo);
    edited.put(100, cutoff, 1400.0);
    assert_eq!(edited.names(), ["Cutoff from 1.2 kHz to 1.4 kHz", ""]);
    edited.put(100, resonance, 0.5);
    edited.put(100, cutoff, 1500.0);
    assert_eq!(edited.names()[0], "Cutoff from 1.4 kHz to 1.5 kHz");
    // Back at the start, the step is none.
    edited.put(100, cutoff, 1400.0);
    assert!(edited.names()[0].starts_with("Resonance "));
}

#[test]
fn a_drag_is_a_step_of_its_own_and_none_if_it_returns() {
    let cutoff = Parameter::Cutoff;
    let mut edited = Edited::default();
    let drag = |edited: &mut Edited, to: &[f32]| {
        edited.later(10).begin(cutoff);
        for hertz in to {
            edited.later(10).set(cutoff, *hertz);
            // During a drag there is no undo.
            edited.go(Undo);
            assert_eq!(edited.sound.patch.get(cutoff), *hertz);
        }
        edited.later(10).end(cutoff);
    };
    edited.put(0, cutoff, 500.0);
    drag(&mut edited, &[600.0, 700.0]);
    drag(&mut edited, &[800.0, 700.0]);
    assert_eq!(edited.names()[0], "Cutoff from 500 Hz to 700 Hz");
    drag(&mut edited, &[]);
    assert_eq!(edited.names()[0], "Cutoff from 500 Hz to 700 Hz");
    edited.go(Undo);
    assert_eq!(edited.sound.patch.get(cutoff), 500.0);
    // A drag that returns keeps what can be redone.
    drag(&mut edited, &[600.0, 500.0]);
    edited.go(Redo);
    assert_eq!(edited.sound.patch.get(cutoff), 700.0);
}

#[test]
fn two_hundred_steps_are_kept() {
    let mut edited = Edited::default();
    for step in 1..=250 {
        edited.put(1_000, Parameter::Cutoff, 100.0 + step as f32);
    }
    let mut steps = 0;
    while edited.history.name(Undo).is_some() {
        edited.go(Undo);
        steps += 1;
    }
    assert_eq!(steps, 200);
    assert_eq!(edited.sound.patch.get(Parameter::Cutoff), 150.0);
}

/// Makes the browser and the buttons, as in the header, with the filter's knobs below them.
fn header() -> Harness<'static, (Table, EditHistory)> {
    Harness::builder()
        .with_size(vec2(520.0, 300.0))
        .with_step_dt(0.02)
        .with_render_cursor(false)
        .build_ui_state(
            |ui, (table, history): &mut (Table, EditHistory)| {
                table.theme.apply(ui.ctx());
                let colours = table.theme.colours();
                let whole = ui.ctx().content_rect();
                ui.painter().rect_filled(whole, 0.0, colours.window);
                table.now += Duration::from_millis(20);
                let Table {
                    browser,
                    sound,
                    now,
                    ..
                } = table;
                browser.follow(&sound.patch, &mut sound.origin, *now);
                browser.list.maintain(*now, false);
                let mut sound = Recorder {
                    sound,
                    history,
                    now: *now,
                };
                for direction in controls::pressed(ui) {
                    sound.go(direction);
                }
                let line = |x: f32, width: f32| {
                    egui::Rect::from_min_size(egui::pos2(x, 12.0), vec2(width, 26.0))
                };
                presets::show(ui, browser, &mut sound, line(12.0, 330.0), colours);
                let area = line(354.0, controls::WIDTH);
                if let Some(direction) = controls::buttons(ui, sound.history, area, colours) {
                    sound.go(direction);
                }
                let area = line(422.0, compare::WIDTH);
                compare::show(ui, browser, &mut sound, area, colours);
                let mut page = PageContext {
                    browser,
                    sound: &mut sound,
                    monitor: &table.monitor,
                    colours,
                };
                let area = egui::Rect::from_min_size(egui::pos2(12.0, 60.0), vec2(120.0, 80.0));
                crate::editor::controls::knob::show(ui, &mut page, area, Parameter::Cutoff);
            },
            (Table::of(Patch::default()), EditHistory::default()),
        )
}

#[test]
fn buttons_and_keys_bring_sound_and_name_back() {
    let mut harness = header();
    let shown = |harness: &Harness<'_, (Table, EditHistory)>| {
        let node = harness.get_by_label("Preset");
        node.accesskit_node().value().unwrap_or_default()
    };
    let cutoff = |harness: &Harness<'_, (Table, EditHistory)>| {
        harness.state().0.sound.patch.get(Parameter::Cutoff)
    };
    harness.run_steps(30);
    let untouched = harness.state().0.sound.patch;
    // A button without a step does nothing.
    harness.get_by_label("Undo").click();
    harness.run_steps(2);
    assert_eq!(harness.state().0.sound.done, []);

    harness.get_by_label("Next preset").click();
    harness.run_steps(2);
    let first = &shelf::all()[0].name;
    assert_eq!(&shown(&harness), first);
    type_into(&mut harness, "Cutoff");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Text("432 Hz".into()));
    // In a field of text, the keys are those of the text.
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(2);
    assert_eq!(&shown(&harness), first);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Text("432 Hz".into()));
    harness.key_press(Key::Enter);
    harness.run_steps(30);
    assert_eq!(cutoff(&harness), 432.0);
    assert_eq!(shown(&harness), format!("{first} (edited)"));

    harness.get_by_label("Undo").hover();
    harness.run_steps(60);
    harness.get_by_label_contains(" to 432 Hz (Ctrl+Z)");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(30);
    assert_eq!(&shown(&harness), first);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(30);
    assert_eq!(shown(&harness), "Init");
    assert_eq!(harness.state().0.sound.patch, untouched);
    for keys in [
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z),
        (Modifiers::COMMAND, Key::Y),
    ] {
        harness.key_press_modifiers(keys.0, keys.1);
        harness.run_steps(2);
    }
    assert_eq!(cutoff(&harness), 432.0);
    harness.get_by_label("Undo").click();
    harness.run_steps(2);
    harness.get_by_label("Redo").click();
    harness.run_steps(2);
    assert_eq!(cutoff(&harness), 432.0);
}

#[test]
fn a_tuning_is_undone() {
    let mut edited = Edited::default();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Bohlen.scl"), FIFTHS).unwrap();
    let mut tuner = Tuner::new(Some(folder.path().to_owned()));
    tuner.rescan(&edited.sound.tuning);
    let kind = crate::editor::tuning::Kind::Scale;
    tuner.choose(&mut edited.later(0), kind, 0);
    assert_eq!(edited.names()[0], "Tuning Bohlen.scl");
    let fifths = edited.sound.tuning.files();
    assert_eq!(fifths.scale.as_deref(), Some(FIFTHS));
    tuner.reset(&mut edited.later(0), kind);
    edited.go(Undo);
    assert_eq!(edited.sound.tuning.files(), fifths);
    edited.go(Undo);
    assert_eq!(edited.sound.tuning.files(), ScalaFiles::default());
    edited.go(Redo);
    assert_eq!(edited.sound.tuning.files(), fifths);
    // The engine gets the restored tuning, too.
    assert_eq!(edited.sound.tuning.take(), fifths.tuning().ok());
}

/// Makes the picture of the buttons with the hint of a step.
fn picture(theme: Theme, name: &str) {
    let mut harness = header();
    harness.state_mut().0.theme = theme;
    harness.run_steps(2);
    harness.get_by_label("Next preset").click();
    harness.run_steps(2);
    harness.get_by_label("Cutoff").focus();
    harness.run_steps(2);
    harness.key_press(Key::PageUp);
    harness.run_steps(2);
    harness.get_by_label("Undo").hover();
    harness.run_steps(60);
    compare(harness, name);
}

#[test]
fn buttons() {
    picture(Theme::Dark, "undo");
}

#[test]
fn buttons_by_daylight() {
    picture(Theme::Light, "undo-light");
}

#[test]
fn a_and_b_are_switched_and_copied_either_way() {
    let cutoff = Parameter::Cutoff;
    let mut edited = Edited::default();
    let at = |edited: &Edited| edited.sound.patch.get(cutoff);
    edited.put(0, cutoff, 500.0);
    // Until the first switch, B is what A is.
    compare::switch(&mut edited.later(0), None);
    assert_eq!(
        (at(&edited), edited.names()[0].as_str()),
        (500.0, "Switch to B")
    );
    edited.put(1_000, cutoff, 900.0);
    // The volume belongs to neither sound.
    edited.put(1_000, Parameter::Volume, -20.0);
    presets::load_initial(&mut edited.later(1_000));
    edited.put(1_000, Parameter::Volume, -30.0);
    compare::switch(&mut edited.later(0), None);
    assert_eq!(at(&edited), 500.0);
    assert_eq!(edited.sound.patch.get(Parameter::Volume), -30.0);
    compare::switch(&mut edited.later(0), None);
    assert_eq!(at(&edited), cutoff.spec().default);
    assert_eq!(edited.sound.origin, Origin::Initial);

    compare::copy(&mut edited.later(0), Side::B, None);
    edited.put(1_000, cutoff, 700.0);
    compare::copy(&mut edited.later(0), Side::A, None);
    assert_eq!(at(&edited), cutoff.spec().default);
    edited.go(Undo);
    assert_eq!(at(&edited), 700.0);
    edited.go(Undo);
    edited.go(Undo);
    assert_eq!(edited.names()[1], "Copy B to A");
    compare::switch(&mut edited.later(0), None);
    assert_eq!(at(&edited), 500.0);
}

#[test]
fn the_switch_shows_the_side_that_is_played() {
    let mut harness = header();
    harness.run_steps(2);
    let played = |harness: &Harness<'_, (Table, EditHistory)>, name: &str| {
        let toggled = harness.get_by_label(name).accesskit_node().toggled();
        toggled == Some(egui::accesskit::Toggled::True)
    };
    assert!(played(&harness, "Sound A") && !played(&harness, "Sound B"));
    harness.get_by_label("Sound A").click();
    harness.run_steps(2);
    assert_eq!(harness.state().0.sound.done, []);
    harness.get_by_label("Sound B").click();
    harness.run_steps(2);
    assert!(!played(&harness, "Sound A") && played(&harness, "Sound B"));
    harness.get_by_label("Copy A or B").click();
    harness.run_steps(2);
    harness.get_by_label("Copy A to B").click();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(2);
    assert!(played(&harness, "Sound A"));
}
