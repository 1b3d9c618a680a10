//! The list of presets as the header and the browser show it: one search, its results, and the changes to the user's
//! presets, each with the sentence that tells its result.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::origin::Origin;
use super::sound::{Load, Sound, differences};
use crate::presets::entry::{Entry, PresetId};
use crate::presets::index::Index;
use crate::presets::marks::{self, Marks};
use crate::presets::programs::{self, Program, Programs};
use crate::presets::search::{Query, Sort};
use crate::presets::store::StoreError;
use crate::presets::{Preset, exchange, store, trash};
use crate::user_folder::FolderOpener;

/// Sentence about the last action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The action was done.
    Done(String),
    /// The action failed; the sentence names the remedy.
    Failed(String),
}

/// Places of the user's presets and of what is remembered of them; `None` for nothing.
#[derive(Clone, Debug, Default)]
pub struct PresetPlaces {
    /// Folder of the presets.
    pub folder: Option<PathBuf>,
    /// File of the favourites.
    pub marks: Option<PathBuf>,
    /// File of the programs.
    pub programs: Option<PathBuf>,
}

impl PresetPlaces {
    /// Returns the places of this user.
    pub fn usual() -> Self {
        Self {
            folder: store::chosen_folder(),
            marks: marks::usual_file(),
            programs: programs::usual_file(),
        }
    }
}

/// A deleted preset that can be restored.
#[derive(Debug)]
struct Deleted {
    name: String,
    /// Place in the trash.
    path: PathBuf,
}

/// All presets, and the search that selects some of them. `[gui]`
#[derive(Debug)]
pub struct PresetList {
    pub query: Query,
    index: Index,
    marks: Marks,
    programs: Programs,
    /// Search whose results are `found`; `None` to search again.
    searched: Option<Query>,
    found: Vec<usize>,
    pub message: Option<Message>,
    deleted: Option<Deleted>,
    opener: FolderOpener,
}

impl Default for PresetList {
    /// Makes the list of the factory presets alone, which remembers nothing.
    fn default() -> Self {
        Self::new(PresetPlaces::default())
    }
}

impl PresetList {
    /// Makes the list of the factory presets and of the user's.
    pub fn new(places: PresetPlaces) -> Self {
        Self {
            query: Query {
                sort: Sort::Category,
                ..Query::default()
            },
            index: Index::new(places.folder),
            marks: Marks::open(places.marks),
            programs: Programs::open(places.programs),
            searched: None,
            found: Vec::new(),
            message: None,
            deleted: None,
            opener: FolderOpener::new("folder of presets"),
        }
    }

    /// Takes over what the scan has found, and searches again where list or query have changed. A `visible` list is kept
    /// fresh. Returns true if there is something new to show. To be called thirty times a second while the window is open,
    /// with the time on a clock that never goes back.
    pub fn maintain(&mut self, now: Duration, visible: bool) -> bool {
        let scanned = self.is_scanning();
        let mut is_new = false;
        if visible || now < Duration::from_secs(1) {
            self.index.keep_fresh(now);
        }
        if self.index.poll() {
            self.searched = None;
        }
        if let Some(failure) = self.opener.failure() {
            self.message = Some(Message::Failed(failure));
            is_new = true;
        }
        if let Some(notice) = self.marks.notice() {
            self.message = Some(Message::Failed(notice.to_owned()));
            self.marks.dismiss_notice();
            is_new = true;
        }
        if let Some(notice) = self.programs.notice() {
            self.message = Some(Message::Failed(notice.to_owned()));
            self.programs.dismiss_notice();
        }
        if self.searched.as_ref() != Some(&self.query) {
            self.found = self.index.find(&self.query, &self.marks);
            self.searched = Some(self.query.clone());
            is_new = true;
        }
        // A frame may show that files are read.
        is_new || (scanned && !self.is_scanning())
    }

    /// Returns true while files are read.
    pub fn is_scanning(&self) -> bool {
        self.index.is_scanning()
    }

    /// Returns a sentence about files that cannot be listed.
    pub fn problem(&self) -> Option<&str> {
        self.index.problem()
    }

    /// Returns the folder of the user's presets.
    pub fn folder(&self) -> Option<&Path> {
        self.index.folder()
    }

    /// Returns all presets, ordered by name.
    pub fn entries(&self) -> &[Entry] {
        self.index.entries()
    }

    /// Returns all tags with the number of their presets.
    pub fn tags(&self) -> &[(String, usize)] {
        self.index.tags()
    }

