//! The effects page: what is sent to them, chorus, delay, reverb, the output, and where it gets too loud.

mod overloads;

use egui::{Rect, Ui};
use tidepool_dsp::Parameter;

use super::controls::{choice, knob, switch};
use super::desk::Desk;
use super::{card, cut};
pub use overloads::Cleared;

const METERS: f32 = 330.0;

/// A parameter and what it is called here.
type Named = (Parameter, &'static str);

/// Draws the cards.
pub fn show(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let mut room = area;
    let meters = cut::right(&mut room, METERS, cut::GAP);
    overloads::show(ui, meters, desk);
    let [upper, middle, lower] = cut::rows(room, cut::GAP);
    let [sends, chorus] = cut::columns(upper, [1.0, 1.5], cut::GAP);
    titled(
        ui,
        desk,
        sends,
        "Sends",
        &[
            (Parameter::SendDelay, "To Delay"),
            (Parameter::SendReverb, "To Reverb"),
        ],
    );
    titled(
        ui,
        desk,
        chorus,
        "Chorus",
        &[
            (Parameter::ChorusRate, "Rate"),
            (Parameter::ChorusDepth, "Depth"),
            (Parameter::ChorusMix, "Mix"),
            (Parameter::ChorusLevel, "Level"),
            (Parameter::ChorusDelay, "To Delay"),
        ],
    );
    delay(ui, desk, middle);
    let [reverb, output] = cut::columns(lower, [3.0, 1.0], cut::GAP);
    titled(
        ui,
        desk,
        reverb,
        "Reverb",
        &[
            (Parameter::ReverbPredelay, "Predelay"),
            (Parameter::ReverbSize, "Size"),
            (Parameter::ReverbDecay, "Decay"),
            (Parameter::ReverbDamp, "Damp"),
            (Parameter::ReverbWidth, "Width"),
            (Parameter::ReverbLevel, "Level"),
        ],
    );
    titled(
        ui,
        desk,
        output,
        "Output",
        &[
            (Parameter::OutputDrive, "Drive"),
            (Parameter::Volume, "Volume"),
        ],
    );
}

fn titled(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect, name: &str, knobs: &[Named]) {
    let (_, room) = card::titled(ui, area, name, desk.colours);
    knobs_in(ui, desk, room, knobs);
}

fn knobs_in(ui: &mut Ui, desk: &mut Desk<'_>, room: Rect, knobs: &[Named]) {
    let room = cut::middle(room, room.width(), 92.0);
    let width = room.width() / knobs.len() as f32;
    let mut rest = room;
    for (parameter, name) in knobs {
        let cell = cut::left(&mut rest, width, 0.0);
        knob::named(
            ui,
            desk,
            cell.shrink2(egui::vec2(1.0, 0.0)),
            *parameter,
            name,
        );
    }
}

fn delay(ui: &mut Ui, desk: &mut Desk<'_>, area: Rect) {
    let (_, mut room) = card::titled(ui, area, "Delay", desk.colours);
    let left = cut::left(&mut room, 84.0, 10.0);
    let mut left = cut::middle(left, left.width(), 2.0 * choice::LABELLED + cut::GAP);
    let sync = cut::top(&mut left, choice::LABELLED, cut::GAP);
    switch::named(ui, desk, sync, Parameter::DelaySync, "Sync");
    choice::named(ui, desk, left, Parameter::DelayTime, "Sync Time");
    knobs_in(
        ui,
        desk,
        room,
        &[
            (Parameter::DelayFreeTime, "Free Time"),
            (Parameter::DelayFeedback, "Feedback"),
            (Parameter::DelayTone, "Tone"),
            (Parameter::DelayWidth, "Width"),
            (Parameter::DelayLevel, "Level"),
            (Parameter::DelayReverb, "To Reverb"),
        ],
    );
}
