//! The preset commands: the list, the file of one preset, the preset of a render, import and export.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use tidepool::presets::store::{self, PresetFile};
use tidepool::presets::{self, Category, Preset, PresetError, exchange};
use tidepool::quote::quote;
use tidepool::suggest;

use crate::command::{Options, Owner};
use crate::failure::Failure;

/// Preset as JSON.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    category: &'static str,
    author: &'a str,
    tags: &'a [String],
    description: &'a str,
    /// Names of the macros, by number.
    macros: BTreeMap<usize, &'a str>,
    /// File of the user's preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Parameters that differ from a new instance, by id, with their values as text.
    parameters: BTreeMap<&'static str, String>,
}

/// Damaged file of the user as JSON.
#[derive(Serialize)]
struct Damaged {
    path: String,
    error: String,
}

/// Returns the presets of the factory and then of the user, or those `from` one of them, or of one `category`, as a
/// table or as JSON. Damaged files of the user are listed at the end with their errors, unless a category is given.
///
/// # Errors
/// If a factory preset is damaged, or the user's folder cannot be read.
pub fn list(
    category: Option<Category>,
    from: Option<Owner>,
    json: bool,
) -> Result<String, Failure> {
    let is_wanted = |owner| from.is_none_or(|from| from == owner);
    let mut listed = Vec::new();
    let mut damaged = Vec::new();
    if is_wanted(Owner::Factory) {
        let factory = factory()?.iter();
        listed.extend(factory.map(|preset| (Cow::Borrowed(preset), None)));
    }
    if is_wanted(Owner::User) {
        for path in user_files()? {
            match presets::open(&path) {
                Ok(preset) => listed.push((Cow::Owned(preset), Some(path))),
                Err(error) if category.is_none() => damaged.push((path, error)),
                Err(_) => {}
            }
        }
    }
    listed.retain(|(preset, _)| category.is_none_or(|category| preset.category == category));
    if json {
        return as_json(&listed, &damaged);
    }
    let width = listed.iter().map(|(preset, _)| preset.name.chars().count());
    let width = width.max().unwrap_or(0).max("NAME".len());
    let mut table = format!("{:width$}  CATEGORY  FROM     DESCRIPTION\n", "NAME");
    for (preset, path) in &listed {
        let Preset {
            name,
            category,
            description,
            ..
        } = preset.as_ref();
        let from = if path.is_some() { "user" } else { "factory" };
        let line = format!("{name:width$}  {category:8}  {from:7}  {description}");
        let _ = writeln!(table, "{}", line.trim_end());
    }
    for (_, error) in &damaged {
        let _ = writeln!(table, "damaged: {error}");
    }
    Ok(table)
}

fn as_json(
    listed: &[(Cow<'_, Preset>, Option<PathBuf>)],
    damaged: &[(PathBuf, PresetError)],
) -> Result<String, Failure> {
    let value = |entry| serde_json::to_value(entry).map_err(Failure::inside);
    let entries = listed
        .iter()
        .map(|(preset, path)| value(entry(preset, path.as_ref())));
    let damaged = damaged.iter().map(|(path, error)| {
        let damaged = Damaged {
            path: path.display().to_string(),
            error: error.to_string(),
        };
        serde_json::to_value(damaged).map_err(Failure::inside)
    });
    let entries: Result<Vec<_>, _> = entries.chain(damaged).collect();
    let mut json = serde_json::to_string_pretty(&entries?).map_err(Failure::inside)?;
    json.push('\n');
    Ok(json)
}

fn entry<'a>(preset: &'a Preset, path: Option<&PathBuf>) -> Entry<'a> {
    let parameters = preset.says();
    let macros = (1..).zip(&preset.macros);
    let macros = macros.filter(|(_, name)| !name.is_empty());
    Entry {
        name: &preset.name,
        category: preset.category.name(),
        author: &preset.author,
        tags: &preset.tags,
        description: &preset.description,
        macros: macros
            .map(|(number, name)| (number, name.as_str()))
            .collect(),
        path: path.map(|path| path.display().to_string()),
        parameters: parameters
            .map(|(parameter, value)| (parameter.spec().id, Preset::text(parameter, value)))
            .collect(),
    }
}

