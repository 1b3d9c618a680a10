//! Settings of the user, shared by all instances: theme, window, page, author, folder of presets,
//! amount and locked groups of variations, MIDI controllers, devices of the program.
//!
//! The file is `settings.toml` in the platform's folder for configuration. Values are read and changed through the
//! functions of this module, which work on one copy per process. A change writes only the fields that it changed, so
//! that two programs can change different fields. `[gui]` and `[worker]`: the audio thread has no settings.

mod file;

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::midi_map::MidiMap;
use crate::program::Setup;
use crate::user_folder;
use file::{Fault, SettingsFile};

/// Values that are kept per user. A field that is missing in the file has its default; unknown fields stay in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Name of the editor's theme.
    pub theme: String,
    /// Name of the page that a window opens with.
    pub page: String,
    /// Scale of the window's contents in percent, 75 to 300.
    pub zoom: u32,
    /// Width of the window in points at the scale of 100 %.
    pub width: u32,
    /// Height of the window in points at the scale of 100 %.
    pub height: u32,
    /// Name of the author for new presets; empty until it is entered once.
    pub author: String,
    /// Folder of the user's presets; `None` for the platform's usual place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presets_folder: Option<PathBuf>,
    /// Amount of a mutation in percent, 1 to 100.
    pub vary_amount: u32,
    /// Names of the groups that a variation keeps as they are.
    pub vary_locked: Vec<String>,
    /// MIDI controllers that a new instance begins with.
    #[serde(skip_serializing_if = "MidiMap::is_empty")]
    pub midi_map: MidiMap,
    /// Devices of the program.
    pub program: Setup,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: String::new(),
            page: String::new(),
            zoom: 100,
            width: 1000,
            height: 720,
            author: String::new(),
            presets_folder: None,
            vary_amount: 20,
            vary_locked: Vec::new(),
            midi_map: MidiMap::default(),
            program: Setup::default(),
        }
    }
}

/// Settings of one file, as they were last read or changed.
#[derive(Debug, Default)]
struct Store {
    /// `None` if the platform has no folder for configuration: nothing is remembered then.
    file: Option<SettingsFile>,
    values: Settings,
    /// Values that the file has.
    saved: Settings,
    /// Sentence for the user about a file that could not be read or written.
    notice: Option<String>,
    /// True if the file is not read again, because this process started without it.
    is_fresh: bool,
}

impl Store {
    fn open(path: Option<PathBuf>) -> Self {
        let mut store = Self {
            file: path.map(SettingsFile::new),
            ..Self::default()
        };
        store.reload();
        store
    }

    /// Reads the file again. Values that could not be saved stay as they are.
    fn reload(&mut self) {
        let Some(file) = self.file.as_ref().filter(|_| !self.is_fresh) else {
            return;
        };
        match file.read::<Settings>() {
            Ok(read) => {
                if self.values == self.saved {
                    self.values = read.clone();
                }
                self.saved = read;
            }
            Err(fault) => {
                if let Fault::Damaged { .. } = fault {
                    self.values = Settings::default();
                    self.saved = Settings::default();
                }
                self.tell(fault.to_string());
            }
        }
    }

    /// Returns to the defaults without a change of the file. The folder of presets and the author stay: they are no state
    /// of a window.
    fn start_fresh(&mut self) {
        self.values = Settings {
            author: std::mem::take(&mut self.values.author),
            presets_folder: self.values.presets_folder.take(),
            ..Settings::default()
        };
        self.saved = self.values.clone();
        self.is_fresh = true;
    }

    /// Changes values, and writes those that differ from the file.
    fn update(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.values);
        if self.values == self.saved {
            return;
        }
        let Some(file) = &self.file else { return };
        match file.merge(&self.saved, &self.values) {
            Ok(damage) => {
                self.saved = self.values.clone();
                if let Some(damage) = damage {
                    self.tell(damage.to_string());
                }
            }
            Err(fault) => self.tell(fault.to_string()),
        }
    }

    fn tell(&mut self, sentence: String) {
        if self.notice.as_ref() != Some(&sentence) {
            nice_plug::tracing::warn!("{sentence}");
        }
        self.notice = Some(sentence);
    }
}

/// Returns the process's settings; the first call reads the file.
#[expect(clippy::disallowed_methods, reason = "[gui] and [worker]")]
fn store() -> MutexGuard<'static, Store> {
    static STORE: LazyLock<Mutex<Store>> = LazyLock::new(|| Mutex::new(Store::open(usual_path())));
    // Values are replaced as a whole, so a panic elsewhere leaves valid ones.
    STORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the path of the settings; `None` in unit tests, which must not read or change those of their user.
fn usual_path() -> Option<PathBuf> {
    if cfg!(test) {
        return None;
    }
    user_folder::usual_configuration("settings.toml")
}

