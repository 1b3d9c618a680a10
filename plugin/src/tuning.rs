//! The tuning of an instance: Scala files as the state stores them, and the key pitches computed from them.

mod file;
pub mod key_names;
pub mod library;
pub mod mts_esp;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};
use tidepool_dsp::synth::{KeyboardMap, Scale, Tuning, TuningError};

use crate::catch::catch;
use crate::fault::{self, FaultPoint};
use crate::latest_value::LatestValue;
pub use file::{Unreadable, read};
use key_names::{KeyName, key_names};

/// Name of the state's field that stores the tuning.
pub const FIELD: &str = "tuning";

/// Text of a scale (`.scl`) and of a keyboard map (`.kbm`). Without a scale, the octave has twelve equal steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalaFiles {
    /// Contents of the `.scl` file.
    pub scale: Option<String>,
    /// Contents of the `.kbm` file. Without it middle C is at 261.63 Hz.
    pub map: Option<String>,
}

/// Error of a Scala file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// True if the file is the keyboard map.
    pub map: bool,
    /// Reason that it cannot be used.
    pub error: TuningError,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = if self.map { "keyboard map" } else { "scale" };
        write!(f, "{file}: {}", self.error)
    }
}

impl std::error::Error for Unusable {}

impl ScalaFiles {
    /// Computes the pitches of the keys.
    ///
    /// # Errors
    /// If one of the files is invalid, or larger than [`read`] accepts from disk: the state may be damaged.
    pub fn tuning(&self) -> Result<Tuning, Unusable> {
        Ok(self.read()?.0)
    }

    /// Computes the pitches and the names of the keys; fails as [`tuning`](Self::tuning) does.
    fn read(&self) -> Result<(Tuning, Arc<[KeyName]>), Unusable> {
        let scale = |error| Unusable { map: false, error };
        let map = |error| Unusable { map: true, error };
        let large = |text: &Option<String>| {
            let length = text.as_ref().map_or(0, String::len) as u64;
            (length > file::LARGEST).then(|| TuningError {
                line: None,
                problem: Unreadable::TooLarge.to_string(),
            })
        };
        large(&self.scale).map_or(Ok(()), |error| Err(scale(error)))?;
        large(&self.map).map_or(Ok(()), |error| Err(map(error)))?;
        if (&self.scale, &self.map) == (&None, &None) {
            return Ok((Tuning::default(), [].into()));
        }
        let steps = match &self.scale {
            Some(text) => Scale::parse(text).map_err(scale)?,
            None => Scale::default(),
        };
        let keys = match &self.map {
            Some(text) => KeyboardMap::parse(text).map_err(map)?,
            None => KeyboardMap::default(),
        };
        let tuning = Tuning::new(&steps, &keys).map_err(map)?;
        Ok((tuning, key_names(&steps, &keys).into()))
    }
}

/// The tuning of an MTS-ESP master.
#[derive(Clone, Debug, PartialEq)]
pub struct MasterTuning {
    /// Name of its scale; may be empty.
    pub name: String,
    /// Pitches of the keys.
    pub tuning: Tuning,
}

