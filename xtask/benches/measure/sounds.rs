//! The sounds of the measurements.

use tidepool_dsp::parameter::{
    LfoParameter, MatrixParameter, OperatorParameter, OscillatorParameter, Unit,
};
use tidepool_dsp::{Parameter, Patch};

/// Inaudible level, in dB.
const OFF: f32 = -60.0;
/// Algorithm with a stack of operators over another, and feedback.
const ALGORITHM: f32 = 4.0;

/// Sound of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Default patch: one saw, ladder, two envelopes.
    First,
    /// Six operators with their envelopes, past the filter.
    Fm,
    /// One oscillator with a unison of eight, in stereo.
    Unison,
    /// Six operators, two oscillators, noise, ladder at twice the rate, three envelopes, three LFOs, sixteen slots.
    Everything,
}

impl Sound {
    /// Sounds that are measured at every number of voices and block size.
    pub const ALL: [Self; 4] = [Self::First, Self::Fm, Self::Unison, Self::Everything];

    /// Returns the name in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Fm => "fm",
            Self::Unison => "unison8",
            Self::Everything => "everything",
        }
    }

    /// Returns the parameters, with 64 voices.
    pub fn patch(self) -> Patch {
        let patch = Patch::default().with(Parameter::Voices, 64.0);
        match self {
            Self::First => patch,
            Self::Fm => operators(patch)
                .with(Parameter::oscillator(0, OscillatorParameter::Level), OFF)
                .with(Parameter::FmLevel, -6.0)
                .with(Parameter::FmRoute, 1.0),
            Self::Unison => patch.with(Parameter::oscillator(0, OscillatorParameter::Unison), 8.0),
            Self::Everything => everything(operators(patch)),
        }
    }
}

/// Turns on all six operators.
fn operators(mut patch: Patch) -> Patch {
    patch.set(Parameter::FmAlgorithm, ALGORITHM);
    for number in 0..Parameter::OPERATORS {
        let of = |parameter| Parameter::operator(number, parameter);
        patch.set(of(OperatorParameter::Ratio), 1.0 + number as f32);
        patch.set(of(OperatorParameter::Level), 0.8);
        patch.set(of(OperatorParameter::Velocity), 0.3);
        patch.set(of(OperatorParameter::Level2), 0.9);
        patch.set(of(OperatorParameter::Level3), 0.8);
    }
    let last = Parameter::OPERATORS - 1;
    patch.with(Parameter::operator(last, OperatorParameter::Feedback), 0.5)
}

fn everything(mut patch: Patch) -> Patch {
    let b = |parameter| Parameter::oscillator(1, parameter);
    patch.set(b(OscillatorParameter::Shape), 3.0);
    patch.set(b(OscillatorParameter::Fine), 7.0);
    patch.set(b(OscillatorParameter::Level), -9.0);
    patch.set(Parameter::FmLevel, -12.0);
    patch.set(Parameter::NoiseLevel, -30.0);
    for number in 0..Parameter::LFOS {
        let of = |parameter| Parameter::lfo(number, parameter);
        patch.set(of(LfoParameter::Shape), number as f32);
        patch.set(of(LfoParameter::Rate), 1.3 + number as f32);
    }
    let op = Parameter::operator;
    let a = |parameter| Parameter::oscillator(0, parameter);
    let slots = [
        ("LFO 1", Parameter::Cutoff, 0.1),
        ("Env 3", Parameter::Cutoff, 0.2),
        ("LFO 2", b(OscillatorParameter::Width), 0.3),
        ("LFO 3", b(OscillatorParameter::Shape), 0.1),
        ("LFO 1", a(OscillatorParameter::Pitch), 0.001),
        ("LFO 2", b(OscillatorParameter::Pitch), 0.001),
        ("Env 3", op(1, OperatorParameter::Level), 0.2),
        ("Velocity", op(3, OperatorParameter::Level), 0.2),
        ("LFO 3", op(5, OperatorParameter::Feedback), 0.1),
        ("Key", Parameter::Resonance, 0.1),
        ("Velocity", Parameter::Drive, 0.2),
        ("Env 2", Parameter::NoiseLevel, -0.2),
        ("Random", a(OscillatorParameter::Fine), 0.05),
        ("Mod Wheel", Parameter::VibratoDepth, 0.2),
        ("Macro 1", Parameter::FmLevel, 0.2),
        ("Pressure", b(OscillatorParameter::Level), 0.1),
    ];
    for (number, (source, destination, amount)) in slots.into_iter().enumerate() {
        let of = |parameter| Parameter::matrix_slot(number, parameter);
        patch.set(
            of(MatrixParameter::Source),
            named(of(MatrixParameter::Source), source),
        );
        let name = destination.spec().name;
        patch.set(
            of(MatrixParameter::Destination),
            named(of(MatrixParameter::Destination), name),
        );
        patch.set(of(MatrixParameter::Amount), amount);
    }
    patch
}

/// Returns the number of a choice.
fn named(parameter: Parameter, name: &str) -> f32 {
    let Unit::Choice(names) = parameter.spec().unit else {
        panic!("{parameter:?} is no choice");
    };
    let number = names.iter().position(|other| *other == name);
    number.unwrap_or_else(|| panic!("{parameter:?} has no {name}")) as f32
}