/// Returns the settings. `[gui]` or `[worker]`
pub fn get() -> Settings {
    store().values.clone()
}

/// Reads the file again, which another program may have changed, and returns the settings. `[gui]` or `[worker]`
pub fn reload() -> Settings {
    let mut store = store();
    store.reload();
    store.values.clone()
}

/// Changes settings and writes the changed fields to the file. A failure becomes the [`notice`]; the values then last as
/// long as the process. `[gui]` or `[worker]`
pub fn update(change: impl FnOnce(&mut Settings)) {
    store().update(change);
}

/// Starts this process with default settings. The file stays as it is, except for the fields that are changed from then
/// on. `[gui]`
pub fn start_fresh() {
    store().start_fresh();
}

/// Returns the name of the author for new presets; empty until it was entered once. `[gui]` or `[worker]`
pub fn author() -> String {
    store().values.author.clone()
}

/// Returns the folder of the user's presets, if the user has chosen another one than the usual place.
/// `[gui]` or `[worker]`
pub fn presets_folder() -> Option<PathBuf> {
    store().values.presets_folder.clone()
}

/// Returns a sentence about a file of settings that could not be read or written, until [`dismiss_notice`] is called.
/// `[gui]` or `[worker]`
pub fn notice() -> Option<String> {
    store().notice.clone()
}

/// Removes the [`notice`], because the user has read it. `[gui]` or `[worker]`
pub fn dismiss_notice() {
    store().notice = None;
}