/// Returns the file of the preset `name`.
///
/// # Errors
/// If no preset has that name.
pub fn show(name: &str) -> Result<String, Failure> {
    if let Ok(preset) = presets::find(name) {
        return Ok(presets::file(preset).map_or_else(|| preset.to_toml(), str::to_owned));
    }
    let (_, origin) = find_user(name)?;
    fs::read_to_string(&origin.path).map_err(|error| Failure::at(&origin.path, error))
}

/// Returns the preset that `options` select.
///
/// # Errors
/// If no preset has that name, or its file is not a preset.
pub fn chosen(options: &Options) -> Result<Option<Cow<'static, Preset>>, Failure> {
    match (&options.preset, &options.preset_file) {
        (Some(name), _) => find(name).map(Some),
        (None, Some(path)) => presets::open(path)
            .map(|preset| Some(Cow::Owned(preset)))
            .map_err(|mistake| Failure::input(mistake.to_string())),
        (None, None) => Ok(None),
    }
}

/// Returns the factory preset `name`, or else the user's.
///
/// # Errors
/// If no preset has that name.
pub fn find(name: &str) -> Result<Cow<'static, Preset>, Failure> {
    match presets::find(name) {
        Ok(preset) => Ok(Cow::Borrowed(preset)),
        Err(_) => find_user(name).map(|(preset, _)| Cow::Owned(preset)),
    }
}

/// Returns the user's preset `name`.
///
/// # Errors
/// If neither the user nor the factory has a preset of that name.
fn find_user(name: &str) -> Result<(Preset, PresetFile), Failure> {
    if let Some(folder) = store::chosen_folder()
        && let Some(found) =
            store::find(&folder, name).map_err(|damage| Failure::input(damage.to_string()))?
    {
        return Ok(found);
    }
    let users = user_files().unwrap_or_default();
    let users: Vec<_> = users.iter().map(|path| store::stem(path)).collect();
    let factory = presets::all().iter().map(|preset| preset.name.as_str());
    let all = factory.chain(users.iter().map(String::as_str));
    let near = suggest::suggest(name.trim(), all.map(|name| [name]));
    let sentence = format!(
        "there is no preset \"{}\"; {}",
        quote(name.trim()),
        suggest::advice(&near, "`tidepool presets list` has them all")
    );
    // The preset may exist but be damaged.
    Err(Failure::input(match presets::errors().first() {
        Some(mistake) => format!("{sentence}; plugin/presets/{mistake}"),
        None => sentence,
    }))
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

/// Copies the presets at `source` into the user's folder, and prints the path of each copy.
///
/// # Errors
/// If nothing can be read there, or a file is refused; the others are copied all the same.
pub fn import(source: &str, say: impl Fn(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    let imported = exchange::import(&folder()?, source);
    let imported = imported.map_err(|error| Failure::input(error.to_string()))?;
    for origin in &imported.added {
        say(&format!("{}\n", origin.path.display()))?;
    }
    if imported.refused.is_empty() {
        return say(&format!("{imported}\n"));
    }
    for error in imported.refused.iter().skip(1) {
        say(&format!("refused: {error}\n"))?;
    }
    Err(Failure::input(imported.to_string()))
}

/// Writes the preset `name` to a new file at `target`; returns its path, to print.
///
/// # Errors
/// If no preset has that name, or the file cannot be written.
pub fn export(name: &str, target: &str) -> Result<String, Failure> {
    let path = exchange::export(find(name)?.as_ref(), target);
    let path = path.map_err(|error| Failure::input(error.to_string()))?;
    Ok(format!("{}\n", path.display()))
}

/// Returns the path of the user's folder, to print.
///
/// # Errors
/// If the system defines no place for it.
pub fn path() -> Result<String, Failure> {
    Ok(format!("{}\n", folder()?.display()))
}

fn folder() -> Result<PathBuf, Failure> {
    store::chosen_folder().ok_or_else(|| {
        Failure::input(
            "there is no folder for your presets, because no home folder is set; set HOME",
        )
    })
}

/// Returns the user's files by name.
fn user_files() -> Result<Vec<PathBuf>, Failure> {
    let Some(folder) = store::chosen_folder() else {
        return Ok(Vec::new());
    };
    let files = store::files(&folder);
    let mut files = files.map_err(|error| Failure::at(&folder, error))?;
    files.sort_by_cached_key(|path| store::stem(path).to_lowercase());
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned() {
        let table = list(None, Some(Owner::Factory), false).unwrap();
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
        let json = list(Some(Category::Bass), Some(Owner::Factory), true).unwrap();
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
