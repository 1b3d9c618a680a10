//! Presets from TOML, and one clear sentence for every mistake in one.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use tidepool_dsp::{Parameter, Patch};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Category, LONGEST_NAME, NOT_IN_PRESETS, Preset, write};
use crate::params::text;
use crate::params::value_error::value_error;
use crate::quote::{quote, shorten};
use crate::suggest;

/// Most bytes of a file, far more than one with every parameter has.
const LARGEST: u64 = 1 << 20;

/// Most characters of what the parser of TOML says, which may name a key of any length.
const LONGEST_REASON: usize = 120;

/// Letters that some file system does not take in a name.
const NO_NAME: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// What is wrong with a file: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {sentence}", file, at(*line))]
pub struct PresetError {
    /// The file, as far as its reader knows it.
    pub file: String,
    /// The line, from 1 on, if it is about one.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub sentence: String,
}

fn at(line: Option<usize>) -> String {
    line.map_or(String::new(), |line| format!(", line {line}"))
}

impl PresetError {
    pub(super) fn new(file: &str, line: Option<usize>, sentence: String) -> Self {
        Self {
            file: file.to_owned(),
            line,
            sentence,
        }
    }
}

/// Reads the preset in the file at `path`. Its category is the folder's name if that is one of the factory's.
/// `[gui]`
///
/// # Errors
/// If the file cannot be read, has more than 1 MiB or is no preset.
pub fn open(path: &Path) -> Result<Preset, PresetError> {
    let place = path.display().to_string();
    let folder = path.parent().and_then(Path::file_name);
    let category = folder.and_then(|name| Category::named(name.to_str()?));
    match text_of(path) {
        Ok(Some(text)) => read(&place, category.unwrap_or(Category::User), &text),
        Ok(None) => {
            let sentence =
                "is larger than 1 MiB, so it is not a preset; name a preset's .toml file";
            Err(PresetError::new(&place, None, sentence.to_owned()))
        }
        Err(error) => {
            let sentence = format!("cannot be read ({error}); name a preset's .toml file");
            Err(PresetError::new(&place, None, sentence))
        }
    }
}

/// What is in the file; `None` where that is too large. No more of it is read than a preset may have.
fn text_of(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Ok(None);
    }
    let text = String::from_utf8(bytes);
    text.map(Some)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
}

/// Reads the preset that `text` holds; `place` is what a [`PresetError`] calls the file. `[gui]`
///
/// # Errors
/// If it is no preset. Of several mistakes it is the first in the file.
pub fn read(place: &str, category: Category, text: &str) -> Result<Preset, PresetError> {
    let file = Source { place, text };
    let table = DeTable::parse(text).map_err(|error| {
        let reason = shorten(&error.message().replace('\n', ", "), LONGEST_REASON);
        file.mistake(
            error.span(),
            format!("is not TOML here ({reason}); compare with `tidepool presets show`"),
        )
    })?;
    let mut name = None;
    let mut description = None;
    let mut parameters = None;
    for (key, value) in in_order(table.get_ref()) {
        match key.get_ref().as_ref() {
            "name" => name = Some(file.name(value)?),
            "description" => description = Some(file.sentence("description", value)?),
            "parameters" => parameters = Some(file.parameters(value)?),
            other => {
                let known = ["name", "description", "parameters"];
                let misplaced = Parameter::named(other).is_some();
                return Err(file.mistake(
                    Some(key.span()),
                    if misplaced {
                        format!("\"{other}\" is a parameter; put it below the line [parameters]")
                    } else {
                        format!(
                            "there is nothing called \"{}\" here; {}",
                            quote(other),
                            suggest::advice(
                                &suggest::suggest(other, known.into_iter().map(|known| [known])),
                                "parameters go below the line [parameters]"
                            )
                        )
                    },
                ));
            }
        }
    }
    let missing = |what: &str| file.mistake(None, format!("has no {what}"));
    Ok(Preset {
        name: name.ok_or_else(|| missing("name; add a line such as name = \"Deep\""))?,
        category,
        description: description.ok_or_else(|| {
            missing("description; add a line such as description = \"Two saws, an octave apart.\"")
        })?,
        patch: parameters.ok_or_else(|| {
            missing("parameters; add a line [parameters] and below it what makes the sound")
        })?,
    })
}