/// The tuning of an instance, passed from the editor, a state or an MTS-ESP master to the engine. Files that the player
/// has chosen override the master.
#[derive(Default)]
pub struct ActiveTuning {
    current: Mutex<Current>,
    /// Counts the changes of the files.
    count: AtomicU64,
    /// Counts the changes of the master.
    master_count: AtomicU64,
    /// The newest tuning, until the audio thread takes it.
    waiting: LatestValue<Tuning>,
    /// Called after each change of the files.
    changed: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// The present tuning, as other threads than the audio thread see it.
#[derive(Default)]
struct Current {
    files: ScalaFiles,
    key_names: Arc<[KeyName]>,
    master: Option<Arc<MasterTuning>>,
}

impl Current {
    /// Returns the master, if the keys follow it.
    fn followed(&self) -> Option<&Arc<MasterTuning>> {
        let master = self.master.as_ref();
        master.filter(|_| self.files == ScalaFiles::default())
    }
}

impl ActiveTuning {
    /// Sets the tuning to `files`, for notes that start after this call. `[gui]`
    ///
    /// # Errors
    /// If the files cannot be used; the tuning stays as it is then.
    pub fn choose(&self, files: ScalaFiles) -> Result<(), Unusable> {
        let (tuning, key_names) = files.read()?;
        // Held until the end, so that of two concurrent calls the same one is last for the state and for the engine.
        let mut current = self.current();
        (current.files, current.key_names) = (files, key_names);
        let followed = current.followed().map(|master| master.tuning);
        self.waiting.put(followed.unwrap_or(tuning));
        self.count.fetch_add(1, Ordering::Release);
        drop(current);
        if let Some(changed) = self.changed.get() {
            changed();
        }
        Ok(())
    }

    /// Sets the tuning of the MTS-ESP master; `None` if there is no master any longer. Applies to notes that start after
    /// this call, unless files are chosen. `[gui]` or `[worker]`
    pub fn follow(&self, master: Option<Arc<MasterTuning>>) {
        let mut current = self.current();
        if current.master == master {
            return;
        }
        current.master = master;
        if current.files == ScalaFiles::default() {
            let followed = current.followed().map(|master| master.tuning);
            self.waiting.put(followed.unwrap_or_default());
        }
        self.master_count.fetch_add(1, Ordering::Release);
    }

    /// Returns the tuning of the MTS-ESP master, if there is one, and true if the keys follow it. `[gui]`
    pub fn master(&self) -> Option<(Arc<MasterTuning>, bool)> {
        let current = self.current();
        let master = current.master.clone()?;
        Some((master, current.followed().is_some()))
    }

    /// Counts the changes of the [`master`](Self::master). `[gui]`
    pub fn master_count(&self) -> u64 {
        self.master_count.load(Ordering::Acquire)
    }

    /// Sets the function that is called after each change of the files, on the thread that makes the change; only the first call of
    /// this has an effect. `[gui]`
    pub(crate) fn on_change(&self, changed: impl Fn() + Send + Sync + 'static) {
        let _ = self.changed.set(Box::new(changed));
    }

    /// Counts the changes of the files: while the count is the same, so are the [`files`](Self::files). `[gui]`
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Returns the files that are chosen. `[gui]`
    pub fn files(&self) -> ScalaFiles {
        self.current().files.clone()
    }

    /// Returns the names of the keys; none if the usual names fit the tuning. `[gui]`
    pub fn key_names(&self) -> Arc<[KeyName]> {
        self.current().key_names.clone()
    }

    /// Takes the tuning set since the last call. Wait-free. `[audio]`
    pub fn take(&self) -> Option<Tuning> {
        self.waiting.take()
    }

