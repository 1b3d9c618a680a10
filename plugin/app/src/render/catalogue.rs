//! The plugin's parameters as its host sees them, joined with their specs.

use std::collections::HashMap;
use std::fmt::{self, Write};

use tidepool::params::{param_id, value_error};
use tidepool::quote::quote;
use tidepool::suggest;
use tidepool_dsp::parameter::{Priority, Smoothing, Spec, Unit};
use tidepool_dsp::rt::Style;
use tidepool_host::{Instance, Param};

use crate::failure::Failure;

/// Parameter with its values as the plugin formats them.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Spec of the parameter, including its stable id, such as `cutoff`.
    pub spec: &'static Spec,
    /// Description that the host gets.
    pub host: Param,
    /// Lowest value as text, such as "20 Hz".
    pub min: String,
    /// Highest value as text.
    pub max: String,
    /// Default value as text.
    pub default: String,
}

/// All parameters, in the plugin's order.
#[derive(Debug, Clone)]
pub struct Catalogue {
    parameters: Vec<Parameter>,
}

impl Catalogue {
    /// Reads the parameters of `instance`.
    pub fn of(instance: &mut Instance) -> Self {
        // CLAP identifies parameters by number only.
        let specs: HashMap<u32, &'static Spec> = tidepool_dsp::Parameter::all()
            .map(|parameter| (param_id(parameter.spec().id), parameter.spec()))
            .collect();
        let parameters = instance
            .params()
            .into_iter()
            .filter_map(|host| {
                let spec = *specs.get(&host.id)?;
                let mut text = |value| instance.value_to_text(host.id, value).unwrap_or_default();
                let (min, max, default) = (text(host.min), text(host.max), text(host.default));
                Some(Parameter {
                    spec,
                    host,
                    min,
                    max,
                    default,
                })
            })
            .collect();
        Self { parameters }
    }

    /// Finds a parameter by id or name, ignoring case.
    ///
    /// # Errors
    /// If there is none; the sentence suggests the nearest ids.
    pub fn find(&self, key: &str) -> Result<&Parameter, Failure> {
        let same = |text: &str| text.eq_ignore_ascii_case(key);
        self.parameters
            .iter()
            .find(|parameter| same(parameter.spec.id) || same(&parameter.host.name))
            .ok_or_else(|| self.unknown(key))
    }

    fn unknown(&self, key: &str) -> Failure {
        // The time of the search grows with the length of the key.
        let key = &quote(key);
        let known = self.parameters.iter();
        let near = suggest::suggest(
            key,
            known.map(|parameter| [parameter.spec.id, parameter.host.name.as_str()]),
        );
        let advice = suggest::advice(&near, "`tidepool params` lists them all");
        Failure::input(format!("there is no parameter \"{key}\"; {advice}"))
    }
}

impl Parameter {
    /// Returns a full description with all choices.
    pub fn details(&self) -> String {
        let mut text = Catalogue {
            parameters: vec![self.clone()],
        }
        .to_string();
        if let Unit::Choice(names) = self.spec.unit {
            text.push_str("\nCHOICES\n");
            for name in names {
                text.push_str(name);
                text.push('\n');
            }
        }
        text
    }
}

/// Formats a table with one line per parameter.
impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = [
            "ID",
            "NAME",
            "GROUP",
            "VALUES",
            "DEFAULT",
            "PRIORITY",
            "SMOOTHING",
        ];
        let header = header.map(str::to_owned);
        let rows: Vec<[String; 7]> = std::iter::once(header)
            .chain(self.parameters.iter().map(|parameter| {
                [
                    parameter.spec.id.to_owned(),
                    parameter.host.name.clone(),
                    parameter.host.module.clone(),
                    value_error::values(parameter.spec, &parameter.min, &parameter.max),
                    parameter.default.clone(),
                    priority(parameter.spec.priority).to_owned(),
                    smoothing(parameter.spec.smoothing),
                ]
            }))
            .collect();
        let mut widths = [0; 7];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                write!(line, "{cell:width$}  ")?;
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}

fn smoothing(smoothing: Smoothing) -> String {
    match smoothing {
        Smoothing::None => "none".to_owned(),
        Smoothing::Ramp(style, milliseconds) => {
            let style = match style {
                Style::Linear => "linear",
                Style::Exponential => "exponential",
                Style::Logarithmic => "logarithmic",
            };
            format!("{style}, {milliseconds} ms")
        }
    }
}
