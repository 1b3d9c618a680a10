//! The history of the player's edits, for undo and redo: a step for each gesture, load, tuning and assignment.
//!
//! A step holds only what it changed, so that undo leaves everything else as the host's automation has set it since.

pub mod controls;
pub mod recorder;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use nice_plug::nice_warn;
use tidepool_dsp::Parameter;

use super::origin::Origin;
use super::sound::{Load, Sound};
use crate::comparison::Comparison;
use crate::midi_map::MidiMap;
use crate::params::text;
use crate::tuning::ScalaFiles;

/// Most steps that can be undone; the oldest are dropped first.
const STEPS: usize = 200;
/// Longest pause between short gestures of a parameter that become one step, such as notches of the wheel.
const PAUSE: Duration = Duration::from_millis(600);

/// Direction in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Back to the sound before the last step.
    Undo,
    /// Forward to the sound after the step that was undone last.
    Redo,
}

/// Plain values of a parameter before and after an edit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueEdit {
    pub parameter: Parameter,
    pub before: f32,
    pub after: f32,
}

/// State of a sound beside its values.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedState {
    pub origin: Origin,
    /// The comparison, if the edit changes it.
    pub comparison: Option<Comparison>,
}

/// An edit of the sound.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// A gesture of one parameter.
    Value(ValueEdit),
    /// A sound that replaced another.
    Load {
        name: String,
        /// The values that differ.
        values: Vec<ValueEdit>,
        before: LoadedState,
        after: LoadedState,
    },
    /// A tuning that replaced another.
    Tuning {
        name: String,
        before: ScalaFiles,
        after: ScalaFiles,
    },
    /// Assignments of MIDI controllers that replaced others.
    MidiMap {
        name: String,
        before: Arc<MidiMap>,
        after: Arc<MidiMap>,
    },
}

impl Edit {
    /// Describes the edit, as in "Cutoff from 800 Hz to 2 kHz".
    fn name(&self) -> String {
        match self {
            Self::Value(edit) => {
                let spec = edit.parameter.spec();
                let [before, after] = [edit.before, edit.after].map(|it| text::format(spec, it));
                format!("{} from {before} to {after}", spec.name)
            }
            Self::Load { name, .. } | Self::Tuning { name, .. } | Self::MidiMap { name, .. } => {
                name.clone()
            }
        }
    }

    /// Returns false if the edit ends where it began.
    fn changes(&self) -> bool {
        match self {
            Self::Value(edit) => edit.before != edit.after,
            Self::Load {
                values,
                before,
                after,
                ..
            } => !values.is_empty() || before != after,
            Self::Tuning { before, after, .. } => before != after,
            Self::MidiMap { before, after, .. } => before != after,
        }
    }

    /// Takes the edit back, or makes it again.
    fn apply(&self, direction: Direction, sound: &mut dyn Sound) {
        let plain = |edit: &ValueEdit| match direction {
            Direction::Undo => edit.before,
            Direction::Redo => edit.after,
        };
        match self {
            Self::Value(edit) => {
                sound.begin(edit.parameter);
                sound.set(edit.parameter, plain(edit));
                sound.end(edit.parameter);
            }
            Self::Load {
                name,
                values,
                before,
                after,
            } => {
                let state = match direction {
                    Direction::Undo => before,
                    Direction::Redo => after,
                };
                let values: Vec<_> = (values.iter())
                    .map(|edit| (edit.parameter, plain(edit)))
                    .collect();
                sound.load(Load {
                    values: &values,
                    origin: state.origin.clone(),
                    comparison: state.comparison.clone(),
                    name,
                });
            }
            Self::Tuning {
                name,
                before,
                after,
            } => {
                let files = match direction {
                    Direction::Undo => before,
                    Direction::Redo => after,
                };
                // The files were in use once, so they are valid.
                if let Err(error) = sound.retune(files.clone(), name) {
                    nice_warn!("the tuning is left as it is: {error}");
                }
            }
            Self::MidiMap {
                name,
                before,
                after,
            } => {
                let map = match direction {
                    Direction::Undo => before,
                    Direction::Redo => after,
                };
                sound.set_midi_map(MidiMap::clone(map), name);
            }
        }
    }
}

/// An edit in the history.
#[derive(Debug)]
struct Step {
    edit: Edit,
    /// True for a gesture without a duration, which the next one of the same parameter can extend.
    short: bool,
    ended: Duration,
}

