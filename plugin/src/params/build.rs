//! Builds nice-plug's parameter from a row of the engine's table.

use std::sync::Arc;

use nice_plug::prelude::*;
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{Range, Spec};

use super::{AnyParam, DirtySet, text};
use crate::catch::catch;
use crate::fault::{self, FaultPoint};

/// Builds the parameter of a row of the table; it marks itself in `dirty` when its value changes, on any thread.
/// Allocates. `[gui]`
///
/// nice-plug calls back when the unmodulated value has changed, and stores the other values only then, so every value
/// that the engine reads is marked when it changes. nice-plug's smoother stays off: the engine smooths all parameters.
pub(super) fn build(parameter: Parameter, dirty: &Arc<DirtySet>) -> AnyParam {
    let spec = parameter.spec();
    let dirty = dirty.clone();
    let range = match spec.range {
        Range::Whole { min, max } => {
            let param = IntParam::new(
                spec.name,
                spec.default as i32,
                IntRange::Linear { min, max },
            )
            .with_callback(Arc::new(move |_| mark(&dirty, parameter)))
            .with_value_to_string(Arc::new(|value| format(spec, value as f32)))
            .with_string_to_value(Arc::new(|text| parse(spec, text).map(|value| value as i32)));
            return AnyParam::Int(param);
        }
        Range::Linear { min, max } => FloatRange::Linear { min, max },
        Range::Skewed { min, max } => FloatRange::Skewed {
            min,
            max,
            factor: Range::SKEW,
        },
    };
    let param = FloatParam::new(spec.name, spec.default, range)
        .with_callback(Arc::new(move |_| mark(&dirty, parameter)))
        .with_value_to_string(Arc::new(|value| format(spec, value)))
        .with_string_to_value(Arc::new(|text| parse(spec, text)));
    AnyParam::Float(if spec.per_note() {
        param.with_poly_modulation_id(parameter.index() as u32)
    } else {
        param
    })
}

// nice-plug calls these from functions that must not unwind, so each catches its own panics.

/// Marks `parameter` as changed. `[audio]` or `[gui]`
fn mark(dirty: &DirtySet, parameter: Parameter) {
    catch((), || fault::at(FaultPoint::ParameterMoved));
    // Neither locks nor computes anything, so it cannot panic; the mark must not be lost.
    dirty.mark(parameter);
}

/// Formats `value` as text; empty after a panic. `[gui]`
fn format(spec: &Spec, value: f32) -> String {
    catch(String::new(), || {
        fault::at(FaultPoint::ValueToText);
        text::format(spec, value)
    })
}

/// Parses `text` as a plain value, if valid. `[gui]`
fn parse(spec: &Spec, text: &str) -> Option<f32> {
    catch(None, || {
        fault::at(FaultPoint::TextToValue);
        text::parse(spec, text)
    })
}
