//! The controls beside the keys: wheels, pressure, pedal, octave, velocity, and the switch of the computer keyboard.

use egui::{
    Align2, DragValue, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use tidepool_dsp::ScreenControl;
use tidepool_dsp::engine::{ModulationSnapshot, Source};

use crate::editor::controls::toggle::{self, Toggle};
use crate::editor::outbox::Outbox;
use crate::editor::theme::Colours;
use crate::editor::{card, layout};

/// Width of the panel.
pub const WIDTH: f32 = 258.0;
/// Octaves by which the keys can be moved down and up.
pub const OCTAVES: std::ops::RangeInclusive<i8> = -2..=3;
const WHEEL: f32 = 28.0;
const GAP: f32 = 4.0;
const NAME: f32 = 13.0;
const THUMB: f32 = 6.0;
const STEP: f32 = 20.0;

/// Wheels from left to right: the control, its name and explanation, the source that shows it, and whether it springs
/// back to its middle.
const WHEELS: [(ScreenControl, &str, &str, Source, bool); 3] = [
    (
        ScreenControl::Bend,
        "Bend",
        "Bend wheel: springs back when it is let go.",
        Source::Bend,
        true,
    ),
    (
        ScreenControl::Modulation,
        "Mod",
        "Modulation wheel (CC 1): stays where it is.",
        Source::ModWheel,
        false,
    ),
    (
        ScreenControl::Pressure,
        "Press",
        "Channel pressure: stays where it is.",
        Source::Pressure,
        false,
    ),
];

/// State of the controls.
#[derive(Debug)]
pub struct Performance {
    /// Octaves by which the keys are moved.
    pub octave: i8,
    /// Velocity of the computer keys, and highest velocity of the mouse: 1 to 127.
    pub velocity: u8,
    /// True while the computer keyboard plays.
    pub computer_keys: bool,
    /// Value that each wheel was last dragged to, until the engine shows it.
    dragged: [Option<f32>; WHEELS.len()],
}

impl Default for Performance {
    fn default() -> Self {
        Self {
            octave: 0,
            velocity: 100,
            computer_keys: false,
            dragged: [None; WHEELS.len()],
        }
    }
}

impl Performance {
    /// Moves the keys by `octaves`, as far as they go.
    pub fn shift(&mut self, octaves: i8) {
        self.octave = (self.octave + octaves).clamp(*OCTAVES.start(), *OCTAVES.end());
    }

    /// Draws the controls into `area`.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        area: Rect,
        outbox: &mut Outbox,
        monitor: &ModulationSnapshot,
        colours: &Colours,
    ) {
        let mut room = area;
        for (wheel, row) in WHEELS.iter().enumerate() {
            let place = layout::left(&mut room, WHEEL, GAP);
            let shown = monitor.source(row.3 as usize).unwrap_or(0.0);
            self.wheel(ui, place, wheel, shown, outbox, colours);
        }
        let [left, right] = layout::columns(room, [1.0; 2], GAP);
        let [octave, pedal]: [Rect; 2] = layout::rows(left, GAP);
        let [velocity, keys]: [Rect; 2] = layout::rows(right, GAP);
        self.octave(ui, octave, colours);
        let down = monitor.sustain != 0;
        if button(ui, pedal, "Pedal", PEDAL, down, colours) {
            let value = f32::from(u8::from(!down));
            outbox.perform(ScreenControl::Sustain, value);
        }
        let drag = DragValue::new(&mut self.velocity)
            .range(1..=127)
            .speed(0.5)
            .prefix("Vel ");
        ui.scope_builder(UiBuilder::new().max_rect(velocity), |ui| {
            ui.spacing_mut().interact_size = velocity.size();
            ui.add_sized(velocity.size(), drag).on_hover_text(VELOCITY);
        });
        if button(ui, keys, "Keys", KEYS, self.computer_keys, colours) {
            self.computer_keys = !self.computer_keys;
        }
    }

    fn octave(&mut self, ui: &mut Ui, area: Rect, colours: &Colours) {
        let mut room = area;
        let down = layout::left(&mut room, STEP, 0.0);
        let up = layout::right(&mut room, STEP, 0.0);
        for (place, name, hint, by) in [(down, "−", "Octave down", -1), (up, "+", "Octave up", 1)]
        {
            if button(ui, place, name, hint, false, colours) {
                self.shift(by);
            }
        }
        let text = match self.octave {
            0 => "Oct 0".to_owned(),
            octave => format!("Oct {octave:+}").replace('-', "−"),
        };
        card::write(
            ui,
            room,
            Align2::CENTER_CENTER,
            &text,
            card::SMALL,
            colours.text,
        );
    }

    fn wheel(
        &mut self,
        ui: &mut Ui,
        area: Rect,
        wheel: usize,
        shown: f32,
        outbox: &mut Outbox,
        colours: &Colours,
    ) {
        let (control, name, hint, _, springs) = WHEELS[wheel];
        let mut track = area;
        let label = layout::bottom(&mut track, NAME, 0.0);
        card::note(ui, label, Align2::CENTER_CENTER, name, colours);
        let response = ui.interact(track, ui.scope_id().with(name), Sense::click_and_drag());
        let least = if springs { -1.0 } else { 0.0 };
        let travel = track.shrink2(vec2(3.0, THUMB));
        let is_held = response.is_pointer_button_down_on();
        if let Some(pos) = response.interact_pointer_pos().filter(|_| is_held) {
            let part = (travel.bottom() - pos.y) / travel.height();
            let value = (least + part * (1.0 - least)).clamp(least, 1.0);
            if self.dragged[wheel].replace(value) != Some(value) {
                outbox.perform(control, value);
            }
        } else if self.dragged[wheel].take().is_some() && springs {
            outbox.perform(control, 0.0);
        }
        let value = self.dragged[wheel].unwrap_or(shown);
        response.widget_info(|| WidgetInfo::slider(true, f64::from(value), name));
        let painter = ui.painter();
        painter.rect_filled(track, 4.0, colours.trough);
        let y = |value: f32| {
            let part = (value - least) / (1.0 - least);
            travel.bottom() - part.clamp(0.0, 1.0) * travel.height()
        };
        let (rest, at) = (y(0.0), y(value));
        let bar = Rect::from_x_y_ranges(travel.x_range(), rest.min(at)..=rest.max(at));
        painter.rect_filled(bar, 1.0, colours.fill);
        let thumb =
            Rect::from_center_size(pos2(track.center().x, at), vec2(track.width() - 4.0, THUMB));
        painter.rect_filled(thumb, 2.0, colours.accent);
        if response.hovered() || response.has_focus() {
            let stroke = Stroke::new(1.0, colours.accent);
            painter.rect_stroke(track, 4.0, stroke, StrokeKind::Inside);
        }
        response.on_hover_text(hint);
    }
}

/// Draws a button, down or up; returns true if it was clicked.
fn button(
    ui: &mut Ui,
    area: Rect,
    name: &str,
    hint: &str,
    is_down: bool,
    colours: &Colours,
) -> bool {
    let button = Toggle {
        name,
        text: (name, 11.5),
        role: Role::Button,
    };
    let response = toggle::show(ui, area, button, is_down, colours);
    response.on_hover_text(hint).clicked()
}

const PEDAL: &str = "Sustain pedal (CC 64).";
const VELOCITY: &str =
    "Velocity of the computer keys. The mouse plays up to it, softer towards the top of a key.";
const KEYS: &str = "Plays with the computer keyboard: A to L are white keys, the row above black keys. \
     Z and X or the left and right arrows change the octave. Shift holds the notes.";
