//! "Learn MIDI": the next controller that is moved is assigned to the parameter that was chosen.

use egui::{Context, Id, Key};
use tidepool_dsp::Parameter;

use super::sound::Sound;
use crate::midi_map::{Assignment, Controller, MOST};

/// Seconds to wait for the second controller of a pair.
const PAIR: f64 = 0.1;
/// Seconds between looks at the controllers.
const LOOK: f64 = 0.03;

/// Parameter that is to be assigned.
#[derive(Clone, Copy)]
struct Learning {
    parameter: Parameter,
    /// First controller that was moved, and the time.
    heard: Option<(Controller, f64)>,
}

fn id() -> Id {
    Id::unique("midi learn")
}

fn learning(context: &Context) -> Option<Learning> {
    context.data(|data| data.get_temp(id()))
}

/// Returns the parameter that waits for a controller.
pub fn parameter(context: &Context) -> Option<Parameter> {
    learning(context).map(|learning| learning.parameter)
}

/// Waits for a controller for `parameter`.
pub fn start(context: &Context, sound: &dyn Sound, parameter: Parameter) {
    // A controller that was moved before does not count.
    let _ = sound.midi_map().take_heard();
    let heard = None;
    context.data_mut(|data| data.insert_temp(id(), Learning { parameter, heard }));
}

/// Waits no longer.
pub fn stop(context: &Context) {
    context.data_mut(|data| data.remove::<Learning>(id()));
}

/// Assigns the controller that was moved; to be called once a frame. Escape stops the waiting.
pub fn follow(context: &Context, sound: &mut dyn Sound) {
    let Some(mut learning) = learning(context) else {
        return;
    };
    if context.input(|input| input.key_pressed(Key::Escape)) {
        stop(context);
        return;
    }
    let now = context.input(|input| input.time);
    let heard = sound.midi_map().take_heard();
    learning.heard = match (learning.heard, heard) {
        (None, Some(heard)) => Some((heard, now)),
        (Some((first, since)), Some(pair)) if is_of(first, pair) => Some((pair, since)),
        (before, _) => before,
    };
    let learned = learning.heard.filter(|&(heard, since)| {
        let may_be_pair = matches!(heard, Controller::Cc(0..64));
        !may_be_pair || now - since >= PAIR
    });
    if let Some((controller, _)) = learned {
        assign(sound, learning.parameter, controller);
        stop(context);
    } else {
        context.data_mut(|data| data.insert_temp(id(), learning));
        context.request_repaint_after(std::time::Duration::from_secs_f64(LOOK));
    }
}

/// Returns true if `pair` is a pair with the single controller `first`.
fn is_of(first: Controller, pair: Controller) -> bool {
    match (first, pair) {
        (Controller::Cc(number), Controller::Pair(pair)) => number % 32 == pair && number < 64,
        _ => false,
    }
}

/// Returns true if `parameter` can be assigned: the map is full otherwise.
pub fn has_room(sound: &dyn Sound, parameter: Parameter) -> bool {
    let map = sound.midi_map().get();
    map.of(parameter).is_some() || map.assignments().len() < MOST
}

/// Assigns `controller` to `parameter`, over the range that the parameter's assignment had before.
fn assign(sound: &mut dyn Sound, parameter: Parameter, controller: Controller) {
    let present = sound.midi_map().get().of(parameter).copied();
    let assignment = Assignment {
        controller,
        ..present.unwrap_or(Assignment::new(parameter, controller))
    };
    let name = format!("Assign {controller} to {}", parameter.spec().name);
    put(sound, assignment, &name);
}

/// Adds an assignment, or replaces the parameter's; `name` describes the edit.
pub fn put(sound: &mut dyn Sound, assignment: Assignment, name: &str) {
    let mut map = sound.midi_map().get().as_ref().clone();
    // A full map is left as it is; the menus offer no learning then.
    if map.assign(assignment).is_ok() {
        sound.set_midi_map(map, name);
    }
}

/// Removes the assignment of `parameter`.
pub fn remove(sound: &mut dyn Sound, parameter: Parameter) {
    let mut map = sound.midi_map().get().as_ref().clone();
    if let Some(assignment) = map.of(parameter) {
        let name = format!(
            "Remove {} from {}",
            assignment.controller,
            parameter.spec().name
        );
        map.remove(parameter);
        sound.set_midi_map(map, &name);
    }
}
