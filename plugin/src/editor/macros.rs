//! The macro knobs.

use egui::{Align2, Rect, Sense, Ui, vec2};
use tidepool_dsp::Parameter;
use tidepool_dsp::engine::Source;
use tidepool_dsp::parameter::MatrixParameter;

use super::controls::knob;
use super::page_context::PageContext;
use super::{card, layout};

/// Height that the knobs need, and of a line of the description.
const KNOBS: f32 = 66.0;
const LINE: f32 = 13.0;
/// Opacity of a knob that no slot of the matrix uses.
const FAINT: f32 = 0.6;

/// Draws all eight knobs side by side.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let (line, mut room) = card::titled(ui, area, "Macros", page.colours);
    let origin = page.sound.origin();
    if let Some(text) = origin.description() {
        describe(ui, page, line, &mut room, text);
    } else {
        let hint = "assign these in the matrix";
        card::note(ui, line, Align2::LEFT_CENTER, hint, page.colours);
    }
    for (number, cell) in layout::columns(room, [1.0; Parameter::MACROS], 2.0)
        .into_iter()
        .enumerate()
    {
        one(ui, page, cell, number);
    }
}

/// Writes the description of the sound beside the title, on two lines where the knobs in `room` leave a second one.
fn describe(ui: &mut Ui, page: &PageContext<'_>, mut line: Rect, room: &mut Rect, text: &str) {
    let rows = if room.height() >= KNOBS + LINE { 2 } else { 1 };
    if rows == 2 {
        line.max.y += LINE;
        room.min.y += LINE;
    }
    let text_area = line.translate(vec2(0.0, 2.0));
    card::write_lines(ui, text_area, text, rows, 11.5, page.colours.text);
    let id = ui.scope_id().with("description");
    ui.interact(line, id, Sense::hover()).on_hover_text(text);
}

fn one(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, number: usize) {
    let parameter = Parameter::macro_knob(number);
    let uses: Vec<Use> = uses(page, number).collect();
    let named = page.sound.origin().macro_name(number).map(str::to_owned);
    // The author's name says most, and the first destination more than the macro's number.
    let (name, told) = match uses.as_slice() {
        [] => (parameter.spec().name.to_owned(), UNUSED.to_owned()),
        [first, more @ ..] => {
            let also = match more.len() {
                0 => String::new(),
                n => format!(" +{n}"),
            };
            let told: Vec<String> = uses.iter().map(|each| each.told(page)).collect();
            (format!("{}{also}", brief(first.moves)), told.join("; "))
        }
    };
    let name = named.unwrap_or(name);
    let opacity = ui.opacity();
    if uses.is_empty() {
        ui.multiply_opacity(FAINT);
    }
    let knob = knob::named(ui, page, area, parameter, &name);
    ui.set_opacity(opacity);
    knob.on_hover_text(told);
}

/// A matrix slot that uses a macro.
struct Use {
    slot: usize,
    moves: Parameter,
    /// True if the macro scales another source instead of being the source.
    via: bool,
}

impl Use {
    /// Describes the use, as in "Cutoff +25 %" or "via: Env 3 to Osc B Pitch".
    fn told(&self, page: &PageContext<'_>) -> String {
        let of = |parameter| Parameter::matrix_slot(self.slot, parameter);
        let name = self.moves.spec().name;
        if self.via {
            return format!("via: {} to {name}", page.text(of(MatrixParameter::Source)));
        }
        let amount = page.text(of(MatrixParameter::Amount));
        let sign = if amount.starts_with('-') { "" } else { "+" };
        format!("{name} {sign}{amount}")
    }
}

/// Returns the matrix slots that use the macro `number`.
fn uses(page: &PageContext<'_>, number: usize) -> impl Iterator<Item = Use> {
    let own = Source::Macro1 as usize + number;
    (0..Parameter::MATRIX_SLOTS).filter_map(move |slot| {
        let is = |end| page.choice(Parameter::matrix_slot(slot, end)) == own;
        let (source, via) = (is(MatrixParameter::Source), is(MatrixParameter::Via));
        let moves = page.destination(slot).filter(|_| source || via)?;
        let via = !source;
        Some(Use { slot, moves, via })
    })
}

/// Returns a name that fits over a knob.
fn brief(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::FilterEnv => "Filter Env 2",
        Parameter::FilterFm => "Filter FM",
        _ => parameter.spec().name,
    }
}

const UNUSED: &str = "Not assigned: choose it as a source in the matrix, on the Modulation page.";
