//! The pages as pictures, and their response to pointer and keys.

mod browser;
mod midi;
mod sizes;
mod tunings;
mod typing;
mod undo;
mod vary;

use std::path::PathBuf;
use std::time::Duration;

use egui::{Event, Frame, Key, Modifiers, PointerButton, Pos2, UiBuilder, Vec2, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, SnapshotOptions};
use tidepool_dsp::engine::{ModulationSnapshot, Overload, Source};
use tidepool_dsp::parameter::{MatrixParameter, OperatorParameter, OscillatorParameter};
use tidepool_dsp::{Parameter, Patch};

use super::origin::Origin;
use super::page_context::PageContext;
use super::pages::{Pages, Tab, play};
use super::presets::{self, Browser};
use super::sound::{Load, Sound};
use super::theme::Theme;
use super::tuning::Tuner;
use super::{BELOW, ROOM, header, keyboard, midi_learn};
use crate::comparison::Comparison;
use crate::midi_map::{ActiveMidiMap, MidiMap};
use crate::params::ParamValue;
use crate::presets as shelf;
use crate::tuning::{ActiveTuning, ScalaFiles, Unusable};

/// A sound without an engine, which records the gestures.
#[derive(Default)]
struct Quiet {
    patch: Patch,
    host: f32,
    done: Vec<Done>,
    origin: Origin,
    comparison: Comparison,
    tuning: ActiveTuning,
    midi_map: ActiveMidiMap,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Done {
    Begin(Parameter),
    Set(Parameter, f32),
    End(Parameter),
    Load,
}

impl Sound for Quiet {
    fn place(&self, parameter: Parameter) -> ParamValue {
        ParamValue {
            plain: self.patch.get(parameter),
            modulation: if parameter == Parameter::Resonance {
                self.host
            } else {
                0.0
            },
        }
    }

    fn begin(&mut self, parameter: Parameter) {
        self.done.push(Done::Begin(parameter));
    }

    fn set(&mut self, parameter: Parameter, plain: f32) {
        self.patch.set(parameter, plain);
        self.done.push(Done::Set(parameter, plain));
    }

    fn end(&mut self, parameter: Parameter) {
        self.done.push(Done::End(parameter));
    }

    fn patch(&self) -> Patch {
        self.patch
    }

    fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }

    fn comparison(&self) -> Comparison {
        self.comparison.clone()
    }

    fn load(&mut self, load: Load<'_>) {
        for &(parameter, plain) in load.values {
            self.patch.set(parameter, plain);
        }
        self.origin = load.origin;
        if let Some(comparison) = load.comparison {
            self.comparison = comparison;
        }
        self.done.push(Done::Load);
    }

    fn tuning(&self) -> &ActiveTuning {
        &self.tuning
    }

    fn retune(&mut self, files: ScalaFiles, _name: &str) -> Result<(), Unusable> {
        self.tuning.choose(files)
    }

    fn midi_map(&self) -> &ActiveMidiMap {
        &self.midi_map
    }

    fn set_midi_map(&mut self, map: MidiMap, _name: &str) {
        self.midi_map.replace(map);
    }
}

/// State of a page under test.
struct Table {
    sound: Quiet,
    monitor: ModulationSnapshot,
    browser: Browser,
    pages: Pages,
    now: Duration,
    theme: Theme,
}

impl Table {
    fn of(patch: Patch) -> Self {
        Self {
            sound: Quiet {
                patch,
                ..Quiet::default()
            },
            monitor: ModulationSnapshot::default(),
            browser: Browser::default(),
            pages: with_folder(None),
            now: Duration::ZERO,
            theme: Theme::Dark,
        }
    }
}

/// Returns the pages with a tuner of this folder.
fn with_folder(folder: Option<PathBuf>) -> Pages {
    Pages {
        play: play::Page {
            tuner: Tuner::new(folder),
        },
        ..Pages::default()
    }
}

/// Returns the size of the page's area in a window of this size.
fn size(tab: Tab, window: Vec2) -> Vec2 {
    let below = f32::from(BELOW.bottom);
    let keys = keyboard::height(window.y) + below;
    let page = window - vec2(0.0, header::HEIGHT + keys);
    match tab {
        Tab::Play => page - vec2(super::levels::WIDTH + 12.0, 0.0),
        _ => page,
    }
}

/// Makes a page in the area that a new window leaves it.
fn page(tab: Tab, table: Table, scale: f32) -> Harness<'static, Table> {
    page_in(ROOM, tab, table, scale)
}

