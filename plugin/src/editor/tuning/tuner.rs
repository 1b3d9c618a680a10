//! Who knows which tuning is chosen and which there are, and chooses another one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use tidepool_dsp::synth::Scale;

use crate::tuning::library::{Entry, Library};
use crate::tuning::{self, ActiveTuning, ScalaFiles};

/// Letters of a description that are shown. A damaged file may have a million.
const LETTERS: usize = 100;
/// Letters that the control has room for.
const ROOM: usize = 38;

const NO_FILE_MANAGER: &str =
    "No file manager shows the folder of tunings: open the path below yourself, then reload.";

/// What the usual scale is called.
pub const TWELVE: &str = "Twelve equal steps";

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Scale,
    Map,
}

/// What is chosen of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Present {
    /// Nothing, which is the usual.
    #[default]
    Usual,
    /// A file of the library, by its number.
    Listed(usize),
    /// A file that is not there.
    Foreign,
}

/// Chooses the tuning. `[gui]`
#[derive(Debug)]
pub struct Tuner {
    /// What there is to choose from.
    pub library: Library,
    /// Shows a folder in the system's file manager.
    open: fn(&Path) -> io::Result<()>,
    /// At that, as long as it takes.
    opening: Option<JoinHandle<io::Result<()>>>,
    /// How often a tuning had been chosen when what follows was found out.
    count: Option<u64>,
    scale: Present,
    map: Present,
    /// The scale as its author calls it.
    pub scale_name: String,
    /// The same with the map.
    pub name: String,
    /// As much of that as the control has room for.
    pub shown: String,
    /// Of a scale and of a map, whether the menu has still to show what is chosen.
    pub reveal: [bool; 2],
    /// Why the last wish was not fulfilled, and what to do.
    pub problem: Option<String>,
}

impl Tuner {
    /// Offers the files of `folder`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            library: Library::new(folder),
            open: |folder| open::that_detached(folder),
            opening: None,
            count: None,
            scale: Present::Usual,
            map: Present::Usual,
            scale_name: String::new(),
            name: String::new(),
            shown: String::new(),
            reveal: [false; 2],
            problem: None,
        }
    }

    /// Shows the folder by `open` from now on.
    #[cfg(test)]
    pub fn open_with(&mut self, open: fn(&Path) -> io::Result<()>) {
        self.open = open;
    }

    /// Finds out what is chosen if that is another tuning, by whomever. The usual one needs no look into the folder.
    pub fn follow(&mut self, chosen: &ActiveTuning) {
        let count = Some(chosen.count());
        if self.count == count {
            return;
        }
        let files = chosen.files();
        if files == ScalaFiles::default() {
            self.count = count;
            self.problem = None;
            self.find(&files);
        } else {
            self.rescan(chosen);
        }
    }

    /// Lists the folder anew and finds in it what is chosen.
    pub fn rescan(&mut self, chosen: &ActiveTuning) {
        self.count = Some(chosen.count());
        let looked = self.library.rescan();
        self.problem = looked.err().map(|error| {
            format!("The folder of tunings cannot be read: {error}; correct that and reload.")
        });
        self.find(&chosen.files());
    }

    /// Finds `files`, which are chosen, in what was last listed.
    fn find(&mut self, files: &ScalaFiles) {
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
        // A long description leaves room for the map.
        let room = ROOM.saturating_sub(map.chars().count()).max(ROOM / 3);
        self.shown = cut(&self.scale_name, room) + &map;
        self.name = self.scale_name.clone() + &map;
    }

    /// The name of the file that is chosen, where it is known.
    fn file(&self, kind: Kind) -> Option<String> {
        match self.present(kind) {
            Present::Listed(number) => Some(self.list(kind).get(number)?.name.clone()),
            Present::Usual | Present::Foreign => None,
        }
    }

    /// The files of a kind.
    pub fn list(&self, kind: Kind) -> &[Entry] {
        match kind {
            Kind::Scale => self.library.scales(),
            Kind::Map => self.library.maps(),
        }
    }

    /// What is chosen of a kind.
    pub fn present(&self, kind: Kind) -> Present {
        match kind {
            Kind::Scale => self.scale,
            Kind::Map => self.map,
        }
    }

    /// Back to what is usual: of a scale, of both.
    pub fn reset(&mut self, chosen: &ActiveTuning, kind: Kind) {
        let mut files = chosen.files();
        files.map = None;
        if kind == Kind::Scale {
            files.scale = None;
        }
        let done = chosen.choose(files);
        self.problem = done.err().map(|error| format!("{error}."));
    }

    /// Takes a file of the library, or says why not.
    pub fn choose(&mut self, chosen: &ActiveTuning, kind: Kind, number: usize) {
        let Some(entry) = self.list(kind).get(number) else {
            return;
        };
        let file = entry.path.file_name().unwrap_or_default();
        let file = file.to_string_lossy().into_owned();
        let mut files = chosen.files();
        self.problem = match tuning::read(&entry.path) {
            Err(error) => Some(format!("{file}: {error}.")),
            Ok(text) => {
                match kind {
                    Kind::Scale => files.scale = Some(text),
                    Kind::Map => files.map = Some(text),
                }
                let done = chosen.choose(files);
                done.err().map(|it| format!("{file}: {}.", it.error))
            }
        };
    }

    /// Shows the folder, which is made if it is missing.
    pub fn open(&mut self) {
        let Some(folder) = self.library.folder().map(Path::to_owned) else {
            return;
        };
        self.problem = None;
        let open = self.open;
        // Finding a file manager takes a while, in which the window would stand still.
        let thread = thread::Builder::new().name("open folder".to_owned());
        let made = fs::create_dir_all(&folder);
        match made.and_then(|()| thread.spawn(move || open(&folder))) {
            Ok(opening) => self.opening = Some(opening),
            Err(error) => {
                self.problem = Some(format!(
                    "The folder of tunings cannot be made: {error}; make it yourself."
                ));
            }
        }
    }

    /// Looks how opening the folder has ended, if it has.
    pub fn await_opening(&mut self) {
        let ended = (self.opening).take_if(|opening| opening.is_finished());
        // Who panics has told the log already.
        if let Some(Ok(Err(error))) = ended.map(JoinHandle::join) {
            // That is about launchers and how they ended.
            nice_plug::nice_warn!("the folder of tunings is not shown: {error}");
            self.problem = Some(NO_FILE_MANAGER.to_owned());
        }
    }
}

impl Drop for Tuner {
    fn drop(&mut self) {
        // No thread may outlive the library that it runs in.
        if let Some(opening) = self.opening.take() {
            let _ = opening.join();
        }
    }
}

/// Where in `list` the text is.
fn present(text: Option<&str>, list: &[Entry]) -> Present {
    text.map_or(Present::Usual, |text| {
        let number = list.iter().position(|entry| entry.has(text));
        number.map_or(Present::Foreign, Present::Listed)
    })
}

/// What the author of a scale calls it.
fn described(text: &str) -> Option<String> {
    let scale = Scale::parse(text).ok()?;
    let description = scale.description().trim();
    (!description.is_empty()).then(|| cut(description, LETTERS))
}

/// The first `letters` of `text`.
fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        None => text.to_owned(),
        Some((end, _)) => text[..end].trim_end().to_owned() + "\u{2026}",
    }
}
