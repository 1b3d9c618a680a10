//! The worker thread that reads the user's presets, and again those that have changed.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
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
/// Batches that wait for the window; the worker waits when there are more.
const WAITING: usize = 4;
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
}

/// Handle to the worker, which is joined on drop.
#[derive(Debug)]
pub struct Scanner {
    /// `None` while the scanner is dropped, so that the worker ends.
    requests: Option<SyncSender<()>>,
    batches: Option<Receiver<Batch>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Scanner {
    /// Starts the worker for `folder`. `[gui]`
    ///
    /// # Errors
    /// If there is no thread.
    pub fn new(folder: PathBuf) -> io::Result<Self> {
        let (requests, asked) = sync_channel(1);
        let (send, batches) = sync_channel(WAITING);
        let stop = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            folder,
            known: HashMap::new(),
            round: 0,
            batches: send,
            stop: stop.clone(),
        };
        let thread = thread::Builder::new().name("tidepool presets".to_owned());
        let thread = thread.spawn(move || worker.run(&asked))?;
        Ok(Self {
            requests: Some(requests),
            batches: Some(batches),
            stop,
            thread: Some(thread),
        })
    }

    /// Asks for a scan, after the present one if it runs. `[gui]`
    pub fn request(&self) {
        // One request that waits stands for all.
        let _ = self.requests.as_ref().map(|requests| requests.try_send(()));
    }

    /// Returns the next batch, if it has arrived. `[gui]`
    ///
    /// # Errors
    /// If the worker has ended by itself.
    pub fn receive(&self) -> Result<Option<Batch>, ()> {
        match self.batches.as_ref().map(Receiver::try_recv) {
            Some(Ok(batch)) => Ok(Some(batch)),
            Some(Err(TryRecvError::Empty)) => Ok(None),
            Some(Err(TryRecvError::Disconnected)) | None => Err(()),
        }
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        // The worker waits for a request or for room; without the other end it waits no more.
        self.requests = None;
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// State of the worker's thread.
struct Worker {
    folder: PathBuf,
    known: HashMap<PathBuf, Known>,
    /// Number of the present scan.
    round: u64,
    batches: SyncSender<Batch>,
    stop: Arc<AtomicBool>,
}

/// A file as it was when it was last read.
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

/// The receiver is gone, or the worker has to stop.
struct Stopped;

impl Worker {
    #[expect(clippy::disallowed_methods, reason = "[worker]; it waits for requests")]
    fn run(mut self, requests: &Receiver<()>) {
        while requests.recv().is_ok() {
            if self.scan().is_err() {
                return;
            }
        }
    }

    /// Sends the changes since the last scan.
    fn scan(&mut self) -> Result<(), Stopped> {
        self.round += 1;
        let mut walk = Walk {
            depth: DEPTH,
            patience: PATIENCE,
            skipped: Some(TRASH),
        };
        let found = match walk.search(&self.folder) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => Default::default(),
            Err(error) => return self.end(Some(unread(&self.folder, &error))),
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
                return Err(Stopped);
            }
            batch.extend(self.look(path));
            if batch.len() >= limit || !batch.is_empty() && begin.elapsed() > LONGEST {
                self.send(Batch {
                    found: std::mem::take(&mut batch),
                    ..Batch::default()
                })?;
                (limit, begin) = (BATCH, Instant::now());
            }
        }
        let mut gone = Vec::new();
        self.known.retain(|path, known| {
            let is_here = known.round == self.round;
            if !is_here {
                gone.push(PresetId::user(&self.folder, path));
            }
            is_here
        });
        self.send(Batch {
            found: batch,
            gone,
            end: Some(End { problem }),
        })
    }

    fn end(&self, problem: Option<String>) -> Result<(), Stopped> {
        self.send(Batch {
            end: Some(End { problem }),
            ..Batch::default()
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "[worker]; it waits for the window"
    )]
    fn send(&self, batch: Batch) -> Result<(), Stopped> {
        self.batches.send(batch).map_err(|_| Stopped)
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
        if let Some(known) = self.known.get_mut(&path) {
            known.round = self.round;
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
            round: self.round,
        };
        let preset = contents.map(|(preset, _)| preset);
        let entry = Entry::user(&self.folder, &path, stamp.modified, preset);
        let before = self.known.insert(path, known);
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