/// Makes a page in the area that a window of this size leaves it.
fn page_in(window: Vec2, tab: Tab, table: Table, scale: f32) -> Harness<'static, Table> {
    Harness::builder()
        .with_size(size(tab, window))
        .with_pixels_per_point(scale)
        .with_step_dt(0.02)
        .with_render_cursor(false)
        .build_ui_state(
            move |ui, table: &mut Table| {
                table.theme.apply(ui.ctx());
                let colours = table.theme.colours();
                // The harness leaves a margin that the window does not have.
                let whole = ui.ctx().content_rect();
                ui.set_clip_rect(whole);
                ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                    let frame = Frame::new().fill(colours.window).inner_margin(BELOW);
                    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
                        midi_learn::follow(ui.ctx(), &mut table.sound);
                        table.browser.list.maintain(table.now, tab == Tab::Browser);
                        let mut page = PageContext {
                            browser: &mut table.browser,
                            sound: &mut table.sound,
                            monitor: &table.monitor,
                            colours,
                        };
                        let area = ui.max_rect();
                        table.pages.show(tab, ui, &mut page, area);
                    });
                });
            },
            table,
        )
}

/// Compares the page with its picture, with the tolerance of the engine page's tests.
fn compare<T>(mut harness: Harness<'_, T>, name: &str) {
    harness.run();
    let options = SnapshotOptions::new().threshold(2.0).max_failed_pixels(10);
    harness.snapshot_options(name, &options);
}

/// A sound that uses a little of everything.
fn busy() -> Table {
    let oscillator = Parameter::oscillator;
    let mut patch = Patch::default()
        .with(Parameter::Resonance, 0.55)
        .with(Parameter::Cutoff, 900.0)
        .with(oscillator(0, OscillatorParameter::Shape), 2.4)
        .with(oscillator(0, OscillatorParameter::Unison), 5.0)
        .with(oscillator(1, OscillatorParameter::Shape), 0.6)
        .with(oscillator(1, OscillatorParameter::Pitch), -12.0)
        .with(oscillator(1, OscillatorParameter::Level), -9.0)
        .with(Parameter::Sync, 1.0)
        .with(Parameter::NoiseLevel, -24.0)
        .with(Parameter::FmLevel, -12.0)
        .with(Parameter::FmAlgorithm, 4.0)
        .with(Parameter::SendDelay, -18.0)
        .with(Parameter::SendReverb, -12.0)
        .with(Parameter::macro_knob(0), 0.3);
    let slots = [
        ("LFO 1", "Mod Wheel", "Cutoff", 0.25),
        ("Env 3", "None", "Osc A Shape", -0.4),
        ("Macro 1", "None", "Resonance", 0.6),
        ("Note Expression", "Velocity", "Op 2 Level", 1.0),
    ];
    for (slot, (source, via, destination, amount)) in slots.into_iter().enumerate() {
        let put = |patch: Patch, which, name: &str| {
            let parameter = Parameter::matrix_slot(slot, which);
            patch.with(parameter, number(parameter, name))
        };
        patch = put(patch, MatrixParameter::Source, source);
        patch = put(patch, MatrixParameter::Via, via);
        patch = put(patch, MatrixParameter::Destination, destination);
        patch.set(
            Parameter::matrix_slot(slot, MatrixParameter::Amount),
            amount,
        );
    }
    for operator in 1..Parameter::OPERATORS {
        let of = |parameter| Parameter::operator(operator, parameter);
        patch.set(of(OperatorParameter::Level), 0.9 - 0.1 * operator as f32);
        patch.set(of(OperatorParameter::Ratio), operator as f32);
        patch.set(of(OperatorParameter::Rate2), 0.15 * operator as f32);
        patch.set(of(OperatorParameter::Level3), 0.4);
        patch.set(of(OperatorParameter::Wave), operator as f32);
    }
    let mut table = Table::of(patch);
    table.sound.host = 0.2;
    let monitor = &mut table.monitor;
    monitor.known = u64::MAX;
    for (source, value) in [
        (Source::Envelope1, 0.6),
        (Source::Envelope2, 0.35),
        (Source::Envelope3, 0.5),
        (Source::Lfo1, -0.7),
        (Source::Lfo2, 0.4),
        (Source::Macro1, 0.3),
        (Source::NoteExpression, 0.9),
    ] {
        monitor.sources[source as usize] = value;
    }
    monitor.slots[..4].copy_from_slice(&[-0.12, -0.2, 0.18, 0.6]);
    let peaks = [[0.4, 0.5], [0.25, 0.2], [0.06, 0.09], [1.2, 0.9]];
    for (overload, peak) in monitor.overloads.iter_mut().zip(peaks) {
        *overload = Overload {
            peak,
            hold: peak.map(|peak| 1.3 * peak),
            overs: u32::from(peak[0] > 1.0) * 3,
        };
    }
    table
}

