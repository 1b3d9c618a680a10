//! A parameter of either type.

use nice_plug::context::gui::ParamSetter;
use nice_plug::prelude::*;

/// One parameter of either type.
pub enum AnyParam {
    /// A continuous one.
    Float(FloatParam),
    /// A whole number: of things, or of a name among several.
    Int(IntParam),
}

/// Where a parameter is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamValue {
    /// Its plain value without modulation.
    pub plain: f32,
    /// What modulates it for all notes, added to the normalized value; 0 where nothing does.
    pub modulation: f32,
}

impl AnyParam {
    /// Where it is now. `[audio]`
    pub fn place(&self) -> ParamValue {
        match self {
            Self::Float(param) => place(param, |plain| plain),
            Self::Int(param) => place(param, |plain| plain as f32),
        }
    }

    /// Its address, for nice-plug.
    pub fn as_ptr(&self) -> ParamPtr {
        match self {
            Self::Float(param) => param.as_ptr(),
            Self::Int(param) => param.as_ptr(),
        }
    }

    /// Its value without modulation, 0 to 1. Any thread.
    pub fn normalized(&self) -> f32 {
        match self {
            Self::Float(param) => param.unmodulated_normalized_value(),
            Self::Int(param) => param.unmodulated_normalized_value(),
        }
    }

    /// Its value without modulation as text. Allocates. `[gui]`
    pub fn text(&self) -> String {
        match self {
            Self::Float(param) => text(param),
            Self::Int(param) => text(param),
        }
    }

    /// A gesture on it begins. `[gui]`
    pub fn begin(&self, setter: &ParamSetter<'_>) {
        match self {
            Self::Float(param) => setter.begin_set_parameter(param),
            Self::Int(param) => setter.begin_set_parameter(param),
        }
    }

    /// Within a gesture, it goes to the plain value, which must be in its range. `[gui]`
    pub fn set(&self, plain: f32, setter: &ParamSetter<'_>) {
        match self {
            Self::Float(param) => setter.set_parameter(param, plain),
            Self::Int(param) => setter.set_parameter(param, plain as i32),
        }
    }

    /// The gesture ends. `[gui]`
    pub fn end(&self, setter: &ParamSetter<'_>) {
        match self {
            Self::Float(param) => setter.end_set_parameter(param),
            Self::Int(param) => setter.end_set_parameter(param),
        }
    }

    /// Moves it to the plain value, which must be in its range, in the host's sight. Where it is there already,
    /// the host hears nothing. `[gui]`
    pub fn move_to(&self, plain: f32, setter: &ParamSetter<'_>) {
        match self {
            Self::Float(param) => move_to(param, plain, setter),
            Self::Int(param) => move_to(param, plain as i32, setter),
        }
    }
}

/// The words of a parameter are stored one by one, and another thread may be in the middle of it. What is
/// read here then mixes old and new, but both add up to where the parameter was or to where it goes, because
/// the modulation is measured from the very plain value that is returned. Whoever is in the middle will
/// mark the parameter when done, and then all of it is read again.
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

fn move_to<P: Param>(param: &P, plain: P::Plain, setter: &ParamSetter<'_>) {
    if param.unmodulated_plain_value() != plain {
        setter.begin_set_parameter(param);
        setter.set_parameter(param, plain);
        setter.end_set_parameter(param);
    }
}
