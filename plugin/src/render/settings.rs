//! Parameter values from the command line: `--set PARAM=VALUE`.

use serde::Serialize;

use super::catalogue::{Catalogue, Parameter};
use super::failure::Failure;
use crate::host::Instance;
use crate::observer::report::ParameterValue;

/// A parameter's value, found and understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// The parameter's stable id.
    pub param: String,
    /// The value as the plugin writes it.
    pub value: String,
}

/// Sets `instance`, which must not be active, as `wishes` of the form `PARAM=VALUE` say.
///
/// # Errors
/// At the first wish that is malformed, names no parameter, or has no value in its range. Nothing has
/// been set then.
pub fn apply(
    instance: &mut Instance,
    catalogue: &Catalogue,
    wishes: &[String],
) -> Result<Vec<Setting>, Failure> {
    let mut found = Vec::with_capacity(wishes.len());
    for wish in wishes {
        let (key, text) = split(wish)?;
        let parameter = catalogue.find(key)?;
        let value = instance
            .text_to_value(parameter.host.id, text)
            .ok_or_else(|| refused(parameter, text))?;
        found.push((parameter, value));
    }
    found
        .into_iter()
        .map(|(parameter, value)| {
            let id = parameter.host.id;
            instance.set_value(id, value).map_err(Failure::inside)?;
            Ok(Setting {
                param: parameter.spec.id.to_owned(),
                value: instance.value_to_text(id, value).unwrap_or_default(),
            })
        })
        .collect()
}

/// Every parameter of `instance`, as the plugin writes it.
pub fn all(instance: &mut Instance, catalogue: &Catalogue) -> Vec<ParameterValue> {
    let parameters = catalogue.iter().filter_map(|parameter| {
        let id = parameter.host.id;
        let value = instance.value(id)?;
        Some(ParameterValue {
            id: parameter.spec.id.to_owned(),
            value: instance.value_to_text(id, value)?,
        })
    });
    parameters.collect()
}

/// The two sides of `PARAM=VALUE`.
fn split(wish: &str) -> Result<(&str, &str), Failure> {
    match wish.split_once('=') {
        Some((key, text)) if !key.trim().is_empty() && !text.trim().is_empty() => {
            Ok((key.trim(), text.trim()))
        }
        _ => Err(Failure::input(format!(
            "--set: \"{wish}\" is not of the form PARAM=VALUE, such as \"cutoff=440 Hz\""
        ))),
    }
}

fn refused(parameter: &Parameter, text: &str) -> Failure {
    let Parameter { spec, min, max, .. } = parameter;
    let id = spec.id;
    Failure::input(format!(
        "--set {id}: \"{text}\" is no value from {min} to {max}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_has_two_sides() {
        assert_eq!(split("cutoff=440 Hz").unwrap(), ("cutoff", "440 Hz"));
        assert_eq!(
            split(" Filter cutoff = 1/8 ").unwrap(),
            ("Filter cutoff", "1/8")
        );
        assert_eq!(split("a=b=c").unwrap(), ("a", "b=c"));
        for wish in ["", "cutoff", "cutoff=", "=440 Hz", " = "] {
            assert!(
                split(wish).unwrap_err().to_string().contains("PARAM=VALUE"),
                "{wish:?}"
            );
        }
    }
}
