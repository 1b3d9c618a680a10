//! The pitches of the keys, from the scales and keyboard mappings of Scala (M. Op de Coul, Huygens-Fokker Foundation:
//! `scl_format.html`, and "Keyboard mappings" of `help.htm`).

mod kbm;
mod scl;
#[cfg(test)]
mod tests;
mod text_lines;

use std::error::Error;
use std::fmt;

pub use kbm::KeyboardMap;
pub use scl::Scale;

/// Number of MIDI keys.
const KEYS: usize = 128;
/// The key of [`CONCERT_HERTZ`].
const CONCERT_KEY: f64 = 69.0;
const CONCERT_HERTZ: f64 = 440.0;
/// Limit of pitches, in keys either side of 0, far beyond what is audible.
const FAREST: f64 = 10_000.0;

/// Pitch of each MIDI key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// 0 for keys that are not mapped.
    pitches: [f32; KEYS],
    mapped: [bool; KEYS],
}

impl Default for Tuning {
    /// Twelve-tone equal temperament, 440 Hz on key 69; exact.
    fn default() -> Self {
        Self {
            pitches: std::array::from_fn(|key| key as f32),
            mapped: [true; KEYS],
        }
    }
}

impl Tuning {
    /// Maps `scale` to the keys by `map`. `[gui]`
    ///
    /// # Errors
    /// Returns an error if the key of the reference frequency is not mapped.
    pub fn new(scale: &Scale, map: &KeyboardMap) -> Result<Self, TuningError> {
        let reference = map.cents(map.reference, scale).ok_or_else(|| {
            TuningError::of_file(format!(
                "key {} has the reference frequency but no degree of the scale: map it, or give the frequency of another \
                 key",
                map.reference
            ))
        })?;
        let concert = CONCERT_KEY + 12.0 * (map.frequency / CONCERT_HERTZ).log2();
        let mut tuning = Self {
            pitches: [0.0; KEYS],
            mapped: [false; KEYS],
        };
        for key in map.first..=map.last {
            if let Some(cents) = map.cents(key, scale) {
                let pitch = concert + (cents - reference) * 0.01;
                tuning.pitches[usize::from(key)] = pitch.clamp(-FAREST, FAREST) as f32;
                tuning.mapped[usize::from(key)] = true;
            }
        }
        Ok(tuning)
    }

    /// Makes the tuning of keys with these frequencies in Hz. A key without one, or whose frequency is not a number above
    /// 0, is not mapped. `[gui]`
    pub fn from_hertz(hertz: &[Option<f64>; KEYS]) -> Self {
        let mut tuning = Self {
            pitches: [0.0; KEYS],
            mapped: [false; KEYS],
        };
        for (key, hertz) in hertz.iter().enumerate() {
            if let Some(hertz) = hertz.filter(|hertz| hertz.is_finite() && *hertz > 0.0) {
                let pitch = CONCERT_KEY + 12.0 * (hertz / CONCERT_HERTZ).log2();
                tuning.pitches[key] = pitch.clamp(-FAREST, FAREST) as f32;
                tuning.mapped[key] = true;
            }
        }
        tuning
    }

    /// Returns the pitch of `key`, 0 to 127, in keys of the default tuning (69 is 440 Hz), or `None` if the key is not
    /// mapped and stays silent. `[audio]`
    #[inline]
    pub fn pitch(&self, key: u8) -> Option<f32> {
        let key = usize::from(key);
        (*self.mapped.get(key)?).then(|| self.pitches[key])
    }
}

/// Error in a tuning, displayed as a sentence with the place, the problem and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TuningError {
    /// Line of the file, from 1; `None` if the error concerns the whole file.
    pub line: Option<usize>,
    /// Problem that was found, and its remedy.
    pub problem: String,
}

impl TuningError {
    fn at(line: usize, problem: String) -> Self {
        Self {
            line: Some(line),
            problem,
        }
    }

    fn of_file(problem: String) -> Self {
        Self {
            line: None,
            problem,
        }
    }
}

impl fmt::Display for TuningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl Error for TuningError {}
