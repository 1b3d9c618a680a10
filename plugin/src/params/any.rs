//! A parameter of any type.

use nice_plug::prelude::*;

use super::{MpeZone, NoteLength};

/// One parameter of any type.
#[derive(Clone, Copy)]
pub enum AnyParam<'a> {
    /// A continuous one.
    Float(&'a FloatParam),
    /// A whole number.
    Int(&'a IntParam),
    /// A length of notes.
    NoteLength(&'a EnumParam<NoteLength>),
    /// An MPE zone.
    Zone(&'a EnumParam<MpeZone>),
}

/// Where a parameter is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its plain value without modulation.
    pub plain: f32,
    /// What modulates it for all notes, added to the normalized value; 0 where nothing does.
    pub modulation: f32,
}

impl AnyParam<'_> {
    /// Where it is now. `[audio]`
    pub fn place(self) -> Place {
        match self {
            Self::Float(param) => place(param, |plain| plain),
            Self::Int(param) => place(param, |plain| plain as f32),
            Self::NoteLength(param) => place(param, |plain| plain.to_index() as f32),
            Self::Zone(param) => place(param, |plain| plain.to_index() as f32),
        }
    }
}

/// The words of a parameter are stored one by one, and another thread may be in the middle of it. What is
/// read here then mixes old and new, but both add up to where the parameter was or to where it goes, because
/// the modulation is measured from the very plain value that is returned. Whoever is in the middle will
/// mark the parameter when done, and then all of it is read again.
fn place<P: Param<Plain: Copy>>(param: &P, number: impl Fn(P::Plain) -> f32) -> Place {
    let plain = param.unmodulated_plain_value();
    let modulation = if param.modulated_plain_value() == plain {
        0.0
    } else {
        param.modulated_normalized_value() - param.preview_normalized(plain)
    };
    Place {
        plain: number(plain),
        modulation,
    }
}