    /// Returns the number of presets found.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Returns the preset found at `place`, from 0 on.
    pub fn at(&self, place: usize) -> Option<&Entry> {
        self.found.get(place).map(|found| &self.entries()[*found])
    }

    /// Returns the place of a preset among those found.
    pub fn place(&self, id: &PresetId) -> Option<usize> {
        (self.found.iter()).position(|found| self.entries()[*found].id == *id)
    }

    /// Returns the entry of a preset.
    pub fn get(&self, id: &PresetId) -> Option<&Entry> {
        self.index.get(id)
    }

    /// Returns true if the preset is a favourite.
    pub fn is_favourite(&self, id: &PresetId) -> bool {
        self.marks.is_favourite(id)
    }

    /// Makes the preset a favourite, or no longer.
    pub fn set_favourite(&mut self, id: &PresetId, favourite: bool) {
        if let Err(error) = self.marks.set_favourite(id, favourite) {
            self.fail(&error);
        }
        self.searched = None;
    }

    /// Returns the programs that program changes load.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Makes program changes load presets, or not.
    pub fn switch_programs(&mut self, on: bool) {
        if let Err(error) = self.programs.set_on(on) {
            self.fail(&error);
        }
    }

    /// Gives `program` a preset, or none.
    pub fn set_program(&mut self, program: Program, preset: Option<&PresetId>) {
        if let Err(error) = self.programs.set(program, preset) {
            self.fail(&error);
        }
    }

    /// Loads a preset into `sound`.
    pub fn load(&mut self, id: &PresetId, sound: &mut dyn Sound) {
        let Some(entry) = self.get(id) else {
            return;
        };
        match entry.load() {
            Ok((preset, file)) => {
                let values = differences(sound, &preset.over(&sound.patch()));
                let name = format!("Load {}", preset.name);
                sound.load(Load::new(
                    &values,
                    Origin::of(preset, id.clone(), file),
                    &name,
                ));
                // A favourites file that cannot be written is no reason against the sound.
                if let Err(error) = self.marks.loaded(id) {
                    self.fail(&error);
                }
            }
            Err(error) => self.message = Some(Message::Failed(error.to_string())),
        }
    }

    /// Loads the preset `by` places after the present one among those found, around the ends.
    pub fn step(&mut self, by: isize, sound: &mut dyn Sound) {
        let count = self.count() as isize;
        if count == 0 {
            return;
        }
        let origin = sound.origin();
        let present = origin.preset().and_then(|loaded| self.place(&loaded.id));
        let next = match present {
            Some(place) => (place as isize + by).rem_euclid(count),
            None if by > 0 => 0,
            None => count - 1,
        };
        let damaged = |place: isize| self.at(place as usize).is_some_and(|it| it.error.is_some());
        // Damaged files are passed over.
        let mut places = (0..count).map(|further| (next + further * by.signum()).rem_euclid(count));
        let id = places.find(|place| !damaged(*place));
        let id = id.and_then(|place| self.at(place as usize));
        if let Some(id) = id.map(|entry| entry.id.clone()) {
            self.load(&id, sound);
        }
    }

    /// Saves `preset` as a new file. Returns false if it is not saved.
    pub fn save_new(&mut self, preset: &Preset, sound: &mut dyn Sound) -> bool {
        let saved = |folder: &Path| store::save_new(folder, preset);
        self.keep(saved, preset, sound)
    }

    /// Saves `preset` over the file of `origin`. Returns false if it is not saved.
    pub fn overwrite(
        &mut self,
        origin: &store::PresetFile,
        preset: &Preset,
        sound: &mut dyn Sound,
    ) -> bool {
        let saved = |folder: &Path| store::overwrite(folder, origin, preset);
        self.keep(saved, preset, sound)
    }

