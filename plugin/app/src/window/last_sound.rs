//! The last sound of the program: the plugin's state in a file of the user, written whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tidepool::safe_file::{self, Durability};
use tidepool::{files, user_folder};
use tidepool_host::Instance;

/// Name of the file.
const FILE: &str = "last-sound.json";
/// Interval between two looks at the sound.
const INTERVAL: Duration = Duration::from_secs(5);
/// Most bytes of a state.
const LIMIT: u64 = 64 << 20;
/// Bytes before the JSON of a state, its length.
const FRAME: usize = size_of::<u64>();

/// File with the sound that was played last.
pub struct LastSound {
    /// `None` if the system has no folder for a user's data: nothing is kept then.
    path: Option<PathBuf>,
    /// State in the file, or that of the start, which is not written before it changes.
    known: Vec<u8>,
    looked: Instant,
}

impl LastSound {
    /// Loads the last sound into `instance`, unless `is_fresh`. Returns a sentence about a file that cannot be used.
    /// `[main]`
    pub fn restore(instance: &mut Instance, is_fresh: bool) -> (Self, Option<String>) {
        let path = user_folder::usual(FILE);
        let problem = match &path {
            Some(path) if !is_fresh => load(instance, path).err(),
            _ => None,
        };
        let last = Self {
            path,
            known: instance.save().unwrap_or_default(),
            looked: Instant::now(),
        };
        (last, problem)
    }

    /// Writes the sound if it has changed and was not looked at for a while. Returns a sentence if it cannot be written.
    /// `[main]`
    pub fn keep_up(&mut self, instance: &mut Instance) -> Option<String> {
        if self.looked.elapsed() < INTERVAL {
            return None;
        }
        self.write(instance, Durability::Later).err()
    }

    /// Writes the sound if it has changed. `[main]`
    ///
    /// # Errors
    /// One sentence if it cannot be written; the file is as it was then.
    pub fn write(&mut self, instance: &mut Instance, durability: Durability) -> Result<(), String> {
        self.looked = Instant::now();
        let Some(path) = &self.path else {
            return Ok(());
        };
        let state = instance.save().map_err(|error| error.to_string())?;
        if state == self.known {
            return Ok(());
        }
        let json = state.get(FRAME..).unwrap_or_default();
        let json = String::from_utf8_lossy(json);
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = folder.and_then(|()| safe_file::replace(path, &json, durability));
        written.map_err(|error| {
            format!(
                "the last sound cannot be saved in {} ({})",
                path.display(),
                safe_file::reason(&error)
            )
        })?;
        self.known = state;
        Ok(())
    }
}

/// Loads the file at `path`, if there is one; a damaged one is kept aside.
fn load(instance: &mut Instance, path: &Path) -> Result<(), String> {
    let json = match files::read(path, LIMIT) {
        Ok(Some(json)) => json,
        Ok(None) => return Err(keep_aside(path, "it is larger than 64 MiB")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(format!(
                "the last sound in {} cannot be read ({error}); Tidepool starts with the initial sound",
                path.display()
            ));
        }
    };
    let mut state = (json.len() as u64).to_le_bytes().to_vec();
    state.extend(json);
    let loaded = instance.load(&state);
    loaded.map_err(|_| keep_aside(path, "it is no state of Tidepool"))
}

fn keep_aside(path: &Path, cause: &str) -> String {
    let kept = match safe_file::keep_aside(path) {
        Ok(aside) => format!("is kept as {}", aside.display()),
        Err(error) => format!("cannot be renamed ({error})"),
    };
    format!(
        "the last sound in {} could not be read ({cause}); it {kept}, and Tidepool starts with the initial sound",
        path.display()
    )
}
