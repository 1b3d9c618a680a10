//! Scales: intervals above a starting key, in Scala's `.scl` format.

use std::fmt;

use super::TuningError;
use super::text_lines::{TextLine, TextLines};

/// Maximum number of degrees of a scale.
const MAX_DEGREES: i64 = 4096;
/// The widest interval, in cents: a hundred octaves.
const WIDEST: f64 = 120_000.0;

/// A scale. Its last degree is the period, in most scales the octave.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    description: String,
    /// Intervals of degree 1 and up, in cents. If there are none, the scale has only 1/1 and does not repeat.
    cents: Vec<f64>,
}

impl Default for Scale {
    /// Twelve-tone equal temperament.
    fn default() -> Self {
        Self {
            description: "12-tone equal temperament".to_owned(),
            cents: (1..=12).map(|degree| f64::from(degree) * 100.0).collect(),
        }
    }
}

impl Scale {
    /// Reads an `.scl` file: a description, the number of degrees, then a ratio or a value in cents for each. `[gui]`
    ///
    /// # Errors
    /// Returns the first line that violates the format.
    pub fn parse(file: impl AsRef<[u8]>) -> Result<Self, TuningError> {
        let mut lines = TextLines::new(file.as_ref());
        let description = lines.expect("the description of the scale")?;
        let description = description.text.trim_end().to_owned();
        let count = lines.expect_filled("the number of notes")?;
        let count = count.whole("the number of notes", 0, MAX_DEGREES)?;
        let cents = (1..=count)
            .map(|note| interval(&lines.expect_filled(&format!("note {note} of {count}"))?))
            .collect::<Result<_, _>>()?;
        match lines.filled().find(|line| interval(line).is_ok()) {
            None => Ok(Self { description, cents }),
            Some(line) => {
                let wanted =
                    format!("correct the number of notes, which is {count}, or take the line out");
                Err(line.is_not("expected after the last note", &wanted))
            }
        }
    }

    /// Returns the author's description of the scale, which may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the number of degrees in a period; 0 if there is only 1/1.
    pub fn degrees(&self) -> usize {
        self.cents.len()
    }

    /// Returns the interval from degree 0 to `degree` in cents. Degrees above the last one and below 0 repeat the scale; a
    /// scale without notes is 1/1 everywhere.
    pub fn cents(&self, degree: i64) -> f64 {
        let count = self.cents.len();
        let Some(period) = self.cents.last() else {
            return 0.0;
        };
        let within = match degree.rem_euclid(count as i64) {
            0 => 0.0,
            degree => self.cents[degree as usize - 1],
        };
        degree.div_euclid(count as i64) as f64 * period + within
    }
}

impl fmt::Display for Scale {
    /// Writes an `.scl` file that parses to the same scale.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n {}", self.description, self.cents.len())?;
        for cents in &self.cents {
            let text = cents.to_string();
            let period = if text.contains('.') { "" } else { ".0" };
            writeln!(f, " {text}{period}")?;
        }
        Ok(())
    }
}

/// Parses the interval on `line` in cents: a number with a period is in cents, one without is a ratio or a whole number.
/// "Anything after a valid pitch value should be ignored", says the format.
fn interval(line: &TextLine) -> Result<f64, TuningError> {
    let what = "an interval";
    let text = line.text.trim_start();
    let (number, rest) = number(text);
    let (cents, rest) = if number.contains('.') {
        (number.parse().ok(), rest)
    } else {
        let divisor = rest
            .trim_start()
            .strip_prefix('/')
            .map(|rest| self::number(rest.trim_start()));
        let (denominator, rest) = divisor.unwrap_or(("1", rest));
        if [number, denominator]
            .iter()
            .any(|number| number.starts_with('-'))
        {
            return Err(line.is_not(what, "a ratio cannot be negative, so take the sign away"));
        }
        (ratio(number, denominator), rest)
    };
    match cents.filter(|cents: &f64| !continues(rest) && cents.abs() <= WIDEST) {
        Some(cents) => Ok(cents),
        None => Err(line.is_not(
            what,
            "write a ratio such as 3/2, or cents with a period such as 701.955, of at most 100 octaves",
        )),
    }
}

/// Returns true if `rest`, the text after a number, may belong to it, so that the number alone would be a wrong reading: an
/// operator, also after blanks if it is a second slash, or a digit before the next blank, as in `1.0e5`, `701,955` and
/// `1000%5`. A comma, a unit or a `!` that ends the number makes the rest a remark.
fn continues(rest: &str) -> bool {
    let glued = rest.split_whitespace().next().unwrap_or_default();
    let glued = match rest.starts_with(char::is_whitespace) {
        true => "",
        false => glued.split('!').next().unwrap_or_default(),
    };
    rest.trim_start().starts_with('/')
        || glued.starts_with([':', '^', '\\', '%'])
        || glued.contains(|c: char| c.is_numeric())
}

/// Returns the cents of a ratio of two whole numbers above 0.
fn ratio(numerator: &str, denominator: &str) -> Option<f64> {
    let whole = |number: &str| {
        let digits = number.strip_prefix('+').unwrap_or(number);
        digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !whole(numerator) || !whole(denominator) {
        return None;
    }
    // Floating point, because some scales have numbers of thirty digits.
    let [numerator, denominator]: [f64; 2] = [numerator.parse().ok()?, denominator.parse().ok()?];
    let cents = 1200.0 * (numerator / denominator).log2();
    cents.is_finite().then_some(cents)
}

/// Splits `text` after the digits, signs and periods that it begins with.
fn number(text: &str) -> (&str, &str) {
    text.split_at(number_of(text).len())
}

fn number_of(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c));
    &text[..end.unwrap_or(text.len())]
}
