//! The tuner: the chosen tuning, the files to choose from, and the choice of another one.

use std::path::{Path, PathBuf};

use tidepool_dsp::synth::Scale;

use crate::editor::sound::Sound;
use crate::tuning::library::{Entry, Library};
use crate::tuning::{self, ActiveTuning, ScalaFiles};
use crate::user_folder::FolderOpener;

/// Most letters of a description that are shown; a damaged file may have a million.
const LETTERS: usize = 100;
/// Letters that fit into the control.
const ROOM: usize = 38;

/// Name of the default scale.
pub const TWELVE: &str = "Twelve equal steps";

/// Kind of a Scala file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Scale,
    Map,
}

/// Chosen file of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Present {
    /// No file, which is the default.
    #[default]
    Usual,
    /// A file of the library, by its index.
    Listed(usize),
    /// A file that is not in the library.
    Foreign,
}

/// Chooses the tuning. `[gui]`
#[derive(Debug)]
pub struct Tuner {
    /// Files to choose from.
    pub library: Library,
    opener: FolderOpener,
    /// Counts of the changes of the files and of the master when the fields below were last updated.
    counts: Option<[u64; 2]>,
    scale: Present,
    map: Present,
    /// Name that the author gave the scale.
    pub scale_name: String,
    /// Names of the scale and of the map.
    pub name: String,
    /// Names of the scale and of the map, cut to the width of the control.
    pub shown: String,
    /// For scale and map: true if the menu still has to scroll to the chosen file.
    pub reveal: [bool; 2],
    /// Name of the MTS-ESP master's scale, if there is a master.
    pub master: Option<String>,
    /// Reason that the last action failed, and its remedy.
    pub problem: Option<String>,
}

