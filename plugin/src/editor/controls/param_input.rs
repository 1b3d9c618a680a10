//! Pointer and keyboard input of the continuous controls, knobs and faders.
//!
//! Dragging moves the control, a tenth as far with Shift; a double click restores the default; a click on the value,
//! or a click with Ctrl, opens a field for typing; the right button opens a menu; the wheel and the arrow keys take small
//! steps.

use egui::{EventFilter, Key, PointerButton, Rect, Response, Sense, Ui, WidgetInfo};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{Range, Spec};

use super::context_menu;
use super::typing::{self, Typed};
use crate::editor::page_context::PageContext;
use crate::params::text;

/// Step of an arrow key or a notch of the wheel, as a fraction of the range.
const STEP: f32 = 0.01;
/// Factor on drags and steps with Shift.
const FINE: f32 = 0.1;
/// Points of scrolling that are one notch of the wheel.
const NOTCH: f32 = 40.0;

/// Response and position of a control, in fractions of the range.
pub struct ParamInput {
    pub response: Response,
    pub at: f32,
    /// Origin of the filled part: the middle of the range or its lower end.
    pub rest: f32,
    /// Modulation by the host.
    pub host: f32,
    /// Modulation by the matrix, if a slot moves the parameter.
    pub matrix: Option<f32>,
    /// The value as text; empty while a value is being typed.
    pub text: String,
}

/// Handles the input on `area` for one frame; `travel` points are the whole range, and `number` is the area of the
/// value.
pub fn param_input(
    ui: &mut Ui,
    page: &mut PageContext<'_>,
    parameter: Parameter,
    area: Rect,
    number: Rect,
    travel: f32,
) -> ParamInput {
    let spec = parameter.spec();
    let range = spec.range;
    let id = ui.scope_id().with(spec.id);
    let response = ui.interact(area, id, Sense::click_and_drag());
    let fine = ui.input(|input| if input.modifiers.shift { FINE } else { 1.0 });

    if response.drag_started_by(PointerButton::Primary) {
        page.sound.begin(parameter);
        let begins = range.normalize(page.value(parameter));
        ui.data_mut(|data| data.insert_temp(id, begins));
    }
    // The position is kept unrounded, so that slow drags also move a parameter with whole values.
    if let Some(before) = ui.data(|data| data.get_temp::<f32>(id)) {
        let way = response.drag_delta();
        let to = (before + (way.x - way.y) / travel * fine).clamp(0.0, 1.0);
        ui.data_mut(|data| data.insert_temp(id, to));
        if to != before && page.value(parameter) != range.plain(to) {
            page.sound.set(parameter, range.plain(to));
        }
        if !response.dragged() {
            page.sound.end(parameter);
            ui.data_mut(|data| data.remove_temp::<f32>(id));
        }
    } else if let Some(plain) = stepped(ui, page, parameter, &response, fine) {
        page.put(parameter, plain);
    }

    let command = ui.input(|input| input.modifiers.command);
    let over_number = || (response.interact_pointer_pos()).is_some_and(|pos| number.contains(pos));
    let types = context_menu::show(ui, page, &response, parameter);
    if response.double_clicked() {
        typing::stop(ui, id);
        page.put(parameter, spec.default);
    } else if types || (response.clicked() && (command || over_number())) {
        typing::start(ui, id, page.text(parameter));
    }
    let typed = typing::show(ui, id, number, spec, page.colours);
    match typed {
        Typed::Value(plain) => page.put(parameter, plain),
        Typed::Default => page.put(parameter, spec.default),
        Typed::Nothing | Typed::Draft => {}
    }

    let place = page.sound.place(parameter);
    let words = text::format(spec, place.plain);
    // A symmetric range is drawn from its middle.
    let both = range.ends().0 == -range.ends().1;
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(words.clone()),
        ..WidgetInfo::slider(true, f64::from(place.plain), spec.name)
    });
    let response = response.on_hover_ui(|ui| {
        ui.label(format!("{}: {words}", spec.name));
        ui.small(about(spec));
    });
    ParamInput {
        at: range.normalize(place.plain),
        rest: if both { range.normalize(0.0) } else { 0.0 },
        host: place.modulation,
        matrix: page.added(parameter),
        text: match typed {
            Typed::Draft => String::new(),
            _ => words,
        },
        response,
    }
}

/// Returns the hint of a control: range, default and ways to edit.
fn about(spec: &Spec) -> String {
    let (range, default) = (text::ends(spec), text::format(spec, spec.default));
    format!(
        "{range}, default {default}\nDouble-click for the default, click the value to type, \
         right-click for more"
    )
}

/// Returns the value that the wheel and the keys move `parameter` to, if any.
fn stepped(
    ui: &Ui,
    page: &PageContext<'_>,
    parameter: Parameter,
    response: &Response,
    fine: f32,
) -> Option<f32> {
    let spec = parameter.spec();
    let mut steps = 0.0;
    if response.has_focus() {
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        ui.input(|input| {
            for (key, step) in [
                (Key::ArrowUp, 1.0),
                (Key::ArrowRight, 1.0),
                (Key::ArrowDown, -1.0),
                (Key::ArrowLeft, -1.0),
                (Key::PageUp, 10.0),
                (Key::PageDown, -10.0),
            ] {
                steps += step * input.num_presses(key) as f32;
            }
        });
        if ui.input(|input| input.key_pressed(Key::Backspace) || input.key_pressed(Key::Delete)) {
            return Some(spec.default);
        }
    }
    if response.hovered() && ui.is_enabled() {
        steps += ui.input(|input| input.smooth_scroll_delta().y) / NOTCH;
    }
    if steps == 0.0 {
        return None;
    }
    let before = page.value(parameter);
    Some(match spec.range {
        Range::Whole { .. } => spec
            .range
            .clamp(before + steps.signum() * steps.abs().ceil()),
        range => range.plain(range.normalize(before) + steps * STEP * fine),
    })
}