/// Returns the value of the choice `name` of `parameter`.
fn number(parameter: Parameter, name: &str) -> f32 {
    crate::params::text::parse(parameter.spec(), name).expect(name)
}

fn by_daylight() -> Table {
    Table {
        theme: Theme::Light,
        ..busy()
    }
}

#[test]
fn play() {
    compare(page(Tab::Play, busy(), 1.0), "play");
}

#[test]
fn play_by_daylight_on_a_fine_screen() {
    compare(page(Tab::Play, by_daylight(), 2.0), "play-light-2x");
}

#[test]
fn oscillators() {
    compare(page(Tab::Oscillators, busy(), 1.0), "oscillators");
}

#[test]
fn fm() {
    compare(page(Tab::Fm, busy(), 1.0), "fm");
}

#[test]
fn fm_where_it_is_free() {
    let mut table = busy();
    let patch = &mut table.sound.patch;
    patch.set(Parameter::FmAlgorithm, 32.0);
    for (to, from, amount) in [(0, 1, 0.8), (1, 0, 0.3), (2, 5, 1.0), (0, 3, 0.5)] {
        patch.set(Parameter::modulator(to, from), amount);
    }
    for operator in [0, 2] {
        let output = Parameter::operator(operator, OperatorParameter::Output);
        patch.set(output, 0.7);
    }
    compare(page(Tab::Fm, table, 1.0), "fm-free");
}

#[test]
fn filter_and_envelopes() {
    compare(page(Tab::Filter, busy(), 1.0), "filter");
}

#[test]
fn modulation() {
    compare(page(Tab::Modulation, busy(), 1.0), "modulation");
}

#[test]
fn modulation_by_daylight() {
    compare(
        page(Tab::Modulation, by_daylight(), 1.0),
        "modulation-light",
    );
}

#[test]
fn effects() {
    compare(page(Tab::Effects, busy(), 1.0), "effects");
}

/// Presses at `from`, moves by `by`, and releases.
fn drag(harness: &mut Harness<'_, Table>, from: Pos2, by: Vec2, modifiers: Modifiers) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers,
    };
    harness.event_modifiers(Event::PointerMoved(from), modifiers);
    harness.event_modifiers(button(from, true), modifiers);
    harness.step();
    // The first steps tell a drag from a click.
    for step in 1..=10 {
        let pos = from + by * step as f32 / 10.0;
        harness.event_modifiers(Event::PointerMoved(pos), modifiers);
        harness.step();
    }
    harness.event_modifiers(button(from + by, false), modifiers);
    harness.run();
}

fn centre(harness: &Harness<'_, Table>, name: &str) -> Pos2 {
    harness.get_by_label(name).rect().center()
}

#[test]
fn dragging_a_knob_is_one_gesture() {
    let mut harness = page(Tab::Play, Table::of(Patch::default()), 1.0);
    harness.run();
    let knob = centre(&harness, "Resonance");
    drag(&mut harness, knob, vec2(0.0, -90.0), Modifiers::NONE);
    let sound = &harness.state().sound;
    let parameter = Parameter::Resonance;
    assert_eq!(sound.done.first(), Some(&Done::Begin(parameter)));
    assert_eq!(sound.done.last(), Some(&Done::End(parameter)));
    let between = &sound.done[1..sound.done.len() - 1];
    assert!(between.len() > 5);
    assert!(
        between
            .iter()
            .all(|done| matches!(done, Done::Set(set, _) if *set == parameter))
    );
    // A drag over 90 of 180 points is half of the range, added to the default of 0.2.
    let coarse = sound.patch.get(parameter) - 0.2;
    assert!((coarse - 0.5).abs() < 0.06, "{coarse}");

    let before = sound.patch.get(parameter);
    drag(&mut harness, knob, vec2(0.0, 90.0), Modifiers::SHIFT);
    let fine = before - harness.state().sound.patch.get(parameter);
    assert!((fine - 0.05).abs() < 0.006, "{fine}");
}

