//! Assignments of MIDI controllers to parameters, which "Learn MIDI" makes: part of the state, and read by the audio
//! thread as a table.

mod active;
mod controller;
mod table;

use serde::{Deserialize, Serialize};
use tidepool_dsp::Parameter;

pub use active::ActiveMidiMap;
pub use controller::Controller;
pub use table::{ControllerSet, MidiTable};

/// Name of the state's field that stores the assignments.
pub const FIELD: &str = "midi_map";
/// Most assignments of an instance.
pub const MOST: usize = 64;

/// Assignment of a controller to a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assignment {
    /// The parameter, which no other assignment of the map has.
    pub parameter: Parameter,
    /// The controller, on any channel.
    pub controller: Controller,
    /// Value of the parameter at the lowest position of the controller, as a fraction of the range.
    pub from: f32,
    /// Value at the highest position. Less than `from` if the controller acts inversely.
    pub to: f32,
}

impl Assignment {
    /// Makes an assignment over the whole range of the parameter.
    pub fn new(parameter: Parameter, controller: Controller) -> Self {
        Self {
            parameter,
            controller,
            from: 0.0,
            to: 1.0,
        }
    }

    /// Returns the fraction of the parameter's range at the position `position` of the controller, 0 to 1.
    pub fn at(&self, position: f32) -> f32 {
        // Both ends are reached exactly.
        (1.0 - position) * self.from + position * self.to
    }
}

/// Error of a map that has [`MOST`] assignments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MOST} controllers are assigned, which is the most; remove one first")]
pub struct Full;

/// All assignments of an instance, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<Stored>", try_from = "Vec<Stored>")]
pub struct MidiMap(Vec<Assignment>);

impl MidiMap {
    /// Returns the assignments.
    pub fn assignments(&self) -> &[Assignment] {
        &self.0
    }

    /// Returns true if nothing is assigned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the assignment of `parameter`.
    pub fn of(&self, parameter: Parameter) -> Option<&Assignment> {
        self.0.iter().find(|it| it.parameter == parameter)
    }

    /// Adds an assignment, in the place of one of the same parameter.
    ///
    /// # Errors
    /// If the map is full; it stays as it is then.
    pub fn assign(&mut self, assignment: Assignment) -> Result<(), Full> {
        let place = (self.0.iter()).position(|it| it.parameter == assignment.parameter);
        match place {
            Some(place) => self.0[place] = assignment,
            None if self.0.len() >= MOST => return Err(Full),
            None => self.0.push(assignment),
        }
        Ok(())
    }

    /// Removes the assignment of `parameter`.
    pub fn remove(&mut self, parameter: Parameter) {
        self.0.retain(|it| it.parameter != parameter);
    }
}

/// An assignment as states and settings store it.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    parameter: String,
    controller: Controller,
    #[serde(default)]
    from: f32,
    #[serde(default = "whole")]
    to: f32,
}

fn whole() -> f32 {
    1.0
}

impl From<MidiMap> for Vec<Stored> {
    fn from(map: MidiMap) -> Self {
        let stored = |it: &Assignment| Stored {
            parameter: it.parameter.spec().id.to_owned(),
            controller: it.controller,
            from: it.from,
            to: it.to,
        };
        map.0.iter().map(stored).collect()
    }
}

impl TryFrom<Vec<Stored>> for MidiMap {
    type Error = Full;

    /// Clamps the ranges and leaves out parameters that this version does not know. Of two assignments of a parameter,
    /// the later one counts.
    fn try_from(stored: Vec<Stored>) -> Result<Self, Full> {
        let mut map = Self::default();
        for it in stored {
            let known = Parameter::named(&it.parameter);
            let fraction = |value: f32| {
                if value.is_nan() {
                    0.0
                } else {
                    value.clamp(0.0, 1.0)
                }
            };
            if let Some(parameter) = known {
                map.assign(Assignment {
                    parameter,
                    controller: it.controller,
                    from: fraction(it.from),
                    to: fraction(it.to),
                })?;
            }
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<MidiMap> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn a_map_comes_back_from_its_text() {
        let mut map = MidiMap::default();
        assert_eq!(serde_json::to_string(&map).unwrap(), "[]");
        for (parameter, controller) in [
            (Parameter::Cutoff, Controller::Cc(74)),
            (Parameter::Volume, Controller::Pressure),
            (Parameter::FilterMode, Controller::Pair(1)),
        ] {
            let assignment = Assignment {
                from: 0.3,
                to: 0.1,
                ..Assignment::new(parameter, controller)
            };
            map.assign(assignment).unwrap();
        }
        let text = serde_json::to_string(&map).unwrap();
        assert!(
            text.starts_with(
                r#"[{"parameter":"cutoff","controller":"CC 74","from":0.3,"to":0.1},"#
            ),
            "{text}"
        );
        assert_eq!(read(&text), Some(map));
    }

    #[test]
    fn ranges_are_clamped_and_strangers_left_out_and_damage_is_refused() {
        let map = read(
            r#"[{"parameter":"cutoff","controller":"CC 1","from":-3.0,"to":7},
                {"parameter":"from_the_future","controller":"CC 2"},
                {"parameter":"cutoff","controller":"Pressure"}]"#,
        );
        let expected = Assignment::new(Parameter::Cutoff, Controller::Pressure);
        assert_eq!(map.unwrap().assignments(), [expected]);
        let one = |controller: &str| {
            read(&format!(
                r#"[{{"parameter":"cutoff","controller":"{controller}"}}]"#
            ))
        };
        assert!(one("CC 119").is_some());
        for damaged in [
            "CC 120", "CC -1", "CC", "", "CC 1+34", "CC 32+64", "Bend", "cc 1",
        ] {
            assert_eq!(one(damaged), None, "{damaged}");
        }
        for damaged in ["", "7", "{}", r#"[{"parameter":"cutoff"}]"#, "[null]"] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn a_full_map_takes_no_more_and_a_new_controller_replaces_the_old() {
        let mut map = MidiMap::default();
        let mut parameters = Parameter::all();
        for parameter in parameters.by_ref().take(MOST) {
            map.assign(Assignment::new(parameter, Controller::Cc(1)))
                .unwrap();
        }
        let next = Assignment::new(parameters.next().unwrap(), Controller::Cc(2));
        assert_eq!(map.assign(next), Err(Full));
        let first = map.assignments()[0].parameter;
        assert_eq!(
            map.assign(Assignment::new(first, Controller::Cc(2))),
            Ok(())
        );
        assert_eq!(map.of(first).unwrap().controller, Controller::Cc(2));
        map.remove(first);
        assert_eq!((map.of(first), map.assignments().len()), (None, MOST - 1));
        assert_eq!(map.assign(next), Ok(()));
        let text = serde_json::to_string(&map).unwrap();
        assert_eq!(read(&text), Some(map));
        let entry = |parameter: Parameter| {
            let id = parameter.spec().id;
            format!(r#"{{"parameter":"{id}","controller":"CC 1"}}"#)
        };
        let many: Vec<_> = Parameter::all().take(MOST + 1).map(entry).collect();
        assert_eq!(read(&format!("[{}]", many.join(","))), None);
    }

    #[test]
    fn both_ends_of_a_range_are_reached() {
        let mut assignment = Assignment::new(Parameter::Cutoff, Controller::Cc(1));
        (assignment.from, assignment.to) = (0.7, 0.1);
        assert_eq!((assignment.at(0.0), assignment.at(1.0)), (0.7, 0.1));
        assert!((assignment.at(0.5) - 0.4).abs() < 1e-6);
    }
}
