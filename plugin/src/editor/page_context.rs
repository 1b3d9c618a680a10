//! The context of the sound's pages: the sound, its modulation and the colours.

use tidepool_dsp::Parameter;
use tidepool_dsp::engine::ModulationSnapshot;
use tidepool_dsp::parameter::MatrixParameter;

use super::presets::Browser;
use super::sound::Sound;
use super::theme::Colours;
use crate::params::text;

/// State and actions of a page of the sound, for one frame.
pub struct PageContext<'a> {
    pub sound: &'a mut dyn Sound,
    /// Present modulation of the sound.
    pub monitor: &'a ModulationSnapshot,
    /// The list of presets.
    pub browser: &'a mut Browser,
    pub colours: &'static Colours,
}

impl PageContext<'_> {
    /// Returns the plain value of `parameter`, without modulation.
    pub fn value(&self, parameter: Parameter) -> f32 {
        self.sound.place(parameter).plain
    }

    /// Returns the index of the name that `parameter` has chosen, or the number that it counts.
    pub fn choice(&self, parameter: Parameter) -> usize {
        self.value(parameter) as usize
    }

    /// Returns the value of `parameter` as text.
    pub fn text(&self, parameter: Parameter) -> String {
        text::format(parameter.spec(), self.value(parameter))
    }

    /// Sets `parameter` in a gesture of its own, unless it already has the value.
    pub fn put(&mut self, parameter: Parameter, plain: f32) {
        if self.value(parameter) != plain {
            self.sound.begin(parameter);
            self.sound.set(parameter, plain);
            self.sound.end(parameter);
        }
    }

    /// Returns the destination of a slot of the matrix, if both its source and its destination are set.
    pub fn destination(&self, slot: usize) -> Option<Parameter> {
        let of = |parameter| self.choice(Parameter::matrix_slot(slot, parameter));
        let number = of(MatrixParameter::Destination).checked_sub(1)?;
        let moves = of(MatrixParameter::Source) > 0 && number < Parameter::DESTINATIONS;
        moves.then(|| Parameter::destination_at(number))
    }

    /// Returns the sum that the matrix adds to `parameter` at present, as a fraction of its range; `None` if no slot
    /// moves it.
    pub fn added(&self, parameter: Parameter) -> Option<f32> {
        parameter.destination_index()?;
        let slots = self.monitor.slots.iter().enumerate();
        slots
            .filter(|(slot, _)| self.destination(*slot) == Some(parameter))
            .map(|(_, adds)| *adds)
            .reduce(|sum, adds| sum + adds)
    }
}
