//! Values that all voices have in common: those of the parameters, without the matrix.

use crate::engine::control_bank::{ControlBank, PARAMETER_BLOCKS};
use crate::engine::effects;
use crate::engine::external::External;
use crate::engine::values::place;
use crate::parameter::Parameter;
use crate::rt::{CONTROLS_PER_BLOCK, ones};

/// True for each parameter that is read at each tick where it is used, so that its changes do not change the settings.
pub(in crate::engine) static READ_EACH_TICK: [bool; Parameter::COUNT] = {
    let mut read = [false; Parameter::COUNT];
    effects::mark_levels(&mut read);
    let mut n = 0;
    while n < External::READ.len() {
        read[External::READ[n].index()] = true;
        n += 1;
    }
    read[Parameter::Volume.index()] = true;
    read
};

/// Values of the parameters at the last tick.
#[derive(Debug)]
pub(super) struct CommonValues {
    /// Values of all parameters, as in the smoothing bank.
    known: [[f32; CONTROLS_PER_BLOCK]; PARAMETER_BLOCKS],
    /// Values of the destinations, side by side.
    destinations: [f32; Parameter::DESTINATIONS],
    /// Numbers of the destinations that have changed in the last tick.
    changed: [u16; Parameter::DESTINATIONS],
    changes: usize,
}

impl CommonValues {
    pub(super) fn new() -> Self {
        Self {
            known: [[0.0; CONTROLS_PER_BLOCK]; PARAMETER_BLOCKS],
            destinations: [0.0; Parameter::DESTINATIONS],
            changed: [0; Parameter::DESTINATIONS],
            changes: 0,
        }
    }

    /// Reads all parameters, after which no destination counts as changed.
    pub(super) fn read(&mut self, bank: &ControlBank) {
        self.changes = 0;
        for parameter in Parameter::all() {
            let index = parameter.index();
            self.known[index / CONTROLS_PER_BLOCK][index % CONTROLS_PER_BLOCK] =
                bank.value(parameter);
        }
        for (value, parameter) in self.destinations.iter_mut().zip(Parameter::destinations()) {
            *value = bank.value(parameter);
        }
    }

    /// Takes over the parameters that have moved. Returns true if any settings have changed, which have no values per
    /// voice.
    pub(super) fn follow(&mut self, bank: &ControlBank) -> bool {
        self.changes = 0;
        let mut settings = false;
        for (block, values) in bank.moving_parameters() {
            let known = std::mem::replace(&mut self.known[block], *values);
            let mut changed = 0_u32;
            for (lane, (known, value)) in known.iter().zip(values).enumerate() {
                changed |= u32::from(known != value) << lane;
            }
            for lane in ones(changed) {
                let Some(parameter) = Parameter::at(block * CONTROLS_PER_BLOCK + lane) else {
                    continue;
                };
                match parameter.destination_index() {
                    Some(number) => {
                        self.destinations[number] = values[lane];
                        self.changed[self.changes] = number as u16;
                        self.changes += 1;
                    }
                    None => settings |= !READ_EACH_TICK[parameter.index()],
                }
            }
        }
        settings
    }

    /// Returns the values of the destinations.
    #[inline(always)]
    pub(super) fn destinations(&self) -> &[f32; Parameter::DESTINATIONS] {
        &self.destinations
    }

    /// Returns the numbers of the destinations that have changed in the last tick.
    #[inline(always)]
    pub(super) fn changed(&self) -> &[u16] {
        &self.changed[..self.changes]
    }

    /// Returns the value of a destination.
    #[inline(always)]
    pub(super) fn at(&self, parameter: Parameter) -> f32 {
        self.destinations[place(parameter)]
    }
}
