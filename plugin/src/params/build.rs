//! Builds nice-plug's parameter from a row of the engine's table.

use std::sync::Arc;

use nice_plug::prelude::*;
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::{Range, Spec};

use super::{AnyParam, DirtySet, text};
use crate::catch::catch;
use crate::fault::{self, FaultPoint};

/// The parameter as its row of the table has it, which marks itself in `dirty` when its value changes, on any thread.
/// Allocates. `[gui]`
///
/// nice-plug calls back when the value under modulation has changed, and stores the other values only then, so no value
/// that the engine reads changes without a mark. Its smoother stays off: the engine smooths them all.
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

// nice-plug calls these from functions that no panic may leave, so each catches its own.

/// The value of `parameter` has changed. `[audio]` or `[gui]`
fn mark(dirty: &DirtySet, parameter: Parameter) {
    catch((), || fault::at(FaultPoint::ParameterMoved));
    // Neither locks nor computes anything, so it cannot panic; and the mark must not be lost.
    dirty.mark(parameter);
}

/// `value` as text; empty after a panic. `[gui]`
fn format(spec: &Spec, value: f32) -> String {
    catch(String::new(), || {
        fault::at(FaultPoint::ValueToText);
        text::format(spec, value)
    })
}

/// The value that `text` means, if any. `[gui]`
fn parse(spec: &Spec, text: &str) -> Option<f32> {
    catch(None, || {
        fault::at(FaultPoint::TextToValue);
        text::parse(spec, text)
    })
}
