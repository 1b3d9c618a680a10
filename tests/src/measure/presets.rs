//! The factory presets as the bundled program lists them, and what each plays.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

use super::instrument::{self, Setup};
use crate::{Score, Sound, bundles};

/// A factory preset: texts by parameter id.
#[derive(Clone, Debug, Deserialize)]
pub struct Preset {
    /// Its name, unique among all.
    pub name: String,
    /// The folder it lies in.
    pub category: String,
    /// One sentence that says what it sounds like and what its controls do.
    pub description: String,
    parameters: BTreeMap<String, String>,
}

impl Preset {
    /// Its texts, and `more` over them.
    pub fn texts<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = self.parameters.iter();
        let own = own.map(|(id, text)| (id.as_str(), text.as_str()));
        own.chain(more.iter().copied()).collect()
    }

    /// Plays `score` on a new instance with this preset, and with `more` over it.
    ///
    /// # Panics
    /// When the plugin does not take a text.
    pub fn play(&self, setup: Setup, more: &[(&str, &str)], score: &Score) -> Sound {
        instrument::play(setup, &self.texts(more), score)
    }

    /// The text of parameter `id`, if the preset sets it.
    pub fn text(&self, id: &str) -> Option<&str> {
        self.parameters.get(id).map(String::as_str)
    }
}

/// All of them, in the program's order.
///
/// # Panics
/// When the program does not list them.
pub fn all() -> &'static [Preset] {
    static PRESETS: OnceLock<Vec<Preset>> = OnceLock::new();
    PRESETS.get_or_init(|| {
        let output = Command::new(bundles::standalone())
            .args(["presets", "list", "--json"])
            .output()
            .expect("the bundled program starts");
        assert!(output.status.success(), "the program lists its presets");
        serde_json::from_slice(&output.stdout).expect("the list is JSON")
    })
}
