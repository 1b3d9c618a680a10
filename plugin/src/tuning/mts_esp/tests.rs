//! The client with a stand-in for ODDSound's library, which a test compiles and plays the master of.

use std::ffi::{CString, c_char, c_int};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use libloading::Library;
use tempfile::TempDir;
use tidepool_dsp::synth::Tuning;

use super::*;
use crate::tuning::ActiveTuning;

/// The master's side of the library.
struct Player(Library);

impl Player {
    fn open(path: &Path) -> Self {
        // SAFETY: the test has compiled the library.
        Self(unsafe { Library::new(path) }.expect("the stand-in loads"))
    }

    /// Returns a function of the library.
    ///
    /// # Safety
    /// `F` is the type that ODDSound's `libMTSMaster.h` declares for it.
    unsafe fn function<F: Copy>(&self, name: &str) -> F {
        // SAFETY: as promised by the caller.
        unsafe { *self.0.get::<F>(name.as_bytes()).expect("it is there") }
    }

    /// Becomes the master and tunes the keys; one without a frequency is not mapped.
    fn tune(&self, hertz: &[Option<f64>; 128], name: &str) {
        let table = hertz.map(|hertz| hertz.unwrap_or(440.0));
        let name = CString::new(name).expect("the name has no zero");
        // SAFETY: the types are the library's, and the arguments outlive the calls.
        unsafe {
            let tune: unsafe extern "C" fn(*const f64) = self.function("MTS_SetNoteTunings");
            tune(table.as_ptr());
            let filter: unsafe extern "C" fn(u8, c_char, i8) = self.function("MTS_FilterNote");
            for (key, hertz) in hertz.iter().enumerate() {
                filter(u8::from(hertz.is_none()), key as c_char, -1);
            }
            let call: unsafe extern "C" fn(*const c_char) = self.function("MTS_SetScaleName");
            call(name.as_ptr());
            self.function::<unsafe extern "C" fn()>("MTS_RegisterMaster")();
        }
    }

    fn leave(&self) {
        // SAFETY: the type is the library's.
        unsafe { self.function::<unsafe extern "C" fn()>("MTS_DeregisterMaster")() };
    }

    fn clients(&self) -> i32 {
        // SAFETY: the type is the library's.
        unsafe { self.function::<unsafe extern "C" fn() -> c_int>("MTS_GetNumClients")() }
    }
}

/// Returns the path of the library: the one that the environment names, such as ODDSound's own, or a stand-in that is
/// compiled into `folder`.
fn library(folder: &TempDir) -> PathBuf {
    if let Some(path) = std::env::var_os("TIDEPOOL_TEST_LIBMTS") {
        return path.into();
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tuning/mts_esp/stand_in.c");
    let path = folder.path().join("libMTS.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&path, &source])
        .status();
    assert!(
        compiled.expect("cc runs").success(),
        "the stand-in compiles"
    );
    path
}

/// Returns the number of clients' threads in this process.
fn threads() -> usize {
    let threads = fs::read_dir("/proc/self/task").expect("the threads are listed");
    let comm = |entry: fs::DirEntry| fs::read_to_string(entry.path().join("comm")).ok();
    let names = threads.filter_map(|thread| comm(thread.ok()?));
    // Linux cuts the names of threads.
    names
        .filter(|name| name.starts_with("tidepool mts"))
        .count()
}

/// Checks the number of clients' threads, which get their names and leave the list a moment later, and of clients.
fn expect(player: &Player, count: usize) {
    let began = Instant::now();
    while threads() != count {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{} threads",
            threads()
        );
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(player.clients(), count as i32);
}

/// Connects a tuning as an instance does.
fn instance(client: &'static Client, path: &Path) -> (Arc<ActiveTuning>, Option<Connection>) {
    let tuning = Arc::<ActiveTuning>::default();
    let weak = Arc::downgrade(&tuning);
    let follow = move |master: &Master| {
        if let Some(tuning) = weak.upgrade() {
            tuning.follow(master.clone());
        }
    };
    let connection = client.connect(path, Box::new(follow));
    (tuning, connection)
}

/// Waits until the audio thread gets `expected`.
fn eventually(tuning: &ActiveTuning, expected: &Tuning) {
    let began = Instant::now();
    let mut last = None;
    while last.as_ref() != Some(expected) {
        last = tuning.take().or(last);
        assert!(began.elapsed() < Duration::from_secs(30), "{last:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn instances_follow_a_master_and_the_last_one_ends_the_client() {
    static CLIENT: Client = Client::new();
    let folder = tempfile::tempdir().unwrap();
    let path = library(&folder);
    let player = Player::open(&path);
    let harmonics: [_; 128] = std::array::from_fn(|key| (key != 60).then_some(20.0 + key as f64));
    let octaves: [_; 128] = std::array::from_fn(|key| Some(10.0 * (key as f64 / 12.0).exp2()));

    let (first, connection) = instance(&CLIENT, &path);
    assert!(connection.is_some() && first.master().is_none());
    assert_eq!(first.take(), None);
    expect(&player, 1);
    player.tune(&harmonics, "Harmonics");
    eventually(&first, &Tuning::from_hertz(&harmonics));
    let (master, is_followed) = first.master().unwrap();
    assert_eq!((master.name.as_str(), is_followed), ("Harmonics", true));

    // Another instance shares the client, and has the tuning at once.
    let (second, other) = instance(&CLIENT, &path);
    assert_eq!(second.take(), Some(Tuning::from_hertz(&harmonics)));
    expect(&player, 1);
    player.tune(&octaves, "Octaves");
    eventually(&first, &Tuning::from_hertz(&octaves));
    eventually(&second, &Tuning::from_hertz(&octaves));

    // A disconnected instance keeps its tuning, for a render that activates it again.
    drop(connection);
    expect(&player, 1);
    player.leave();
    eventually(&second, &Tuning::default());
    assert_eq!(first.take(), None);
    drop(other);
    expect(&player, 0);

    // Connecting again, over and over, is a new client each time.
    player.tune(&harmonics, "Harmonics");
    for _ in 0..20 {
        let (tuning, connection) = instance(&CLIENT, &path);
        assert!(connection.is_some());
        assert_eq!(tuning.take(), Some(Tuning::from_hertz(&harmonics)));
    }
    player.leave();
    expect(&player, 0);

    // Without the library nothing changes, and no thread is started.
    let (tuning, connection) = instance(&CLIENT, &folder.path().join("missing.so"));
    assert!(connection.is_none());
    assert_eq!(tuning.take(), None);
    expect(&player, 0);
    // Nor with a file that is none.
    let broken = folder.path().join("broken.so");
    fs::write(&broken, "no library").unwrap();
    assert!(instance(&CLIENT, &broken).1.is_none());
}
