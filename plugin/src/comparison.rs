//! The two sounds of an instance, A and B: one is played, the other is kept for comparison.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidepool_dsp::parameter::Range;
use tidepool_dsp::{Parameter, Patch};

use crate::params::sound_info::SoundInfo;
use crate::presets::NOT_IN_PRESETS;

/// Name of the state's field that stores the comparison.
pub const FIELD: &str = "compare";

/// Name of one of the two sounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The sound that an instance begins with.
    #[default]
    A,
    /// The other one.
    B,
}

impl Side {
    /// Returns the other side.
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// Returns the letter of the side.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// A sound that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptSound {
    /// The values. Those of the parameters in [`NOT_IN_PRESETS`] are ignored: they belong to the player.
    pub patch: Patch,
    /// The texts of the preset that it came from.
    pub info: SoundInfo,
    /// True if it came from the sound that every instance begins with.
    pub initial: bool,
}

/// The side that is played, and the sound of the other side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Comparison {
    /// The side that is played.
    pub played: Side,
    /// The sound of the other side; `None` if it is the same as the played one.
    pub other: Option<Arc<KeptSound>>,
}

/// A comparison as states store it.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    played: Side,
    other: Option<StoredSound>,
}

/// A kept sound as states store it.
#[derive(Debug, Serialize, Deserialize)]
struct StoredSound {
    /// By id, the values that differ from a new instance's.
    values: BTreeMap<String, f32>,
    info: SoundInfo,
    initial: bool,
}

/// Error of a comparison whose texts no preset can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the texts of the other sound are not those of a preset")]
struct InvalidTexts;

impl From<Comparison> for Stored {
    fn from(comparison: Comparison) -> Self {
        let stored = |kept: &KeptSound| {
            let values = kept.patch.iter().filter(|&(parameter, value)| {
                !NOT_IN_PRESETS.contains(&parameter) && value != parameter.spec().default
            });
            let values = values.map(|(parameter, value)| (parameter.spec().id.to_owned(), value));
            StoredSound {
                values: values.collect(),
                info: kept.info.clone(),
                initial: kept.initial,
            }
        };
        Self {
            played: comparison.played,
            other: comparison.other.as_deref().map(stored),
        }
    }
}

impl TryFrom<Stored> for Comparison {
    type Error = InvalidTexts;

    /// Clamps values into their ranges and leaves out parameters that this version does not know.
    fn try_from(stored: Stored) -> Result<Self, InvalidTexts> {
        let kept = |stored: StoredSound| {
            if !stored.info.is_valid() {
                return Err(InvalidTexts);
            }
            let mut patch = Patch::default();
            for (id, value) in stored.values {
                if let Some(parameter) = Parameter::named(&id) {
                    let range = parameter.spec().range;
                    let value = match range {
                        Range::Whole { .. } => value.round(),
                        Range::Linear { .. } | Range::Skewed { .. } => value,
                    };
                    patch.set(parameter, range.clamp(value));
                }
            }
            Ok(Arc::new(KeptSound {
                patch,
                info: stored.info,
                initial: stored.initial,
            }))
        };
        Ok(Self {
            played: stored.played,
            other: stored.other.map(kept).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(comparison: &Comparison) -> String {
        serde_json::to_string(comparison).unwrap()
    }

    fn read(text: &str) -> Option<Comparison> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn a_comparison_comes_back_from_its_text_to_the_bit() {
        let mut patch = Patch::default();
        for parameter in Parameter::all().filter(|it| !NOT_IN_PRESETS.contains(it)) {
            patch.set(parameter, parameter.spec().range.plain(0.377));
        }
        let info = SoundInfo::of("factory:Tideline", &crate::presets::all()[0]);
        let kept = KeptSound {
            patch,
            info,
            initial: false,
        };
        let comparison = Comparison {
            played: Side::B,
            other: Some(Arc::new(kept)),
        };
        assert_eq!(read(&text(&comparison)), Some(comparison));
        let fresh = Comparison::default();
        assert_eq!(text(&fresh), r#"{"played":"A","other":null}"#);
    }

    #[test]
    fn values_are_taken_into_their_range_and_damage_is_refused() {
        let whole = |values: &str, info: &str| {
            let other = format!(r#"{{"values":{values},"info":{info},"initial":true}}"#);
            read(&format!(r#"{{"played":"B","other":{other}}}"#))
        };
        let values = r#"{"cutoff":1e30,"voices":3.0,"filter_mode":2.4,"grain":1.0}"#;
        let kept = whole(values, "{}").unwrap().other.unwrap();
        assert_eq!(kept.patch.get(Parameter::Cutoff), 20_000.0);
        assert_eq!(kept.patch.get(Parameter::FilterMode), 2.0);
        assert_eq!(whole(r#"{"cutoff":"x"}"#, "{}"), None);
        assert_eq!(whole(r#"{"cutoff":null}"#, "{}"), None);
        assert_eq!(whole("{}", r#"{"name":"a/b"}"#), None);
        for damaged in ["", "null", "7", r#"{"played":"C","other":null}"#] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
    }
}
