//! The card of an LFO: its shape and its controls.

use std::f32::consts::TAU;

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo};
use tidepool_dsp::Parameter;
use tidepool_dsp::engine::Source;
use tidepool_dsp::parameter::LfoParameter::{Fade, Mode, Phase, Rate, Shape, Sync};

use crate::editor::controls::{choice, knob, switch};
use crate::editor::page_context::PageContext;
use crate::editor::{card, layout, plot};

/// Values of the random shapes in the plot; any will do.
const DICE: [f32; 5] = [0.4, -0.7, 0.9, -0.2, 0.55];

/// Draws all controls of the LFO `number`, counted from 0.
pub fn show(ui: &mut Ui, page: &mut PageContext<'_>, area: Rect, number: usize) {
    let colours = page.colours;
    let name = format!("LFO {}", number + 1);
    let (mut line, mut room) = card::titled(ui, area, &name, colours);
    let of = |parameter| Parameter::lfo(number, parameter);
    let mode = layout::right(&mut line, 110.0, 8.0);
    switch::show(ui, page, mode, of(Mode));
    choice::show(ui, page, layout::right(&mut line, 104.0, 0.0), of(Shape));
    let below = layout::bottom(&mut room, 56.0, 4.0);
    wave(ui, page, room, number);
    let [rate, sync, fade, phase] = layout::columns(below, [1.0, 1.15, 1.0, 1.0], 4.0);
    let synced = page.choice(of(Sync)) > 0;
    if synced {
        // The rate has no effect while the LFO is synced, so its knob is hidden.
        let (above, below) = choice::labelled(rate);
        card::note(ui, above, Align2::CENTER_CENTER, "Rate", colours);
        card::note(ui, below, Align2::CENTER_CENTER, "by tempo", colours);
    } else {
        knob::show(ui, page, rate, of(Rate));
    }
    let mut sync = sync;
    let sync = layout::top(&mut sync, choice::LABELLED, 0.0);
    choice::named(ui, page, sync, of(Sync), "Sync");
    knob::show(ui, page, fade, of(Fade));
    knob::show(ui, page, phase, of(Phase));
}

/// Draws two cycles from the start phase, and the present value.
fn wave(ui: &mut Ui, page: &PageContext<'_>, area: Rect, number: usize) {
    let colours = page.colours;
    let label = format!("Shape of LFO {}", number + 1);
    ui.allocate_rect(area, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let mut room = plot::ground(ui, area, colours);
    room.max.x -= 6.0;
    plot::level(ui.painter(), room, 0.0, colours);
    let shape = page.choice(Parameter::lfo(number, Shape));
    let phase = page.value(Parameter::lfo(number, Phase));
    let count = 240;
    let points = (0..=count).map(|n| {
        let part = n as f32 / count as f32;
        plot::at(room, part, level(shape, 2.0 * part + phase))
    });
    plot::curve(ui.painter(), points.collect(), room.center().y, colours);
    let value = page.monitor.sources[Source::Lfo1 as usize + number];
    plot::now(ui.painter(), area, value, true, colours);
}

/// Returns the level after `cycles` cycles, by the shapes of `synth::lfo`.
fn level(shape: usize, cycles: f32) -> f32 {
    let (cycle, phase) = (cycles.floor() as usize, cycles.fract());
    let dice = |cycle: usize| DICE[cycle % DICE.len()];
    match shape {
        0 => (TAU * phase).sin(),
        1 => 1.0 - 4.0 * ((phase + 0.25).fract() - 0.5).abs(),
        2 => 2.0 * phase - 1.0,
        3 => 1.0 - 2.0 * phase,
        4 if phase < 0.5 => 1.0,
        4 => -1.0,
        5 => dice(cycle),
        _ => {
            let eased = phase * phase * (3.0 - 2.0 * phase);
            dice(cycle) + (dice(cycle + 1) - dice(cycle)) * eased
        }
    }
}
