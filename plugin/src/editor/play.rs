//! What is played with: macros, filter, loudness, levels, and how keys become voices.

use egui::{Align2, Rect, Ui};
use tidepool_dsp::Parameter;
use tidepool_dsp::engine::MIXER;

use super::controls::{choice, knob, switch};
use super::desk::Desk;
use super::{card, cut, envelope, filter, macros, tuning};

const UPPER: f32 = 106.0;
const MIDDLE: f32 = 184.0;
/// Width of the tuning's name.
const TUNING: f32 = 240.0;

/// Draws the cards.
pub fn show(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let mut room = area;
    let upper = cut::top(&mut room, UPPER, cut::GAP);
    let [left, right] = cut::columns(upper, [1.8, 1.0], cut::GAP);
    macros::show(ui, desk, left);
    output(ui, desk, right);
    let middle = cut::top(&mut room, MIDDLE, cut::GAP);
    let [left, right] = cut::columns(middle, [1.0; 2], cut::GAP);
    filter::show_brief(ui, desk, left);
    envelope::show_brief(ui, desk, right, 0);
    let [left, right] = cut::columns(room, [1.0, 1.25], cut::GAP);
    levels(ui, desk, left);
    voice(ui, desk, right);
}

fn output(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let (_, room) = card::titled(ui, area, "Output", desk.colours);
    let knobs = [
        (Parameter::Level, "Level"),
        (Parameter::SendDelay, "To Delay"),
        (Parameter::SendReverb, "To Reverb"),
        (Parameter::OutputDrive, "Drive"),
        (Parameter::Volume, "Volume"),
    ];
    let cells = cut::columns(room, [1.0; 5], 2.0);
    for ((parameter, name), cell) in knobs.into_iter().zip(cells) {
        knob::named(ui, desk, cell, parameter, name);
    }
}

fn levels(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let (_, room) = card::titled(ui, area, "Levels", desk.colours);
    let sources = MIXER.map(|row| (row.level, row.short));
    let knobs = sources
        .into_iter()
        .chain([(Parameter::External, "External")]);
    let rows: [Rect; 2] = cut::rows(room, 4.0);
    let cells = rows.map(|row| cut::columns(row, [1.0; (MIXER.len() + 1).div_ceil(2)], 2.0));
    for ((parameter, name), cell) in knobs.zip(cells.into_iter().flatten()) {
        knob::named(ui, desk, cell, parameter, name);
    }
}

fn voice(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let (mut line, mut room) = card::titled(ui, area, "Voice", desk.colours);
    let menu = cut::right(&mut line, TUNING, 6.0);
    card::note(ui, line, Align2::RIGHT_CENTER, "Tuning", desk.colours);
    tuning::show(ui, desk, menu);
    let below = cut::bottom(&mut room, 36.0, 6.0);
    let ways = cut::top(&mut room, 36.0, 6.0);
    let [mode, priority, glide] = cut::columns(ways, [1.5, 1.4, 1.0], 10.0);
    switch::named(ui, desk, mode, Parameter::Mode, "Mode");
    switch::named(ui, desk, priority, Parameter::NotePriority, "Note Priority");
    switch::named(ui, desk, glide, Parameter::GlideMode, "Glide by");
    let knobs = [
        (Parameter::Voices, "Voices"),
        (Parameter::Glide, "Glide"),
        (Parameter::Tune, "Tune"),
        (Parameter::BendRange, "Bend"),
        (Parameter::Velocity, "Velocity"),
        (Parameter::VibratoDepth, "Vibrato"),
        (Parameter::Pan, "Pan"),
    ];
    let cells = cut::columns(room, [1.0; 7], 2.0);
    for ((parameter, name), cell) in knobs.into_iter().zip(cells) {
        knob::named(ui, desk, cell, parameter, name);
    }
    let [vibrato, zone, members] = cut::columns(below, [1.0, 1.5, 1.4], 10.0);
    choice::named(ui, desk, vibrato, Parameter::VibratoRate, "Vibrato Rate");
    switch::named(ui, desk, zone, Parameter::MpeZone, "MPE Zone");
    let [channels, range] = cut::columns(members, [1.0; 2], 6.0);
    for (cell, parameter, name) in [
        (channels, Parameter::MpeChannels, "Channels"),
        (range, Parameter::MpeBendRange, "Bend Range"),
    ] {
        let (above, below) = choice::labelled(cell);
        card::note(ui, above, Align2::LEFT_CENTER, name, desk.colours);
        super::controls::fader::show(ui, desk, below, parameter);
    }
}
