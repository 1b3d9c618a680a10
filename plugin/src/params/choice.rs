//! A parameter's choice among names, which are the table's.

use nice_plug::prelude::Enum;
use tidepool_dsp::Parameter;
use tidepool_dsp::parameter::Unit;

/// One of the names of the parameter with the place `P` in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice<const P: usize>(usize);

/// A length of notes, for what follows the tempo.
pub type NoteLength = Choice<{ Parameter::VibratoRate as usize }>;
/// An MPE zone, or none.
pub type MpeZone = Choice<{ Parameter::MpeZone as usize }>;

impl<const P: usize> Enum for Choice<P> {
    fn variants() -> &'static [&'static str] {
        match Parameter::at(P).map(|parameter| parameter.spec().unit) {
            Some(Unit::Choice(names)) => names,
            _ => &[],
        }
    }

    /// States keep the names, so that these may change places.
    fn ids() -> Option<&'static [&'static str]> {
        Some(Self::variants())
    }

    fn to_index(self) -> usize {
        self.0
    }

    fn from_index(index: usize) -> Self {
        let known = index < Self::variants().len();
        Self(if known { index } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_have_the_names_of_the_table_and_no_other_place() {
        assert_eq!(MpeZone::variants(), ["Off", "Lower", "Upper"]);
        assert_eq!(NoteLength::variants()[5], "1/8T");
        assert_eq!(MpeZone::from_index(2).to_index(), 2);
        assert_eq!(MpeZone::from_index(3).to_index(), 0);
    }
}
