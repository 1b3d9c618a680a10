//! The sound as the panels see it and move it, whoever plays it.

use nice_plug::context::gui::ParamSetter;
use tidepool_dsp::{Parameter, Patch};

use super::outbox::Outbox;
use crate::params::{ParamValue, TidepoolParams};
use crate::tuning::ActiveTuning;

/// A value for every parameter, and the gestures that move them.
pub trait Sound {
    /// Where `parameter` is.
    fn place(&self, parameter: Parameter) -> ParamValue;

    /// A gesture begins.
    fn begin(&mut self, parameter: Parameter);

    /// Within a gesture: to a plain value of its range.
    fn set(&mut self, parameter: Parameter, plain: f32);

    /// The gesture that was begun last ends.
    fn end(&mut self, parameter: Parameter);

    /// All of it.
    fn patch(&self) -> Patch;

    /// Becomes another one, as a whole.
    fn load(&mut self, patch: &Patch);

    /// The pitches of its keys.
    fn tuning(&self) -> &ActiveTuning;
}

/// That of an instance, moved in its host's sight. `[gui]`
pub struct Instance<'a> {
    pub params: &'a TidepoolParams,
    pub setter: &'a ParamSetter<'a>,
    pub outbox: &'a mut Outbox,
    /// The parameter that is in a gesture, so that it can be let go of if the window goes.
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
        // The engine takes the sound over as a whole instead of gliding there.
        self.outbox.load(*patch);
    }

    fn tuning(&self) -> &ActiveTuning {
        &self.params.tuning
    }
}
