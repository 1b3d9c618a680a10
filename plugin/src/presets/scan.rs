//! A scan: a worker thread that reads the user's presets, or again those that have changed, and ends with that.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use xxhash_rust::xxh3::xxh3_64;

use super::PresetError;
use super::entry::{Entry, PresetId};
use super::read;
use super::store::{self, DEPTH, PATIENCE, StoreError, TRASH};
use crate::user_folder::Walk;

/// Entries of the first batch of a scan, which has to arrive at once, and of the others.
const FIRST: usize = 64;
const BATCH: usize = 1024;
/// Time after which a batch is sent, full or not.
const LONGEST: Duration = Duration::from_millis(100);
/// Age from which a file's time shows its last change on every disk. Younger files are read in every scan.
const SETTLED: Duration = Duration::from_secs(3);

/// Changes of the list.
#[derive(Debug, Default)]
pub struct Batch {
    /// New and changed entries.
    pub found: Vec<Entry>,
    /// Presets whose files are gone.
    pub gone: Vec<PresetId>,
    /// Set in the last batch of a scan.
    pub end: Option<End>,
}

/// End of a scan.
#[derive(Debug)]
pub struct End {
    /// Sentence about files that could not be listed.
    pub problem: Option<String>,
    /// Files for the next scan.
    pub known: KnownFiles,
}

/// Files as they were when they were last read.
#[derive(Debug, Default)]
pub struct KnownFiles {
    files: HashMap<PathBuf, Known>,
    /// Number of the last scan.
    round: u64,
}

/// A running scan. Dropping it ends the worker, which is joined.
#[derive(Debug)]
pub struct Scan {
    batches: Receiver<Batch>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Scan {
    /// Starts a scan of `folder`, which reads the files that differ from those that are `known`. `[gui]`
    ///
    /// # Errors
    /// If there is no thread.
    pub fn start(folder: PathBuf, known: KnownFiles) -> io::Result<Self> {
        // A scan is finite, and so is what waits for a window that does not look.
        let (send, batches) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            folder,
            known,
            batches: send,
            stop: stop.clone(),
        };
        let thread = thread::Builder::new().name("tidepool presets".to_owned());
        let thread = thread.spawn(move || worker.run())?;
        Ok(Self {
            batches,
            stop,
            thread: Some(thread),
        })
    }

    /// Returns the next batch, if it has arrived. `[gui]`
    ///
    /// # Errors
    /// If the worker has ended and every batch was received.
    pub fn receive(&self) -> Result<Option<Batch>, ()> {
        match self.batches.try_recv() {
            Ok(batch) => Ok(Some(batch)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(()),
        }
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// State of the worker's thread.
struct Worker {
    folder: PathBuf,
    known: KnownFiles,
    batches: Sender<Batch>,
    stop: Arc<AtomicBool>,
}

/// A file as it was when it was last read.
#[derive(Debug)]
struct Known {
    stamp: Stamp,
    /// True if the stamp changes with the next change of the file.
    is_settled: bool,
    /// Hash of the text or of the error.
    hash: u64,
    /// Last scan that found the file.
    round: u64,
}

/// Properties of a file that change with its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
}

impl Worker {
    /// Sends the changes since the last scan.
    fn run(mut self) {
        self.known.round += 1;
        let mut walk = Walk {
            depth: DEPTH,
            patience: PATIENCE,
            skipped: Some(TRASH),
        };
        let found = match walk.search(&self.folder) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => Default::default(),
            Err(error) => {
                let problem = Some(unread(&self.folder, &error));
                return self.end(Vec::new(), Vec::new(), problem);
            }
        };
        let unreadable = found.unreadable.first();
        let mut problem = unreadable.map(|(folder, error)| unread(folder, error));
        if walk.patience == 0 {
            problem = Some(format!(
                "{}: has too many files to list them all; move some elsewhere",
                self.folder.display()
            ));
        }
        let mut files = found.files;
        files.retain(|path| store::is_preset(path));
        files.sort();
        let mut batch = Vec::new();
        let (mut limit, mut begin) = (FIRST, Instant::now());
        for path in files {
            if self.stop.load(Relaxed) {
                return;
            }
            batch.extend(self.look(path));
            if batch.len() >= limit || !batch.is_empty() && begin.elapsed() > LONGEST {
                self.send(Batch {
                    found: std::mem::take(&mut batch),
                    ..Batch::default()
                });
                (limit, begin) = (BATCH, Instant::now());
            }
        }
        let mut gone = Vec::new();
        let round = self.known.round;
        self.known.files.retain(|path, known| {
            let is_here = known.round == round;
            if !is_here {
                gone.push(PresetId::user(&self.folder, path));
            }
            is_here
        });
        self.end(batch, gone, problem);
    }

    fn end(mut self, found: Vec<Entry>, gone: Vec<PresetId>, problem: Option<String>) {
        let known = std::mem::take(&mut self.known);
        self.send(Batch {
            found,
            gone,
            end: Some(End { problem, known }),
        });
    }

    /// Sends a batch; without a receiver, the worker is about to be stopped.
    fn send(&self, batch: Batch) {
        let _ = self.batches.send(batch);
    }

    /// Returns the entry of the file at `path` if it is new or has changed.
    fn look(&mut self, path: PathBuf) -> Option<Entry> {
        let facts = fs::metadata(&path);
        if facts.is_err() && fs::symlink_metadata(&path).is_err() {
            // It has gone since the folder was listed.
            return None;
        }
        let stamp = Stamp {
            modified: (facts.as_ref().ok()).and_then(|facts| facts.modified().ok()),
            size: facts.as_ref().map_or(0, Metadata::len),
        };
        if let Some(known) = self.known.files.get_mut(&path) {
            known.round = self.known.round;
            if known.is_settled && known.stamp == stamp {
                return None;
            }
        }
        let age = stamp.modified.and_then(|modified| modified.elapsed().ok());
        // A time in the future is the mistake of a clock, which reading again does not correct.
        let is_settled = age.is_none_or(|age| age > SETTLED);
        let contents = contents(&path, facts);
        let hash = match &contents {
            Ok((_, text)) => xxh3_64(text.as_bytes()),
            Err(error) => xxh3_64(error.to_string().as_bytes()),
        };
        let known = Known {
            stamp,
            is_settled,
            hash,
            round: self.known.round,
        };
        let preset = contents.map(|(preset, _)| preset);
        let entry = Entry::user(&self.folder, &path, stamp.modified, preset);
        let before = self.known.files.insert(path, known);
        let is_same = before.is_some_and(|before| before.hash == hash && before.stamp == stamp);
        (!is_same).then_some(entry)
    }
}

/// Reads a preset file. Devices and pipes are not read, because that could block for ever.
fn contents(
    path: &Path,
    facts: io::Result<Metadata>,
) -> Result<(super::Preset, String), PresetError> {
    if facts.is_ok_and(|facts| !facts.is_file()) {
        let place = path.display().to_string();
        let sentence = "is not a file; move it elsewhere".to_owned();
        return Err(PresetError::new(&place, None, sentence));
    }
    read::open_text(path)
}

fn unread(folder: &Path, error: &io::Error) -> String {
    StoreError::file(folder, "cannot be read", error).to_string()
}
