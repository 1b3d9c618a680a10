//! Parameters as nice-plug has them, each made from its line of the engine's table.

use std::sync::Arc;

use nice_plug::prelude::*;
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::Range;

use super::choice::Choice;
use super::moved::Moved;
use super::text;

/// Makes parameters that mark themselves in one set when they move, on whatever thread that happens.
///
/// nice-plug calls back when the value under modulation has changed, and stores the others only then. So
/// no value that the engine reads changes without a mark.
pub struct Maker<'a>(pub &'a Arc<Moved>);

impl Maker<'_> {
    /// A continuous one. nice-plug's smoother stays off: the engine moves them all.
    pub fn float(&self, parameter: Parameter) -> FloatParam {
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
        let moved = self.0.clone();
        let param = FloatParam::new(spec.name, spec.default, range)
            .with_callback(Arc::new(move |_| moved.mark(parameter)))
            .with_value_to_string(Arc::new(|value| text::format(spec, value)))
            .with_string_to_value(Arc::new(|text| text::parse(spec, text)));
        if spec.per_note {
            param.with_poly_modulation_id(parameter as u32)
        } else {
            param
        }
    }

    /// A whole number.
    pub fn whole(&self, parameter: Parameter) -> IntParam {
        let spec = parameter.spec();
        let (min, max) = spec.range.ends();
        let range = IntRange::Linear {
            min: min as i32,
            max: max as i32,
        };
        let moved = self.0.clone();
        IntParam::new(spec.name, spec.default as i32, range)
            .with_callback(Arc::new(move |_| moved.mark(parameter)))
            .with_value_to_string(Arc::new(|value| text::format(spec, value as f32)))
            .with_string_to_value(Arc::new(|text| {
                text::parse(spec, text).map(|value| value as i32)
            }))
    }

    /// One of the names of the parameter with the place `P`.
    pub fn choice<const P: usize>(&self, parameter: Parameter) -> EnumParam<Choice<P>> {
        let spec = parameter.spec();
        let moved = self.0.clone();
        EnumParam::new(spec.name, Choice::from_index(spec.default as usize))
            .with_callback(Arc::new(move |_| moved.mark(parameter)))
    }
}
