//! Values as text, both ways: "440 Hz", "-6 dB", "4 ms", "30 %", "-12 st".

use std::ops::RangeInclusive;
use std::sync::Arc;

use nice_plug::prelude::*;

/// The unit of a parameter, and how its values are written and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Plain value in Hz; "440 Hz", "1.2 kHz".
    Hertz,
    /// Plain value in dB; "-6 dB".
    Decibels,
    /// Plain value in dB, of which the lowest in the range means silence; "-6 dB", "-inf dB".
    Level,
    /// Plain value in seconds; "4 ms", "1.25 s".
    Seconds,
    /// Plain value from 0 to 1; "30 %".
    Percent,
    /// Plain value in semitones; "-12 st".
    Semitones,
    /// Plain value in cents; "30 ct".
    Cents,
}

/// What the parser lets pass beyond an end of the range, as a part of that end, for values that were
/// rounded when they were written.
const ROUNDING: f32 = 1e-3;

impl Unit {
    /// `value` as text.
    pub fn format(self, value: f32, range: &RangeInclusive<f32>) -> String {
        match self {
            Self::Hertz if value < 999.95 => format!("{} Hz", rounded(value, 1)),
            Self::Hertz => format!("{} kHz", rounded(value / 1000.0, 2)),
            Self::Level if value <= *range.start() => "-inf dB".into(),
            Self::Decibels | Self::Level => format!("{} dB", rounded(value, 1)),
            Self::Seconds if value < 0.99995 => format!("{} ms", rounded(value * 1000.0, 1)),
            Self::Seconds => format!("{} s", rounded(value, 2)),
            Self::Percent => format!("{} %", rounded(value * 100.0, 1)),
            Self::Semitones => format!("{} st", rounded(value, 2)),
            Self::Cents => format!("{} ct", rounded(value, 1)),
        }
    }

    /// The value that `text` says, with or without its unit, if it lies in `range`.
    pub fn parse(self, text: &str, range: &RangeInclusive<f32>) -> Option<f32> {
        let text = text.trim().to_ascii_lowercase();
        let digits =
            text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%' || c == ' ');
        if self == Self::Level && text.starts_with("-inf") {
            return Some(*range.start());
        }
        let suffix = text[digits.len()..].trim();
        let number: f32 = digits.parse().ok()?;
        let value = match (self, suffix) {
            (Self::Hertz, "khz" | "k") => number * 1000.0,
            (Self::Hertz, "hz" | "") => number,
            (Self::Decibels | Self::Level, "db" | "") => number,
            (Self::Seconds, "ms") => number / 1000.0,
            (Self::Seconds, "s" | "") => number,
            (Self::Percent, "%" | "") => number / 100.0,
            (Self::Semitones, "st" | "") => number,
            (Self::Cents, "ct" | "") => number,
            _ => return None,
        };
        within(value, range)
    }

    /// Gives `param` this unit's text.
    pub fn dress(self, param: FloatParam, range: RangeInclusive<f32>) -> FloatParam {
        let read = range.clone();
        param
            .with_value_to_string(Arc::new(move |value| self.format(value, &range)))
            .with_string_to_value(Arc::new(move |text| self.parse(text, &read)))
    }
}

/// `value`, if it lies in `range` or just so far outside as rounding brings it.
fn within(value: f32, range: &RangeInclusive<f32>) -> Option<f32> {
    let nearest = value.max(*range.start()).min(*range.end());
    let slack = nearest.abs() * ROUNDING;
    ((value - nearest).abs() <= slack).then_some(nearest)
}

/// Gives `param` whole numbers followed by `unit`, and refuses what is not between `low` and `high`.
pub fn dress_whole(param: IntParam, unit: &'static str, low: i32, high: i32) -> IntParam {
    param
        .with_value_to_string(Arc::new(move |value| {
            format!("{value} {unit}").trim_end().to_string()
        }))
        .with_string_to_value(Arc::new(move |text| {
            let digits = text.trim().trim_end_matches(unit).trim();
            digits.parse().ok().filter(|n| (low..=high).contains(n))
        }))
}

/// At most `digits` decimals, without trailing zeros and without a minus before zero.
fn rounded(value: f32, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_are_read() {
        let hertz = 20.0..=20_000.0;
        assert_eq!(Unit::Hertz.parse("440 Hz", &hertz), Some(440.0));
        assert_eq!(Unit::Hertz.parse("1.2kHz", &hertz), Some(1200.0));
        assert_eq!(Unit::Hertz.parse(" 440 ", &hertz), Some(440.0));
        assert_eq!(Unit::Decibels.parse("-6 dB", &(-60.0..=6.0)), Some(-6.0));
        assert_eq!(Unit::Level.parse("-inf", &(-60.0..=6.0)), Some(-60.0));
        assert_eq!(Unit::Decibels.parse("-inf", &(-12.0..=24.0)), None);
        assert_eq!(Unit::Seconds.parse("4 ms", &(0.0..=10.0)), Some(0.004));
        assert_eq!(Unit::Percent.parse("30", &(0.0..=1.0)), Some(0.3));
    }

    #[test]
    fn what_is_outside_or_no_number_is_refused() {
        let hertz = 20.0..=20_000.0;
        for text in [
            "30 kHz", "-5 Hz", "fast", "", "440 dB", "NaN", "inf", "1e39",
        ] {
            assert_eq!(Unit::Hertz.parse(text, &hertz), None, "{text}");
        }
    }

    #[test]
    fn text_survives_the_way_there_and_back() {
        let cases = [
            (Unit::Hertz, 20.0..=20_000.0),
            (Unit::Decibels, -12.0..=24.0),
            (Unit::Level, -60.0..=6.0),
            (Unit::Seconds, 0.0..=10.0),
            (Unit::Percent, 0.0..=1.0),
            (Unit::Semitones, -60.0..=60.0),
            (Unit::Cents, 0.0..=200.0),
        ];
        for (unit, range) in cases {
            for step in 0..=1000 {
                let value = range.start() + (range.end() - range.start()) * step as f32 / 1000.0;
                let text = unit.format(value, &range);
                let read = unit.parse(&text, &range).expect(&text);
                assert_eq!(unit.format(read, &range), text);
            }
        }
    }
}
