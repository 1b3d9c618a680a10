//! Parameters of the instrument: one table that all other lists of parameters are made from.

mod names;
mod row;
mod spec;
mod table;

pub(crate) use names::LFO_BEATS;
use names::{DELAY_BEATS, NOTE_BEATS};
pub use spec::{Priority, Range, Reach, Smoothing, Spec, Unit};
pub use table::envelope::EnvelopeParameter;
pub use table::lfo::LfoParameter;
pub use table::operator::OperatorParameter;
pub use table::oscillator::OscillatorParameter;
pub use table::slot::MatrixParameter;
pub use table::voice::MAX_VOICES;

/// Parameter, identified by its index in the order of hosts and of a [`Patch`](crate::Patch).
///
/// A parameter that exists once has a constant; the others form blocks, one for each oscillator, operator, envelope,
/// LFO and slot of the modulation matrix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parameter(u16);

impl Parameter {
    /// Number of parameters.
    pub const COUNT: usize = table::COUNT;
    /// Number of parameters that the modulation matrix can move.
    pub const DESTINATIONS: usize = table::DESTINATIONS;
    /// Parameters that hosts can modulate note by note.
    pub const PER_NOTE: [Self; table::PER_NOTE] = table::PER_NOTE_PARAMETERS;

    /// Iterates over all parameters, in order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator + Clone {
        (0..Self::COUNT as u16).map(Self)
    }

    /// Returns the parameter with this index.
    pub fn at(index: usize) -> Option<Self> {
        (index < Self::COUNT).then_some(Self(index as u16))
    }

    /// Index in the order of hosts and patches.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns the parameter with this id.
    pub fn named(id: &str) -> Option<Self> {
        Self::all().find(|parameter| parameter.spec().id == id)
    }

    /// Returns the parameter's specification.
    pub fn spec(self) -> &'static Spec {
        &table::SPECS[self.index()]
    }

    /// Iterates over the parameters that the modulation matrix can move, in order.
    pub fn destinations() -> impl ExactSizeIterator<Item = Self> + Clone {
        table::DESTINATION_PARAMETERS.iter().copied()
    }

    /// Returns the destination with this number, below [`DESTINATIONS`](Self::DESTINATIONS).
    pub fn destination_at(number: usize) -> Self {
        table::DESTINATION_PARAMETERS[number]
    }

    /// Returns the parameter's number among the destinations, if it is one.
    pub fn destination_index(self) -> Option<usize> {
        let number = usize::from(table::DESTINATION_INDICES[self.index()]);
        (number < Self::DESTINATIONS).then_some(number)
    }

    /// Returns the parameter's number in [`PER_NOTE`](Self::PER_NOTE), if it is there.
    pub fn per_note_number(self) -> Option<usize> {
        let number = usize::from(table::PER_NOTE_NUMBERS[self.index()]);
        (number < table::PER_NOTE).then_some(number)
    }

    /// Returns `plain`, clamped to the range, in the unit that the engine computes and smooths in: frequencies as
    /// pitches (MIDI keys), levels as linear gains, cents as semitones, note lengths in quarter notes.
    pub fn engine_value(self, plain: f32) -> f32 {
        let spec = self.spec();
        let plain = spec.range.clamp(plain);
        let beats = |of: &[f32]| of[(plain as usize).min(of.len() - 1)];
        match spec.unit {
            Unit::Choice(names) if std::ptr::eq(names, &names::NOTE_NAMES) => beats(&NOTE_BEATS),
            Unit::Choice(names) if std::ptr::eq(names, &names::DELAY_NAMES) => beats(&DELAY_BEATS),
            Unit::Choice(names) if std::ptr::eq(names, &names::LFO_SYNCS) => beats(&LFO_BEATS),
            // Computed in double precision, so that rounding removes the differences between C libraries.
            Unit::Hertz => 69.0 + 12.0 * f64::from(plain / 440.0).log2() as f32,
            Unit::Level if plain <= spec.range.ends().0 => 0.0,
            Unit::Level | Unit::Decibels => 10.0_f64.powf(f64::from(plain / 20.0)) as f32,
            Unit::Cents => plain / 100.0,
            _ => plain,
        }
    }
}

