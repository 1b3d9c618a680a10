//! Rules of a variation: the way in which each parameter may change so that a sound stays usable.

use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{
    EnvelopeParameter, LfoParameter, OperatorParameter, OscillatorParameter, Unit,
};

/// Change that a variation makes to a value. Distances are those of the largest amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// No change.
    Keep,
    /// A move by at most `reach` of the normalized range, up to `most` or the present value, whichever is greater. A
    /// value at the lower end of its range, or at 0, usually stays there, since it switches something off.
    Slide {
        /// Greatest distance, as a fraction of the range.
        reach: f32,
        /// Greatest plain value.
        most: f32,
    },
    /// A move by at most 12 dB below 3 dB. Silence usually stays; otherwise it becomes this level in dB.
    Level(f32),
    /// A transposition by one of these intervals in semitones, within two octaves.
    Interval(&'static [f32]),
    /// Another harmonic ratio for a harmonic one; a small move for others.
    Ratio,
    /// Another one of the first names of the choice, this many of them.
    Choice(usize),
}

const OCTAVES: &[f32] = &[-12.0, 12.0];
const CONSONANT: &[f32] = &[-12.0, 12.0, -12.0, 12.0, -5.0, 7.0, 19.0];

/// Returns the rule of `parameter`.
pub fn rule(parameter: Parameter) -> Rule {
    special(parameter).unwrap_or_else(|| match parameter.spec().unit {
        Unit::Hertz | Unit::Seconds | Unit::Semitones => slide(0.2),
        Unit::Decibels => slide(0.3),
        Unit::DecibelsPerOctave => slide(0.15),
        Unit::Level => Rule::Level(-15.0),
        Unit::Percent => slide(0.35),
        Unit::Cents => slide(0.15),
        Unit::Count => slide(0.4),
        Unit::Shape => slide(0.5),
        Unit::Choice(names) => Rule::Choice(names.len()),
    })
}

const fn slide(reach: f32) -> Rule {
    up_to(reach, f32::INFINITY)
}

const fn up_to(reach: f32, most: f32) -> Rule {
    Rule::Slide { reach, most }
}

/// Returns the rule of a parameter whose unit alone does not determine it.
fn special(parameter: Parameter) -> Option<Rule> {
    let once = match parameter {
        // Properties of the part that is played, not of its timbre.
        Parameter::Tune
        | Parameter::Pan
        | Parameter::Mode
        | Parameter::NotePriority
        | Parameter::GlideMode
        | Parameter::Sync => Some(Rule::Keep),
        Parameter::Glide => Some(up_to(0.15, 0.5)),
        Parameter::Velocity => Some(slide(0.15)),
        Parameter::VibratoDepth => Some(up_to(0.2, 80.0)),
        Parameter::Resonance => Some(up_to(0.3, 0.9)),
        Parameter::Drive => Some(up_to(0.25, 12.0)),
        Parameter::OutputDrive => Some(up_to(0.2, 9.0)),
        Parameter::FilterFm => Some(up_to(0.1, 24.0)),
        Parameter::NoiseLevel => Some(Rule::Level(-27.0)),
        Parameter::DelayFeedback => Some(up_to(0.3, 0.75)),
        Parameter::ReverbDecay => Some(up_to(0.2, 10.0)),
        // The free algorithm, which is the last, has operators of its own.
        Parameter::FmAlgorithm => Some(Rule::Choice(32)),
        Parameter::RingPan | Parameter::FmPan | Parameter::NoisePan => Some(slide(0.2)),
        _ => None,
    };
    once.or_else(|| of_oscillator(parameter))
        .or_else(|| of_operator(parameter))
        .or_else(|| of_envelope(parameter))
        .or_else(|| of_lfo(parameter))
}

fn of_oscillator(parameter: Parameter) -> Option<Rule> {
    use OscillatorParameter::{Detune, Fine, Pan, Pitch};
    for number in 0..Parameter::OSCILLATORS {
        let is = |row| parameter == Parameter::oscillator(number, row);
        if is(Pitch) {
            // The first oscillator gives the pitch of the key.
            let intervals = if number == 0 { OCTAVES } else { CONSONANT };
            return Some(Rule::Interval(intervals));
        } else if is(Fine) {
            return Some(slide(0.03));
        } else if is(Detune) {
            return Some(up_to(0.1, 60.0));
        } else if is(Pan) {
            return Some(slide(0.2));
        }
    }
    None
}

fn of_operator(parameter: Parameter) -> Option<Rule> {
    use OperatorParameter::{Detune, Feedback, Level4, Mode, Rate1, Ratio};
    for number in 0..Parameter::OPERATORS {
        let is = |row| parameter == Parameter::operator(number, row);
        // A last level above 0 would sound on after the key.
        if is(Mode) || is(Level4) {
            return Some(Rule::Keep);
        } else if is(Ratio) {
            return Some(Rule::Ratio);
        } else if is(Detune) {
            return Some(slide(0.03));
        } else if is(Feedback) {
            return Some(up_to(0.3, 0.8));
        } else if is(Rate1) {
            return Some(slide(0.15));
        }
    }
    None
}

fn of_envelope(parameter: Parameter) -> Option<Rule> {
    use EnvelopeParameter::{Attack, Delay, Hold, Release, Retrigger};
    for number in 0..Parameter::ENVELOPES {
        let is = |row| parameter == Parameter::envelope(number, row);
        if is(Retrigger) {
            return Some(Rule::Keep);
        } else if is(Delay) || is(Hold) {
            return Some(up_to(0.1, 0.5));
        } else if is(Attack) {
            return Some(up_to(0.15, 1.5));
        } else if is(Release) {
            return Some(up_to(0.2, 6.0));
        }
    }
    None
}

fn of_lfo(parameter: Parameter) -> Option<Rule> {
    for number in 0..Parameter::LFOS {
        let is = |row| parameter == Parameter::lfo(number, row);
        if is(LfoParameter::Mode) {
            return Some(Rule::Keep);
        } else if is(LfoParameter::Fade) {
            return Some(up_to(0.15, 3.0));
        }
    }
    None
}
