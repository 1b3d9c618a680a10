//! The plugin's parameters as its host sees them, with what the table says of each.

use std::collections::HashMap;
use std::fmt::{self, Write};

use tidepool::params::{param_id, value_error};
use tidepool::quote::quote;
use tidepool::suggest;
use tidepool_dsp::parameter::{Priority, Smoothing, Spec, Unit};
use tidepool_dsp::rt::Style;
use tidepool_host::{Instance, Param};

use crate::failure::Failure;

/// One parameter, with its values in the plugin's own words.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its line of the table, the stable id among it, such as `cutoff`.
    pub spec: &'static Spec,
    /// What the host knows of it.
    pub host: Param,
    /// Its lowest value as text, such as "20 Hz".
    pub min: String,
    /// Its highest value as text.
    pub max: String,
    /// The value of a new instance as text.
    pub default: String,
}

/// All parameters, in the plugin's order.
#[derive(Debug, Clone)]
pub struct Catalogue {
    parameters: Vec<Parameter>,
}

impl Catalogue {
    /// Asks `instance` for its parameters.
    pub fn of(instance: &mut Instance) -> Self {
        // CLAP knows parameters by number only.
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

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter()
    }

    /// The parameter with this id or this name, whatever its letters' case.
    ///
    /// # Errors
    /// If there is none; the sentence has the nearest ids.
    pub fn find(&self, key: &str) -> Result<&Parameter, Failure> {
        let same = |text: &str| text.eq_ignore_ascii_case(key);
        self.parameters
            .iter()
            .find(|parameter| same(parameter.spec.id) || same(&parameter.host.name))
            .ok_or_else(|| self.unknown(key))
    }

    fn unknown(&self, key: &str) -> Failure {
        // The search for the nearest takes as long as the key is.
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
    /// Everything about it, with all of its choices.
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

/// A table with a line for each parameter.
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