/// A gesture that has not ended.
#[derive(Debug)]
struct Gesture {
    edit: ValueEdit,
    began: Duration,
}

/// The edits of an instance. Times are those of the editor's clock. `[gui]`
#[derive(Debug, Default)]
pub struct EditHistory {
    done: VecDeque<Step>,
    /// Steps that were undone, the last one at the end.
    undone: Vec<Step>,
    gesture: Option<Gesture>,
}

impl EditHistory {
    /// Begins a gesture of `parameter`, which has the plain value `before`. An open gesture ends.
    pub fn begin(&mut self, parameter: Parameter, before: f32, now: Duration) {
        self.close(now);
        let after = before;
        let edit = ValueEdit {
            parameter,
            before,
            after,
        };
        self.gesture = Some(Gesture { edit, began: now });
    }

    /// Sets the value at which the gesture of `parameter` ends if it is not moved further.
    pub fn set(&mut self, parameter: Parameter, plain: f32) {
        if let Some(gesture) = &mut self.gesture
            && gesture.edit.parameter == parameter
        {
            gesture.edit.after = plain;
        }
    }

    /// Ends the open gesture, which becomes a step if it has moved its parameter.
    pub fn close(&mut self, now: Duration) {
        let Some(Gesture { edit, began }) = self.gesture.take() else {
            return;
        };
        let short = began == now;
        if short && self.extend(edit, now) {
            return;
        }
        self.push(Edit::Value(edit), short, now);
    }

    /// Adds `edit` as a step, unless it changes nothing. The steps that were undone are dropped. Assignments of the same
    /// name that follow each other soon, as while a range is dragged, become one step.
    pub fn record(&mut self, edit: Edit, now: Duration) {
        self.close(now);
        if !self.extend_assignment(&edit, now) {
            self.push(edit, false, now);
        }
    }

    /// Extends the last step by `edit` if both are the same kind of assignment; returns false if not.
    fn extend_assignment(&mut self, edit: &Edit, now: Duration) -> bool {
        let Some(last) = self.done.back_mut().filter(|_| self.undone.is_empty()) else {
            return false;
        };
        let (
            Edit::MidiMap { name, after, .. },
            Edit::MidiMap {
                name: next,
                after: new,
                ..
            },
        ) = (&mut last.edit, edit)
        else {
            return false;
        };
        let follows = name == next && now.saturating_sub(last.ended) <= PAUSE;
        if follows {
            *after = new.clone();
            last.ended = now;
            if !last.edit.changes() {
                self.done.pop_back();
            }
        }
        follows
    }

    fn push(&mut self, edit: Edit, short: bool, ended: Duration) {
        if edit.changes() {
            self.undone.clear();
            if self.done.len() == STEPS {
                self.done.pop_front();
            }
            let step = Step { edit, short, ended };
            self.done.push_back(step);
        }
    }

    /// Extends the last step by a short gesture of the same parameter that follows it soon; returns false if there is no
    /// such step.
    fn extend(&mut self, edit: ValueEdit, now: Duration) -> bool {
        let Some(last) = self.done.back_mut().filter(|last| last.short) else {
            return false;
        };
        let Edit::Value(value) = &mut last.edit else {
            return false;
        };
        let follows = now.saturating_sub(last.ended) <= PAUSE && self.undone.is_empty();
        if value.parameter != edit.parameter || !follows {
            return false;
        }
        value.after = edit.after;
        last.ended = now;
        if value.before == value.after {
            self.done.pop_back();
        }
        true
    }

    /// Describes the step that comes next in `direction`; `None` if there is none.
    pub fn name(&self, direction: Direction) -> Option<String> {
        let step = match direction {
            Direction::Undo => self.done.back(),
            Direction::Redo => self.undone.last(),
        };
        step.map(|step| step.edit.name())
    }

    /// Goes one step in `direction`. During a gesture, and if there is no step, nothing happens. `sound` is the sound
    /// itself, without a recorder.
    pub fn go(&mut self, direction: Direction, sound: &mut dyn Sound) {
        if self.gesture.is_some() {
            return;
        }
        let step = match direction {
            Direction::Undo => self.done.pop_back(),
            Direction::Redo => self.undone.pop(),
        };
        let Some(mut step) = step else {
            return;
        };
        step.edit.apply(direction, sound);
        // A gesture that follows a redo is a step of its own.
        step.short = false;
        match direction {
            Direction::Undo => self.undone.push(step),
            Direction::Redo => self.done.push_back(step),
        }
    }
}
