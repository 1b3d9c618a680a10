//! A client of MTS-ESP: instances follow the tuning of a master plugin, if there is one.
//!
//! All instances of a process share one client. It exists while an instance is active and the [`library`] is installed,
//! with a thread that compares the master's table with the last one. Never on the audio thread.

mod library;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::MasterTuning;
use library::MtsLibrary;

/// Interval of the comparisons, with a master and without.
const WITH_MASTER: Duration = Duration::from_millis(20);
const WITHOUT_MASTER: Duration = Duration::from_millis(500);

/// Present tuning of the master; `None` without one.
pub type Master = Option<Arc<MasterTuning>>;
type Follow = Box<dyn Fn(&Master) + Send>;

static IS_ENABLED: AtomicBool = AtomicBool::new(true);
static CLIENT: Client = Client::new();

/// A client with its instances. A process has one, and its tests others.
struct Client {
    state: Mutex<State>,
    /// Notified when the thread has to end.
    ended: Condvar,
}

struct State {
    library: Option<MtsLibrary>,
    master: Master,
    /// Functions of the connected instances, by number.
    followers: Vec<(u64, Follow)>,
    last_number: u64,
    /// Number of times that a thread was started; a thread of an earlier round ends.
    round: u64,
    thread: Option<JoinHandle<()>>,
}

/// Connection of an instance to the client. The last one that is dropped ends the client. `[gui]`
pub struct Connection {
    client: &'static Client,
    number: u64,
}

/// Keeps this process from connecting, for renders that depend on their files alone.
pub fn disable() {
    IS_ENABLED.store(false, Relaxed);
}

/// Calls `follow` with the master's tuning at once, and again after each change of it, from another thread, until the
/// connection is dropped. `None` if MTS-ESP is not installed; it is looked for at each call. `[gui]`
pub fn connect(follow: impl Fn(&Master) + Send + 'static) -> Option<Connection> {
    // Unit tests must not depend on the library of their user.
    if cfg!(test) || !IS_ENABLED.load(Relaxed) {
        return None;
    }
    CLIENT.connect(&library::usual_path()?, Box::new(follow))
}

impl Client {
    const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                library: None,
                master: None,
                followers: Vec::new(),
                last_number: 0,
                round: 0,
                thread: None,
            }),
            ended: Condvar::new(),
        }
    }

    /// Connects an instance through the library at `path`.
    fn connect(&'static self, path: &Path, follow: Follow) -> Option<Connection> {
        let mut state = self.lock();
        if state.library.is_none() {
            let library = MtsLibrary::load(path)?;
            state.master = library.read().map(Arc::new);
            state.library = Some(library);
            state.round += 1;
            let round = state.round;
            let thread = thread::Builder::new().name("tidepool mts-esp".to_owned());
            // Without a thread the tuning stays what it is now.
            state.thread = thread.spawn(move || self.watch(round)).ok();
        }
        state.last_number += 1;
        let number = state.last_number;
        follow(&state.master);
        state.followers.push((number, follow));
        Some(Connection {
            client: self,
            number,
        })
    }

    /// Compares the master's tuning with the last one until the thread of this `round` has to end.
    fn watch(&self, round: u64) {
        let mut state = self.lock();
        // The lock is held from this check until the wait, so that no notification is missed.
        while let Some(library) = state.library.as_ref().filter(|_| state.round == round) {
            let master = library.read();
            if master.as_ref() != state.master.as_deref() {
                state.master = master.map(Arc::new);
                for (_, follow) in &state.followers {
                    follow(&state.master);
                }
            }
            let pause = match &state.master {
                Some(_) => WITH_MASTER,
                None => WITHOUT_MASTER,
            };
            state = self.wait(state, pause);
        }
    }

    /// Waits until a thread has to end, or for `pause`. `[worker]`
    #[expect(clippy::disallowed_methods, reason = "[worker]")]
    fn wait<'a>(&self, state: MutexGuard<'a, State>, pause: Duration) -> MutexGuard<'a, State> {
        let waited = self.ended.wait_timeout(state, pause);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Locks the state. `[gui]` or `[worker]`
    #[expect(clippy::disallowed_methods, reason = "[gui] and [worker]")]
    fn lock(&self) -> MutexGuard<'_, State> {
        // A follower that panicked leaves a state that is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.client.lock();
        state.followers.retain(|(number, _)| *number != self.number);
        if !state.followers.is_empty() {
            return;
        }
        let thread = state.thread.take();
        state.library = None;
        state.master = None;
        drop(state);
        self.client.ended.notify_all();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}
