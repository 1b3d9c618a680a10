//! A sound: a value for every parameter.

use crate::parameter::Parameter;

/// A plain value for every [`Parameter`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patch {
    values: [f32; Parameter::COUNT],
}

impl Default for Patch {
    /// The sound that the instrument starts with.
    fn default() -> Self {
        let mut values = [0.0; Parameter::COUNT];
        for (value, parameter) in values.iter_mut().zip(Parameter::all()) {
            *value = parameter.spec().default;
        }
        Self { values }
    }
}

impl Patch {
    /// The same sound with another value for `parameter`, taken into its range.
    pub fn with(mut self, parameter: Parameter, plain: f32) -> Self {
        self.set(parameter, plain);
        self
    }

    /// Sets `parameter` to the value in its range that is nearest to `plain`.
    pub fn set(&mut self, parameter: Parameter, plain: f32) {
        self.values[parameter.index()] = parameter.spec().range.clamp(plain);
    }

    /// The plain value of `parameter`.
    pub fn get(&self, parameter: Parameter) -> f32 {
        self.values[parameter.index()]
    }

    /// Every parameter with its plain value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Parameter, f32)> + '_ {
        Parameter::all().zip(self.values)
    }
}
