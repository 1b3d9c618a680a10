//! Conversion of values to text and back: "440 Hz", "-6 dB", "off", "4 ms", "30 %", "-12 st", "Saw", "Sine 40 % Triangle".
//!
//! The same parser reads values from hosts, the editor, `--set` and presets.

use tidepool_dsp::parameter::{Range, Spec, Unit};

/// Tolerance of the parser beyond an end of the range, relative to that end, for values that were rounded as text.
const ROUNDING: f32 = 1e-3;

/// Names of the whole numbers of [`Unit::Shape`].
const SHAPES: [&str; 4] = ["Sine", "Triangle", "Saw", "Pulse"];

/// Most characters of a percentage that is divided in single precision. Longer ones, which presets have where a shorter
/// one would stand for another value, are divided in double precision.
const FEW: usize = 10;

/// Text of a level at the lower end of its range.
const OFF: &str = "off";

/// Formats the plain value `value` of a parameter.
pub fn format(spec: &Spec, value: f32) -> String {
    let (least, _) = spec.range.ends();
    match spec.unit {
        Unit::Hertz if value < 9.995 => format!("{} Hz", rounded(value, 2)),
        Unit::Hertz if value < 999.95 => format!("{} Hz", rounded(value, 1)),
        Unit::Hertz => format!("{} kHz", rounded(value / 1000.0, 2)),
        Unit::Level if value <= least => OFF.into(),
        Unit::Decibels | Unit::Level => format!("{} dB", rounded(value, 1)),
        Unit::DecibelsPerOctave => format!("{} dB/oct", rounded(value, 1)),
        Unit::Seconds if value < 0.99995 => format!("{} ms", rounded(value * 1000.0, 1)),
        Unit::Seconds => format!("{} s", rounded(value, 2)),
        Unit::Percent => format!("{} %", rounded(value * 100.0, 1)),
        Unit::Semitones => format!("{} st", rounded(value, 2)),
        Unit::Cents => format!("{} ct", rounded(value, 1)),
        Unit::Count => rounded(value, 3),
        Unit::Choice(names) => names.get(value as usize).copied().unwrap_or("").into(),
        Unit::Shape => shape(value),
    }
}

/// Formats both ends of the range: "20 Hz to 20 kHz".
pub fn ends(spec: &Spec) -> String {
    let (least, most) = spec.range.ends();
    format!("{} to {}", format(spec, least), format(spec, most))
}

/// Formats a wave's name, or two names with the percentage of the way from the first to the second.
fn shape(value: f32) -> String {
    let thousandths = (value * 1000.0).round() as usize;
    let (first, part) = (thousandths / 1000, thousandths % 1000);
    match (SHAPES.get(first), SHAPES.get(first + 1)) {
        (Some(first), Some(second)) if part > 0 => {
            format!("{first} {} % {second}", rounded(part as f32 / 10.0, 1))
        }
        (Some(first), _) => (*first).into(),
        _ => String::new(),
    }
}

/// Parses the text that [`shape`] writes, with any spacing and ignoring case.
fn parse_shape(text: &str) -> Option<f32> {
    let wave = |name: &str| SHAPES.iter().position(|known| same(known, name.trim()));
    let Some((left, second)) = text.split_once('%') else {
        return wave(text).map(|wave| wave as f32);
    };
    let (first, percent) = left.trim().split_once(' ')?;
    let (first, second) = (wave(first)?, wave(second)?);
    let percent = number(percent)?;
    let between = second == first + 1 && (0.0..=100.0).contains(&percent);
    between.then_some(first as f32 + percent / 100.0)
}

fn same(known: &str, name: &str) -> bool {
    known.eq_ignore_ascii_case(name)
}

/// Parses `text`, with or without its unit, as a plain value; `None` if invalid or out of range.
pub fn parse(spec: &Spec, text: &str) -> Option<f32> {
    within(read(spec, text)?, spec.range)
}

/// Parses `text`, with or without its unit, as a plain value that may be out of range or infinite.
pub fn read(spec: &Spec, text: &str) -> Option<f32> {
    let text = text.trim();
    if let Unit::Choice(names) = spec.unit {
        return (names.iter().position(|name| same(name, text))).map(|place| place as f32);
    }
    if let (Unit::Shape, Some(value)) = (spec.unit, parse_shape(text)) {
        return Some(value);
    }
    // Documents and meters write a true minus sign (U+2212).
    let text = text.to_ascii_lowercase().replace('−', "-");
    if spec.unit == Unit::Level && (text == OFF || text.starts_with("-inf")) {
        return Some(spec.range.ends().0);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || "%/ ".contains(c));
    let suffix = text[digits.len()..].trim();
    let number = number(digits)?;
    Some(match (spec.unit, suffix) {
        (Unit::Hertz, "khz" | "k") => number * 1000.0,
        (Unit::Hertz, "hz" | "") => number,
        (Unit::Decibels | Unit::Level, "db" | "") => number,
        (Unit::DecibelsPerOctave, "db/oct" | "db" | "") => number,
        (Unit::Seconds, "ms") => number / 1000.0,
        (Unit::Seconds, "s" | "") => number,
        (Unit::Percent, "%" | "") if digits.len() > FEW => exact_percent(digits)?,
        (Unit::Percent, "%" | "") => number / 100.0,
        (Unit::Semitones, "st" | "") => number,
        (Unit::Cents, "ct" | "") => number,
        (Unit::Count | Unit::Shape, "") => number,
        _ => return None,
    })
}