#[test]
fn a_double_click_puts_a_knob_back() {
    let mut harness = page(
        Tab::Play,
        Table::of(Patch::default().with(Parameter::Cutoff, 99.0)),
        1.0,
    );
    harness.run();
    let knob = harness.get_by_label("Cutoff");
    knob.click();
    knob.click();
    harness.run();
    let default = Parameter::Cutoff.spec().default;
    let parameter = Parameter::Cutoff;
    let gesture = [
        Done::Begin(parameter),
        Done::Set(parameter, default),
        Done::End(parameter),
    ];
    assert_eq!(harness.state().sound.done, gesture);
}

/// Opens the field for typing of the control `name` by its menu.
fn type_into<T>(harness: &mut Harness<'_, T>, name: &str) {
    harness.get_by_label(name).click_secondary();
    harness.run_steps(3);
    harness.get_by_label("Type a value\u{2026}").click();
    harness.run_steps(3);
}

#[test]
fn a_value_is_typed_with_its_unit() {
    let mut harness = page(Tab::Play, Table::of(Patch::default()), 1.0);
    harness.run();
    type_into(&mut harness, "Cutoff");
    let select = Modifiers::COMMAND;
    harness.key_press_modifiers(select, Key::A);
    harness.event(Event::Text("2.5 khz".into()));
    harness.run();
    assert!(harness.state().sound.done.is_empty());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().sound.patch.get(Parameter::Cutoff), 2500.0);
    let node = harness.get_by_label("Cutoff");
    assert_eq!(node.accesskit_node().value().as_deref(), Some("2.5 kHz"));

    type_into(&mut harness, "Cutoff");
    harness.event(Event::Text("nonsense".into()));
    harness.key_press(Key::Enter);
    harness.run();
    type_into(&mut harness, "Cutoff");
    harness.event(Event::Text("3 khz".into()));
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().sound.patch.get(Parameter::Cutoff), 2500.0);
}

#[test]
fn keys_move_a_knob_that_has_the_focus() {
    let mut harness = page(Tab::Play, Table::of(Patch::default()), 1.0);
    harness.run();
    harness.get_by_label("Voices").focus();
    harness.run();
    harness.key_press(Key::ArrowUp);
    harness.run();
    harness.key_press(Key::ArrowUp);
    harness.run();
    assert_eq!(harness.state().sound.patch.get(Parameter::Voices), 18.0);
    harness.key_press(Key::Delete);
    harness.run();
    assert_eq!(harness.state().sound.patch.get(Parameter::Voices), 16.0);
}

#[test]
fn a_choice_is_made_in_a_menu_and_on_a_switch() {
    let mut harness = page(Tab::Play, Table::of(Patch::default()), 1.0);
    harness.run();
    harness.get_by_label("Mode: Legato").click();
    harness.run();
    harness.get_by_label("Filter Mode").click();
    harness.run();
    harness.get_by_label("Notch").click();
    harness.run();
    let patch = &harness.state().sound.patch;
    assert_eq!(patch.get(Parameter::Mode), 2.0);
    assert_eq!(patch.get(Parameter::FilterMode), 6.0);
    assert!(harness.query_by_label("Notch").is_none(), "the menu stays");
}

#[test]
fn destinations_are_found_by_their_group() {
    let mut harness = page(Tab::Modulation, Table::of(Patch::default()), 1.0);
    harness.run();
    harness.get_by_label("Slot 3 Destination").click();
    harness.run();
    harness.get_by_label_contains("Operator 4").click();
    harness.run();
    harness.get_by_label("Op 4 Feedback").click();
    harness.run();
    let parameter = Parameter::matrix_slot(2, MatrixParameter::Destination);
    let chosen = harness.state().sound.patch.get(parameter);
    assert_eq!(chosen, number(parameter, "Op 4 Feedback"));
}