    /// Saves by `save`, and makes the file the origin of the sound.
    fn keep(
        &mut self,
        save: impl FnOnce(&Path) -> Result<store::PresetFile, StoreError>,
        preset: &Preset,
        sound: &mut dyn Sound,
    ) -> bool {
        let Some(folder) = self.folder().map(Path::to_owned) else {
            self.message = Some(Message::Failed(NO_FOLDER.to_owned()));
            return false;
        };
        let saved = save(&folder).and_then(|file| Ok((store::open(&file.path)?.0, file)));
        match saved {
            Ok((saved, file)) => {
                let id = PresetId::user(&folder, &file.path);
                self.done(format!("Saved {} in {}.", preset.name, folder.display()));
                sound.set_origin(Origin::of(saved, id, Some(file)));
                true
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    /// Renames a user's preset.
    pub fn rename(&mut self, id: &PresetId, name: &str, sound: &mut dyn Sound) -> Option<PresetId> {
        let (_, file) = self.open(id)?;
        let folder = self.folder()?.to_owned();
        match store::rename(&folder, &file?, name) {
            Ok(file) => {
                let new = PresetId::user(&folder, &file.path);
                self.done(format!("Renamed to {}.", name.trim()));
                let marks = self.marks.renamed(id, &new);
                if let Err(error) = marks.and(self.programs.renamed(id, &new)) {
                    self.fail(&error);
                }
                let is_origin = sound.origin().preset().is_some_and(|it| it.id == *id);
                if is_origin && let Ok((preset, file)) = store::open(&file.path) {
                    sound.set_origin(Origin::of(preset, new.clone(), Some(file)));
                }
                Some(new)
            }
            Err(error) => {
                self.fail(&error);
                None
            }
        }
    }

    /// Copies a preset into the user's folder, under the next free name.
    pub fn duplicate(&mut self, id: &PresetId) -> Option<PresetId> {
        let (preset, _) = self.open(id)?;
        let folder = self.folder()?.to_owned();
        match store::duplicate(&folder, &preset) {
            Ok(file) => {
                let name = file.path.file_stem().unwrap_or_default();
                self.done(format!("Copied as {}.", name.to_string_lossy()));
                Some(PresetId::user(&folder, &file.path))
            }
            Err(error) => {
                self.fail(&error);
                None
            }
        }
    }

    /// Moves a user's preset to the trash.
    pub fn delete(&mut self, id: &PresetId) {
        let (Some(folder), Some(entry)) = (self.folder(), self.get(id)) else {
            return;
        };
        let Some(path) = &entry.path else {
            return;
        };
        match trash::delete(folder, path) {
            Ok(path) => {
                let name = entry.name.clone();
                self.done(format!("{name} is in the folder {}.", store::TRASH));
                self.deleted = Some(Deleted { name, path });
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Returns the name of the preset that was deleted last and can be restored.
    pub fn deleted(&self) -> Option<&str> {
        self.deleted.as_ref().map(|deleted| deleted.name.as_str())
    }

    /// Restores the preset that was deleted last.
    pub fn restore(&mut self) {
        let (Some(folder), Some(deleted)) = (self.folder(), &self.deleted) else {
            return;
        };
        match trash::restore(folder, &deleted.path) {
            Ok(path) => {
                let name = path.file_stem().unwrap_or_default();
                self.done(format!("{} is back.", name.to_string_lossy()));
                self.deleted = None;
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Imports the file or folder at the path `typed`.
    pub fn import(&mut self, typed: &str) {
        let Some(folder) = self.folder() else {
            return;
        };
        match exchange::import(folder, typed) {
            Ok(imported) if imported.refused.is_empty() => self.done(format!("{imported}.")),
            Ok(imported) => {
                self.index.rescan();
                self.message = Some(Message::Failed(imported.to_string()));
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Exports a preset to the path `typed`.
    pub fn export(&mut self, id: &PresetId, typed: &str) {
        let Some((preset, _)) = self.open(id) else {
            return;
        };
        match exchange::export(&preset, typed) {
            Ok(path) => self.done(format!("Exported to {}.", path.display())),
            Err(error) => self.fail(&error),
        }
    }

    /// Shows the user's folder in the file manager.
    pub fn reveal(&mut self) {
        if let Some(folder) = self.index.folder().map(Path::to_owned)
            && let Err(sentence) = self.opener.open(&folder)
        {
            self.message = Some(Message::Failed(sentence));
        }
    }

    /// Reads a preset; a failure becomes the message.
    pub fn open(&mut self, id: &PresetId) -> Option<(Preset, Option<store::PresetFile>)> {
        match self.get(id)?.load() {
            Ok(opened) => Some(opened),
            Err(error) => {
                self.message = Some(Message::Failed(error.to_string()));
                None
            }
        }
    }

    /// Returns a name like `name` that no preset has.
    pub fn free_name(&self, name: &str) -> String {
        let folder = self.folder();
        folder.map_or_else(|| name.to_owned(), |folder| store::free_name(folder, name))
    }

    fn done(&mut self, sentence: String) {
        self.index.rescan();
        self.searched = None;
        self.message = Some(Message::Done(sentence));
    }

    fn fail(&mut self, error: &StoreError) {
        self.index.rescan();
        self.message = Some(Message::Failed(error.to_string()));
    }
}

const NO_FOLDER: &str = "this system names no folder for a user's files; enter one under Folder";
