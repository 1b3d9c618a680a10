//! The play page: macros, output, filter, envelope, levels, and voice settings.

use egui::{Align2, Rect, Ui};
use tidepool_dsp::Parameter;
use tidepool_dsp::engine::MIXER;

use super::filter;
use crate::editor::controls::{choice, fader, knob, switch};
use crate::editor::page_context::PageContext;
use crate::editor::tuning::{self, Tuner};
use crate::editor::{card, envelope, layout, macros};
use crate::tuning::library;

/// Least heights of the rows, and their shares of the rest.
const ROWS: [(f32, f32); 3] = [(97.0, 0.6), (150.0, 1.5), (178.0, 1.0)];
/// Width of the tuning menu.
const TUNING: f32 = 240.0;

/// The page.
pub struct Page {
    /// Chooses the tuning.
    pub tuner: Tuner,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            tuner: Tuner::new(library::usual_folder()),
        }
    }
}

impl super::Page for Page {
    fn show(&mut self, ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
        let [upper, middle, lower] = layout::rows_by(area, ROWS, layout::GAP);
        let [left, right] = layout::columns(upper, [1.8, 1.0], layout::GAP);
        macros::show(ui, page, left);
        output(ui, page, right);
        let [left, right] = layout::columns(middle, [1.0; 2], layout::GAP);
        filter::show_brief(ui, page, left);
        envelope::show_brief(ui, page, right, 0);
        let [left, right] = layout::columns(lower, [1.0, 1.25], layout::GAP);
        levels(ui, page, left);
        voice(ui, page, right, &mut self.tuner);
    }
}

fn output(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let (_, room) = card::titled(ui, area, "Output", page.colours);
    let knobs = [
        (Parameter::Level, "Level"),
        (Parameter::SendDelay, "To Delay"),
        (Parameter::SendReverb, "To Reverb"),
        (Parameter::OutputDrive, "Drive"),
        (Parameter::Volume, "Volume"),
    ];
    let cells = layout::columns(room, [1.0; 5], 2.0);
    for ((parameter, name), cell) in knobs.into_iter().zip(cells) {
        knob::named(ui, page, cell, parameter, name);
    }
}

fn levels(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect) {
    let (_, room) = card::titled(ui, area, "Levels", page.colours);
    let sources = MIXER.map(|row| (row.level, row.short));
    let knobs = sources
        .into_iter()
        .chain([(Parameter::External, "External")]);
    let rows: [Rect; 2] = layout::rows(room, 4.0);
    let cells = rows.map(|row| layout::columns(row, [1.0; (MIXER.len() + 1).div_ceil(2)], 2.0));
    for ((parameter, name), cell) in knobs.zip(cells.into_iter().flatten()) {
        knob::named(ui, page, cell, parameter, name);
    }
}

fn voice(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, tuner: &mut Tuner) {
    let (mut line, mut room) = card::titled(ui, area, "Voice", page.colours);
    let menu = layout::right(&mut line, TUNING, 6.0);
    card::note(ui, line, Align2::RIGHT_CENTER, "Tuning", page.colours);
    tuning::show(ui, page, tuner, menu);
    let below = layout::bottom(&mut room, 36.0, 6.0);
    let ways = layout::top(&mut room, 36.0, 6.0);
    let [mode, priority, glide] = layout::columns(ways, [1.5, 1.4, 1.0], 10.0);
    switch::named(ui, page, mode, Parameter::Mode, "Mode");
    switch::named(ui, page, priority, Parameter::NotePriority, "Note Priority");
    switch::named(ui, page, glide, Parameter::GlideMode, "Glide by");
    let knobs = [
        (Parameter::Voices, "Voices"),
        (Parameter::Glide, "Glide"),
        (Parameter::Tune, "Tune"),
        (Parameter::BendRange, "Bend"),
        (Parameter::Velocity, "Velocity"),
        (Parameter::VibratoDepth, "Vibrato"),
        (Parameter::Pan, "Pan"),
    ];
    let cells = layout::columns(room, [1.0; 7], 2.0);
    for ((parameter, name), cell) in knobs.into_iter().zip(cells) {
        knob::named(ui, page, cell, parameter, name);
    }
    let [vibrato, zone, members] = layout::columns(below, [1.0, 1.5, 1.4], 10.0);
    choice::named(ui, page, vibrato, Parameter::VibratoRate, "Vibrato Rate");
    switch::named(ui, page, zone, Parameter::MpeZone, "MPE Zone");
    let [channels, range] = layout::columns(members, [1.0; 2], 6.0);
    for (cell, parameter, name) in [
        (channels, Parameter::MpeChannels, "Channels"),
        (range, Parameter::MpeBendRange, "Bend Range"),
    ] {
        let (above, below) = choice::labelled(cell);
        card::note(ui, above, Align2::LEFT_CENTER, name, page.colours);
        fader::show(ui, page, below, parameter);
    }
}
