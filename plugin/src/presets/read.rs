//! Parser of presets from TOML, with one clear sentence for every mistake.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use tidepool_dsp::{Parameter, Patch};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Category, MACROS, NOT_IN_PRESETS, Preset, texts, write};
use crate::params::text;
use crate::params::value_error::value_error;
use crate::quote::{quote, shorten};
use crate::suggest;

/// Most bytes of a file, far more than a preset with every parameter has.
const LARGEST: u64 = 1 << 20;

/// Most characters quoted of the TOML parser's message, which may contain a key of any length.
const LONGEST_REASON: usize = 120;

/// Keys at the top of a file.
const KEYS: [&str; 7] = [
    "name",
    "category",
    "author",
    "tags",
    "description",
    "macros",
    "parameters",
];

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

/// Reads the preset file at `path`. The category of a file without one is its folder's name if that is a factory
/// category, else [`Category::User`]. `[gui]`, `[worker]`
///
/// # Errors
/// If the file cannot be read, has more than 1 MiB or is not a preset.
pub fn open(path: &Path) -> Result<Preset, PresetError> {
    open_text(path).map(|(preset, _)| preset)
}

/// Reads the preset file at `path` as [`open()`] does, and returns its text too.
pub(super) fn open_text(path: &Path) -> Result<(Preset, String), PresetError> {
    let place = texts::one_line(&path.display().to_string());
    let folder = path.parent().and_then(Path::file_name);
    let category = folder.and_then(|name| Category::named(name.to_str()?));
    match text_of(path) {
        Ok(Some(text)) => {
            let preset = read(&place, category.unwrap_or(Category::User), &text)?;
            Ok((preset, text))
        }
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

/// Parses the preset in `text`. `category` is that of a file without one, `place` the file's name in a [`PresetError`].
/// `[gui]`, `[worker]`
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
    let mut preset = Preset {
        name: String::new(),
        category,
        author: String::new(),
        tags: Vec::new(),
        description: String::new(),
        macros: Default::default(),
        patch: Patch::default(),
    };
    let (mut has_name, mut has_parameters) = (false, false);
    for (key, value) in in_order(table.get_ref()) {
        match key.get_ref().as_ref() {
            "name" => {
                preset.name = file.line("name", value, texts::name)?;
                has_name = true;
            }
            "category" => preset.category = file.category(value)?,
            "author" => preset.author = file.line("author", value, texts::author)?,
            "tags" => preset.tags = file.tags(value)?,
            "description" => {
                preset.description = file.line("description", value, texts::description)?;
            }
            "macros" => preset.macros = file.macros(value)?,
            "parameters" => {
                preset.patch = file.parameters(value)?;
                has_parameters = true;
            }
            other => return Err(file.unknown_key(key.span(), other)),
        }
    }
    let missing = |what: &str| Err(file.mistake(None, format!("has no {what}")));
    if !has_name {
        return missing("name; add a line such as name = \"Deep\"");
    }
    if !has_parameters {
        return missing("parameters; add a line [parameters] and below it what makes the sound");
    }
    Ok(preset)
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

    fn unknown_key(&self, span: Range<usize>, key: &str) -> PresetError {
        let sentence = if Parameter::named(key).is_some() {
            format!("\"{key}\" is a parameter; put it below the line [parameters]")
        } else {
            let near = suggest::suggest(key, KEYS.into_iter().map(|known| [known]));
            let advice = suggest::advice(&near, "parameters go below the line [parameters]");
            format!("there is nothing called \"{}\" here; {advice}", quote(key))
        };
        self.mistake(Some(span), sentence)
    }

    /// Returns the text of `key`, one line that passes `check`.
    fn line(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        check: fn(&str) -> Result<(), String>,
    ) -> Result<String, PresetError> {
        let wrong = |sentence| self.mistake(Some(value.span()), sentence);
        let text = value.get_ref().as_str();
        let text = text.filter(|text| !text.contains(texts::breaks_line));
        let text = text.map(str::trim);
        let text = text.filter(|text| key != "name" || !text.is_empty());
        let text = text.ok_or_else(|| {
            wrong(format!(
                "{key} is not one line of text; write it as {key} = \"...\""
            ))
        })?;
        check(text).map_err(wrong)?;
        Ok(text.to_owned())
    }

    fn category(&self, value: &Spanned<DeValue<'_>>) -> Result<Category, PresetError> {
        let text = value.get_ref().as_str().unwrap_or_default();
        Category::of_user(text.trim()).ok_or_else(|| {
            let sentence = format!(
                "there is no category \"{}\"; choose from {}, or leave the line out",
                quote(text),
                Category::names()
            );
            self.mistake(Some(value.span()), sentence)
        })
    }

    fn tags(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, PresetError> {
        let wrong = |sentence| self.mistake(Some(value.span()), sentence);
        let list = value.get_ref().as_array();
        let list = list.and_then(|list| {
            let text = |tag: &Spanned<DeValue<'_>>| Some(tag.get_ref().as_str()?.trim().to_owned());
            list.iter().map(text).collect::<Option<Vec<_>>>()
        });
        let list = list.ok_or_else(|| {
            let sentence = "tags is not a list of texts; write it as tags = [\"dark\", \"mono\"]";
            wrong(sentence.to_owned())
        })?;
        texts::tags(&list).map_err(wrong)?;
        Ok(list)
    }

    fn macros(&self, value: &Spanned<DeValue<'_>>) -> Result<[String; MACROS], PresetError> {
        let mut macros: [String; MACROS] = Default::default();
        let Some(table) = value.get_ref().as_table() else {
            let sentence = "macros is not a table; write a line [macros] and below it lines such as 1 = \"Bright\"";
            return Err(self.mistake(Some(value.span()), sentence.to_owned()));
        };
        for (key, value) in in_order(table) {
            let number = key.get_ref().as_ref();
            let mut numbered = (1..).zip(&mut macros);
            let name = numbered.find(|(it, _)| it.to_string() == *number);
            let (_, name) = name.ok_or_else(|| {
                let sentence = format!(
                    "there is no macro \"{}\"; its number is 1 to {MACROS}",
                    quote(number)
                );
                self.mistake(Some(key.span()), sentence)
            })?;
            *name = self.line(number, value, texts::macro_name)?;
        }
        Ok(macros)
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
