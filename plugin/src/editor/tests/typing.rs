//! Values that are typed into knobs and faders.

use egui::accesskit::Role;

use super::*;
use tidepool_dsp::parameter::EnvelopeParameter;

/// Makes a page with the default sound.
fn with(tab: Tab) -> Harness<'static, Table> {
    let mut harness = page(tab, Table::of(Patch::default()), 1.0);
    harness.run();
    harness
}

fn open(harness: &mut Harness<'_, Table>, name: &str) {
    type_into(harness, name);
}

fn enter(harness: &mut Harness<'_, Table>, text: &str) {
    harness.event(Event::Text(text.into()));
    harness.key_press(Key::Enter);
    harness.run();
}

fn value(harness: &Harness<'_, Table>, parameter: Parameter) -> f32 {
    harness.state().sound.patch.get(parameter)
}

fn is_open(harness: &Harness<'_, Table>) -> bool {
    harness.query_by_role(Role::TextInput).is_some()
}

#[test]
fn what_is_typed_into_a_fader_is_seen() {
    let mut harness = with(Tab::Fm);
    open(&mut harness, "Op 2 Rate 2");
    harness.event(Event::Text("12.5".into()));
    harness.run();
    let cell = harness.get_by_label("Op 2 Rate 2").rect();
    let field = harness.get_by_role(Role::TextInput).rect();
    assert!(field.contains_rect(cell), "{field} over {cell}");

    // The field's letters are bright: nothing is painted over them.
    let picture = harness.render().expect("a picture");
    let inside = field.shrink(2.0);
    let bright = (inside.top() as u32..inside.bottom() as u32)
        .flat_map(|y| (inside.left() as u32..inside.right() as u32).map(move |x| (x, y)))
        .filter(|(x, y)| picture.get_pixel(*x, *y)[0] > 0xa0)
        .count();
    assert!(bright > 20, "{bright} bright points");
    compare(harness, "typing-fader");
}

#[test]
fn the_first_letter_replaces_what_stood_there() {
    let mut harness = with(Tab::Play);
    for (typed, value_then) in [("2 khz", 2000.0), ("300 hz", 300.0)] {
        open(&mut harness, "Cutoff");
        enter(&mut harness, typed);
        assert_eq!(value(&harness, Parameter::Cutoff), value_then);
        assert!(!is_open(&harness));
    }
}

#[test]
fn a_press_elsewhere_accepts_and_escape_drops() {
    let mut harness = with(Tab::Play);
    let default = value(&harness, Parameter::Cutoff);
    open(&mut harness, "Cutoff");
    harness.event(Event::Text("2 khz".into()));
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!is_open(&harness));
    assert_eq!(value(&harness, Parameter::Cutoff), default);

    open(&mut harness, "Cutoff");
    harness.event(Event::Text("2 khz".into()));
    harness.run();
    // The press accepts, before the button is released, which may turn the page.
    let elsewhere = egui::pos2(3.0, 3.0);
    harness.event(Event::PointerMoved(elsewhere));
    harness.event(Event::PointerButton {
        pos: elsewhere,
        button: PointerButton::Primary,
        pressed: true,
        modifiers: Modifiers::NONE,
    });
    harness.run();
    assert!(!is_open(&harness));
    assert_eq!(value(&harness, Parameter::Cutoff), 2000.0);

    let mut harness = with(Tab::Play);
    open(&mut harness, "Cutoff");
    harness.event(Event::Text("3 khz".into()));
    harness.key_press(Key::Tab);
    harness.run();
    assert!(!is_open(&harness));
    assert_eq!(value(&harness, Parameter::Cutoff), 3000.0);
}

#[test]
fn one_field_is_accepted_by_opening_the_next() {
    let mut harness = with(Tab::Play);
    open(&mut harness, "Cutoff");
    harness.event(Event::Text("2 khz".into()));
    open(&mut harness, "Resonance");
    assert_eq!(value(&harness, Parameter::Cutoff), 2000.0);
    enter(&mut harness, "40");
    assert_eq!(value(&harness, Parameter::Resonance), 0.4);
    assert!(!is_open(&harness));
}

