//! A parameter of either of nice-plug's types, behind one interface.

use nice_plug::context::gui::ParamSetter;
use nice_plug::prelude::*;

/// A plugin parameter, continuous or stepped.
pub enum AnyParam {
    /// Continuous parameter.
    Float(FloatParam),
    /// Integer parameter: a count or a choice.
    Int(IntParam),
}

/// Current value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamValue {
    /// Plain value without modulation.
    pub plain: f32,
    /// Host modulation for all notes, added to the normalized value; 0 if there is none.
    pub modulation: f32,
}

impl AnyParam {
    /// Returns the current value and modulation. `[audio]`
    pub fn place(&self) -> ParamValue {
        match self {
            Self::Float(param) => place(param, |plain| plain),
            Self::Int(param) => place(param, |plain| plain as f32),
        }
    }

    /// Returns nice-plug's pointer to the parameter.
    pub fn as_ptr(&self) -> ParamPtr {
        match self {
            Self::Float(param) => param.as_ptr(),
            Self::Int(param) => param.as_ptr(),
        }
    }

    /// Returns the normalized value without modulation, 0 to 1. Any thread.
    pub fn normalized(&self) -> f32 {
        match self {
            Self::Float(param) => param.unmodulated_normalized_value(),
            Self::Int(param) => param.unmodulated_normalized_value(),
        }
    }

    /// Returns the value without modulation as text. Allocates. `[gui]`
    pub fn text(&self) -> String {
        match self {
            Self::Float(param) => text(param),
            Self::Int(param) => text(param),
        }
    }

    /// Begins a gesture. `[gui]`
    pub fn begin(&self, setter: &ParamSetter<'_>) {
        match self {
            Self::Float(param) => setter.begin_set_parameter(param),
            Self::Int(param) => setter.begin_set_parameter(param),
        }
    }

    /// Sets the plain value, which must be in range, within a gesture. `[gui]`
    pub fn set(&self, plain: f32, setter: &ParamSetter<'_>) {
        match self {
            Self::Float(param) => setter.set_parameter(param, plain),
            Self::Int(param) => setter.set_parameter(param, plain as i32),
        }
    }

    /// Ends the gesture. `[gui]`
    pub fn end(&self, setter: &ParamSetter<'_>) {
        match self {
            Self::Float(param) => setter.end_set_parameter(param),
            Self::Int(param) => setter.end_set_parameter(param),
        }
    }

    /// Sets the plain value, which must be in range, as a gesture of its own. `[gui]`
    pub fn move_to(&self, plain: f32, setter: &ParamSetter<'_>) {
        self.begin(setter);
        self.set(plain, setter);
        self.end(setter);
    }
}

/// Reads the value and its modulation.
///
/// nice-plug stores the atomics of a parameter one by one, so a read may interleave with another thread's write and mix
/// old and new. The sum of both results is still the old or the new modulated value, because the modulation is measured
/// from the plain value that is returned. The writing thread marks the parameter when it is done, and then it is read
/// again.
fn place<P: Param<Plain: Copy>>(param: &P, number: impl Fn(P::Plain) -> f32) -> ParamValue {
    let plain = param.unmodulated_plain_value();
    let modulation = if param.modulated_plain_value() == plain {
        0.0
    } else {
        param.modulated_normalized_value() - param.preview_normalized(plain)
    };
    ParamValue {
        plain: number(plain),
        modulation,
    }
}

fn text(param: &impl Param) -> String {
    param.normalized_value_to_string(param.unmodulated_normalized_value(), true)
}