/// Parses a percentage that presets wrote in full.
fn exact_percent(digits: &str) -> Option<f32> {
    let percent: f64 = digits.trim().replace(',', ".").parse().ok()?;
    Some((percent / 100.0) as f32)
}

/// Parses a number with a decimal point or a decimal comma. A comma is never a thousands separator: 1,500 is one and
/// a half, and several commas, or a comma and a point, are an error.
fn number(text: &str) -> Option<f32> {
    let text = text.trim();
    match text.split_once(',') {
        None => text.parse().ok(),
        Some((whole, decimals)) if !text.contains('.') && !decimals.contains(',') => {
            format!("{whole}.{decimals}").parse().ok()
        }
        Some(_) => None,
    }
}

/// Returns `value` clamped to `range`; `None` if it is further outside than rounding explains. Whole numbers are
/// written in full, so they have no tolerance.
fn within(value: f32, range: Range) -> Option<f32> {
    let nearest = range.clamp(value);
    let slack = match range {
        Range::Whole { .. } if value.fract() != 0.0 => return None,
        Range::Whole { .. } => 0.0,
        _ => nearest.abs() * ROUNDING,
    };
    ((value - nearest).abs() <= slack).then_some(nearest)
}

/// Formats `value` with at most `digits` decimals, without trailing zeros and without a minus before zero.
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
    use tidepool_dsp::Parameter;
    use tidepool_dsp::parameter::{
        LfoParameter, MatrixParameter, OperatorParameter, OscillatorParameter,
    };

    #[test]
    fn the_usual_spellings_are_read() {
        let read = |parameter: Parameter, text| parse(parameter.spec(), text);
        assert_eq!(read(Parameter::Cutoff, "440 Hz"), Some(440.0));
        assert_eq!(read(Parameter::Cutoff, "1.2kHz"), Some(1200.0));
        assert_eq!(read(Parameter::Cutoff, " 440 "), Some(440.0));
        assert_eq!(read(Parameter::Volume, "-6 dB"), Some(-6.0));
        assert_eq!(read(Parameter::Volume, "−6 dB"), Some(-6.0));
        assert_eq!(read(Parameter::Attack, "4 ms"), Some(0.004));
        for text in ["350 ms", "350ms", "0.35 s", "0,35 s", ".35"] {
            assert_eq!(read(Parameter::DelayFreeTime, text), Some(0.35), "{text}");
        }
        assert_eq!(format(Parameter::DelayFreeTime.spec(), 0.35), "350 ms");
        assert_eq!(read(Parameter::DelayFreeTime, "2.1 s"), None);
        assert_eq!(read(Parameter::Sustain, "30"), Some(0.3));
        assert_eq!(read(Parameter::BendRange, "12 st"), Some(12.0));
        assert_eq!(read(Parameter::Voices, "12"), Some(12.0));
        assert_eq!(read(Parameter::MpeZone, "Upper"), Some(2.0));
        assert_eq!(read(Parameter::MpeZone, "upper"), Some(2.0));
        assert_eq!(read(Parameter::Pan, "-100 %"), Some(-1.0));
        let ratio = Parameter::operator(1, OperatorParameter::Ratio);
        assert_eq!(read(ratio, "1.414"), Some(1.414));
        assert_eq!(format(ratio.spec(), 1.414), "1.414");
        let key_level = Parameter::operator(1, OperatorParameter::KeyLevel);
        assert_eq!(read(key_level, "-3 dB/oct"), Some(-3.0));
        assert_eq!(read(key_level, "-3 dB"), Some(-3.0));
        assert_eq!(read(key_level, "3 dB/"), None);
        let rate = Parameter::lfo(0, LfoParameter::Rate);
        assert_eq!(format(rate.spec(), 0.01), "0.01 Hz");
        assert_eq!(format(rate.spec(), 9.999), "10 Hz");
        let slot = |parameter| Parameter::matrix_slot(3, parameter).spec();
        let cutoff = parse(slot(MatrixParameter::Destination), "cutoff").unwrap();
        assert_eq!(format(slot(MatrixParameter::Destination), cutoff), "Cutoff");
        assert_eq!(parse(slot(MatrixParameter::Source), "LFO 1"), Some(4.0));
    }

    #[test]
    fn a_decimal_comma_is_a_point_and_parts_no_thousands() {
        let read = |parameter: Parameter, text| parse(parameter.spec(), text);
        assert_eq!(read(Parameter::Cutoff, "440,5 Hz"), Some(440.5));
        assert_eq!(read(Parameter::Cutoff, "1,5kHz"), Some(1500.0));
        assert_eq!(read(Parameter::Cutoff, "1,500 kHz"), Some(1500.0));
        assert_eq!(read(Parameter::Volume, "−6,5 dB"), Some(-6.5));
        assert_eq!(read(Parameter::Sustain, "12,5"), Some(0.125));
        assert_eq!(read(Parameter::Sustain, ",5 %"), Some(0.005));
        assert_eq!(read(Parameter::Attack, "4, ms"), Some(0.004));
        let shape = Parameter::oscillator(0, OscillatorParameter::Shape);
        assert_eq!(read(shape, "Saw 12,5 % Pulse"), Some(2.125));
        assert_eq!(read(shape, "2,125"), Some(2.125));
        for text in ["1,500.5", "1.500,5", "1,000,000", ",", "4,,5", "440, 5"] {
            assert_eq!(read(Parameter::Cutoff, text), None, "{text}");
        }
        assert_eq!(read(Parameter::Voices, "2,5"), None);
    }

    #[test]
    fn a_level_at_the_lower_end_is_off() {
        let (level, drive) = (Parameter::Volume.spec(), Parameter::Drive.spec());
        assert_eq!(format(level, -60.0), "off");
        assert_eq!(format(level, -59.9), "-59.9 dB");
        for text in ["off", " Off ", "-inf", "-inf dB", "−inf", "−inf dB"] {
            assert_eq!(parse(level, text), Some(-60.0), "{text}");
            assert_eq!(parse(drive, text), None, "{text}");
        }
        for text in ["inf", "offset", "off dB"] {
            assert_eq!(parse(level, text), None, "{text}");
        }
    }

    #[test]
    fn ends_are_told_with_their_units() {
        let told = |parameter: Parameter| ends(parameter.spec());
        assert_eq!(told(Parameter::Cutoff), "20 Hz to 20 kHz");
        assert_eq!(told(Parameter::Volume), "off to 6 dB");
        assert_eq!(told(Parameter::Pan), "-100 % to 100 %");
        assert_eq!(told(Parameter::Voices), "1 to 64");
    }

    #[test]
    fn shapes_are_waves_and_what_lies_between() {
        let spec = Parameter::oscillator(0, OscillatorParameter::Shape).spec();
        for (text, value) in [
            ("Sine", 0.0),
            ("Sine 40 % Triangle", 0.4),
            ("Sine 99.9 % Triangle", 0.999),
            ("Triangle", 1.0),
            ("Saw", 2.0),
            ("Saw 12.5 % Pulse", 2.125),
            ("Pulse", 3.0),
        ] {
            assert_eq!(format(spec, value), text);
            assert_eq!(parse(spec, text), Some(value), "{text}");
        }
        assert_eq!(format(spec, 1.9996), "Saw");
        assert_eq!(parse(spec, "saw 50%pulse"), Some(2.5));
        assert_eq!(parse(spec, "1.25"), Some(1.25));
        for text in [
            "Saw 50 % Sine",
            "Saw 101 % Pulse",
            "Saw Pulse",
            "Saw 50 %",
            "50 % Saw",
            "4",
            "%",
        ] {
            assert_eq!(parse(spec, text), None, "{text}");
        }
    }

    #[test]
    fn what_is_outside_or_no_number_is_refused() {
        let refused = |parameter: Parameter, texts: &[&str]| {
            for text in texts {
                assert_eq!(parse(parameter.spec(), text), None, "{text}");
            }
        };
        refused(
            Parameter::Cutoff,
            &[
                "30 kHz", "-5 Hz", "fast", "", "440 dB", "NaN", "inf", "1e39",
            ],
        );
        refused(Parameter::Voices, &["0", "65", "2.5", "7 st", "NaN"]);
        refused(Parameter::BendRange, &["-1 st", "49", "0.5 st"]);
        refused(Parameter::MpeZone, &["Middle", "1", ""]);
    }

    #[test]
    fn text_survives_the_way_there_and_back() {
        for parameter in Parameter::all() {
            let spec = parameter.spec();
            for step in 0..=1000 {
                let value = spec.range.plain(step as f32 / 1000.0);
                let text = format(spec, value);
                let read = parse(spec, &text).expect(&text);
                assert_eq!(format(spec, read), text);
            }
        }
    }
}
