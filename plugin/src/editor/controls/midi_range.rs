//! The range over which a MIDI controller moves a parameter.

use egui::{DragValue, Ui};

use crate::editor::midi_learn;
use crate::editor::sound::Sound;
use crate::midi_map::Assignment;
use crate::params::text;

/// Draws the ends of an assignment's range, and a button that exchanges them, and puts a change into the map.
pub fn show(ui: &mut Ui, sound: &mut dyn Sound, assignment: &Assignment) {
    let spec = assignment.parameter.spec();
    let mut new = *assignment;
    for (name, end) in [("From", &mut new.from), ("To", &mut new.to)] {
        let drag = DragValue::new(end)
            .range(0.0..=1.0)
            .speed(0.004)
            .prefix(format!("{name} "))
            .custom_formatter(|at, _| text::format(spec, spec.range.plain(at as f32)))
            .custom_parser(|typed| {
                let plain = text::parse(spec, typed)?;
                Some(f64::from(spec.range.normalize(plain)))
            });
        ui.add(drag).on_hover_text(RANGE);
    }
    if ui.button("Invert").on_hover_text(INVERT).clicked() {
        std::mem::swap(&mut new.from, &mut new.to);
    }
    if new != *assignment {
        let name = format!("Range of {} on {}", assignment.controller, spec.name);
        midi_learn::put(sound, new, &name);
    }
}

const RANGE: &str = "Value at this end of the controller. Drag, or click to type.";
const INVERT: &str = "Exchanges both ends of the range.";
