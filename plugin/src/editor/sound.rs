//! The sound as the pages see and change it, with a plugin behind it or without.

use nice_plug::context::gui::ParamSetter;
use tidepool_dsp::{Parameter, Patch};

use super::origin::Origin;
use super::outbox::Outbox;
use crate::comparison::Comparison;
use crate::midi_map::{ActiveMidiMap, MidiMap};
use crate::params::{ParamValue, TidepoolParams};
use crate::tuning::{ActiveTuning, ScalaFiles, Unusable};

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

    /// Returns the origin of the sound.
    fn origin(&self) -> Origin;

    /// Returns the side that is played and the sound of the other one.
    fn comparison(&self) -> Comparison;

    /// Replaces the sound, the comparison or both at once.
    fn load(&mut self, load: Load<'_>);

    /// Sets the origin of the sound, which has just been saved. No edit.
    fn set_origin(&mut self, origin: Origin);

    /// Returns the tuning.
    fn tuning(&self) -> &ActiveTuning;

    /// Replaces the tuning. `name` describes the edit, as in "Tuning Bohlen.scl".
    ///
    /// # Errors
    /// If the files cannot be used; the tuning stays as it is then.
    fn retune(&mut self, files: ScalaFiles, name: &str) -> Result<(), Unusable>;

    /// Returns the assignments of MIDI controllers.
    fn midi_map(&self) -> &ActiveMidiMap;

    /// Replaces the assignments of MIDI controllers. `name` describes the edit, as in "Assign CC 74 to Cutoff".
    fn set_midi_map(&mut self, map: MidiMap, name: &str);
}

/// A sound that replaces another.
pub struct Load<'a> {
    /// Values that differ from the present ones.
    pub values: &'a [(Parameter, f32)],
    pub origin: Origin,
    /// Side that is played and sound of the other one from then on; `None` if they stay.
    pub comparison: Option<Comparison>,
    /// Description of the edit, as in "Load Tideline".
    pub name: &'a str,
}

impl<'a> Load<'a> {
    /// Makes a load that leaves the comparison as it is.
    pub fn new(values: &'a [(Parameter, f32)], origin: Origin, name: &'a str) -> Self {
        Self {
            values,
            origin,
            comparison: None,
            name,
        }
    }
}

/// Returns the values of `patch` that differ from the present ones.
pub fn differences(sound: &dyn Sound, patch: &Patch) -> Vec<(Parameter, f32)> {
    let differs = |(parameter, plain): &(Parameter, f32)| sound.place(*parameter).plain != *plain;
    patch.iter().filter(differs).collect()
}

/// The sound of an instance, changed through its host. `[gui]`
pub struct Instance<'a> {
    pub params: &'a TidepoolParams,
    pub setter: &'a ParamSetter<'a>,
    pub outbox: &'a mut Outbox,
    pub origin: &'a mut Origin,
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

    fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn comparison(&self) -> Comparison {
        self.params.comparison.get()
    }

    fn load(&mut self, load: Load<'_>) {
        let mut patch = self.patch();
        for &(parameter, plain) in load.values {
            patch.set(parameter, plain);
            // A value that was sent shortly before may not have arrived yet, so all of these are sent.
            self.params.get(parameter).move_to(plain, self.setter);
        }
        if !load.values.is_empty() {
            // The engine takes the sound over as a whole instead of ramping to it.
            self.outbox.load(patch);
        }
        *self.origin = load.origin;
        if let Some(comparison) = load.comparison {
            self.params.comparison.replace(comparison);
        }
    }

    fn set_origin(&mut self, origin: Origin) {
        *self.origin = origin;
    }

    fn tuning(&self) -> &ActiveTuning {
        &self.params.tuning
    }

    fn retune(&mut self, files: ScalaFiles, _name: &str) -> Result<(), Unusable> {
        self.params.tuning.choose(files)
    }

    fn midi_map(&self) -> &ActiveMidiMap {
        &self.params.midi_map
    }

    fn set_midi_map(&mut self, map: MidiMap, _name: &str) {
        self.params.midi_map.replace(map);
    }
}