/// The file at hand.
struct Source<'a> {
    place: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn mistake(&self, span: Option<Range<usize>>, sentence: String) -> PresetError {
        let line = span.and_then(|span| self.text.get(..span.start));
        let line = line.map(|before| 1 + before.matches('\n').count());
        PresetError::new(self.place, line, sentence)
    }

    /// The text of `key`, which has to be one line with something in it.
    fn sentence(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String, PresetError> {
        let text = value.get_ref().as_str().unwrap_or("");
        if text.trim().is_empty() || text.contains(char::is_control) {
            return Err(self.mistake(
                Some(value.span()),
                format!("{key} is not one line of text; write it as {key} = \"...\""),
            ));
        }
        Ok(text.trim().to_owned())
    }

    fn name(&self, value: &Spanned<DeValue<'_>>) -> Result<String, PresetError> {
        let name = self.sentence("name", value)?;
        let wrong = |sentence| Err(self.mistake(Some(value.span()), sentence));
        let letters = name.chars().count();
        if letters > LONGEST_NAME {
            return wrong(format!(
                "the name has {letters} letters; {LONGEST_NAME} is the most"
            ));
        }
        if let Some(letter) = name.chars().find(|letter| NO_NAME.contains(letter)) {
            return wrong(format!(
                "the name has a \"{letter}\", which no file's name can have everywhere; leave it out"
            ));
        }
        Ok(name)
    }

    fn parameters(&self, value: &Spanned<DeValue<'_>>) -> Result<Patch, PresetError> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.mistake(
                Some(value.span()),
                "parameters is not a table; write a line [parameters] and below it lines such as cutoff = \"2 kHz\""
                    .to_owned(),
            ));
        };
        let mut patch = Patch::default();
        for (key, value) in in_order(table) {
            let id = key.get_ref().as_ref();
            let parameter = Parameter::named(id).ok_or_else(|| {
                let known = Parameter::all().map(|parameter| parameter.spec());
                let near = suggest::suggest(id, known.map(|spec| [spec.id, spec.name]));
                let advice = suggest::advice(&near, "`tidepool params` lists them all");
                let sentence = format!("there is no parameter \"{}\"; {advice}", quote(id));
                self.mistake(Some(key.span()), sentence)
            })?;
            if NOT_IN_PRESETS.contains(&parameter) {
                return Err(self.mistake(
                    Some(key.span()),
                    format!(
                        "{id} belongs to the player and not to a sound; take it out{}",
                        if parameter == Parameter::Volume {
                            ", and change the level of an oscillator, of the operators or of the noise"
                        } else {
                            ""
                        }
                    ),
                ));
            }
            let wrong = |sentence| self.mistake(Some(value.span()), format!("{id}: {sentence}"));
            let words = value.get_ref().as_str().ok_or_else(|| {
                let spec = parameter.spec();
                let example = write::text(spec, spec.default);
                wrong(format!(
                    "the value is not text; write it in quotes, such as {id} = \"{example}\""
                ))
            })?;
            let plain = text::parse(parameter.spec(), words)
                .ok_or_else(|| wrong(value_error(parameter.spec(), words)))?;
            patch.set(parameter, plain);
        }
        Ok(patch)
    }
}

/// A table's entries as they stand in the file.
fn in_order<'a, 'i>(
    table: &'a DeTable<'i>,
) -> Vec<(
    &'a Spanned<toml::de::DeString<'i>>,
    &'a Spanned<DeValue<'i>>,
)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