#[test]
fn nothing_on_any_page_has_no_name_and_every_parameter_is_on_one() {
    let mut seen = std::collections::HashSet::new();
    // Parameters that are only shown with other settings.
    let mut other = busy();
    other.sound.patch.set(Parameter::FmAlgorithm, 32.0);
    for operator in 0..Parameter::OPERATORS {
        let mode = Parameter::operator(operator, OperatorParameter::Mode);
        other.sound.patch.set(mode, 1.0);
    }
    for table in [busy(), other] {
        for tab in [
            Tab::Play,
            Tab::Oscillators,
            Tab::Fm,
            Tab::Filter,
            Tab::Modulation,
            Tab::Effects,
        ] {
            let table = Table::of(table.sound.patch);
            let mut harness = page(tab, table, 1.0);
            harness.run();
            for node in harness.root().children_recursive() {
                let label = node.accesskit_node().label().unwrap_or_default();
                seen.insert(label.split(':').next().unwrap_or_default().to_owned());
            }
        }
    }
    let missing: Vec<_> = Parameter::all()
        .filter(|parameter| !seen.contains(parameter.spec().name))
        .collect();
    assert!(missing.is_empty(), "on no page: {missing:?}");
}

/// Hovers over a control until its hint appears.
fn rest_on(harness: &mut Harness<'_, Table>, name: &str) {
    harness.get_by_label(name).hover();
    harness.run_steps(60);
}

#[test]
fn a_macro_tells_of_every_slot_that_it_works_in() {
    let mut table = busy();
    let patch = &mut table.sound.patch;
    for (slot, which, name) in [
        (1, MatrixParameter::Via, "Macro 1"),
        (3, MatrixParameter::Via, "Macro 2"),
        // Without a destination the slot does nothing.
        (5, MatrixParameter::Source, "Macro 3"),
    ] {
        let parameter = Parameter::matrix_slot(slot, which);
        patch.set(parameter, number(parameter, name));
    }
    let mut harness = page(Tab::Play, table, 1.0);
    for (name, told) in [
        ("Macro 1", "via: Env 3 to Osc A Shape; Resonance +60 %"),
        ("Macro 2", "via: Note Expression to Op 2 Level"),
        ("Macro 3", "Not assigned"),
    ] {
        rest_on(&mut harness, name);
        harness.get_by_label_contains(told);
    }
}

#[test]
fn a_fixed_algorithm_tells_why_nothing_can_be_set() {
    let mut harness = page(Tab::Fm, busy(), 1.0);
    // The fifth algorithm: three stacks of two.
    harness.get_by_label("Operator 2 modulates operator 1");
    rest_on(&mut harness, "Operator 3 does not modulate operator 1");
    harness.get_by_label_contains("Choose the algorithm Free");
    rest_on(&mut harness, "Operator 1 is a carrier");
    harness.get_by_label_contains("A carrier is heard");
    assert!(harness.query_by_label("Operator 2 is a carrier").is_none());
}

#[test]
fn a_click_clears_the_counts_of_overloads() {
    let mut harness = page(Tab::Effects, busy(), 1.0);
    harness.run();
    let counted = |harness: &Harness<'_, Table>| {
        let value = harness.get_by_label("Output").accesskit_node().value();
        value.unwrap_or_default()
    };
    assert!(counted(&harness).ends_with("3 overs"));
    harness.get_by_label("Output").click();
    harness.run();
    assert!(counted(&harness).ends_with(" 0 overs"));
    harness.state_mut().monitor.overloads[3].overs += 1;
    harness.run();
    assert!(counted(&harness).ends_with(" 1 overs"));
}

#[test]
fn without_a_note_the_matrix_shows_what_belongs_to_none() {
    let mut table = busy();
    table.monitor.known = 1 << Source::None as usize | 1 << Source::Macro1 as usize;
    let mut harness = page(Tab::Modulation, table, 1.0);
    harness.run();
    let value = |name: &str| harness.get_by_label(name).accesskit_node().value();
    for (name, told) in [
        ("Source of slot 1", "–"),
        ("Slot 1 adds", "–"),
        ("Source of slot 3", "30 %"),
        ("Slot 3 adds", "18 %"),
        ("Source of slot 4", "–"),
        ("Source of slot 5", "–"),
    ] {
        assert_eq!(value(name).as_deref(), Some(told), "{name}");
    }
    compare(harness, "modulation-at-rest");
}

/// Makes a page with the browser alone.
fn browser(table: Table) -> Harness<'static, Table> {
    Harness::builder()
        .with_size(vec2(700.0, 500.0))
        .with_render_cursor(false)
        .build_ui_state(
            |ui, table: &mut Table| {
                table.theme.apply(ui.ctx());
                let area = egui::Rect::from_min_size(egui::pos2(12.0, 12.0), vec2(320.0, 26.0));
                let Table { browser, sound, .. } = table;
                browser.follow(&sound.patch, &mut sound.origin, table.now);
                browser.list.maintain(table.now, false);
                presets::show(ui, browser, sound, area, table.theme.colours());
            },
            table,
        )
}

