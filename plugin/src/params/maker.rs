//! Parameters as nice-plug has them, each made from its line of the engine's table.

use std::sync::Arc;

use nice_plug::prelude::*;
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{Range, Spec};

use super::moved::Moved;
use super::text;
use crate::catch::catch;
use crate::fault::{self, Place};

/// Makes the parameters of the table, one after the other. They mark themselves in one set when they move, on
/// whatever thread that happens.
///
/// nice-plug calls back when the value under modulation has changed, and stores the others only then. So
/// no value that the engine reads changes without a mark.
pub struct Maker<'a> {
    moved: &'a Arc<Moved>,
    made: usize,
}

impl<'a> Maker<'a> {
    /// Begins with the first one.
    pub fn new(moved: &'a Arc<Moved>) -> Self {
        Self { moved, made: 0 }
    }

    /// How many it has made.
    pub fn made(&self) -> usize {
        self.made
    }

    fn next(&mut self) -> Parameter {
        let parameter = Parameter::at(self.made).expect("the table has as many as are made");
        self.made += 1;
        parameter
    }

    /// The next one, which is continuous. nice-plug's smoother stays off: the engine moves them all.
    pub fn float(&mut self) -> FloatParam {
        let parameter = self.next();
        let spec = parameter.spec();
        let (min, max) = spec.range.ends();
        let range = match spec.range {
            Range::Skewed { .. } => FloatRange::Skewed {
                min,
                max,
                factor: Range::SKEW,
            },
            Range::Linear { .. } | Range::Whole { .. } => FloatRange::Linear { min, max },
        };
        let moved = self.moved.clone();
        let param = FloatParam::new(spec.name, spec.default, range)
            .with_callback(Arc::new(move |_| mark(&moved, parameter)))
            .with_value_to_string(Arc::new(|value| format(spec, value)))
            .with_string_to_value(Arc::new(|text| parse(spec, text)));
        if spec.per_note() {
            param.with_poly_modulation_id(parameter.index() as u32)
        } else {
            param
        }
    }

    /// The next one, which is a whole number: of things, or of a name among several.
    pub fn whole(&mut self) -> IntParam {
        let parameter = self.next();
        let spec = parameter.spec();
        let (min, max) = spec.range.ends();
        let range = IntRange::Linear {
            min: min as i32,
            max: max as i32,
        };
        let moved = self.moved.clone();
        IntParam::new(spec.name, spec.default as i32, range)
            .with_callback(Arc::new(move |_| mark(&moved, parameter)))
            .with_value_to_string(Arc::new(|value| format(spec, value as f32)))
            .with_string_to_value(Arc::new(|text| parse(spec, text).map(|value| value as i32)))
    }
}

// nice-plug calls these from functions that no panic may leave, so each catches its own.

/// The value of `parameter` has changed. `[audio]` or `[gui]`
fn mark(moved: &Moved, parameter: Parameter) {
    catch((), || fault::at(Place::ParameterMoved));
    // Neither locks nor computes anything, so it cannot panic; and the mark must not be lost.
    moved.mark(parameter);
}

/// `value` as text; empty after a panic. `[gui]`
fn format(spec: &Spec, value: f32) -> String {
    catch(String::new(), || {
        fault::at(Place::ValueToText);
        text::format(spec, value)
    })
}

/// The value that `text` means, if any. `[gui]`
fn parse(spec: &Spec, text: &str) -> Option<f32> {
    catch(None, || {
        fault::at(Place::TextToValue);
        text::parse(spec, text)
    })
}
