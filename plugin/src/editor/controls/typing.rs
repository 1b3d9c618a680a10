//! A field for typing a value, in the place of the control's value.
//!
//! Enter, Tab and a press elsewhere accept the text, Escape drops it. Invalid text stays, with the range below it,
//! until it is corrected or dropped.

use egui::text::CCursorRange;
use egui::text_edit::TextEditState;
use egui::{
    Align2, Area, FontId, Frame, Id, Key, Label, Margin, Order, Rect, Response, RichText, Stroke,
    StrokeKind, TextEdit, Ui, WidgetInfo, vec2,
};
use tidepool_dsp::parameter::{Range, Spec, Unit};

use crate::editor::card;
use crate::editor::theme::Colours;
use crate::params::text;

/// Least width of the field, in points; most values fit.
const WIDTH: f32 = 64.0;
const HEIGHT: f32 = 16.0;

/// Text typed into a control so far.
#[derive(Clone)]
struct Draft {
    /// Value of the control as text, when the field opened.
    shown: String,
    text: String,
    state: EditState,
    /// True if the field has been clicked.
    clicked: bool,
    /// Number of the pass that last drew the field.
    pass: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum EditState {
    /// The field has just opened.
    Fresh,
    /// The field takes input.
    Open,
    /// The text was to be accepted, but is not a value.
    Refused,
}

/// Result of a frame of typing.
pub enum Typed {
    /// The field is closed, or was closed without a new value.
    Nothing,
    /// The field is open.
    Draft,
    /// A plain value was accepted, which lies in the range.
    Value(f32),
    /// The default was requested by a double click.
    Default,
}

fn field(control: Id) -> Id {
    control.with("typing")
}

/// Opens the field of `control`, whose value is shown as `shown`.
pub fn start(ui: &Ui, control: Id, shown: String) {
    let draft = Draft {
        text: shown.clone(),
        shown,
        state: EditState::Fresh,
        clicked: false,
        pass: ui.ctx().cumulative_pass_nr(),
    };
    ui.data_mut(|data| data.insert_temp(field(control), draft));
}

/// Closes the field of `control`.
pub fn stop(ui: &Ui, control: Id) {
    ui.data_mut(|data| data.remove::<Draft>(field(control)));
}

/// Draws the field of `control` over `number` and its neighbours, and reads the text as a value of `spec`.
pub fn show(ui: &Ui, control: Id, number: Rect, spec: &Spec, colours: &Colours) -> Typed {
    let id = field(control);
    let Some(mut draft) = ui.data(|data| data.get_temp::<Draft>(id)) else {
        return Typed::Nothing;
    };
    let pass = ui.ctx().cumulative_pass_nr();
    let dropped = ui.input(|input| input.key_pressed(Key::Escape));
    // The control was not drawn in between, as its page was closed.
    let stale = draft.pass + 1 < pass;
    if stale || (dropped && draft.state != EditState::Fresh) {
        stop(ui, control);
        return Typed::Nothing;
    }
    draft.pass = pass;

    let response = draw(ui, id, number, spec, &mut draft, colours);
    if draft.state == EditState::Fresh {
        response.request_focus();
        select_all(ui, id, &draft.text);
        draft.state = EditState::Open;
    } else if response.double_clicked() && !draft.clicked {
        // The first of the two clicks opened the field; the double click was meant for the control.
        stop(ui, control);
        return Typed::Default;
    } else if left(ui, &response, draft.state) {
        let untouched = draft.text == draft.shown || draft.text.trim().is_empty();
        let value = nearest(spec, &draft.shown, &draft.text);
        if untouched || value.is_some() {
            response.surrender_focus();
            stop(ui, control);
            // The text was rounded, so that accepting it unchanged must not move the parameter.
            return value
                .filter(|_| !untouched)
                .map_or(Typed::Nothing, Typed::Value);
        }
        draft.state = EditState::Refused;
        if ui.input(|input| input.key_pressed(Key::Enter)) {
            response.request_focus();
        }
    } else if response.changed() {
        draft.state = EditState::Open;
    }
    draft.clicked |= response.clicked();
    ui.data_mut(|data| data.insert_temp(id, draft));
    Typed::Draft
}

/// Returns true if the text is to be accepted: the field has lost the focus, or is about to lose it.
fn left(ui: &Ui, response: &Response, state: EditState) -> bool {
    if !response.has_focus() {
        return state != EditState::Refused || response.lost_focus();
    }
    // Accepts on the press, not on the click that follows, since that may turn to another page.
    ui.input(|input| input.pointer.any_pressed()) && !response.contains_pointer()
}

/// Selects all of `text`, so that the next letter replaces it, and clears the undo history of the field.
fn select_all(ui: &Ui, id: Id, text: &str) {
    let mut state = TextEditState::default();
    (state.cursor).set_char_range(Some(CCursorRange::select_all_str(text)));
    state.store(ui.ctx(), id);
}

/// Draws the field in front of everything, since a cell of a table is narrower than a value.
fn draw(
    ui: &Ui,
    id: Id,
    number: Rect,
    spec: &Spec,
    draft: &mut Draft,
    colours: &Colours,
) -> Response {
    let font = FontId::proportional(card::SMALL);
    let shown = (ui.painter()).layout_no_wrap(draft.shown.clone(), font.clone(), colours.text);
    let width = number.width().max(WIDTH).max(shown.size().x + 12.0);
    let place = Align2::CENTER_CENTER.align_size_within_rect(vec2(width, HEIGHT), number);
    let area = Area::new(id.with("area"))
        .order(Order::Foreground)
        .fixed_pos(place.min)
        .fade_in(false);
    area.show(ui.ctx(), |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = HEIGHT;
        let edit = TextEdit::singleline(&mut draft.text)
            .id(id)
            .font(font)
            .margin(vec2(2.0, 1.0))
            .align(Align2::CENTER_CENTER)
            .background_color(colours.window);
        let response = ui.add_sized(place.size(), edit);
        response.widget_info(|| WidgetInfo {
            label: Some("Value".to_owned()),
            ..WidgetInfo::text_edit(true, "", &draft.text, "")
        });
        let refused = draft.state == EditState::Refused;
        let edge = if refused {
            colours.danger
        } else {
            colours.accent
        };
        let stroke = Stroke::new(1.0, edge);
        (ui.painter()).rect_stroke(response.rect, 3.0, stroke, StrokeKind::Inside);
        if refused {
            let words = RichText::new(text::ends(spec)).size(card::SMALL);
            let hint = Label::new(words.color(colours.danger)).selectable(false);
            Frame::new()
                .fill(colours.window)
                .inner_margin(Margin::symmetric(4, 1))
                .corner_radius(3)
                .show(ui, |ui| ui.add(hint.extend()));
        }
        response
    })
    .inner
}