fn shown(harness: &Harness<'_, Table>) -> String {
    let node = harness.get_by_label("Preset");
    node.accesskit_node().value().unwrap_or_default().to_owned()
}

#[test]
fn loading_a_preset_moves_the_sound_and_a_change_reads_edited() {
    let wheel = Patch::default().with(Parameter::BendRange, 7.0);
    let mut harness = browser(Table::of(wheel));
    harness.run();
    assert_eq!(shown(&harness), "No preset");
    let preset = &shelf::all()[0];
    harness.get_by_label("Preset").click();
    harness.run();
    harness
        .get_by_label_contains(preset.category.name())
        .click();
    harness.run();
    harness.get_by_label(&preset.name).click();
    harness.run();
    let state = harness.state();
    assert_eq!(state.sound.done, [Done::Load]);
    assert_eq!(state.sound.patch, preset.over(&wheel));
    assert_eq!(state.sound.patch.get(Parameter::BendRange), 7.0);
    assert_eq!(shown(&harness), preset.name);
    // The hint shows the description.
    rest_on(&mut harness, "Preset");
    harness.get_by_label_contains(&preset.description);
    let state = harness.state();

    let cutoff = state.sound.patch.get(Parameter::Cutoff);
    harness
        .state_mut()
        .sound
        .patch
        .set(Parameter::Cutoff, cutoff * 1.5);
    harness.run();
    // The preset counts as edited only after the host has had the time to follow.
    assert_eq!(shown(&harness), preset.name);
    harness.state_mut().now = Duration::from_secs(1);
    harness.run();
    assert_eq!(shown(&harness), format!("{} (edited)", preset.name));
    harness
        .state_mut()
        .sound
        .patch
        .set(Parameter::Cutoff, cutoff);
    harness.run();
    assert_eq!(shown(&harness), preset.name);
    // The volume belongs to no preset.
    harness
        .state_mut()
        .sound
        .patch
        .set(Parameter::Volume, -20.0);
    harness.state_mut().now = Duration::from_secs(3);
    harness.run();
    assert_eq!(shown(&harness), preset.name);
}

#[test]
fn the_first_sound_edited_is_called_so_until_another_is_loaded() {
    let mut harness = browser(Table::of(Patch::default()));
    let shows = |harness: &mut Harness<'_, Table>, millis, parameter, value| {
        harness.state_mut().sound.patch.set(parameter, value);
        harness.state_mut().now = Duration::from_millis(millis);
        harness.run();
        shown(harness)
    };
    let (cutoff, volume) = (Parameter::Cutoff, Parameter::Volume);
    let usual = cutoff.spec().default;
    assert_eq!(shows(&mut harness, 0, cutoff, usual), "Init");
    assert_eq!(shows(&mut harness, 500, volume, -20.0), "Init");
    assert_eq!(shows(&mut harness, 1_000, cutoff, 99.0), "Init");
    assert_eq!(shows(&mut harness, 1_500, cutoff, 99.0), "Init (edited)");
    assert_eq!(shows(&mut harness, 2_000, cutoff, usual), "Init");
    // The host loads a preset by itself.
    let preset = &shelf::all()[3];
    harness.state_mut().sound.patch = preset.patch;
    for millis in [2_500, 3_000, 3_500] {
        shows(&mut harness, millis, volume, -20.0);
    }
    assert_eq!(shown(&harness), preset.name);
    // Init is pressed, but the host follows late.
    let state = harness.state_mut();
    presets::load_initial(&mut state.sound);
    state.sound.patch = preset.patch;
    assert_eq!(shows(&mut harness, 4_000, volume, -20.0), "Init");
    harness.state_mut().sound.patch = Patch::default();
    assert_eq!(shows(&mut harness, 4_300, volume, -6.0), "Init");
    assert_eq!(shows(&mut harness, 5_000, volume, -6.0), "Init");
}

#[test]
fn next_and_previous_go_around_through_all_presets() {
    let mut harness = browser(Table::of(Patch::default()));
    harness.run();
    assert_eq!(shown(&harness), "Init");
    for preset in shelf::all().iter().chain(shelf::all().first()) {
        harness.get_by_label("Next preset").click();
        harness.run();
        assert_eq!(shown(&harness), preset.name);
    }
    harness.get_by_label("Previous preset").click();
    harness.run();
    assert_eq!(shown(&harness), shelf::all().last().unwrap().name);
}
