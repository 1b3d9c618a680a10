//! The list of all presets, of the factory and of the user.
//!
//! The factory's are there at once. The user's arrive from a worker thread in batches; a scan reads only files that have
//! changed, and its thread ends with it. The window calls [`keep_fresh`](Index::keep_fresh) and [`poll`](Index::poll) in
//! every frame in which the list is visible, and [`rescan`](Index::rescan) after each change of its own.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::entry::{Entry, PresetId};
use super::factory;
use super::marks::Marks;
use super::scan::{Batch, KnownFiles, Scan};
use super::search::Query;

/// Time between two scans while the list is visible.
pub const INTERVAL: Duration = Duration::from_secs(3);

/// The list of all presets, ordered by name. `[gui]`
#[derive(Debug)]
pub struct Index {
    /// Folder of the user's presets; `None` if the system defines no place for it.
    folder: Option<PathBuf>,
    entries: Vec<Entry>,
    tags: Vec<(String, usize)>,
    /// The scan that runs.
    scan: Option<Scan>,
    /// Files for the next scan.
    known: KnownFiles,
    /// True if a scan was requested while another one ran.
    is_due: bool,
    /// Time of the last request by [`keep_fresh`](Self::keep_fresh).
    refreshed: Option<Duration>,
    problem: Option<String>,
}

impl Index {
    /// Makes the list of the factory presets, and of the user's in `folder` after the first scan.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let mut index = Self {
            folder,
            entries: factory::all().iter().map(Entry::factory).collect(),
            tags: Vec::new(),
            scan: None,
            known: KnownFiles::default(),
            is_due: false,
            refreshed: None,
            problem: None,
        };
        index.arrange();
        index
    }

    /// Returns the folder of the user's presets.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Starts a scan if the last call that did so is [`INTERVAL`] ago, at the time `now` of a clock that never goes
    /// back.
    pub fn keep_fresh(&mut self, now: Duration) {
        let is_fresh = |last: Duration| now.saturating_sub(last) < INTERVAL;
        if !self.is_scanning() && !self.refreshed.is_some_and(is_fresh) {
            self.refreshed = Some(now);
            self.rescan();
        }
    }

    /// Starts a scan at once, or after the present one.
    pub fn rescan(&mut self) {
        if self.is_scanning() {
            self.is_due = true;
            return;
        }
        let Some(folder) = self.folder.clone() else {
            return;
        };
        match Scan::start(folder, std::mem::take(&mut self.known)) {
            Ok(scan) => self.scan = Some(scan),
            Err(error) => {
                let error = format!("the user's presets cannot be listed: {error}; try again");
                self.problem = Some(error);
            }
        }
    }

    /// Takes the results that have arrived. Returns true if the list or the problem has changed.
    pub fn poll(&mut self) -> bool {
        let mut is_changed = false;
        let mut has_ended = false;
        while let Some(scan) = &self.scan {
            match scan.receive() {
                Ok(Some(batch)) => is_changed |= self.take(batch),
                Ok(None) => break,
                Err(()) => {
                    self.scan = None;
                    has_ended = true;
                }
            }
        }
        if is_changed {
            self.arrange();
        }
        if has_ended && std::mem::take(&mut self.is_due) {
            self.rescan();
        }
        is_changed
    }

    /// Returns true while a scan runs; [`poll`](Self::poll) has more to take soon.
    pub fn is_scanning(&self) -> bool {
        self.scan.is_some()
    }

    /// Returns a sentence about files that could not be listed in the last scan.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Returns all entries, ordered by name.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the entry of a preset.
    pub fn get(&self, id: &PresetId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }

    /// Returns all tags with the number of presets that have each, ordered by name.
    pub fn tags(&self) -> &[(String, usize)] {
        &self.tags
    }

    /// Returns the indices of the [`entries`](Self::entries) that fulfil `query`, in its order.
    pub fn find(&self, query: &Query, marks: &Marks) -> Vec<usize> {
        query.find(&self.entries, marks)
    }

    /// Adds, replaces and removes entries. Returns true if there is a change.
    fn take(&mut self, batch: Batch) -> bool {
        let mut is_changed = false;
        if !batch.found.is_empty() || !batch.gone.is_empty() {
            let found = batch.found.iter().map(|entry| &entry.id);
            let old: HashSet<_> = found.chain(&batch.gone).collect();
            self.entries.retain(|entry| !old.contains(&entry.id));
            self.entries.extend(batch.found);
            is_changed = true;
        }
        if let Some(end) = batch.end {
            is_changed |= self.problem != end.problem;
            self.problem = end.problem;
            self.known = end.known;
        }
        is_changed
    }

    /// Orders the entries and counts the tags.
    fn arrange(&mut self) {
        self.entries
            .sort_by(|a, b| (&a.order, &a.id).cmp(&(&b.order, &b.id)));
        let mut tags: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
        for entry in &self.entries {
            for (key, tag) in entry.tag_keys.iter().zip(&entry.tags) {
                tags.entry(key).or_insert((tag, 0)).1 += 1;
            }
        }
        let tags = tags.into_values();
        self.tags = tags.map(|(tag, count)| (tag.to_owned(), count)).collect();
    }
}
