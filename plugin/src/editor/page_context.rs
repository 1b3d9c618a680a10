//! What every panel of the sound works with: the sound, what moves in it, its tunings, and the colours.

use tidepool_dsp::Parameter;
use tidepool_dsp::engine::ModulationSnapshot;
use tidepool_dsp::parameter::MatrixParameter;

use super::overload_baseline::OverloadBaseline;
use super::sound::Sound;
use super::theme::Colours;
use super::tuning::tuner::Tuner;
use crate::params::text;

/// What panels show and what they may do, for one frame.
pub struct PageContext<'a> {
    pub sound: &'a mut dyn Sound,
    /// What modulates it at the moment.
    pub monitor: &'a ModulationSnapshot,
    /// Overloads that nobody wants to hear of again.
    pub baseline: &'a mut OverloadBaseline,
    /// Chooses the pitches of the keys.
    pub tuner: &'a mut Tuner,
    pub colours: &'static Colours,
}

impl PageContext<'_> {
    /// The plain value of `parameter`, without modulation.
    pub fn value(&self, parameter: Parameter) -> f32 {
        self.sound.place(parameter).plain
    }

    /// The number of the name that `parameter` has chosen, or of the things that it counts.
    pub fn choice(&self, parameter: Parameter) -> usize {
        self.value(parameter) as usize
    }

    /// Its value as text.
    pub fn text(&self, parameter: Parameter) -> String {
        text::format(parameter.spec(), self.value(parameter))
    }

    /// Moves `parameter` in a gesture of its own, unless it is there.
    pub fn put(&mut self, parameter: Parameter, plain: f32) {
        if self.value(parameter) != plain {
            self.sound.begin(parameter);
            self.sound.set(parameter, plain);
            self.sound.end(parameter);
        }
    }

    /// The parameter that `slot` of the matrix moves, where both its ends are set.
    pub fn destination(&self, slot: usize) -> Option<Parameter> {
        let of = |parameter| self.choice(Parameter::matrix_slot(slot, parameter));
        let number = of(MatrixParameter::Destination).checked_sub(1)?;
        let moves = of(MatrixParameter::Source) > 0 && number < Parameter::DESTINATIONS;
        moves.then(|| Parameter::destination_at(number))
    }

    /// What the matrix adds to `parameter` at the moment, as a part of its range; `None` where no slot moves it.
    pub fn added(&self, parameter: Parameter) -> Option<f32> {
        parameter.destination_index()?;
        let slots = self.monitor.slots.iter().enumerate();
        slots
            .filter(|(slot, _)| self.destination(*slot) == Some(parameter))
            .map(|(_, adds)| *adds)
            .reduce(|sum, adds| sum + adds)
    }
}