/// Returns the path of the file, to show it. `[gui]` or `[worker]`
pub fn path() -> Option<PathBuf> {
    store()
        .file
        .as_ref()
        .map(SettingsFile::path)
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/tidepool/settings.toml");
        (folder, path)
    }

    #[test]
    fn a_change_is_there_at_the_next_start_and_looking_creates_no_file() {
        let (_folder, path) = folder();
        let mut store = Store::open(Some(path.clone()));
        assert_eq!(store.values, Settings::default());
        assert!(!path.exists(), "reading has created the file");
        store.update(|_| {});
        assert!(!path.exists(), "no change has created the file");
        store.update(|settings| {
            settings.theme = "Light".into();
            settings.presets_folder = Some("/a b/ü".into());
        });
        assert_eq!(store.notice, None);
        let next = Store::open(Some(path.clone()));
        assert_eq!(next.values, store.values);
        assert_eq!(next.values.zoom, 100);
        // Only changed fields are written, so that a later version may have other defaults.
        assert!(!fs::read_to_string(&path).unwrap().contains("zoom"));
        store.update(|settings| settings.presets_folder = None);
        assert_eq!(Store::open(Some(path)).values.presets_folder, None);
    }

    #[test]
    fn the_controllers_of_new_instances_are_kept_until_they_are_removed() {
        let (_folder, path) = folder();
        let text = r#"[{"parameter":"cutoff","controller":"CC 1+33","from":0.5,"to":0.25}]"#;
        let map: MidiMap = serde_json::from_str(text).unwrap();
        let mut store = Store::open(Some(path.clone()));
        store.update(|settings| settings.midi_map = map.clone());
        assert_eq!(Store::open(Some(path.clone())).values.midi_map, map);
        store.update(|settings| settings.midi_map = MidiMap::default());
        assert_eq!(
            Store::open(Some(path.clone())).values.midi_map,
            MidiMap::default()
        );
        assert!(!fs::read_to_string(&path).unwrap().contains("midi_map"));
    }

    #[test]
    fn a_fresh_start_has_defaults_and_writes_only_what_is_changed() {
        let (_folder, path) = folder();
        Store::open(Some(path.clone())).update(|settings| {
            settings.theme = "Light".into();
            settings.zoom = 150;
            settings.author = "Ann".into();
            settings.program.system = "jack".into();
        });
        let mut fresh = Store::open(Some(path.clone()));
        fresh.start_fresh();
        fresh.reload();
        let expected = Settings {
            author: "Ann".into(),
            ..Settings::default()
        };
        assert_eq!(fresh.values, expected);
        fresh.update(|settings| settings.zoom = 125);
        let read = Store::open(Some(path)).values;
        assert_eq!((&*read.theme, read.zoom), ("Light", 125));
        assert_eq!(read.program.system, "jack");
    }

    #[test]
    fn two_programs_keep_the_fields_that_each_has_changed() {
        let (_folder, path) = folder();
        let [mut first, mut second] = [0; 2].map(|_| Store::open(Some(path.clone())));
        first.update(|settings| settings.theme = "Light".into());
        second.update(|settings| settings.author = "Ann \"A\" O'Neill\nß".into());
        first.update(|settings| settings.width = 1200);
        let read = Store::open(Some(path)).values;
        assert_eq!((&*read.theme, read.width), ("Light", 1200));
        assert_eq!(read.author, "Ann \"A\" O'Neill\nß");
        first.reload();
        assert_eq!(first.values, read);
    }

    #[test]
    fn many_programs_that_save_at_once_lose_nothing() {
        let (_folder, path) = folder();
        std::thread::scope(|scope| {
            for change in [
                |settings: &mut Settings, n: u32| settings.width = 1000 + n,
                |settings: &mut Settings, n: u32| settings.height = 2000 + n,
                |settings: &mut Settings, n: u32| settings.author = format!("{n}"),
                |settings: &mut Settings, n: u32| settings.zoom = 100 + n,
            ] {
                let mut store = Store::open(Some(path.clone()));
                scope.spawn(move || {
                    for n in 1..=25 {
                        store.update(|settings| change(settings, n));
                        assert_eq!(store.notice, None);
                    }
                });
            }
        });
        let read = Store::open(Some(path)).values;
        let found = (read.width, read.height, &*read.author, read.zoom);
        assert_eq!(found, (1025, 2025, "25", 125));
    }

    #[test]
    fn unknown_keys_stay_in_the_file() {
        let (_folder, path) = folder();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "future = [1, 2]\nzoom = 150\n[deep]\nkey = \"x\"\n").unwrap();
        let mut store = Store::open(Some(path.clone()));
        assert_eq!((store.values.zoom, &store.notice), (150, &None));
        store.update(|settings| settings.page = "FM".into());
        let table: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        assert_eq!(table["future"].as_array().unwrap().len(), 2);
        assert_eq!(table["deep"]["key"].as_str(), Some("x"));
        assert_eq!(table["page"].as_str(), Some("FM"));
    }

    #[test]
    fn a_damaged_file_is_kept_aside_and_named_and_replaced_by_defaults() {
        for (damage, cause) in [
            (&b"zoom = "[..], "line 1"),
            (b"\n\nzoom = \"large\"", "line 3"),
            (b"theme = \"\xff\"", "UTF-8"),
            (&[b'#'; 2 << 20], "larger"),
        ] {
            let (_folder, path) = folder();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            for round in 1..=2 {
                fs::write(&path, damage).unwrap();
                let mut store = Store::open(Some(path.clone()));
                assert_eq!(store.values, Settings::default());
                let aside = path.with_file_name(format!("settings.damaged-{round}.toml"));
                let notice = store.notice.clone().unwrap();
                assert!(notice.contains(&aside.display().to_string()), "{notice}");
                assert!(notice.contains(cause), "{notice}");
                assert_eq!(fs::read(&aside).unwrap(), damage);
                assert!(!path.exists());
                store.update(|settings| settings.zoom = 125);
                assert_eq!(Store::open(Some(path.clone())).values.zoom, 125);
            }
        }
    }

    #[test]
    fn a_file_that_is_damaged_while_the_program_runs_is_kept_aside_too() {
        let (_folder, path) = folder();
        let mut store = Store::open(Some(path.clone()));
        store.update(|settings| settings.zoom = 125);
        fs::write(&path, "]").unwrap();
        store.update(|settings| settings.zoom = 150);
        assert!(store.notice.unwrap().contains("settings.damaged-1.toml"));
        assert_eq!(Store::open(Some(path.clone())).values.zoom, 150);
        let aside = path.with_file_name("settings.damaged-1.toml");
        assert_eq!(fs::read_to_string(aside).unwrap(), "]");
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_named_and_the_value_lasts_as_long_as_the_program() {
        let folder = tempfile::tempdir().unwrap();
        // A file in the place of the folder stops even a superuser.
        let blocked = folder.path().join("tidepool");
        fs::write(&blocked, "").unwrap();
        let mut store = Store::open(Some(blocked.join("settings.toml")));
        store.update(|settings| settings.zoom = 125);
        let notice = store.notice.clone().unwrap();
        assert!(notice.contains(&blocked.display().to_string()), "{notice}");
        store.reload();
        assert_eq!(store.values.zoom, 125);
        fs::remove_file(&blocked).unwrap();
        store.update(|settings| settings.theme = "Light".into());
        let read = Store::open(Some(blocked.join("settings.toml"))).values;
        assert_eq!((read.zoom, &*read.theme), (125, "Light"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let (folder, path) = folder();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let real = folder.path().join("dotfile");
        fs::write(&real, "zoom = 75\n").unwrap();
        std::os::unix::fs::symlink(&real, &path).unwrap();
        Store::open(Some(path.clone())).update(|settings| settings.width = 1300);
        assert!(path.is_symlink());
        assert_eq!(
            fs::read_to_string(&real).unwrap(),
            "width = 1300\nzoom = 75\n"
        );
    }

    #[test]
    fn unit_tests_have_no_file() {
        update(|settings| settings.author = "test".into());
        assert_eq!((author(), path()), ("test".to_owned(), None));
        assert_eq!((presets_folder(), notice()), (None, None));
        update(|settings| settings.author.clear());
    }
}
