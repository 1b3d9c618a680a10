//! The assignments as the audio thread reads them, without memory of its own.

use tidepool_dsp::EventKind;

use super::{Assignment, Controller, MOST, MidiMap};

/// Assignments of a map, to be copied to the audio thread.
#[derive(Clone, Copy, Debug)]
pub struct MidiTable {
    assignments: [Option<Assignment>; MOST],
    count: usize,
    /// Controllers that an assignment uses.
    assigned: ControllerSet,
}

impl Default for MidiTable {
    fn default() -> Self {
        Self {
            assignments: [None; MOST],
            count: 0,
            assigned: ControllerSet::default(),
        }
    }
}

impl MidiTable {
    /// Makes the table of `map`.
    pub fn new(map: &MidiMap) -> Self {
        let mut table = Self::default();
        for (entry, assignment) in table.assignments.iter_mut().zip(map.assignments()) {
            *entry = Some(*assignment);
            table.count += 1;
            table.assigned.add(assignment.controller);
        }
        table
    }

    /// Returns the controllers that are assigned to parameters. `[audio]`
    pub fn assigned(&self) -> ControllerSet {
        self.assigned
    }

    /// Returns the assignments of `controller`, at most [`MOST`]. `[audio]`
    pub fn of(&self, controller: Controller) -> impl Iterator<Item = &Assignment> {
        let used = self.assignments[..self.count].iter().flatten();
        used.filter(move |it| it.controller == controller)
    }
}

/// A set of controllers, each by its number; channel pressure is one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControllerSet {
    numbers: u128,
    pressure: bool,
}

impl ControllerSet {
    fn add(&mut self, controller: Controller) {
        match controller {
            Controller::Cc(number) => self.numbers |= 1 << number,
            Controller::Pair(number) => self.numbers |= (1 | 1 << 32) << number,
            Controller::Pressure => self.pressure = true,
        }
    }

    /// Returns true if `event` moves a controller of the set. `[audio]`
    pub fn has(self, event: &EventKind) -> bool {
        match *event {
            EventKind::Controller { number, .. } => {
                number < 128 && (self.numbers >> number) & 1 == 1
            }
            EventKind::ChannelPressure { .. } => self.pressure,
            _ => false,
        }
    }
}
