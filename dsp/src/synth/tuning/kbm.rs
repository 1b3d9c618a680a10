//! Keyboard mappings: which key plays which degree of a scale, in Scala's `.kbm` format.

use std::fmt;

use super::scl::Scale;
use super::text_lines::{TextLine, TextLines};
use super::{CONCERT_HERTZ, CONCERT_KEY, KEYS, TuningError};

/// Maximum number of keys in a pattern.
const LARGEST: i64 = 4096;
/// Largest degree either side of 0.
const FAREST_DEGREE: i64 = 1_000_000;
/// Range of the reference frequency in Hz.
const FREQUENCIES: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;
/// Middle C.
const MIDDLE: u8 = 60;

/// A keyboard mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyboardMap {
    /// First and last key that sound.
    pub(super) first: u8,
    pub(super) last: u8,
    /// Key of the first entry of the pattern.
    middle: u8,
    /// Key that has `frequency`, in Hz.
    pub(super) reference: u8,
    pub(super) frequency: f64,
    /// Degree by which a pattern lies above the one before; 0 stands for the last degree of the scale.
    octave: i64,
    /// Degree of each key of the pattern. If the pattern is empty, each key plays the next degree.
    pattern: Vec<Option<i64>>,
}

impl Default for KeyboardMap {
    /// Each key plays the next degree, from degree 0 on key 60, which keeps its frequency of 261.6 Hz.
    fn default() -> Self {
        Self {
            first: 0,
            last: KEYS as u8 - 1,
            middle: MIDDLE,
            reference: MIDDLE,
            frequency: CONCERT_HERTZ * ((f64::from(MIDDLE) - CONCERT_KEY) / 12.0).exp2(),
            octave: 0,
            pattern: Vec::new(),
        }
    }
}

impl KeyboardMap {
    /// Reads a `.kbm` file: the size of the pattern, the first and last key that sound, the key where the pattern begins,
    /// the key and frequency of reference, the degree of the formal octave, then a degree or `x` for each key of the
    /// pattern. `[gui]`
    ///
    /// # Errors
    /// Returns the first line that violates the format.
    pub fn parse(file: impl AsRef<[u8]>) -> Result<Self, TuningError> {
        let mut lines = TextLines::new(file.as_ref());
        let mut whole =
            |what: &str, least, most| lines.expect_filled(what)?.whole(what, least, most);
        let last_key = KEYS as i64 - 1;
        let size = whole("the size of the map", 0, LARGEST)?;
        let first = whole("the first key", 0, last_key)? as u8;
        let last = whole("the last key", i64::from(first), last_key)? as u8;
        let middle = whole("the middle key", 0, last_key)? as u8;
        let reference = whole("the reference key", 0, last_key)? as u8;
        let frequency = frequency(&lines.expect_filled("the reference frequency")?)?;
        let what = "the degree of the formal octave";
        let octave = lines
            .expect_filled(what)?
            .whole(what, -FAREST_DEGREE, FAREST_DEGREE)?;
        let mut pattern = Vec::new();
        for line in lines.filled() {
            if pattern.len() as i64 == size {
                let wanted =
                    format!("correct the size of the map, which is {size}, or take the line out");
                return Err(line.is_not("expected after the last key of the map", &wanted));
            }
            pattern.push(degree(&line)?);
        }
        // Keys at the end that are not mapped may be left out.
        pattern.resize(size as usize, None);
        Ok(Self {
            first,
            last,
            middle,
            reference,
            frequency,
            octave,
            pattern,
        })
    }

    /// Returns the number of keys after which the pattern of degrees repeats; 0 if it never does.
    pub fn keys_per_period(&self, scale: &Scale) -> usize {
        match self.pattern.len() {
            0 => scale.degrees(),
            keys => keys,
        }
    }

    /// Returns the degree of `scale` that `key` plays, from 0 up to below the number of degrees, and the number of periods
    /// above the middle key's. `None` if the key is not mapped or the scale does not repeat.
    pub fn degree(&self, key: u8, scale: &Scale) -> Option<(u32, i32)> {
        if key < self.first || key > self.last {
            return None;
        }
        let distance = i64::from(key) - i64::from(self.middle);
        let size = self.pattern.len() as i64;
        let degrees = scale.degrees() as i64;
        let above = match size {
            0 => distance,
            _ => {
                self.pattern[distance.rem_euclid(size) as usize]?
                    + distance.div_euclid(size) * self.octave_degree(scale)
            }
        };
        let degree = above.checked_rem_euclid(degrees)?;
        Some((degree as u32, above.div_euclid(degrees) as i32))
    }

    /// Returns the interval from the middle key to `key` in cents, or `None` if the key is not mapped.
    pub(super) fn cents(&self, key: u8, scale: &Scale) -> Option<f64> {
        let distance = i64::from(key) - i64::from(self.middle);
        let size = self.pattern.len() as i64;
        if size == 0 {
            return Some(scale.cents(distance));
        }
        let degree = self.pattern[distance.rem_euclid(size) as usize]?;
        let octave = scale.cents(self.octave_degree(scale));
        Some(scale.cents(degree) + distance.div_euclid(size) as f64 * octave)
    }

    /// Returns the degree by which a pattern lies above the one before.
    fn octave_degree(&self, scale: &Scale) -> i64 {
        match self.octave {
            0 => scale.degrees() as i64,
            degree => degree,
        }
    }
}

impl fmt::Display for KeyboardMap {
    /// Writes a `.kbm` file that parses to the same mapping.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "! Size of the map:\n{}", self.pattern.len())?;
        writeln!(f, "! First and last key:\n{}\n{}", self.first, self.last)?;
        writeln!(f, "! Middle key:\n{}", self.middle)?;
        writeln!(f, "! Reference key and its frequency:")?;
        writeln!(f, "{}\n{}", self.reference, self.frequency)?;
        writeln!(f, "! Degree of the formal octave:\n{}", self.octave)?;
        writeln!(f, "! Degrees of the keys:")?;
        for degree in &self.pattern {
            match degree {
                Some(degree) => writeln!(f, "{degree}")?,
                None => writeln!(f, "x")?,
            }
        }
        Ok(())
    }
}

fn frequency(line: &TextLine) -> Result<f64, TuningError> {
    let word = line.word();
    let digits = word
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let hertz = word
        .parse()
        .ok()
        .filter(|hertz| digits && FREQUENCIES.contains(hertz));
    hertz.ok_or_else(|| {
        line.is_not(
            "the reference frequency",
            "write it in Hz, such as 440.0, from 0.001 to 1000000",
        )
    })
}

fn degree(line: &TextLine) -> Result<Option<i64>, TuningError> {
    if line.word().eq_ignore_ascii_case("x") {
        return Ok(None);
    }
    line.whole("a degree of the scale or x", -FAREST_DEGREE, FAREST_DEGREE)
        .map(Some)
}