impl Tuner {
    /// Makes a tuner for the files of `folder`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            library: Library::new(folder),
            opener: FolderOpener::new("folder of tunings"),
            counts: None,
            scale: Present::Usual,
            map: Present::Usual,
            scale_name: String::new(),
            name: String::new(),
            shown: String::new(),
            reveal: [false; 2],
            master: None,
            problem: None,
        }
    }

    /// Replaces the function that opens a folder.
    #[cfg(test)]
    pub fn open_with(&mut self, open: fn(&Path) -> std::io::Result<()>) {
        self.opener.open_with(open);
    }

    /// Updates the names if another tuning was chosen, here or by the host. The default tuning needs no scan of the
    /// folder.
    pub fn follow(&mut self, chosen: &ActiveTuning) {
        if self.counts == Some(counts(chosen)) {
            return;
        }
        if chosen.files() == ScalaFiles::default() {
            self.problem = None;
            self.find(chosen);
        } else {
            self.rescan(chosen);
        }
    }

    /// Scans the folder again and finds the chosen files in it.
    pub fn rescan(&mut self, chosen: &ActiveTuning) {
        let looked = self.library.rescan();
        self.problem = looked.err().map(|error| {
            format!("The folder of tunings cannot be read: {error}; correct that and reload.")
        });
        self.find(chosen);
    }

    /// Finds the chosen files in the last scan, and updates the names.
    fn find(&mut self, chosen: &ActiveTuning) {
        self.counts = Some(counts(chosen));
        let files = chosen.files();
        self.scale = present(files.scale.as_deref(), self.library.scales());
        self.map = present(files.map.as_deref(), self.library.maps());
        self.scale_name = match &files.scale {
            None => TWELVE.to_owned(),
            Some(text) => described(text)
                .or_else(|| self.file(Kind::Scale))
                .unwrap_or_else(|| "Unnamed scale".to_owned()),
        };
        let map = match self.map {
            Present::Usual => String::new(),
            _ => {
                let name = self.file(Kind::Map);
                format!(" \u{b7} {}", name.as_deref().unwrap_or("keyboard map"))
            }
        };
        // A long description is cut, so that the name of the map fits.
        let room = ROOM.saturating_sub(map.chars().count()).max(ROOM / 3);
        self.shown = cut(&self.scale_name, room) + &map;
        self.name = self.scale_name.clone() + &map;
        let master = chosen.master();
        self.master = master.as_ref().map(|(master, _)| match &*master.name {
            "" => "unnamed scale".to_owned(),
            name => name.to_owned(),
        });
        if let (Some(name), Some((_, true))) = (&self.master, &master) {
            self.name = format!("MTS-ESP: {name}");
            self.shown = cut(&self.name, ROOM);
        }
    }

    /// Returns the name of the chosen file, if it is in the library.
    fn file(&self, kind: Kind) -> Option<String> {
        match self.present(kind) {
            Present::Listed(number) => Some(self.list(kind).get(number)?.name.clone()),
            Present::Usual | Present::Foreign => None,
        }
    }

    /// Returns the files of a kind.
    pub fn list(&self, kind: Kind) -> &[Entry] {
        match kind {
            Kind::Scale => self.library.scales(),
            Kind::Map => self.library.maps(),
        }
    }

    /// Returns the chosen file of a kind.
    pub fn present(&self, kind: Kind) -> Present {
        match kind {
            Kind::Scale => self.scale,
            Kind::Map => self.map,
        }
    }

    /// Restores the default: of the map, or of both for [`Kind::Scale`].
    pub fn reset(&mut self, sound: &mut dyn Sound, kind: Kind) {
        let mut files = sound.tuning().files();
        files.map = None;
        let name = match kind {
            Kind::Scale => {
                files.scale = None;
                format!("Tuning {TWELVE}")
            }
            Kind::Map => "Tuning without keyboard map".to_owned(),
        };
        let done = sound.retune(files, &name);
        self.problem = done.err().map(|error| format!("{error}."));
    }

    /// Chooses a file of the library, or sets the problem.
    pub fn choose(&mut self, sound: &mut dyn Sound, kind: Kind, number: usize) {
        let Some(entry) = self.list(kind).get(number) else {
            return;
        };
        let file = entry.path.file_name().unwrap_or_default();
        let file = file.to_string_lossy().into_owned();
        let mut files = sound.tuning().files();
        self.problem = match tuning::read(&entry.path) {
            Err(error) => Some(format!("{file}: {error}.")),
            Ok(text) => {
                match kind {
                    Kind::Scale => files.scale = Some(text),
                    Kind::Map => files.map = Some(text),
                }
                let done = sound.retune(files, &format!("Tuning {file}"));
                done.err().map(|it| format!("{file}: {}.", it.error))
            }
        };
    }

    /// Opens the folder in the file manager, and makes it if it is missing.
    pub fn open(&mut self) {
        let Some(folder) = self.library.folder().map(Path::to_owned) else {
            return;
        };
        self.problem = self.opener.open(&folder).err();
    }

    /// Sets the problem if opening the folder has ended in an error.
    pub fn await_opening(&mut self) {
        if let Some(problem) = self.opener.failure() {
            self.problem = Some(problem);
        }
    }
}

/// Returns the counts of the changes of the files and of the master.
fn counts(chosen: &ActiveTuning) -> [u64; 2] {
    [chosen.count(), chosen.master_count()]
}

/// Finds `text` in `list`.
fn present(text: Option<&str>, list: &[Entry]) -> Present {
    text.map_or(Present::Usual, |text| {
        let number = list.iter().position(|entry| entry.has(text));
        number.map_or(Present::Foreign, Present::Listed)
    })
}

/// Returns the description of a scale by its author, if it has one.
fn described(text: &str) -> Option<String> {
    let scale = Scale::parse(text).ok()?;
    let description = scale.description().trim();
    (!description.is_empty()).then(|| cut(description, LETTERS))
}

/// Returns the first `letters` of `text`, with an ellipsis if it was cut.
fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        None => text.to_owned(),
        Some((end, _)) => text[..end].trim_end().to_owned() + "\u{2026}",
    }
}
