//! The modulation page: LFOs, the matrix with what it does at the moment, and the macros.

mod destinations;
mod lfo;
mod slots;

use egui::{Rect, Ui};
use tidepool_dsp::Parameter;

use super::desk::Desk;
use super::{cut, macros};

const LFOS: f32 = 300.0;
const MACROS: f32 = 104.0;

/// Draws the cards.
pub fn show(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let mut room = area;
    let below = cut::bottom(&mut room, MACROS, cut::GAP);
    macros::show(ui, desk, below);
    let left = cut::left(&mut room, LFOS, cut::GAP);
    let rows = cut::rows::<{ Parameter::LFOS }>(left, cut::GAP);
    for (number, area) in rows.into_iter().enumerate() {
        lfo::show(ui, desk, area, number);
    }
    slots::show(ui, desk, room);
}
