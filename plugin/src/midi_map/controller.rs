//! A MIDI controller that can be assigned to a parameter.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Controllers from here on are channel mode messages.
const MODES: u8 = 120;
/// Distance of the controllers of a pair.
const DISTANCE: u8 = 32;

/// Controller of any channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Controller {
    /// Controller 0 to 119, with 7 bits.
    Cc(u8),
    /// Pair of a controller 0 to 31 with the one that is 32 above it: together 14 bits.
    Pair(u8),
    /// Channel pressure.
    Pressure,
}

impl Controller {
    /// Returns the controller with this number; `None` for channel mode messages.
    pub fn cc(number: u8) -> Option<Self> {
        (number < MODES).then_some(Self::Cc(number))
    }

    /// Returns the pair of which `number` is the first controller; `None` if there is none.
    pub fn pair(number: u8) -> Option<Self> {
        (number < DISTANCE).then_some(Self::Pair(number))
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cc(number) => write!(f, "CC {number}"),
            Self::Pair(number) => write!(f, "CC {number}+{}", number + DISTANCE),
            Self::Pressure => f.write_str("Pressure"),
        }
    }
}

impl From<Controller> for String {
    fn from(controller: Controller) -> Self {
        controller.to_string()
    }
}

impl TryFrom<String> for Controller {
    type Error = UnknownController;

    fn try_from(text: String) -> Result<Self, UnknownController> {
        text.parse()
    }
}

/// Error of a text that names no controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no controller is named so; use \"CC 0\" to \"CC 119\", a pair such as \"CC 1+33\", or \"Pressure\""
)]
pub struct UnknownController;

impl FromStr for Controller {
    type Err = UnknownController;

    fn from_str(text: &str) -> Result<Self, UnknownController> {
        let read = || {
            if text == "Pressure" {
                return Some(Self::Pressure);
            }
            let numbers = text.strip_prefix("CC ")?;
            let number = |text: &str| text.parse::<u8>().ok();
            match numbers.split_once('+') {
                None => Self::cc(number(numbers)?),
                Some((first, second)) => {
                    let first = number(first)?;
                    let pair = Self::pair(first)?;
                    (number(second)? == first + DISTANCE).then_some(pair)
                }
            }
        };
        read().ok_or(UnknownController)
    }
}
