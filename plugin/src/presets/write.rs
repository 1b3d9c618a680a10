//! Formatting of presets as TOML.

use std::fmt::Write;

use tidepool_dsp::parameter::{Spec, Unit};

use super::Preset;
use crate::params::text;

/// Formats `preset` as a file, group by group in the order of the parameters.
pub fn toml(preset: &Preset) -> String {
    let mut file = format!(
        "name = {}\ndescription = {}\n\n[parameters]\n",
        quoted(&preset.name),
        quoted(&preset.description)
    );
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
    let exact = match spec.unit {
        Unit::Hertz => format!("{value} Hz"),
        Unit::Decibels | Unit::Level => format!("{value} dB"),
        Unit::DecibelsPerOctave => format!("{value} dB/oct"),
        Unit::Seconds => format!("{value} s"),
        Unit::Percent => format!("{} %", value * 100.0),
        Unit::Semitones => format!("{value} st"),
        Unit::Cents => format!("{value} ct"),
        Unit::Count | Unit::Shape | Unit::Choice(_) => value.to_string(),
    };
    if text::parse(spec, &exact).is_some() {
        exact
    } else {
        rounded
    }
}