impl std::fmt::Debug for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec().id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_names_nothing_twice() {
        for (index, parameter) in Parameter::all().enumerate() {
            let spec = parameter.spec();
            assert_eq!(
                (spec.parameter, parameter.index()),
                (parameter, index),
                "{}",
                spec.id
            );
            assert_eq!(Parameter::named(spec.id), Some(parameter));
            assert_eq!(spec.range.clamp(spec.default), spec.default, "{}", spec.id);
            if let Unit::Choice(names) = spec.unit {
                assert_eq!(spec.range.ends(), (0.0, names.len() as f32 - 1.0));
            }
        }
        assert_eq!(Parameter::at(Parameter::COUNT), None);
        let mut names: Vec<_> = Parameter::all()
            .map(|parameter| parameter.spec().name)
            .collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "two parameters with one name");
    }

    #[test]
    fn blocks_are_where_their_constructors_say() {
        let id = |parameter: Parameter| parameter.spec().id;
        assert_eq!(id(Parameter::Voices), "voices");
        assert_eq!(id(Parameter::Volume), "volume");
        assert_eq!(id(Parameter::macro_knob(7)), "macro8");
        assert_eq!(
            id(Parameter::oscillator(1, OscillatorParameter::Route)),
            "osc_b_route"
        );
        assert_eq!(
            id(Parameter::operator(5, OperatorParameter::Output)),
            "op6_output"
        );
        assert_eq!(
            id(Parameter::operator(2, OperatorParameter::Rate1)),
            "op3_rate1"
        );
        assert_eq!(id(Parameter::modulator(0, 5)), "fm_6_to_1");
        assert_eq!(id(Parameter::modulator(5, 0)), "fm_1_to_6");
        assert_eq!(
            id(Parameter::envelope(0, EnvelopeParameter::Attack)),
            "attack"
        );
        assert_eq!(
            id(Parameter::envelope(2, EnvelopeParameter::Retrigger)),
            "env3_retrigger"
        );
        assert_eq!(id(Parameter::lfo(0, LfoParameter::Fade)), "lfo1_fade");
        assert_eq!(
            id(Parameter::matrix_slot(15, MatrixParameter::Amount)),
            "slot16_amount"
        );
    }

    #[test]
    fn destinations_are_the_continuous_parameters_of_a_voice() {
        let Unit::Choice(names) = Parameter::matrix_slot(0, MatrixParameter::Destination)
            .spec()
            .unit
        else {
            panic!("destinations have names");
        };
        assert_eq!(names.len(), Parameter::DESTINATIONS + 1);
        for (number, parameter) in Parameter::destinations().enumerate() {
            assert_eq!(names[number + 1], parameter.spec().name);
            assert_eq!(parameter.destination_index(), Some(number));
        }
        assert_eq!(Parameter::Volume.destination_index(), None);
        assert_eq!(Parameter::destinations().count(), Parameter::DESTINATIONS);
    }

    /// States store destinations and all other choices by number.
    #[test]
    fn names_that_states_count_on_are_where_they_were() {
        let mut listed = String::new();
        let mut lists: Vec<&[&str]> = Vec::new();
        for parameter in Parameter::all() {
            if let Unit::Choice(names) = parameter.spec().unit
                && !lists.contains(&names)
            {
                lists.push(names);
                listed += &format!("{}: {}\n", parameter.spec().id, names.join(" | "));
            }
        }
        let golden = include_str!("parameter/names.txt");
        for (golden, listed) in golden.lines().zip(listed.lines()) {
            assert!(listed.starts_with(golden), "was {golden}, is {listed}");
        }
        assert_eq!(golden.lines().count(), listed.lines().count(), "{listed}");
    }

    #[test]
    fn ranges_go_both_ways_and_keep_their_ends() {
        for spec in Parameter::all().map(Parameter::spec) {
            let (min, max) = spec.range.ends();
            assert_eq!(spec.range.plain(0.0), min, "{}", spec.id);
            assert_eq!(spec.range.plain(1.0), max, "{}", spec.id);
            assert_eq!(spec.range.plain(f32::NAN), min, "{}", spec.id);
            let back = spec.range.plain(spec.range.normalize(spec.default));
            let error = (back - spec.default).abs() / (max - min);
            assert!(error < 1e-6, "{}: {back}", spec.id);
        }
    }

    #[test]
    fn the_engine_computes_with_gains_and_pitches() {
        assert_eq!(Parameter::Cutoff.engine_value(440.0), 69.0);
        assert_eq!(Parameter::Volume.engine_value(-60.0), 0.0);
        assert!((Parameter::Volume.engine_value(-6.0) - 0.501_187).abs() < 1e-6);
        assert_eq!(Parameter::Drive.engine_value(0.0), 1.0);
        let key_level = Parameter::operator(1, OperatorParameter::KeyLevel);
        assert_eq!(key_level.engine_value(0.0), 0.0);
        assert_eq!(key_level.engine_value(-3.0), -3.0);
        assert_eq!(Parameter::VibratoDepth.engine_value(50.0), 0.5);
        assert_eq!(Parameter::VibratoRate.engine_value(5.0), 1.0 / 3.0);
        assert_eq!(Parameter::DelayTime.engine_value(4.0), 2.0 / 3.0);
        assert_eq!(Parameter::lfo(1, LfoParameter::Sync).engine_value(0.0), 0.0);
        let sustain = Parameter::envelope(0, EnvelopeParameter::Sustain);
        assert_eq!(sustain.engine_value(f32::INFINITY), 1.0);
        assert_eq!(sustain.engine_value(f32::NAN), 0.0);
    }
}