    /// Locks the present tuning. `[gui]`
    #[expect(
        clippy::disallowed_methods,
        reason = "[gui]; the audio thread takes what waits without this lock"
    )]
    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PersistentField<'_, ScalaFiles> for ActiveTuning {
    /// Sets the tuning from a state, which may be damaged: unusable files give the default tuning. `[gui]`
    fn set(&self, files: ScalaFiles) {
        catch((), || {
            fault::at(FaultPoint::LoadTuning);
            if let Err(error) = self.choose(files) {
                nice_plug::nice_warn!("the state's tuning is left out: {error}");
                let usual = self.choose(ScalaFiles::default());
                debug_assert_eq!(usual, Ok(()));
            }
        });
    }

    fn map<F: Fn(&ScalaFiles) -> R, R>(&self, f: F) -> R {
        f(&catch(ScalaFiles::default(), || {
            fault::at(FaultPoint::SaveTuning);
            self.files()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIFTHS: &str = "fifths\n 2\n!\n 3/2\n 2/1\n";

    #[test]
    fn the_newest_tuning_is_taken_once() {
        let chosen = ActiveTuning::default();
        assert_eq!(chosen.take(), None);
        let files = ScalaFiles {
            scale: Some(FIFTHS.into()),
            map: None,
        };
        chosen.choose(files.clone()).unwrap();
        chosen.choose(ScalaFiles::default()).unwrap();
        assert_eq!(chosen.take(), Some(Tuning::default()));
        assert_eq!(chosen.take(), None);
        chosen.choose(files.clone()).unwrap();
        assert_eq!(chosen.take(), Some(files.tuning().unwrap()));
        assert_ne!(files.tuning().unwrap(), Tuning::default());
    }

    #[test]
    fn a_master_is_followed_until_files_are_chosen() {
        let chosen = ActiveTuning::default();
        let hertz = std::array::from_fn(|key| (key != 3).then_some(key as f64 + 1.0));
        let master = MasterTuning {
            name: "Harmonics".into(),
            tuning: Tuning::from_hertz(&hertz),
        };
        let tuning = master.tuning;
        let master = Some(Arc::new(master));
        chosen.follow(master.clone());
        assert_eq!(chosen.take(), Some(tuning));
        // The same tuning again is no change.
        chosen.follow(master.clone());
        assert_eq!((chosen.take(), chosen.master_count()), (None, 1));
        let files = ScalaFiles {
            scale: Some(FIFTHS.into()),
            map: None,
        };
        chosen.choose(files.clone()).unwrap();
        assert_eq!(chosen.take(), files.tuning().ok());
        assert!(!chosen.master().unwrap().1);
        chosen.follow(None);
        chosen.follow(master);
        assert_eq!(chosen.take(), None, "the player's own tuning stays");
        chosen.choose(ScalaFiles::default()).unwrap();
        assert_eq!(chosen.take(), Some(tuning));
        chosen.follow(None);
        assert_eq!(chosen.take(), Some(Tuning::default()));
        // States store the files alone.
        assert_eq!((chosen.count(), chosen.files()), (2, ScalaFiles::default()));
    }

    #[test]
    fn text_larger_than_any_file_is_refused_in_a_short_sentence() {
        let large = Some("x".repeat(1 + (1 << 20)));
        let none = || None;
        let cases = [
            (large.clone(), none(), "scale: larger than 1 MiB"),
            (none(), large, "keyboard map: larger than 1 MiB"),
            (Some("x".repeat(1 << 20)), none(), "scale: line 1: "),
            (
                Some("a\n".to_owned() + &"x".repeat(1 << 19)),
                none(),
                "scale: line 2: \"xxx",
            ),
            (
                none(),
                Some("y".repeat(1 << 20)),
                "keyboard map: line 1: \"yyy",
            ),
        ];
        for (scale, map, start) in cases {
            let error = ScalaFiles { scale, map }.tuning().unwrap_err().to_string();
            assert!(error.starts_with(start), "{error:.200}");
            assert!(
                error.len() < 200 && error.lines().count() == 1,
                "{error:.200}"
            );
        }
    }

    #[test]
    fn what_cannot_be_used_changes_nothing_unless_a_state_says_so() {
        let chosen = ActiveTuning::default();
        let files = ScalaFiles {
            scale: Some(FIFTHS.into()),
            map: None,
        };
        chosen.choose(files.clone()).unwrap();
        chosen.take();
        let bad = ScalaFiles {
            scale: Some("no scale".into()),
            map: None,
        };
        let error = chosen.choose(bad.clone()).unwrap_err();
        assert!(error.to_string().starts_with("scale: "), "{error}");
        assert_eq!((chosen.files(), chosen.take()), (files, None));
        assert_eq!(chosen.count(), 1);
        PersistentField::set(&chosen, bad);
        assert_eq!(chosen.count(), 2);
        assert_eq!(chosen.files(), ScalaFiles::default());
        assert_eq!(chosen.take(), Some(Tuning::default()));
    }
}