#[test]
fn what_stands_there_untouched_moves_nothing() {
    // The value is shown as 440 Hz.
    let odd = Patch::default().with(Parameter::Cutoff, 440.02);
    let mut harness = page(Tab::Play, Table::of(odd), 1.0);
    harness.run();
    open(&mut harness, "Cutoff");
    harness.key_press(Key::Enter);
    harness.run();
    assert!(!is_open(&harness));
    open(&mut harness, "Cutoff");
    enter(&mut harness, " ");
    assert!(!is_open(&harness));
    assert!(harness.state().sound.done.is_empty());
}

#[test]
fn what_says_nothing_stays_open_with_the_range_below() {
    let mut harness = with(Tab::Play);
    let hint = "20 Hz to 20 kHz";
    open(&mut harness, "Cutoff");
    assert!(harness.query_by_label(hint).is_none());
    enter(&mut harness, "nonsense");
    assert!(is_open(&harness));
    assert!(harness.query_by_label(hint).is_some());
    assert!(harness.state().sound.done.is_empty());

    // The field still takes input, so that the text can be corrected.
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Text("1,5 kHz".into()));
    harness.run();
    assert!(harness.query_by_label(hint).is_none());
    harness.key_press(Key::Enter);
    harness.run();
    assert!(!is_open(&harness));
    assert_eq!(value(&harness, Parameter::Cutoff), 1500.0);

    // A press elsewhere does not drop invalid text, but Escape does, wherever the focus is.
    open(&mut harness, "Cutoff");
    harness.event(Event::Text("fast".into()));
    let elsewhere = egui::pos2(3.0, 3.0);
    drag(&mut harness, elsewhere, vec2(0.0, 0.0), Modifiers::NONE);
    assert!(is_open(&harness));
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!is_open(&harness));
    assert_eq!(value(&harness, Parameter::Cutoff), 1500.0);
}

#[test]
fn a_refusal_is_seen() {
    let mut harness = with(Tab::Play);
    open(&mut harness, "Cutoff");
    enter(&mut harness, "fast");
    compare(harness, "typing-refused");
}

#[test]
fn a_bare_number_is_in_the_unit_that_is_shown() {
    let attack = Parameter::Attack;
    let brief = Patch::default().with(attack, 0.001);
    let mut harness = page(Tab::Filter, Table::of(brief), 1.0);
    harness.run();
    let name = Parameter::envelope(0, EnvelopeParameter::Attack)
        .spec()
        .name;
    open(&mut harness, name);
    enter(&mut harness, "5");
    assert_eq!(value(&harness, attack), 0.005);
    open(&mut harness, name);
    enter(&mut harness, "2 s");
    open(&mut harness, name);
    enter(&mut harness, "3");
    assert_eq!(value(&harness, attack), 3.0);
    // A value beyond the range becomes the end of the range.
    open(&mut harness, name);
    enter(&mut harness, "1e9");
    assert_eq!(value(&harness, attack), attack.spec().range.ends().1);
}

#[test]
fn a_level_is_typed_off() {
    let mut harness = with(Tab::Play);
    open(&mut harness, "Volume");
    enter(&mut harness, "off");
    assert_eq!(value(&harness, Parameter::Volume), -60.0);
    let node = harness.get_by_label("Volume");
    assert_eq!(node.accesskit_node().value().as_deref(), Some("off"));
}

#[test]
fn a_double_click_puts_a_fader_back_though_one_click_opens_it() {
    let rate = Parameter::operator(1, OperatorParameter::Rate2);
    let mut harness = page(Tab::Fm, Table::of(Patch::default().with(rate, 0.125)), 1.0);
    harness.run();
    let fader = harness.get_by_label(rate.spec().name);
    fader.click();
    fader.click();
    harness.run();
    assert!(!is_open(&harness));
    assert_eq!(value(&harness, rate), rate.spec().default);
}

#[test]
fn hovering_tells_the_range_and_the_default() {
    let mut harness = with(Tab::Play);
    harness.get_by_label("Cutoff").hover();
    harness.run_steps(60);
    let range = "20 Hz to 20 kHz, default ";
    assert!(harness.query_by_label_contains(range).is_some());
}
