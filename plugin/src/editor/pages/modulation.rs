//! The modulation page: LFOs, the matrix with its live values, and the macros.

mod destinations;
mod lfo;
mod slots;

use egui::{Rect, Ui};
use tidepool_dsp::Parameter;

use crate::editor::page_context::PageContext;
use crate::editor::{layout, macros};

const LFOS: f32 = 300.0;
const MACROS: f32 = 104.0;
/// Height from which the page has room for the macros, which are on the Play page, too.
const WITH_MACROS: f32 = 520.0;

/// The page, which has no state.
#[derive(Default)]
pub struct Page;

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
        let mut room = area;
        if room.height() >= WITH_MACROS {
            let below = layout::bottom(&mut room, MACROS, layout::GAP);
            macros::show(ui, page, below);
        }
        let left = layout::left(&mut room, LFOS, layout::GAP);
        let rows = layout::rows::<{ Parameter::LFOS }>(left, layout::GAP);
        for (number, area) in rows.into_iter().enumerate() {
            lfo::show(ui, page, area, number);
        }
        slots::show(ui, page, room);
    }
}
