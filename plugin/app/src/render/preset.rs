//! The preset commands: the list, the file of one preset, and the preset of a render.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use tidepool::presets::{self, Category, Preset};

use crate::command::Options;
use crate::failure::Failure;

/// Preset as JSON.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    category: &'static str,
    description: &'a str,
    /// Parameters that differ from a new instance, by id, with their values as text.
    parameters: BTreeMap<&'static str, String>,
}

/// Returns the factory presets, or those of one `category`, as a table or as JSON.
///
/// # Errors
/// If a factory preset is damaged.
pub fn list(category: Option<Category>, json: bool) -> Result<String, Failure> {
    let presets = factory()?.iter();
    let presets: Vec<_> = presets
        .filter(|preset| category.is_none_or(|category| preset.category == category))
        .collect();
    if json {
        let entries: Vec<_> = presets.into_iter().map(entry).collect();
        let mut json = serde_json::to_string_pretty(&entries).map_err(Failure::inside)?;
        json.push('\n');
        return Ok(json);
    }
    let width = presets.iter().map(|preset| preset.name.chars().count());
    let width = width.max().unwrap_or(0).max("NAME".len());
    let mut table = format!("{:width$}  CATEGORY  DESCRIPTION\n", "NAME");
    for Preset {
        name,
        category,
        description,
        ..
    } in presets
    {
        let _ = writeln!(table, "{name:width$}  {category:8}  {description}");
    }
    Ok(table)
}

fn entry(preset: &Preset) -> Entry<'_> {
    let parameters = preset.says();
    Entry {
        name: &preset.name,
        category: preset.category.name(),
        description: &preset.description,
        parameters: parameters
            .map(|(parameter, value)| (parameter.spec().id, Preset::text(parameter, value)))
            .collect(),
    }
}

/// Returns the file of the factory preset `name`.
///
/// # Errors
/// If no preset has that name.
pub fn show(name: &str) -> Result<String, Failure> {
    let preset = find(name)?;
    Ok(presets::file(preset).map_or_else(|| preset.to_toml(), str::to_owned))
}

/// Returns the preset that `options` select.
///
/// # Errors
/// If no preset has that name, or its file is not a preset.
pub fn chosen(options: &Options) -> Result<Option<Cow<'static, Preset>>, Failure> {
    match (&options.preset, &options.preset_file) {
        (Some(name), _) => find(name).map(|preset| Some(Cow::Borrowed(preset))),
        (None, Some(path)) => presets::open(path)
            .map(|preset| Some(Cow::Owned(preset)))
            .map_err(|mistake| Failure::input(mistake.to_string())),
        (None, None) => Ok(None),
    }
}

/// Returns the factory preset `name`.
///
/// # Errors
/// If no preset has that name.
pub fn find(name: &str) -> Result<&'static Preset, Failure> {
    presets::find(name).map_err(|error| {
        // The preset may exist but be damaged.
        let damaged = presets::errors().first();
        Failure::input(damaged.map_or_else(
            || error.to_string(),
            |mistake| format!("{error}; plugin/presets/{mistake}"),
        ))
    })
}

/// Returns all factory presets.
///
/// # Errors
/// If one of their files is damaged.
pub fn factory() -> Result<&'static [Preset], Failure> {
    match presets::errors().first() {
        Some(mistake) => Err(Failure::inside(format_args!("plugin/presets/{mistake}"))),
        None => Ok(presets::all()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned() {
        let table = list(None, false).unwrap();
        let mut lines = table.lines();
        let header = lines.next().unwrap();
        let column = header.find("CATEGORY").unwrap();
        let mut count = 0;
        for line in lines {
            let category: String = line.chars().skip(column).take(8).collect();
            assert!(Category::named(category.trim()).is_some(), "{line}");
            assert_eq!(line.chars().nth(column - 1), Some(' '), "{line}");
            count += 1;
        }
        assert_eq!(count, presets::all().len());
    }

    #[test]
    fn programs_find_every_value() {
        let json = list(Some(Category::Bass), true).unwrap();
        let entries: serde_json::Value = serde_json::from_str(&json).unwrap();
        let entries = entries.as_array().unwrap();
        assert!(!entries.is_empty());
        for entry in entries {
            assert_eq!(entry["category"], "Bass");
            let preset = presets::find(entry["name"].as_str().unwrap()).unwrap();
            assert_eq!(entry["description"], preset.description.as_str());
            let parameters = entry["parameters"].as_object().unwrap();
            assert_eq!(parameters.len(), preset.says().count());
        }
    }

    #[test]
    fn the_file_is_shown_as_it_is() {
        let preset = &presets::all()[0];
        let shown = show(&preset.name.to_lowercase()).unwrap();
        assert_eq!(
            presets::read("", preset.category, &shown).as_ref(),
            Ok(preset)
        );
        let value_error = show("\u{1}").unwrap_err().to_string();
        assert!(value_error.contains("there is no preset"), "{value_error}");
    }
}
