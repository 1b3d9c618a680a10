//! Patch: a value for every parameter.

use crate::parameter::Parameter;

/// Plain values of all [parameters](Parameter).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patch {
    values: [f32; Parameter::COUNT],
}

impl Default for Patch {
    /// Initial patch of the instrument.
    fn default() -> Self {
        let mut values = [0.0; Parameter::COUNT];
        for (value, parameter) in values.iter_mut().zip(Parameter::all()) {
            *value = parameter.spec().default;
        }
        Self { values }
    }
}

impl Patch {
    /// Returns the patch with another value for `parameter`, clamped to its range.
    pub fn with(mut self, parameter: Parameter, plain: f32) -> Self {
        self.set(parameter, plain);
        self
    }

    /// Sets `parameter` to `plain`, clamped to its range.
    pub fn set(&mut self, parameter: Parameter, plain: f32) {
        self.values[parameter.index()] = parameter.spec().range.clamp(plain);
    }

    /// Returns the plain value of `parameter`.
    pub fn get(&self, parameter: Parameter) -> f32 {
        self.values[parameter.index()]
    }

    /// Iterates over the parameters and their plain values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Parameter, f32)> + '_ {
        Parameter::all().zip(self.values)
    }
}
