//! Parameter values from a preset and from the command line: `--set PARAM=VALUE`.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;
use tidepool::params::value_error::value_error;
use tidepool::presets::Preset;
use tidepool::quote::quote;
use tidepool::tuning::{self, ScalaFiles, Unusable};
use tidepool_dsp::parameter::Spec;
use tidepool_host::Instance;

use super::catalogue::Catalogue;
use crate::command::Options;
use crate::failure::Failure;

/// Parameter with a parsed value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Stable id of the parameter.
    pub param: String,
    /// Value as the plugin formats it.
    pub value: String,
}

/// Sets parameters of `instance`, which must not be active, from `wishes` of the form `PARAM=VALUE`.
///
/// # Errors
/// At the first entry that is malformed, names no parameter, or has a value out of range. No parameter has then been
/// set.
pub fn apply(
    instance: &mut Instance,
    catalogue: &Catalogue,
    wishes: &[String],
) -> Result<Vec<Setting>, Failure> {
    let mut found = Vec::with_capacity(wishes.len());
    for wish in wishes {
        let (key, text) = split(wish)?;
        let parameter =
            (catalogue.find(key)).map_err(|unknown| Failure::input(format!("--set: {unknown}")))?;
        let value = instance
            .text_to_value(parameter.host.id, text)
            .ok_or_else(|| refused(parameter.spec, text))?;
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

/// Loads `preset` into `instance`, which must be new and not active.
///
/// # Errors
/// If the plugin rejects one of its values.
pub fn load(
    instance: &mut Instance,
    catalogue: &Catalogue,
    preset: &Preset,
) -> Result<(), Failure> {
    for (parameter, value) in preset.says() {
        let id = parameter.spec().id;
        let host = catalogue.find(id)?.host.id;
        let text = Preset::text(parameter, value);
        let value = instance.text_to_value(host, &text).ok_or_else(|| {
            Failure::inside(format_args!("{id}: the plugin does not take \"{text}\""))
        })?;
        instance.set_value(host, value).map_err(Failure::inside)?;
    }
    Ok(())
}

/// Reads the Scala files that `options` name.
///
/// # Errors
/// If one of them cannot be read or used.
pub fn tuning(options: &Options) -> Result<ScalaFiles, Failure> {
    let read = |file: &Option<PathBuf>| {
        let text = |file: &PathBuf| {
            tuning::read(file)
                .map_err(|error| Failure::input(format!("{}: {error}", file.display())))
        };
        file.as_ref().map(text).transpose()
    };
    let files = ScalaFiles {
        scale: read(&options.scale)?,
        map: read(&options.keyboard_map)?,
    };
    files.tuning().map_err(|Unusable { map, error }| {
        let file = if map {
            &options.keyboard_map
        } else {
            &options.scale
        };
        let name = file.as_ref().map(|file| format!("{}: ", file.display()));
        Failure::input(format!("{}{error}", name.unwrap_or_default()))
    })?;
    Ok(files)
}

/// Tunes `instance` to `files` through its state, as a project does.
///
/// # Errors
/// If the plugin does not accept its own state.
pub fn tune(instance: &mut Instance, files: &ScalaFiles) -> Result<(), Failure> {
    if *files == ScalaFiles::default() {
        return Ok(());
    }
    let state = instance.save().map_err(Failure::inside)?;
    // nice-plug writes the length first.
    let (_, json) = state.split_at(size_of::<u64>().min(state.len()));
    let mut state: Value = serde_json::from_slice(json).map_err(Failure::inside)?;
    let field = serde_json::to_string(files).map_err(Failure::inside)?;
    state["fields"][tuning::FIELD] = Value::String(field);
    let json = state.to_string().into_bytes();
    let length = (json.len() as u64).to_le_bytes();
    (instance.load(&[&length[..], &json].concat())).map_err(Failure::inside)
}

/// Splits `PARAM=VALUE` at the equals sign.
fn split(wish: &str) -> Result<(&str, &str), Failure> {
    match wish.split_once('=') {
        Some((key, text)) if !key.trim().is_empty() && !text.trim().is_empty() => {
            Ok((key.trim(), text.trim()))
        }
        _ => Err(Failure::input(format!(
            "--set: \"{}\" is not of the form PARAM=VALUE, such as \"cutoff=440 Hz\"",
            quote(wish)
        ))),
    }
}

fn refused(spec: &Spec, text: &str) -> Failure {
    Failure::input(format!(
        "--set {}: {}",
        spec.id,
        value_error(spec, &quote(text))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidepool::params::text;
    use tidepool::presets::{self, NOT_IN_PRESETS};

    #[test]
    fn the_plugin_takes_every_value_of_every_preset() {
        for preset in presets::all() {
            let (mut instance, _) = super::super::instance().unwrap();
            let catalogue = Catalogue::of(&mut instance);
            load(&mut instance, &catalogue, preset).unwrap();
            for (parameter, value) in preset.patch.iter() {
                let id = parameter.spec().id;
                let host = catalogue.find(id).unwrap().host.id;
                let now = instance.value(host).unwrap();
                let now = instance.value_to_text(host, now).unwrap();
                // The host stores it normalized, which may round it the other way.
                let expected = [
                    value - value.abs() * 1e-5,
                    value,
                    value + value.abs() * 1e-5,
                ]
                .map(|value| text::format(parameter.spec(), value));
                assert!(
                    expected.contains(&now) || NOT_IN_PRESETS.contains(&parameter),
                    "{}, {id}: {}, not {expected:?}",
                    preset.name,
                    now
                );
            }
        }
    }

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