/// Returns the value of `spec` nearest to the text `typed` in the place of `shown`; `None` if the text is not a
/// value.
///
/// A bare number is in the unit of `shown`, or in the next smaller one if it lies beyond the range in that: in the
/// place of "1.2 kHz", 2 is 2 kHz and 440 is 440 Hz.
fn nearest(spec: &Spec, shown: &str, typed: &str) -> Option<f32> {
    let words = typed.trim();
    let bare = words.ends_with(|c: char| c.is_ascii_digit() || ".,".contains(c));
    let units: &[&str] = match (spec.unit, shown.rsplit(' ').next()) {
        (Unit::Hertz, Some("kHz")) if bare => &["kHz", "Hz"],
        (Unit::Seconds, Some("s")) if bare => &["s", "ms"],
        (Unit::Seconds, Some("ms")) if bare => &["ms"],
        _ => &[""],
    };
    let (_, most) = spec.range.ends();
    let read = |unit: &&str| text::read(spec, &format!("{words} {unit}"));
    let fits = (units.iter().filter_map(read)).find(|value| *value <= most);
    let value = spec.range.clamp(fits.or_else(|| read(&units[0]))?);
    Some(match spec.range {
        Range::Whole { .. } => value.round(),
        _ => value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidepool_dsp::Parameter;
    use tidepool_dsp::parameter::OscillatorParameter;

    fn typed(parameter: Parameter, shown: &str, text: &str) -> Option<f32> {
        nearest(parameter.spec(), shown, text)
    }

    #[test]
    fn a_bare_number_takes_the_unit_that_stood_there() {
        let attack = Parameter::Attack;
        assert_eq!(typed(attack, "1 ms", "5"), Some(0.005));
        assert_eq!(typed(attack, "1 ms", "5 s"), Some(5.0));
        assert_eq!(typed(attack, "1.5 s", "5"), Some(5.0));
        assert_eq!(typed(attack, "1.5 s", "5ms"), Some(0.005));
        let cutoff = Parameter::Cutoff;
        assert_eq!(typed(cutoff, "440 Hz", "500"), Some(500.0));
        assert_eq!(typed(cutoff, "1.2 kHz", "2"), Some(2000.0));
        assert_eq!(typed(cutoff, "1.2 kHz", "2."), Some(2000.0));
        assert_eq!(typed(cutoff, "1.2 kHz", "300 hz"), Some(300.0));
        // 440 kHz lies beyond the range.
        assert_eq!(typed(cutoff, "1.2 kHz", "440"), Some(440.0));
        assert_eq!(typed(attack, "1.5 s", "250"), Some(0.25));
        assert_eq!(typed(Parameter::Sustain, "70 %", "30"), Some(0.3));
        assert_eq!(typed(Parameter::Volume, "off", "-6"), Some(-6.0));
    }

    #[test]
    fn a_decimal_comma_is_a_point() {
        assert_eq!(typed(Parameter::Cutoff, "440 Hz", "1,5 kHz"), Some(1500.0));
        assert_eq!(typed(Parameter::Cutoff, "1 kHz", "1,5"), Some(1500.0));
        assert_eq!(typed(Parameter::Cutoff, "1 kHz", "2,"), Some(2000.0));
        assert_eq!(typed(Parameter::Cutoff, "1 kHz", "1,500.5"), None);
        assert_eq!(typed(Parameter::Cutoff, "1 kHz", "1,5,0"), None);
    }

    #[test]
    fn what_lies_outside_goes_to_the_nearest_end() {
        assert_eq!(typed(Parameter::Cutoff, "440 Hz", "5"), Some(20.0));
        assert_eq!(typed(Parameter::Cutoff, "440 Hz", "1e39"), Some(20e3));
        assert_eq!(typed(Parameter::Cutoff, "1 kHz", "99999"), Some(20e3));
        assert_eq!(typed(Parameter::Volume, "0 dB", "−99"), Some(-60.0));
        assert_eq!(typed(Parameter::Voices, "16", "100"), Some(64.0));
        assert_eq!(typed(Parameter::Voices, "16", "2.6"), Some(3.0));
        let shape = Parameter::oscillator(0, OscillatorParameter::Shape);
        assert_eq!(typed(shape, "Sine 40 % Triangle", "1.25"), Some(1.25));
        assert_eq!(typed(shape, "Sine 40 % Triangle", "9"), Some(3.0));
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        for text in ["", "fast", "440 dB", "NaN", "1.2.3", "-", "%"] {
            assert_eq!(typed(Parameter::Cutoff, "1 kHz", text), None, "{text}");
        }
    }
}
