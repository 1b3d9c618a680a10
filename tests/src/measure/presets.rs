//! Presets under measurement: the factory presets as the bundled program lists them and the sound of a new instance, or
//! a selection.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

use super::instrument::{self, Setup};
use crate::{Score, Sound, bundles};

/// Preset: texts by parameter id.
#[derive(Clone, Debug, Deserialize)]
pub struct Preset {
    /// Unique name.
    pub name: String,
    /// Name of the preset's folder; empty for a file.
    #[serde(default)]
    pub category: String,
    /// Sentence that describes the sound and the effect of the controls.
    pub description: String,
    parameters: BTreeMap<String, String>,
}

impl Preset {
    /// Returns the preset's texts, followed by `more`, which override them.
    pub fn texts<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = self.parameters.iter();
        let own = own.map(|(id, text)| (id.as_str(), text.as_str()));
        own.chain(more.iter().copied()).collect()
    }

    /// Plays `score` on a new instance with this preset, overridden by `more`.
    ///
    /// # Panics
    /// When the plugin rejects a text.
    pub fn play(&self, setup: Setup, more: &[(&str, &str)], score: &Score) -> Sound {
        instrument::play(setup, &self.texts(more), score)
    }

    /// Returns the text of parameter `id`, if the preset sets it.
    pub fn text(&self, id: &str) -> Option<&str> {
        self.parameters.get(id).map(String::as_str)
    }
}

static PRESETS: OnceLock<Vec<Preset>> = OnceLock::new();

/// Returns all factory presets in the program's order and "Init", the sound of a new instance, or the presets that
/// [`choose`] selected.
///
/// # Panics
/// When the program does not list them.
pub fn all() -> &'static [Preset] {
    PRESETS.get_or_init(factory)
}

/// Restricts [`all`] to the given presets, each a factory preset's name or the path of a `.toml` file. Call before
/// [`all`].
///
/// # Panics
/// When a name or a file is not found, a file is no preset, or [`all`] has been called.
pub fn choose(chosen: &[String]) {
    let factory = factory();
    let presets = chosen.iter().map(|chosen| {
        if chosen.ends_with(".toml") {
            return open(Path::new(chosen));
        }
        let preset = factory.iter().find(|preset| preset.name == *chosen);
        let preset = preset.unwrap_or_else(|| panic!("there is no preset \"{chosen}\""));
        preset.clone()
    });
    let chosen = PRESETS.set(presets.collect());
    assert!(chosen.is_ok(), "presets are chosen before they are used");
}

fn open(path: &Path) -> Preset {
    let text = fs::read_to_string(path);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn factory() -> Vec<Preset> {
    let output = Command::new(bundles::standalone())
        .args(["presets", "list", "--from", "factory", "--json"])
        .output()
        .expect("the bundled program starts");
    assert!(output.status.success(), "the program lists its presets");
    let mut presets: Vec<Preset> =
        serde_json::from_slice(&output.stdout).expect("the list is JSON");
    presets.push(Preset {
        name: "Init".to_owned(),
        category: "New".to_owned(),
        description: String::new(),
        parameters: BTreeMap::new(),
    });
    presets
}
