//! Parser of presets from TOML, with one clear sentence for every mistake.

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

/// Most bytes of a file, far more than a preset with every parameter has.
const LARGEST: u64 = 1 << 20;

/// Most characters quoted of the TOML parser's message, which may contain a key of any length.
const LONGEST_REASON: usize = 120;

/// Characters that some file systems do not allow in a name.
const NO_NAME: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// Error in a preset file: place, mistake and advice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {sentence}", file, at(*line))]
pub struct PresetError {
    /// The file, as its reader names it.
    pub file: String,
    /// Line number from 1 on, if the mistake is in a line.
    pub line: Option<usize>,
    /// Description of the mistake and advice.
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

/// Reads the preset file at `path`. The category is the folder's name if that is a factory category, else
/// [`Category::User`]. `[gui]`
///
/// # Errors
/// If the file cannot be read, has more than 1 MiB or is not a preset.
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

/// Reads the text of a file; `None` if it has more than [`LARGEST`] bytes, in which case the rest is not read.
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

/// Parses the preset in `text`; `place` is the file's name in a [`PresetError`]. `[gui]`
///
/// # Errors
/// If the text is not a valid preset. Of several mistakes, the first in the file is reported.
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

/// The file being parsed.
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

    /// Returns the text of `key`, which must be a single, non-empty line.
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

/// Returns the entries of a table in the order of the file.
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
