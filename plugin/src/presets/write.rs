//! Formatting of presets as TOML.

use std::fmt::Write;

use tidepool_dsp::parameter::{Spec, Unit};

use super::Preset;
use crate::params::text;

/// Formats `preset` as a file, group by group in the order of the parameters.
pub fn toml(preset: &Preset) -> String {
    let Preset {
        name,
        category,
        author,
        tags,
        description,
        macros,
        ..
    } = preset;
    let mut file = String::new();
    for (key, text) in [
        ("name", name.as_str()),
        ("category", category.name()),
        ("author", author),
        ("description", description),
    ] {
        if !text.is_empty() {
            let _ = writeln!(file, "{key} = {}", quoted(text));
        }
    }
    if !tags.is_empty() {
        let tags: Vec<_> = tags.iter().map(|tag| quoted(tag)).collect();
        let _ = writeln!(file, "tags = [{}]", tags.join(", "));
    }
    if macros.iter().any(|name| !name.is_empty()) {
        file.push_str("\n[macros]\n");
    }
    for (number, name) in (1..).zip(macros).filter(|(_, name)| !name.is_empty()) {
        let _ = writeln!(file, "{number} = {}", quoted(name));
    }
    file.push_str("\n[parameters]\n");
    let mut group = None;
    for (parameter, value) in preset.says() {
        let spec = parameter.spec();
        if group != Some(spec.group) {
            let gap = if group.is_some() { "\n" } else { "" };
            let _ = writeln!(file, "{gap}# {}", spec.group);
            group = Some(spec.group);
        }
        let _ = writeln!(file, "{} = {}", spec.id, quoted(&text(spec, value)));
    }
    file
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Formats `value` as in the editor, or with more digits where the rounded text would stand for another value.
pub fn text(spec: &Spec, value: f32) -> String {
    let rounded = text::format(spec, value);
    if text::parse(spec, &rounded) == Some(value) {
        return rounded;
    }
    let short = match spec.unit {
        Unit::Hertz => format!("{value} Hz"),
        Unit::Decibels | Unit::Level => format!("{value} dB"),
        Unit::DecibelsPerOctave => format!("{value} dB/oct"),
        Unit::Seconds => format!("{value} s"),
        Unit::Percent => format!("{} %", value * 100.0),
        Unit::Semitones => format!("{value} st"),
        Unit::Cents => format!("{value} ct"),
        Unit::Count | Unit::Shape | Unit::Choice(_) => value.to_string(),
    };
    // A hundredth of a single-precision number is not always the value; of a double-precision one it is.
    let percent = format!("{} %", f64::from(value) * 100.0);
    let texts = [short, percent].into_iter();
    let mut exact = texts.filter(|text| text::parse(spec, text) == Some(value));
    exact.next().unwrap_or(rounded)
}
