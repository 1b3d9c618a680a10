//! The macro knobs.

use egui::{Align2, Rect, Ui};
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::SlotParameter;

use super::controls::knob;
use super::desk::Desk;
use super::{card, cut};

/// All eight side by side.
pub fn show(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let (line, room) = card::titled(ui, area, "Macros", desk.colours);
    let hint = "knobs for what the matrix makes of them";
    card::note(ui, line, Align2::LEFT_CENTER, hint, desk.colours);
    let knobs: [Parameter; Parameter::MACROS] = std::array::from_fn(Parameter::macro_knob);
    for (n, cell) in cut::columns(room, [1.0; Parameter::MACROS], 2.0)
        .into_iter()
        .enumerate()
    {
        let name = moved(desk, n).unwrap_or(knobs[n].spec().name);
        knob::named(ui, desk, cell, knobs[n], name);
    }
}

/// What a macro moves first, which says more than its number.
fn moved(desk: &Desk<'_>, number: usize) -> Option<&'static str> {
    let source = tidepool_dsp::engine::Source::Macro1 as usize + number;
    let takes = |slot| desk.choice(Parameter::slot(slot, SlotParameter::Source)) == source;
    let mut slots = (0..Parameter::SLOTS).filter(|slot| takes(*slot));
    let first = slots.find_map(|slot| desk.destination(slot))?;
    Some(first.spec().name)
}
