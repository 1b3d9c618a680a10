//! The sound as the pages see and change it, with a plugin behind it or without.

use nice_plug::context::gui::ParamSetter;
use tidepool_dsp::{Parameter, Patch};

use super::outbox::Outbox;
use crate::params::{ParamValue, TidepoolParams};
use crate::tuning::ActiveTuning;

/// Access to the values of all parameters, and the gestures that change them.
pub trait Sound {
    /// Returns the value of `parameter` and the host's modulation of it.
    fn place(&self, parameter: Parameter) -> ParamValue;

    /// Begins a gesture of `parameter`.
    fn begin(&mut self, parameter: Parameter);

    /// Sets `parameter` to a plain value of its range, within a gesture.
    fn set(&mut self, parameter: Parameter, plain: f32);

    /// Ends the gesture of `parameter`, which is the one that was begun last.
    fn end(&mut self, parameter: Parameter);

    /// Returns the values of all parameters.
    fn patch(&self) -> Patch;

    /// Replaces all values at once.
    fn load(&mut self, patch: &Patch);

    /// Returns the tuning.
    fn tuning(&self) -> &ActiveTuning;
}

/// The sound of an instance, changed through its host. `[gui]`
pub struct Instance<'a> {
    pub params: &'a TidepoolParams,
    pub setter: &'a ParamSetter<'a>,
    pub outbox: &'a mut Outbox,
    /// Parameter that is in a gesture, so that the gesture can be ended if the window closes.
    pub held: &'a mut Option<Parameter>,
}

impl Sound for Instance<'_> {
    fn place(&self, parameter: Parameter) -> ParamValue {
        self.params.get(parameter).place()
    }

    fn begin(&mut self, parameter: Parameter) {
        if let Some(held) = self.held.replace(parameter) {
            self.params.get(held).end(self.setter);
        }
        self.params.get(parameter).begin(self.setter);
    }

    fn set(&mut self, parameter: Parameter, plain: f32) {
        self.params.get(parameter).set(plain, self.setter);
    }

    fn end(&mut self, parameter: Parameter) {
        if self.held.take_if(|held| *held == parameter).is_some() {
            self.params.get(parameter).end(self.setter);
        }
    }

    fn patch(&self) -> Patch {
        self.params.sound()
    }

    fn load(&mut self, patch: &Patch) {
        self.params.move_to(patch, self.setter);
        // The engine takes the sound over as a whole instead of ramping to it.
        self.outbox.load(*patch);
    }

    fn tuning(&self) -> &ActiveTuning {
        &self.params.tuning
    }
}
